import { isIP } from 'node:net'
import type { Access } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import type { ControlDb } from '../control/index.ts'
import type { Clock, Ids } from '../kernel/index.ts'
import { authenticate, type Credentials, type Identity, recordingRefusal } from './authenticate.ts'
import { createSessions, type SessionLimits, type Sessions, type SignedIn } from './sessions.ts'
import { type Attempt, createSignInLimits } from './sign-in-limits.ts'

/** Where a request comes from. */
export interface Origin {
  readonly address: string
  /** One address; of IPv6 the network of one subscriber. */
  readonly network: string
  readonly userAgent: string | undefined
}

/** How people sign in, and who is signed in. */
export interface Accounts {
  readonly sessions: Sessions
  /** Errors: access.invalid_credentials, access.too_many_attempts. */
  authenticate(credentials: Credentials): Promise<Identity>
  /** `replaced`: the token that the browser had. Errors: as above. */
  signIn(
    who: { readonly username: string; readonly password: string },
    from: Origin & { readonly replaced: string | undefined },
  ): Promise<SignedIn>
}

export function createAccounts(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly access: Access
  readonly audit: Audit
  /** The network of an address. */
  readonly networkOf: (address: string) => string
  readonly settings: { readonly sessions: SessionLimits; readonly signInFailures: number }
}): Accounts {
  const { access, audit, settings } = deps
  const sessions = createSessions({ ...deps, limits: settings.sessions })
  const limits = createSignInLimits({ clock: deps.clock, failures: settings.signInFailures, isKnown })

  async function isKnown({ username, network }: Attempt): Promise<boolean> {
    const known = await sessions.list(username)
    return known.some(({ address }) => isIP(address) !== 0 && deps.networkOf(address) === network)
  }

  return {
    sessions,
    authenticate: (credentials) => authenticate({ access, audit, sessions, limits }, credentials),
    async signIn({ username, password }, { address, network, userAgent, replaced }) {
      await recordingRefusal(audit, { username, via: 'password', address }, () =>
        limits.password({ username, network }, () => access.checkPassword(username, password)),
      )
      const signedIn = await sessions.begin({ username, method: 'password', address, userAgent, replaced })
      await audit.record({ action: 'sign_in', outcome: 'done', username, via: 'password', address })
      return signedIn
    },
  }
}
