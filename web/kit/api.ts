/** The REST API as pages and islands call it: the same interface on the server and in the browser. */

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>

export interface CallOptions {
  readonly query?: Query
  /** Sent as JSON, unless it is something that `fetch` sends by itself. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface ApiAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface Api {
  /** The answer whatever its status. */
  call(method: string, path: string, options?: CallOptions): Promise<ApiAnswer>
  /** The JSON of a good answer. Errors: ApiError. */
  get<T>(path: string, query?: Query, options?: CallOptions): Promise<T>
  /** The JSON of a good answer, null when it is empty. Errors: ApiError. */
  send<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<T>
}

/** An answer that is not good, in the words of the API (docs/errors.md); without any where it is not the API that answers. */
export class ApiError extends Error {
  readonly status: number
  /** Stable: docs/errors.md; empty when the answer is not one of the API. */
  readonly key: string
  readonly hint: string
  readonly body: Readonly<Record<string, unknown>>
  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(String(body.message ?? body.error ?? ''))
    this.status = status
    this.key = String(body.error_id ?? body.key ?? '')
    this.hint = String(body.hint ?? '')
    this.body = body
  }
}

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one))
  }
  const text = params.toString()
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`
}

export function createApi(
  call: (method: string, path: string, options: CallOptions) => Promise<ApiAnswer>,
): Api {
  async function good<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const answer = await call(method, withQuery(path, options.query), options)
    const value = parse(answer.text)
    if (answer.status >= 400) throw new ApiError(answer.status, isObject(value) ? value : {})
    return value as T
  }
  return {
    call: (method, path, options = {}) => call(method, withQuery(path, options.query), options),
    get: (path, query = {}, options = {}) => good('GET', path, { ...options, query }),
    send: (method, path, body, options = {}) => good(method, path, { ...options, body }),
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return null
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
