import { type Access, anonymous, type Principal } from '../access/index.ts'
import type { Sessions, SignedIn } from './sessions.ts'
import type { SignInLimits } from './sign-in-limits.ts'

/** What a request shows of who sends it. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly apikey: string | undefined
  /** Of the cookie. */
  readonly sessionToken: string | undefined
  readonly network: string
}

export interface Identity {
  readonly principal: Principal
  /** The session that says so; null: something else does, or nothing. */
  readonly signedIn: SignedIn | null
}

/**
 * Who sends a request. What it says in its own words goes before the cookie, which browsers add by themselves; a cookie
 * of a session that has ended is none. Errors: access.invalid_credentials, access.too_many_attempts.
 */
export async function authenticate(
  deps: { readonly access: Access; readonly sessions: Sessions; readonly limits: SignInLimits },
  { authorization, apikey, sessionToken, network }: Credentials,
): Promise<Identity> {
  const { access, sessions, limits } = deps
  if (authorization !== undefined || (apikey !== undefined && apikey !== '')) {
    const check = () => access.authenticate({ authorization, apikey })
    const username = basicUsername(authorization)
    const principal = await (username === null
      ? limits.key(network, check)
      : limits.password({ username, network }, check))
    return { principal, signedIn: null }
  }
  const signedIn = sessionToken === undefined ? null : await sessions.find(sessionToken)
  return { principal: signedIn?.principal ?? anonymous, signedIn }
}

/** The name that basic authentication gives; null for other schemes. RFC 7617. */
function basicUsername(authorization: string | undefined): string | null {
  const [, value] = /^\s*basic\s+(.*)$/i.exec(authorization ?? '') ?? []
  if (value === undefined) return null
  const text = Buffer.from(value, 'base64').toString('utf8')
  const at = text.indexOf(':')
  return at > 0 ? text.slice(0, at) : null
}
