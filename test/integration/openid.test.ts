/** Signing in by an OpenID provider: the way there and back, whose account it is, and who cannot come in. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createOpenidClient } from '../../src/accounts/openid-client.ts'
import { makeUser } from '../support/accounts.ts'
import { browse } from '../support/browser-session.ts'
import { managementPath } from '../support/http-client.ts'
import {
  goThrough,
  type OpenidProvider,
  type ProviderClaims,
  startOpenidProvider,
} from '../support/openid-provider.ts'
import { launchServer, type TestServer } from '../support/server.ts'

const auth = '/api/auth/v1'
const publicUrl = 'https://data.example.org'
const client = {
  clientId: 'broadsheet',
  clientSecret: 'secret of the tests',
  redirectUri: `${publicUrl}${auth}/openid/callback`,
  signedOutUri: `${publicUrl}/login`,
}
let provider: OpenidProvider
let server: TestServer
let clear: () => Promise<void>

before(async () => {
  provider = await startOpenidProvider(client)
  const launched = await launchServer({
    env: {
      BROADSHEET_PUBLIC_URL: publicUrl,
      BROADSHEET_OPENID_ISSUER: provider.issuer,
      BROADSHEET_OPENID_CLIENT_ID: client.clientId,
      BROADSHEET_OPENID_CLIENT_SECRET: client.clientSecret,
      BROADSHEET_OPENID_NAME: 'City',
      BROADSHEET_OPENID_DOMAINS: 'city.example, town.example',
      BROADSHEET_OPENID_GROUPS_CLAIM: 'groups',
      BROADSHEET_OPENID_GROUPS: 'Staff=editors,IT=admins',
    },
  })
  server = launched.server
  clear = launched.clear
  for (const title of ['editors', 'admins', 'friends'])
    await server.expect(200, 'POST', `${managementPath}/groups`, { body: { title } })
})
after(async () => {
  await clear()
  await provider.close()
})

const tls = { 'X-Forwarded-Proto': 'https' }
const cookieOf = (headers: Headers, name: string) =>
  headers
    .getSetCookie()
    .find((cookie) => cookie.startsWith(`${name}=`))
    ?.split(';')[0]

async function start(back = '/explore/x?y=1') {
  const answer = await server.expect(302, 'GET', `${auth}/openid/start?back=${encodeURIComponent(back)}`, {
    auth: 'none',
    headers: tls,
  })
  return {
    location: answer.headers.get('location')!,
    cookie: cookieOf(answer.headers, 'broadsheet_openid')!,
    setCookie: answer.headers.getSetCookie().join(),
  }
}

async function comeBack(url: URL, ...cookies: (string | undefined)[]) {
  assert.equal(`${url.origin}${url.pathname}`, client.redirectUri)
  const { headers } = await server.expect(302, 'GET', `${url.pathname}${url.search}`, {
    auth: 'none',
    headers: { ...tls, Cookie: cookies.filter(Boolean).join('; ') },
  })
  const location = headers.get('location')!
  const error = location.startsWith('/login?') ? new URL(location, publicUrl).searchParams.get('error') : null
  return { location, error, session: cookieOf(headers, 'broadsheet_session') }
}

/** All the way, in a new browser. */
async function signIn(claims: ProviderClaims | null, back?: string) {
  provider.setUser(claims)
  const begun = await start(back)
  return comeBack(await goThrough(provider, begun.location), begun.cookie)
}

async function whoIs(session: string | undefined) {
  const { json } = await server.expect(200, 'GET', `${auth}/me`, {
    auth: 'none',
    headers: { Cookie: session! },
  })
  return json
}

async function invite(email: string): Promise<string> {
  const { json } = await server.expect(200, 'POST', `${managementPath}/users`, { body: { emails: [email] } })
  return json[email].replace('success: ', '')
}

const vera = {
  sub: 'vera-1',
  email: 'vera@city.example',
  email_verified: true,
  given_name: 'Vera',
  family_name: 'Rubin',
  groups: ['Staff', 'Astronomers'],
}

test('the way there is by code, with PKCE, state and nonce, and what is kept meanwhile is sealed', async () => {
  const { json } = await server.expect(200, 'GET', `${auth}/methods`, { auth: 'none' })
  assert.deepEqual(json.openid, { name: 'City', url: `${auth}/openid/start` })
  const { location, cookie, setCookie } = await start()
  const query = new URL(location).searchParams
  assert.equal(query.get('response_type'), 'code')
  assert.equal(query.get('code_challenge_method'), 'S256')
  assert.equal(query.get('redirect_uri'), client.redirectUri)
  for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(query.get(name)!.length >= 43, name)
  assert.ok(!cookie.includes(query.get('state')!))
  assert.match(setCookie, /Path=\/api\/auth\/v1\/openid; HttpOnly; Secure; SameSite=Lax/)
})

