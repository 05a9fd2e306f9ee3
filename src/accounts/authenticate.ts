import { type Access, anonymous, type Principal } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import { AppError } from '../kernel/index.ts'
import type { Sessions, SignedIn } from './sessions.ts'
import type { SignInLimits } from './sign-in-limits.ts'

/** Where a request comes from. */
export interface Origin {
  readonly address: string
  /** One address; of IPv6 the network of one subscriber. */
  readonly network: string
  readonly userAgent: string | undefined
}

/** What a request shows of who sends it. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly apikey: string | undefined
  /** Of the cookie. */
  readonly sessionToken: string | undefined
  readonly address: string
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
  deps: {
    readonly access: Access
    readonly audit: Audit
    readonly sessions: Sessions
    readonly limits: SignInLimits
  },
  { authorization, apikey, sessionToken, address, network }: Credentials,
): Promise<Identity> {
  const { access, sessions, limits } = deps
  if (authorization !== undefined || (apikey !== undefined && apikey !== '')) {
    const check = () => access.authenticate({ authorization, apikey })
    const username = basicUsername(authorization)
    const via = username === null ? 'apikey' : 'password'
    const principal = await recordingRefusal(deps.audit, { username, via, address }, () =>
      username === null ? limits.key(network, check) : limits.password({ username, network }, check),
    )
    return { principal, signedIn: null }
  }
  const signedIn = sessionToken === undefined ? null : await sessions.find(sessionToken)
  return { principal: signedIn?.principal ?? anonymous, signedIn }
}

/** Writes down that a key or a password was wrong. How often that can be is limited: what has to wait is not checked. */
export async function recordingRefusal<T>(
  audit: Audit,
  who: { readonly username: string | null; readonly via: 'apikey' | 'password'; readonly address: string },
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof AppError && error.key === 'access.invalid_credentials') {
      await audit.record({ action: 'sign_in', outcome: 'refused', ...who })
    }
    throw error
  }
}

/** The name that basic authentication gives; null for other schemes. RFC 7617. */
function basicUsername(authorization: string | undefined): string | null {
  const [, value] = /^\s*basic\s+(.*)$/i.exec(authorization ?? '') ?? []
  if (value === undefined) return null
  const text = Buffer.from(value, 'base64').toString('utf8')
  const at = text.indexOf(':')
  return at > 0 ? text.slice(0, at) : null
}
