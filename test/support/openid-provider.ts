/** An OpenID provider whose users sign in without being asked: as whom, the test says. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

export type ProviderClaims = Readonly<Record<string, unknown>> & { readonly sub: string }

export interface OpenidProvider {
  readonly issuer: string
  /** Who sits at the browser from now on; null: somebody who refuses. */
  setUser(claims: ProviderClaims | null): void
  close(): Promise<void>
}

export async function startOpenidProvider(client: {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  /** Where it sends browsers that have signed out; without one nobody signs out there. */
  readonly signedOutUri?: string
}): Promise<OpenidProvider> {
  let user: ProviderClaims | null = null
  const known = new Map<string, ProviderClaims>()
  let handle: ReturnType<Provider['callback']> | null = null
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) return void interact(request, response)
    handle!(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [client.redirectUri],
        ...(client.signedOutUri ? { post_logout_redirect_uris: [client.signedOutUri] } : {}),
      },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['given_name', 'family_name', 'preferred_username', 'groups'],
    },
    cookies: { keys: ['of the tests'] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: client.signedOutUri !== undefined,
        // Asks nobody: the form is sent by whoever follows.
        logoutSource: async (context, form) => {
          context.body = form
        },
      },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    findAccount: async (_context, sub) => ({ accountId: sub, claims: async () => known.get(sub)! }),
  })
  handle = provider.callback()

  type Request = Parameters<typeof provider.interactionDetails>[0]
  type Response = Parameters<typeof provider.interactionDetails>[1]
  async function interact(request: Request, response: Response): Promise<void> {
    const { prompt, params, grantId } = await provider.interactionDetails(request, response)
    if (user === null) {
      return provider.interactionFinished(request, response, { error: 'access_denied' })
    }
    if (prompt.name === 'login') {
      known.set(user.sub, user)
      return provider.interactionFinished(request, response, {
        login: { accountId: user.sub, remember: false },
      })
    }
    const grant =
      (grantId ? await provider.Grant.find(grantId) : undefined) ??
      new provider.Grant({ accountId: user.sub, clientId: String(params.client_id) })
    grant.addOIDCScope(String(params.scope))
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }

  return {
    issuer,
    setUser: (claims) => {
      user = claims
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/**
 * Follows the provider's redirects as a browser does, and agrees to sign out, until one leads away from it: answers where to.
 * Without a jar each time is a new browser.
 */
export async function goThrough(
  provider: OpenidProvider,
  location: string,
  jar = new Map<string, string>(),
): Promise<URL> {
  let next = new URL(location)
  let sent: RequestInit = {}
  for (let n = 0; n < 20; n++) {
    if (next.origin !== provider.issuer) return next
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer: Response = await fetch(next, { ...sent, redirect: 'manual', headers: { cookie } })
    sent = {}
    for (const set of answer.headers.getSetCookie()) {
      const [pair] = set.split(';')
      const at = pair!.indexOf('=')
      jar.set(pair!.slice(0, at), pair!.slice(at + 1))
    }
    const to = answer.headers.get('location')
    if (to !== null) {
      next = new URL(to, next)
      continue
    }
    const text = await answer.text()
    const [, action, xsrf] = /action="([^"]+)".*name="xsrf" value="([^"]+)"/s.exec(text) ?? []
    if (action === undefined) throw new Error(`the provider answers ${answer.status}: ${text}`)
    next = new URL(action, next)
    sent = { method: 'POST', body: new URLSearchParams({ xsrf: xsrf!, logout: 'yes' }) }
  }
  throw new Error('the provider redirects without end')
}
