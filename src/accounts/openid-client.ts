/** One OpenID provider: authorization code flow with PKCE, state and nonce. OpenID Connect Core 1.0 section 3.1. */
import * as openid from 'openid-client'
import { AppError } from '../kernel/index.ts'

export interface OpenidSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | null
  readonly scope: string
  /** What the button says. */
  readonly name: string
  /** Domains of verified addresses for whose owners accounts are made; `*`: of any. */
  readonly domains: readonly string[]
  /** Claim with the names of groups; null: groups are not taken from there. */
  readonly groupsClaim: string | null
  /** From such a name to the id of a group here. */
  readonly groups: ReadonlyMap<string, string>
}

/** What a browser keeps between leaving for the provider and coming back. */
export interface PendingSignIn {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface Claims {
  readonly subject: string
  /** Null without an address that the provider vouches for. */
  readonly verifiedEmail: string | null
  readonly preferredName: string | null
  readonly firstName: string
  readonly lastName: string
  /** Null: the claim is not there. */
  readonly groups: readonly string[] | null
}

export interface OpenidClient {
  /** Where to send the browser. Errors: access.openid_unavailable. */
  begin(redirectUri: string): Promise<{ readonly location: string; readonly pending: PendingSignIn }>
  /** `callbackUrl`: with the query it was called with. Errors: access.openid_unavailable, access.openid_refused. */
  finish(
    callbackUrl: URL,
    pending: PendingSignIn,
  ): Promise<{ readonly claims: Claims; readonly idToken: string }>
  /**
   * Where a browser signs out of the provider, and what brings it back to `redirectUri`; null: the provider has no such
   * address. OpenID Connect RP-Initiated Logout 1.0. Errors: access.openid_unavailable.
   */
  signOutLocation(idToken: string | null, redirectUri: string): Promise<string | null>
}

const timeoutSeconds = 10
const maxGroups = 1000

export function createOpenidClient(settings: OpenidSettings): OpenidClient {
  let discovered: Promise<openid.Configuration> | null = null

  /** Asked once; a provider that is away is asked again by the next who comes. */
  function configuration(): Promise<openid.Configuration> {
    discovered ??= discover(settings).catch((cause) => {
      discovered = null
      throw unavailable(cause)
    })
    return discovered
  }

  return {
    async begin(redirectUri) {
      const verifier = openid.randomPKCECodeVerifier()
      const pending = { state: openid.randomState(), nonce: openid.randomNonce(), verifier }
      const location = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: settings.scope,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: pending.state,
        nonce: pending.nonce,
      })
      return { location: location.href, pending }
    },

    async finish(callbackUrl, { state, nonce, verifier }) {
      const config = await configuration()
      try {
        const tokens = await openid.authorizationCodeGrant(config, callbackUrl, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()!
        // Many providers say in the token who it is, and the rest only when they are asked for it.
        const more = config.serverMetadata().userinfo_endpoint
          ? await openid.fetchUserInfo(config, tokens.access_token, claims.sub)
          : {}
        return {
          claims: readClaims(joinClaims(claims, more), settings.groupsClaim),
          idToken: tokens.id_token!,
        }
      } catch (cause) {
        const reason = cause instanceof openid.AuthorizationResponseError ? cause.error : messageOf(cause)
        throw new AppError('access.openid_refused', { reason: reason.slice(0, 200) })
      }
    },

    async signOutLocation(idToken, redirectUri) {
      const config = await configuration()
      const { end_session_endpoint } = config.serverMetadata()
      if (!end_session_endpoint || !/^https?:/i.test(end_session_endpoint)) return null
      return openid.buildEndSessionUrl(config, {
        post_logout_redirect_uri: redirectUri,
        ...(idToken === null ? {} : { id_token_hint: idToken }),
      }).href
    },
  }
}

async function discover({ issuer, clientId, clientSecret }: OpenidSettings): Promise<openid.Configuration> {
  const url = new URL(issuer)
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  return openid.discovery(url, clientId, clientSecret ?? undefined, undefined, {
    timeout: timeoutSeconds,
    // Tokens in plain text only where no network sees them.
    ...(url.protocol === 'http:' && isHere ? { execute: [openid.allowInsecureRequests] } : {}),
  })
}

function unavailable(cause: unknown): AppError {
  return new AppError('access.openid_unavailable', { reason: messageOf(cause).slice(0, 200) })
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

type SaidClaims = Readonly<Record<string, unknown>>

/**
 * What the token says goes before what the provider says beside it; an address and whether it is vouched for come from
 * one of the two. Put together, they would vouch for an address that nobody has looked at.
 */
export function joinClaims(token: SaidClaims, beside: SaidClaims): SaidClaims {
  const vouching = [token, beside].find(({ email_verified }) => email_verified !== undefined)
  return { ...beside, ...token, email: vouching?.email, email_verified: vouching?.email_verified }
}

export function readClaims(claims: SaidClaims, groupsClaim: string | null): Claims {
  const text = (name: string) => {
    const value = claims[name]
    return typeof value === 'string' && value.length <= 254 && value.isWellFormed() && !value.includes('\0')
      ? value.trim()
      : ''
  }
  const groups = groupsClaim === null ? undefined : claims[groupsClaim]
  return {
    subject: String(claims.sub),
    // Only a true that is one: some providers say "true" of what the user has typed.
    verifiedEmail: claims.email_verified === true && text('email') !== '' ? text('email') : null,
    preferredName: text('preferred_username') || text('nickname') || null,
    firstName: text('given_name') || text('name'),
    lastName: text('family_name'),
    groups:
      groups === undefined
        ? null
        : [groups]
            .flat()
            .filter((name) => typeof name === 'string')
            .slice(0, maxGroups),
  }
}
