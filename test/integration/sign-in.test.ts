/** Signing in with a browser: the cookie, what it is worth, how it ends, and that no other site can use it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccess } from '../../src/access/index.ts'
import { createAccounts } from '../../src/accounts/index.ts'
import { createAudit } from '../../src/audit/index.ts'
import { openControl } from '../../src/control/index.ts'
import { createIds, createSecretBox } from '../../src/kernel/index.ts'
import { browse } from '../support/browser-session.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const shared = shareServer()
const session = '/api/auth/v1/session'
const datasets = `${managementPath}/datasets`

test('the answer to a sign-in sets a cookie that no script and no other site can use', async () => {
  const server = await shared()
  const answer = await server.expect(200, 'POST', session, { auth: 'none', body: server.admin })
  assert.equal(answer.json.username, 'admin')
  assert.ok(answer.json.permissions.includes('edit_domain'))
  assert.match(
    answer.headers.get('set-cookie')!,
    /^broadsheet_session=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const overTls = await server.expect(200, 'POST', session, {
    auth: 'none',
    body: server.admin,
    headers: { 'X-Forwarded-Proto': 'https' },
  })
  assert.match(overTls.headers.get('set-cookie')!, /; Secure/)
})

test('all APIs take the cookie; what changes something needs the token of the session too', async () => {
  const server = await shared()
  const ada = await browse(server)
  await ada.expect(200, 'GET', datasets)
  await ada.expect(200, 'GET', explorePath)
  const made = await ada.expect(201, 'POST', datasets, { body: { dataset_id: 'by-cookie' } })
  const policy = `${datasets}/${made.json.dataset_uid}/security/access_policy`
  await ada.expect(200, 'PUT', policy, { body: '"restricted"' })

  const other = await browse(server)
  for (const token of [undefined, '', 'x', other.csrfToken]) {
    const headers: Record<string, string> = token === undefined ? {} : { 'X-CSRF-Token': token }
    for (const [method, path] of [
      ['POST', datasets],
      ['PUT', policy],
      ['DELETE', `${datasets}/${made.json.dataset_uid}`],
      ['DELETE', session],
      ['POST', `${managementPath}/apikeys`],
    ] as const) {
      const body = method === 'DELETE' ? undefined : {}
      const answer = await ada.send(method, path, { headers, body })
      assert.equal(answer.status, 403, `${method} ${path} with ${token}`)
      assert.equal(answer.json.error_id, 'access.csrf_token_needed')
    }
  }
  await ada.expect(200, 'GET', policy)
  const key = await ada.expect(200, 'POST', `${managementPath}/apikeys`, { body: {} })
  assert.ok(key.json.key, 'keys can be made by who is signed in')
})

test('what another site makes a browser send is refused, also signing in', async () => {
  const server = await shared()
  const ada = await browse(server)
  for (const headers of [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ] as Record<string, string>[]) {
    const forged = await ada.request('POST', datasets, { headers, body: {} })
    assert.deepEqual([forged.status, forged.json.error_id], [403, 'access.foreign_origin'])
    const signIn = await server.request('POST', session, { auth: 'none', headers, body: server.admin })
    assert.deepEqual([signIn.status, signIn.json.error_id], [403, 'access.foreign_origin'])
    assert.equal(signIn.headers.get('set-cookie'), null)
  }
  await ada.expect(200, 'PUT', `${datasets}/by-cookie/metadata/default/title`, {
    headers: { Origin: server.url, 'Sec-Fetch-Site': 'same-origin' },
    body: { value: 'Ours' },
  })
  // No browser adds a key by itself.
  await server.expect(200, 'PUT', `${datasets}/by-cookie/metadata/default/title`, {
    auth: { apikey: await server.createApiKey(['edit_dataset']) },
    headers: { Origin: 'https://elsewhere.example' },
    body: { value: 'By a program' },
  })
})

test('a token that was planted before is worth nothing, and a new sign-in ends the old session', async () => {
  const server = await shared()
  const planted = 'a'.repeat(64)
  const answer = await server.expect(200, 'POST', session, {
    auth: 'none',
    body: server.admin,
    headers: { Cookie: `broadsheet_session=${planted}` },
  })
  assert.ok(!answer.headers.get('set-cookie')!.includes(planted))
  await server.expect(401, 'GET', session, {
    auth: 'none',
    headers: { Cookie: `broadsheet_session=${planted}` },
  })

  const first = await browse(server)
  const again = await first.send('POST', session, { body: server.admin })
  assert.equal(again.status, 200)
  await first.expect(401, 'GET', session)
  await first.expect(401, 'GET', datasets)
})

test('a cookie of no session reads what everybody reads, and is taken back', async () => {
  const server = await shared()
  const headers = { Cookie: 'broadsheet_session=0123; other=1' }
  await server.expect(200, 'GET', explorePath, { auth: 'none', headers })
  const refused = await server.expect(401, 'GET', session, { auth: 'none', headers })
  assert.equal(refused.json.error_id, 'access.not_signed_in')
  assert.match(refused.headers.get('set-cookie')!, /^broadsheet_session=; Max-Age=0/)
  const ada = await browse(server)
  const twice = { Cookie: `${ada.cookie}; broadsheet_session=${'b'.repeat(64)}` }
  await server.expect(401, 'GET', session, { auth: 'none', headers: twice })
})

test('sessions are listed and ended by their owner, and by who administers the domain', async () => {
  const server = await shared()
  const [here, there] = [await browse(server), await browse(server)]
  const path = '/api/auth/v1/sessions'
  const { json } = await here.expect(200, 'GET', path)
  const own = json.find((one: { is_current: boolean }) => one.is_current)
  assert.equal(own.session_uid, here.sessionUid)
  assert.equal(own.method, 'password')
  assert.ok(!JSON.stringify(json).includes(here.cookie.split('=')[1]!))
  await here.expect(204, 'DELETE', `${path}/${there.sessionUid}`)
  await there.expect(401, 'GET', session)
  await here.expect(404, 'DELETE', `${path}/${there.sessionUid}`)

  const third = await browse(server)
  await here.expect(204, 'DELETE', path)
  await third.expect(401, 'GET', session)
  await here.expect(200, 'GET', session)

  const ofAdmin = '/api/auth/v1/users/admin/sessions'
  assert.equal((await server.expect(200, 'GET', ofAdmin, { auth: 'admin' })).json.length, 1)
  await server.expect(404, 'GET', '/api/auth/v1/users/nobody/sessions', { auth: 'admin' })
  const lesser = { apikey: await server.createApiKey(['edit_dataset']) }
  await server.expect(403, 'GET', ofAdmin, { auth: lesser })
  await server.expect(204, 'DELETE', `${ofAdmin}/${here.sessionUid}`, { auth: 'admin' })
  await here.expect(401, 'GET', session)

  const last = await browse(server)
  await last.expect(204, 'DELETE', session)
  await last.expect(401, 'GET', session)
})

test('no scripted window for a password is opened by a browser that is refused', async () => {
  const server = await shared()
  const scripted = await server.request('GET', datasets, {
    auth: 'none',
    headers: { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin' },
  })
  assert.doesNotMatch(scripted.headers.get('www-authenticate')!, /basic/i)
  const typed = await server.request('GET', datasets, { auth: 'none' })
  assert.match(typed.headers.get('www-authenticate')!, /^Basic/)
})

test('guessing has to wait, by whatever way, and says when to go on; who is known does not', async () => {
  const server = await shared()
  const ada = await browse(server)
  const guess = (n: number) =>
    n % 2 === 0
      ? server.request('POST', session, { auth: 'none', body: { username: 'ghost', password: `no ${n}` } })
      : server.request('GET', explorePath, { auth: { username: 'ghost', password: `no ${n}` } })
  const statuses: number[] = []
  for (let n = 0; n < 12; n++) {
    const answer = await guess(n)
    statuses.push(answer.status)
    if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  }
  assert.deepEqual(statuses.slice(0, 10), Array(10).fill(401))
  assert.equal(statuses[10], 429)
  await ada.expect(200, 'GET', datasets)
  await server.expect(200, 'GET', datasets, { auth: 'admin' })
})

test('a session ends when it is idle, when it is old, and with the password it was begun under', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-sessions-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(root, { recursive: true })
  })
  const time = { ms: 1_800_000_000_000 }
  const base = { db: control.db, clock: { now: () => time.ms }, ids: createIds() }
  const access = createAccess(base)
  await access.ensureAdmin('first password')
  const { sessions } = createAccounts({
    ...base,
    access,
    audit: createAudit({ ...base, keptMs: null }),
    networkOf: (address) => address,
    mailer: { isConfigured: false, send: async () => {}, stop: async () => {} },
    publicUrl: () => 'https://data.example.org',
    settings: {
      sessions: { idleMs: 60_000, longestMs: 300_000 },
      signInFailures: 10,
      minPasswordLength: 10,
      openid: null,
    },
    secrets: createSecretBox(Buffer.alloc(32), createIds()),
    onError: () => {},
  })
  const begin = () =>
    sessions.begin({
      username: 'admin',
      method: 'password',
      address: '192.0.2.1',
      userAgent: undefined,
      replaced: undefined,
    })
  const goesOn = async (token: string) => (await sessions.find(token)) !== null

  const idle = await begin()
  time.ms += 59_999
  assert.ok(await goesOn(idle.token))
  time.ms += 60_000
  assert.ok(!(await goesOn(idle.token)))

  const old = await begin()
  for (let n = 0; n < 9; n++) {
    time.ms += 33_000
    assert.ok(await goesOn(old.token), `after ${n}`)
  }
  time.ms += 33_000
  assert.ok(!(await goesOn(old.token)))
  assert.deepEqual(await sessions.list('admin'), [])

  const begun = await begin()
  assert.ok(await goesOn(begun.token))
  await access.ensureAdmin('second password')
  assert.ok(!(await goesOn(begun.token)))

  const off = await begin()
  await control.db.updateTable('users').set({ is_active: 0 }).execute()
  assert.ok(!(await goesOn(off.token)))
  await assert.rejects(begin(), { key: 'access.invalid_credentials' })
  const stored = await control.db.selectFrom('sessions').selectAll().execute()
  assert.ok(!JSON.stringify(stored).includes(off.token))
})
