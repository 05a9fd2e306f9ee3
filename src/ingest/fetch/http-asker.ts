/** One request of a fetch by HTTP: redirects followed, each hop judged like the first, credentials for their origin only. */
import { type Dispatcher, request } from 'undici'
import { AppError, shown } from '../../kernel/index.ts'
import type { FetchConnection, FetchOrder } from './fetch-order.ts'
import { refuseLiteral } from './guarded-agent.ts'
import type { SourceOptions } from './source-options.ts'

export type Answer = Awaited<ReturnType<typeof request>>

export interface Ask {
  readonly url: URL
  readonly method?: 'GET' | 'POST'
  readonly body?: string | null
  /** For this hop; what must not go to another origin is the caller's to know. */
  headers(url: URL): Record<string, string> | Promise<Record<string, string>>
}

export interface Asker {
  /** Any status but a redirect; the body is the caller's to read or to let go. */
  ask(ask: Ask): Promise<{ readonly url: URL; readonly answer: Answer }>
}

/**
 * Errors of `ask`: ingest.fetch_invalid_url, ingest.fetch_too_many_redirects, RefusedAddress, and those of the connection.
 */
export function createAsker(
  order: Pick<FetchOrder, 'url' | 'policy'>,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Asker {
  async function ask({ url: start, method = 'GET', body = null, headers }: Ask) {
    let url = start
    let verb = method
    let content = body
    for (let hop = 0; hop <= order.policy.maxRedirects; hop++) {
      refuseLiteral(url, order.policy)
      const answer = await request(url, {
        dispatcher,
        signal,
        method: verb,
        body: content,
        headers: await headers(url),
      })
      // A body that is let go of emits an error; with nobody to hear it, it would end the process.
      answer.body.on('error', ignore)
      const { statusCode } = answer
      const location = headerText(answer.headers.location)
      if (statusCode < 300 || statusCode >= 400 || statusCode === 304 || location === null)
        return { url, answer }
      await answer.body.dump().catch(() => {})
      const target = parseUrl(location, order.url, url)
      // Only 307 and 308 say that the same is to be asked there; what a body holds is for whom it was written.
      if ((statusCode !== 307 && statusCode !== 308) || target.origin !== start.origin) {
        verb = 'GET'
        content = null
      }
      url = target
    }
    throw new AppError('ingest.fetch_too_many_redirects', {
      url: shown(order.url),
      max: order.policy.maxRedirects,
    })
  }
  return { ask }
}

function ignore(): void {}

/** Errors: ingest.fetch_status, with what the source says of when to come again. */
export function requireOk(order: Pick<FetchOrder, 'url'>, answer: Answer): void {
  if (answer.statusCode === 200) return
  answer.body.destroy()
  const seconds = retryAfterSeconds(answer)
  const params = { url: shown(order.url), status: answer.statusCode }
  throw new AppError(
    'ingest.fetch_status',
    seconds === null ? params : Object.assign(params, { retry_after_s: seconds }),
  )
}

/** Of a Retry-After header: seconds, or an instant, told by the source's own clock. Null: it says nothing. */
export function retryAfterSeconds({ headers }: Pick<Answer, 'headers'>): number | null {
  const text = headerText(headers['retry-after'])?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const wait = Date.parse(text) - Date.parse(headerText(headers.date) ?? '')
  return Number.isFinite(wait) ? Math.max(0, Math.ceil(wait / 1000)) : null
}

/** Headers of a resource's requests: its own and its credentials only for the origin that they were given for. */
export function requestHeaders(
  origin: string,
  options: Pick<SourceOptions, 'headers' | 'authentication'>,
  connection: FetchConnection | null,
): (url: URL) => Record<string, string> {
  const base = { accept: '*/*', 'accept-encoding': 'gzip, br', 'user-agent': 'Broadsheet' }
  const own = lowerCased(options.headers)
  const credentials = { ...connectionHeaders(connection), ...authenticationHeaders(options.authentication) }
  return (url) => (url.origin === origin ? { ...base, ...own, ...credentials } : base)
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function authenticationHeaders(authentication: SourceOptions['authentication']): Record<string, string> {
  if (authentication === null) return {}
  return authentication.type === 'basic'
    ? basic(authentication.username, authentication.password)
    : { authorization: `Bearer ${authentication.token}` }
}

function connectionHeaders(connection: FetchConnection | null): Record<string, string> {
  if (connection === null || connection.secret === null) return {}
  const { params, secret, username } = connection
  switch (params.authentication ?? 'basic') {
    case 'bearer':
      return { authorization: `Bearer ${secret}` }
    case 'header':
      return { [String(params.parameter).toLowerCase()]: secret }
    case 'query':
      return {}
    default:
      return basic(username ?? '', secret)
  }
}

function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}` }
}

/** The address with the secret that belongs into its query, if there is one. */
export function withQuerySecret(url: URL, connection: FetchConnection | null): URL {
  if (connection === null || connection.secret === null || connection.params.authentication !== 'query')
    return url
  const whole = new URL(url)
  whole.searchParams.set(String(connection.params.parameter), connection.secret)
  return whole
}

/** Errors: ingest.fetch_invalid_url. */
export function parseUrl(text: string, original: string, base?: URL): URL {
  let url: URL
  try {
    url = new URL(text, base)
  } catch {
    throw invalidUrl(original, 'it is not a complete address')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalidUrl(original, `${url.protocol} is not supported`)
  if (url.username || url.password)
    throw invalidUrl(original, 'a user name or password in an address is not supported')
  url.hash = ''
  return url
}

export function invalidUrl(url: string, reason: string): AppError {
  return new AppError('ingest.fetch_invalid_url', { url: shown(url), reason })
}

export function headerText(value: string | string[] | undefined): string | null {
  if (value === undefined) return null
  return Array.isArray(value) ? (value[0] ?? null) : value
}
