/** A browser that has signed in: it sends its cookie with everything, and the token where our pages would. */
import assert from 'node:assert/strict'
import type { Answer, Client, RequestOptions } from './http-client.ts'

export interface BrowserSession {
  readonly cookie: string
  readonly csrfToken: string
  readonly sessionUid: string
  /** With the cookie alone. */
  send(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** With the token too, as a page of ours. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** As `request`, and fails when the status is another. */
  expect(status: number, method: string, path: string, options?: RequestOptions): Promise<Answer>
}

export async function browse(
  server: Client & { readonly admin: { readonly username: string; readonly password: string } },
  user: { readonly username: string; readonly password: string } = server.admin,
): Promise<BrowserSession> {
  const { headers, json } = await server.expect(200, 'POST', '/api/auth/v1/session', {
    auth: 'none',
    body: user,
  })
  const cookie = headers.get('set-cookie')!.split(';')[0]!
  const csrfToken: string = json.csrf_token
  const send = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, path, {
      ...options,
      auth: 'none',
      headers: { Cookie: cookie, ...options.headers },
    })
  const request = (method: string, path: string, options: RequestOptions = {}) =>
    send(method, path, { ...options, headers: { 'X-CSRF-Token': csrfToken, ...options.headers } })
  return {
    cookie,
    csrfToken,
    sessionUid: json.session_uid,
    send,
    request,
    async expect(status, method, path, options) {
      const answer = await request(method, path, options)
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 500)}`)
      return answer
    },
  }
}