test('whom the provider vouches for is given an account, without rights but those of the groups, and comes back to it', async () => {
  const first = await signIn(vera)
  assert.equal(first.location, '/explore/x?y=1')
  const made = await whoIs(first.session)
  assert.deepEqual(
    [made.username, made.email, made.is_email_verified, made.first_name, made.account_type, made.groups],
    ['vera', 'vera@city.example', true, 'Vera', 'openid', ['editors']],
  )
  assert.deepEqual(made.permissions, [])

  await server.expect(200, 'PUT', `${managementPath}/users/vera`, {
    body: { group_ids: ['editors', 'friends'] },
  })
  const again = await signIn({ ...vera, email: 'vera.rubin@town.example', groups: ['IT'] })
  const later = await whoIs(again.session)
  assert.equal(later.username, 'vera', 'the identity counts, not the address')
  assert.deepEqual(later.groups, ['admins', 'friends'])
  const sessions = await server.expect(200, 'GET', `${auth}/users/vera/sessions`, { auth: 'admin' })
  assert.deepEqual(new Set(sessions.json.map((one: { method: string }) => one.method)), new Set(['openid']))
})

test('nobody else comes in, and is told why', async () => {
  const refused = async (claims: ProviderClaims | null, error: string) => {
    const answer = await signIn(claims)
    assert.equal(answer.error, error, JSON.stringify(claims))
    assert.equal(answer.session, undefined)
  }
  await refused(null, 'access.openid_refused')
  await refused({ sub: 'n1' }, 'access.openid_no_account')
  await refused({ sub: 'n2', email: 'n@elsewhere.example', email_verified: true }, 'access.openid_no_account')
  await refused({ sub: 'n3', email: 'n@city.example', email_verified: false }, 'access.openid_no_account')
  await refused(
    { sub: 'n4', email: 'n@city.example.evil.example', email_verified: true },
    'access.openid_no_account',
  )
  const { json } = await server.expect(200, 'GET', `${managementPath}/audit?action=sign_in&outcome=refused`)
  assert.equal(json.results[0].via, 'openid')
  assert.equal(json.results[0].details.reason, 'access.openid_no_account')
})

test('an account that is here already is not taken over by an address', async () => {
  // Somebody has made it their own, and nobody has proved who reads the address.
  const username = await invite('owner@city.example')
  await server.expect(200, 'PUT', `${managementPath}/users/${username}`, {
    body: { password: 'a password of the owner' },
  })
  const claims = { sub: 'thief', email: 'Owner@city.example', email_verified: true }
  assert.equal((await signIn({ ...claims, email_verified: false })).error, 'access.openid_no_account')
  assert.equal((await signIn(claims)).error, 'access.openid_account_exists')

  // Its owner links it: by a session, with a token.
  const owner = await browse(server, { username, password: 'a password of the owner' })
  assert.equal((await owner.send('POST', `${auth}/openid/links`, { body: {} })).status, 403)
  const begun = await owner.expect(200, 'POST', `${auth}/openid/links`, { body: { back: '/backoffice' } })
  provider.setUser(claims)
  const back = await goThrough(provider, begun.json.location)
  const kept = cookieOf(begun.headers, 'broadsheet_openid')
  const linked = await comeBack(back, kept, owner.cookie)
  assert.equal(linked.location, '/backoffice')
  assert.equal((await whoIs((await signIn(claims)).session)).username, username)

  // Nobody else can link that identity, nor finish a link that another session began.
  const other = await browse(server)
  const second = await other.expect(200, 'POST', `${auth}/openid/links`, { body: {} })
  const elsewhere = await comeBack(
    await goThrough(provider, second.json.location),
    cookieOf(second.headers, 'broadsheet_openid'),
    other.cookie,
  )
  assert.equal(elsewhere.error, 'access.openid_linked_elsewhere')
  const third = await other.expect(200, 'POST', `${auth}/openid/links`, { body: {} })
  const victim = await browse(server, { username, password: 'a password of the owner' })
  const forged = await comeBack(
    await goThrough(provider, third.json.location),
    cookieOf(third.headers, 'broadsheet_openid'),
    victim.cookie,
  )
  assert.equal(forged.error, 'access.openid_expired')
})

test('who was invited and has not come yet comes by the provider', async () => {
  const username = await invite('katherine@town.example')
  const { session } = await signIn({ sub: 'kj', email: 'katherine@town.example', email_verified: true })
  assert.equal((await whoIs(session)).username, username)
})

test('who says to have an address of somebody else does not keep them out', async () => {
  const invited = await invite('nina@city.example')
  const mallory = await makeUser(server, 'mallory')
  const body = { email: 'nina@city.example', current_password: mallory.password }
  await server.expect(200, 'PUT', `${auth}/me`, { auth: mallory, body })
  const { session } = await signIn({ sub: 'nina-1', email: 'nina@city.example', email_verified: true })
  assert.equal((await whoIs(session)).username, invited)
})

