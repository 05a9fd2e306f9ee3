import type { Fetched, FetchOrder } from './fetch-order.ts'
import { fetchPages } from './fetch-pages.ts'
import { guardedAgent } from './guarded-agent.ts'
import { type Ask, createAsker, parseUrl, requestHeaders, requireOk, withQuerySecret } from './http-asker.ts'
import { printBody, store } from './http-body.ts'
import { readSourceOptions } from './source-options.ts'
import { trustedBy } from './trusted.ts'

/** Every hop of a redirect is judged like the first address. Errors: those of fetchResource. */
export async function fetchHttp(order: FetchOrder, signal: AbortSignal): Promise<Fetched> {
  const connection = order.connection ?? null
  const options = readSourceOptions(order.params ?? {})
  const url = withQuerySecret(parseUrl(order.url, order.url), connection)
  const dispatcher = guardedAgent(order.policy, trustedBy(connection))
  try {
    const asker = createAsker(order, dispatcher, signal)
    const headers = requestHeaders(url.origin, options, connection)
    if (options.paging)
      return await fetchPages(
        order,
        asker,
        { ...options, paging: options.paging, url, headers, connection },
        signal,
      )
    const { body, type } = printBody(options.body)
    const ask: Ask = {
      url,
      method: options.method,
      body,
      headers: (at) => ({
        ...(body === null ? {} : { 'content-type': type }),
        ...headers(at),
        ...(options.method === 'GET' ? validators(order, url, at) : {}),
      }),
    }
    const found = await asker.ask(ask)
    if (found.answer.statusCode === 304 && order.conditional) {
      await found.answer.body.dump().catch(() => {})
      return { kind: 'not_modified' }
    }
    requireOk(order, found.answer)
    return await store(order, found.url, found.answer, signal)
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

/** Validators belong to the address they came from, not to where it redirects. */
function validators({ conditional }: FetchOrder, start: URL, at: URL): Record<string, string> {
  const headers: Record<string, string> = {}
  if (!conditional || at.href !== start.href) return headers
  if (conditional.etag) headers['if-none-match'] = conditional.etag
  if (conditional.lastModified) headers['if-modified-since'] = conditional.lastModified
  return headers
}
