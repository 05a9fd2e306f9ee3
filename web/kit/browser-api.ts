import { type Api, createApi } from './api.ts'
import type { Lang } from './i18n.ts'

/**
 * Calls by `fetch`, with the session's cookie. `csrfToken`: of the session; null when nobody is signed in. `lang`: of the page,
 * which may be another than the browser's own.
 */
export function createBrowserApi(lang: Lang, csrfToken: string | null): Api {
  return createApi(async (method, path, { body, headers, signal }) => {
    const isRaw = body instanceof Blob || body instanceof FormData || typeof body === 'string'
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        'accept-language': lang,
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
