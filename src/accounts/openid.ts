import type { Audit } from '../audit/index.ts'
import type { ControlDb } from '../control/index.ts'
import { AppError, type Clock, type SecretBox } from '../kernel/index.ts'
import type { Origin } from './authenticate.ts'
import { accountOf } from './openid-accounts.ts'
import { createOpenidClient, type OpenidSettings, type PendingSignIn } from './openid-client.ts'
import type { Session, Sessions, SignedIn } from './sessions.ts'

export interface Openid {
  /** What the button says. */
  readonly name: string
  /**
   * Where to send the browser, and what it is to keep meanwhile. `returnTo`: a path here. `linkTo`: whose account the
   * identity is to be linked to. Errors: access.openid_unavailable.
   */
  begin(order: {
    readonly returnTo: string
    readonly linkTo: SignedIn | null
  }): Promise<{ readonly location: string; readonly kept: string }>
  /** Where the browser was to go afterwards; `/` when that cannot be told any more. */
  returnTo(kept: string | undefined): string
  /**
   * Signs in whoever comes back. `query`: as the provider sent it. Errors: access.openid_expired, those of the provider
   * (access.openid_refused, access.openid_unavailable) and of accounts (access.openid_*).
   */
  finish(comeBack: {
    readonly query: string
    readonly kept: string | undefined
    readonly signedIn: SignedIn | null
    readonly from: Origin & { readonly replaced: string | undefined }
  }): Promise<SignedIn>
  /**
   * Where the browser of a session that has been signed out is to sign out of the provider too; null: of a session that was
   * begun otherwise, or where the provider has nothing for it or is away.
   */
  signOutLocation(session: Session): Promise<string | null>
}

interface Kept extends PendingSignIn {
  readonly returnTo: string
  readonly linkTo: { readonly username: string; readonly sessionUid: string } | null
  readonly expiresAt: number
}

export const openidMinutes = 10
const sealedFor = 'openid sign-in'
const tokenSealedFor = 'openid id token'
/** It becomes part of an address, which must not grow beyond what servers read. */
const maxIdToken = 6000

export function createOpenid(
  deps: {
    readonly db: ControlDb
    readonly clock: Clock
    readonly secrets: SecretBox
    readonly audit: Audit
    readonly sessions: Sessions
    readonly publicUrl: () => string
  },
  settings: OpenidSettings,
): Openid {
  const { db, clock, secrets, audit, sessions, publicUrl } = deps
  const client = createOpenidClient(settings)
  const callback = () => `${publicUrl()}/api/auth/v1/openid/callback`

  function open(kept: string | undefined): Kept | null {
    if (kept === undefined) return null
    try {
      const value: Kept = JSON.parse(secrets.open(kept, sealedFor))
      return value.expiresAt > clock.now() ? value : null
    } catch {
      return null
    }
  }

  return {
    name: settings.name,
    async begin({ returnTo, linkTo }) {
      const { location, pending } = await client.begin(callback())
      const kept: Kept = {
        ...pending,
        returnTo: localPath(returnTo),
        linkTo: linkTo && { username: linkTo.session.username, sessionUid: linkTo.session.sessionUid },
        expiresAt: clock.now() + openidMinutes * 60_000,
      }
      return { location, kept: secrets.seal(JSON.stringify(kept), sealedFor) }
    },

    returnTo: (kept) => open(kept)?.returnTo ?? '/',

    async finish({ query, kept, signedIn, from }) {
      const pending = open(kept)
      if (!pending) throw new AppError('access.openid_expired', {})
      const { linkTo } = pending
      // Who asked for the link must still be who sits there.
      if (linkTo !== null && signedIn?.session.sessionUid !== linkTo.sessionUid)
        throw new AppError('access.openid_expired', {})
      const { address } = from
      try {
        const { claims, idToken } = await client.finish(new URL(`${callback()}?${query}`), pending)
        const username = await accountOf({ db, clock, settings }, claims, linkTo?.username ?? null)
        const idTokenSealed = idToken.length > maxIdToken ? null : secrets.seal(idToken, tokenSealedFor)
        const begun = await sessions.begin({ username, method: 'openid', idTokenSealed, ...from })
        const action = linkTo === null ? 'sign_in' : 'link_openid'
        await audit.record({ action, outcome: 'done', username, via: 'openid', address })
        return begun
      } catch (error) {
        if (error instanceof AppError) {
          const details = { reason: error.key }
          await audit.record({ action: 'sign_in', outcome: 'refused', via: 'openid', address, details })
        }
        throw error
      }
    },

    async signOutLocation({ method, idTokenSealed }) {
      if (method !== 'openid') return null
      try {
        return await client.signOutLocation(openToken(idTokenSealed), `${publicUrl()}/login`)
      } catch {
        // Signing out here must not wait for somebody else to be well.
        return null
      }
    },
  }

  function openToken(sealed: string | null): string | null {
    try {
      return sealed && secrets.open(sealed, tokenSealedFor)
    } catch {
      return null
    }
  }
}

/** A path of this server; anything that a browser could read as another one's is `/`. */
export function localPath(text: string): string {
  const base = 'http://here.invalid'
  // Browsers take a backslash for a slash, and leave out tabs and line ends.
  if (!/^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(text) || text.length > 2000 || !URL.canParse(text, base))
    return '/'
  const url = new URL(text, base)
  return url.origin === base ? `${url.pathname}${url.search}${url.hash}` : '/'
}
