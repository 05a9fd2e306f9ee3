import { isIP } from 'node:net'
import type { Access } from '../access/index.ts'
import type { Audit } from '../audit/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type Clock, type Ids, type SecretBox } from '../kernel/index.ts'
import type { Mailer } from '../mail/index.ts'
import {
  authenticate,
  type Credentials,
  type Identity,
  type Origin,
  recordingRefusal,
} from './authenticate.ts'
import { createOpenid, type Openid } from './openid.ts'
import type { OpenidSettings } from './openid-client.ts'
import { createRecovery, type Recovery } from './recovery.ts'
import { createSessions, type SessionLimits, type Sessions, type SignedIn } from './sessions.ts'
import { type Attempt, createSignInLimits } from './sign-in-limits.ts'

/** How people sign in, and who is signed in. */
export interface Accounts {
  readonly sessions: Sessions
  readonly recovery: Recovery
  /** Null: there is no OpenID provider. */
  readonly openid: Openid | null
  /** Whether a forgotten password can be asked for. */
  readonly sendsMail: boolean
  /** Errors: access.invalid_credentials, access.too_many_attempts. */
  authenticate(credentials: Credentials): Promise<Identity>
  /** `replaced`: the token that the browser had. Errors: as above. */
  signIn(
    who: { readonly username: string; readonly password: string },
    from: Origin & { readonly replaced: string | undefined },
  ): Promise<SignedIn>
  /** Whether the password is the user's, for what only its owner may do. Errors: access.wrong_password, access.too_many_attempts. */
  requirePassword(username: string, password: string, from: Origin): Promise<void>
}

export function createAccounts(deps: {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly access: Access
  readonly audit: Audit
  /** The network of an address. */
  readonly networkOf: (address: string) => string
  readonly mailer: Mailer
  readonly secrets: SecretBox
  /** Where people reach the server. */
  readonly publicUrl: () => string
  readonly settings: {
    readonly sessions: SessionLimits
    readonly signInFailures: number
    readonly minPasswordLength: number
    readonly openid: OpenidSettings | null
  }
  readonly onError: (cause: unknown) => void
}): Accounts {
  const { access, audit, settings } = deps
  const sessions = createSessions({ ...deps, limits: settings.sessions })
  const limits = createSignInLimits({ clock: deps.clock, failures: settings.signInFailures, isKnown })

  async function isKnown({ username, network }: Attempt): Promise<boolean> {
    const known = await sessions.list(username)
    return known.some(({ address }) => isIP(address) !== 0 && deps.networkOf(address) === network)
  }

  const recovery = createRecovery({
    ...deps,
    site: () => ({ publicUrl: deps.publicUrl() }),
    minPasswordLength: settings.minPasswordLength,
  })

  return {
    sessions,
    recovery,
    openid: settings.openid && createOpenid({ ...deps, sessions }, settings.openid),
    sendsMail: deps.mailer.isConfigured,
    async requirePassword(username, password, { address, network }) {
      try {
        await recordingRefusal(audit, { username, via: 'password', address }, () =>
          limits.password({ username, network }, () => access.checkPassword(username, password)),
        )
      } catch (error) {
        // Who asks is signed in: a 401 would say otherwise.
        if (error instanceof AppError && error.key === 'access.invalid_credentials')
          throw new AppError('access.wrong_password', {})
        throw error
      }
    },
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