test('an address with another letter is another address, whatever its lower case is', async () => {
  const kim = await signIn({ sub: 'kim-1', email: 'Kim@city.example', email_verified: true })
  const again = await signIn({ sub: 'kim-2', email: 'kim@CITY.example', email_verified: true })
  assert.equal((await whoIs(again.session)).username, (await whoIs(kim.session)).username)
  // The Kelvin sign, whose lower case is the letter k.
  const kelvin = await signIn({ sub: 'kim-3', email: '\u212aim@city.example', email_verified: true })
  assert.notEqual((await whoIs(kelvin.session)).username, (await whoIs(kim.session)).username)
})

test('a callback is worth nothing in another browser, twice, or with another state', async () => {
  provider.setUser(vera)
  const begun = await start()
  const back = await goThrough(provider, begun.location)
  assert.equal((await comeBack(back)).error, 'access.openid_expired')
  assert.equal((await comeBack(back, 'broadsheet_openid=forged')).error, 'access.openid_expired')
  const other = await start()
  assert.equal((await comeBack(back, other.cookie)).error, 'access.openid_refused')
  const tampered = new URL(back)
  tampered.searchParams.set('state', 'x'.repeat(43))
  assert.equal((await comeBack(tampered, begun.cookie)).error, 'access.openid_refused')
  assert.equal((await comeBack(back, begun.cookie)).error, null)
  assert.equal((await comeBack(back, begun.cookie)).error, 'access.openid_refused')
})

test('who signs out here signs out of the provider, and comes back', async () => {
  provider.setUser(vera)
  const signInWith = async (jar: Map<string, string>) => {
    const begun = await start()
    return (await comeBack(await goThrough(provider, begun.location, jar), begun.cookie)).session!
  }
  const jar = new Map<string, string>()
  const session = await signInWith(jar)
  const { json } = await server.expect(200, 'GET', `${auth}/session`, {
    auth: 'none',
    headers: { Cookie: session },
  })
  assert.ok([...jar.keys()].some((name) => /_session$/.test(name)))
  const signOut = (cookie: string, token: string) =>
    server.expect(204, 'DELETE', `${auth}/session`, {
      auth: 'none',
      headers: { ...tls, Cookie: cookie, 'X-CSRF-Token': token },
    })
  const location = (await signOut(session, json.csrf_token)).headers.get('broadsheet-sign-out')!
  await server.expect(401, 'GET', `${auth}/session`, { auth: 'none', headers: { Cookie: session } })
  const query = new URL(location).searchParams
  assert.equal(query.get('client_id'), client.clientId)
  assert.equal(query.get('id_token_hint')!.split('.').length, 3)
  // The provider takes the hint and the way back.
  const back = await goThrough(provider, location, jar)
  assert.equal(back.href, client.signedOutUri)

  // The page says the same to a browser that has no JavaScript, and to one whose session is a password's nothing.
  const again = await signInWith(new Map())
  const shown = await server.expect(200, 'GET', `${auth}/session`, {
    auth: 'none',
    headers: { Cookie: again },
  })
  const page = await server.expect(200, 'POST', '/login', {
    auth: 'none',
    headers: { ...tls, Cookie: again, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ csrf_token: shown.json.csrf_token, action: 'sign_out' }).toString(),
  })
  assert.match(
    page.headers.get('refresh')!,
    /^0;url=http:\/\/127\.0\.0\.1:\d+\/session\/end\?.*id_token_hint=/,
  )
  assert.match(page.headers.getSetCookie().join(), /broadsheet_session=;/)
  const admin = await browse(server)
  const ended = await admin.expect(204, 'DELETE', `${auth}/session`)
  assert.equal(ended.headers.get('broadsheet-sign-out'), null)

  // A provider that has no such address, or is away, is not asked.
  const { signedOutUri: _, ...silent } = client
  const other = await startOpenidProvider(silent)
  const settings = {
    issuer: other.issuer,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    scope: 'openid',
    name: '',
    domains: [],
    groupsClaim: null,
    groups: new Map(),
  }
  assert.equal(await createOpenidClient(settings).signOutLocation(null, publicUrl), null)
  await other.close()
  await assert.rejects(createOpenidClient(settings).signOutLocation(null, publicUrl), {
    key: 'access.openid_unavailable',
  })
})

test('afterwards the browser stays on this server, and its old session has ended', async () => {
  for (const back of ['https://evil.example', '//evil.example', '/\\evil.example'])
    assert.equal((await signIn(vera, back)).location, '/')
  const { session } = await signIn(vera)
  provider.setUser(vera)
  const begun = await start()
  const next = await comeBack(await goThrough(provider, begun.location), begun.cookie, session)
  assert.notEqual(next.session, session)
  await server.expect(401, 'GET', `${auth}/session`, { auth: 'none', headers: { Cookie: session! } })
})
