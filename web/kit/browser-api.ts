import { type Api, createApi } from './api.ts'

/** Calls by `fetch`, with the session's cookie. `csrfToken`: of the session; null when nobody is signed in. */
export function createBrowserApi(csrfToken: string | null): Api {
  return createApi(async (method, path, { body, headers, signal }) => {
    const isRaw = body instanceof Blob || body instanceof FormData || typeof body === 'string'
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...(csrfToken === null || method === 'GET' ? {} : { 'x-csrf-token': csrfToken }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers.entries()),
      text: await response.text(),
    }
  })
}
