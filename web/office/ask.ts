import type { PageContext } from '../kit/page.ts'

/**
 * A question of a page to a route that changes nothing and takes its question as a body. The session's own token is
 * right for that: nothing is done that a reader could be made to do by another site. Errors: ApiError.
 */
export const ask = <T>({ api, session }: PageContext, path: string, body: unknown): Promise<T> =>
  api.send<T>('POST', path, body, { headers: { 'x-csrf-token': session?.csrf_token ?? '' } })
