import { AppError, type JsonValue, shown } from '../../kernel/index.ts'
import { explain } from './explain.ts'
import { type FetchPolicy, guardedAgent } from './guarded-agent.ts'
import { createAsker, parseUrl, requestHeaders, requireOk } from './http-asker.ts'
import { decoded } from './http-body.ts'
import { parsePage } from './page-json.ts'

const maxBytes = 8 << 20
const timeoutMs = 30_000

/** A small JSON document by HTTP. Errors: those of a fetch, ingest.page_unreadable, ingest.source_too_large. */
export async function fetchDocument(
  text: string,
  policy: FetchPolicy,
  signal: AbortSignal,
): Promise<JsonValue> {
  const limits = { ...policy, timeoutMs: Math.min(timeoutMs, policy.timeoutMs) }
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const order = { url: text, policy: limits, signal }
  const dispatcher = guardedAgent(limits)
  try {
    const url = parseUrl(text, text)
    const asker = createAsker(order, dispatcher, AbortSignal.any([signal, timeout]))
    const headers = requestHeaders(url.origin, { headers: {}, authentication: null }, null)
    const { answer } = await asker.ask({ url, headers })
    requireOk(order, answer)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of decoded(answer) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new AppError('ingest.source_too_large', { maxBytes })
      chunks.push(chunk)
    }
    return parsePage(Buffer.concat(chunks).toString('utf8'), shown(text), 1)
  } catch (error) {
    throw explain(error, order, timeout)
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}
