/** The audit log: what goes into it by itself, what never does, who may read it, and that nobody changes it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createAudit } from '../../src/audit/index.ts'
import { openControl } from '../../src/control/index.ts'
import { browse } from '../support/browser-session.ts'
import { openTestControl } from '../support/control.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const shared = shareServer()
const path = `${managementPath}/audit`

interface Entry {
  readonly seq: number
  readonly action: string
  readonly outcome: string
  readonly target: string | null
  readonly username: string | null
  readonly via: string | null
  // biome-ignore lint/suspicious/noExplicitAny: what an action says of itself
  readonly details: any
}

async function entries(query = ''): Promise<Entry[]> {
  const server = await shared()
  const { json } = await server.expect(200, 'GET', `${path}?limit=1000${query}`)
  return json.results
}

test('what changes something is written down without code of its own, with who did it and how', async () => {
  const server = await shared()
  const { datasetUid } = await server.publishFile('noted', { filename: 'a.csv', content: 'a\n1\n' })
  const ada = await browse(server)
  await ada.expect(200, 'PUT', `${managementPath}/datasets/noted/metadata/default/title`, {
    body: { value: 'Noted' },
  })
  const apikey = await server.createApiKey(['edit_dataset'])
  await server.expect(403, 'PUT', `${managementPath}/datasets/${datasetUid}/publish`, { auth: { apikey } })
  await server.expect(400, 'PUT', `${managementPath}/datasets/${datasetUid}/security/access_policy`, {
    body: '"secret"',
  })
  const found = await entries(`&target=${datasetUid}`)
  const shown = found.map(({ action, outcome, via }) => `${action} ${outcome} ${via}`)
  assert.ok(shown.includes('createDataset done password'), shown.join())
  assert.ok(shown.includes('publishDataset done password'), shown.join())
  assert.ok(shown.includes('publishDataset refused apikey'), shown.join())
  assert.ok(
    shown.some((text) => /etadata\w* done session$/.test(text)),
    shown.join(),
  )
  assert.ok(
    shown.some((text) => /olicy failed password$/.test(text)),
    shown.join(),
  )
  assert.ok(found.every(({ username }) => username === 'admin'))
  const created = await entries('&action=createApiKey')
  assert.ok(created.length >= 1)
  assert.ok(!(await server.expect(200, 'GET', `${path}/export`)).text.includes(apikey))
})

test('what says who may do what is written down whole, by whichever API, without passwords', async () => {
  const server = await shared()
  const automation = '/api/automation/v1.0'
  const { datasetUid } = await server.publishFile('ruled', { filename: 'a.csv', content: 'a\n1\n' })
  await server.expect(200, 'POST', `${managementPath}/users`, { body: { emails: ['grace@example.org'] } })
  const password = 'a long and secret phrase'
  await server.expect(200, 'PUT', `${managementPath}/users/grace`, {
    body: { permissions: ['edit_dataset'], password },
  })
  await server.expect(200, 'PUT', `${automation}/users/grace/`, {
    auth: 'admin',
    body: { permissions: ['create_page'] },
  })
  await server.expect(201, 'POST', `${automation}/datasets/${datasetUid}/security/users/`, {
    auth: 'admin',
    body: { user: { username: 'grace' }, security: { filter_query: 'a > 1' }, permissions: [] },
  })
  await server.expect(201, 'POST', `${managementPath}/pages`, {
    body: { slug: 'told', title: { en: 'Told' } },
  })
  await server.expect(201, 'POST', `${managementPath}/pages/told/security/users`, {
    body: { user: { username: 'grace' }, permissions: ['edit_page'] },
  })
  const bodies = (await entries())
    .filter(({ details }) => details.body !== undefined)
    .map(({ action, details }) => `${action} ${JSON.stringify(details.body)}`)
  for (const wanted of [
    /^changeUser .*"edit_dataset".*"password":"\.\.\."/,
    /^automationUpdateUser .*"create_page"/,
    /^automationCreateUserRuleset .*a > 1/,
    /^addPageUser .*"edit_page"/,
  ])
    assert.ok(
      bodies.some((text) => wanted.test(text)),
      `${wanted} in ${bodies.join('\n')}`,
    )
  assert.ok(!(await server.expect(200, 'GET', `${path}/export`)).text.includes(password))
})

test('a name that is given again brings nothing of who had it before', async () => {
  const server = await shared()
  const emails = ['hopper@example.org']
  const user = { username: 'hopper', password: 'a long and secret phrase' }
  await server.expect(200, 'POST', `${managementPath}/users`, { body: { emails } })
  await server.expect(200, 'POST', '/api/auth/v1/users/hopper/invitation', { auth: 'admin' })
  await server.expect(200, 'PUT', `${managementPath}/users/hopper`, { body: { password: user.password } })
  const session = await browse(server, user)
  await server.expect(201, 'POST', `${managementPath}/pages`, {
    body: { slug: 'hers', title: { en: 'Hers' } },
  })
  await server.expect(201, 'POST', `${managementPath}/pages/hers/security/users`, {
    body: { user: { username: 'hopper' }, permissions: ['edit_page'] },
  })
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  try {
    database
      .prepare('insert into openid_identities values (?, ?, ?, ?, 0, 0)')
      .run('https://id.example', 'hers', 'hopper', emails[0]!)
    await server.expect(204, 'DELETE', `${managementPath}/users/hopper`)
    const tables = ['sessions', 'account_tokens', 'account_profiles', 'openid_identities', 'subscriptions']
    const left = tables.flatMap((table) =>
      database.prepare(`select '${table}' as name from ${table} where username = 'hopper'`).all(),
    )
    assert.deepEqual(left, [])
    await server.expect(200, 'POST', `${managementPath}/users`, { body: { emails } })
    assert.equal((await session.request('GET', '/api/auth/v1/session')).status, 401)
    assert.deepEqual(
      (await server.expect(200, 'GET', `${managementPath}/pages/hers/security/users`)).json,
      [],
    )
  } finally {
    database.close()
  }
})

test('reading goes into it only where not everybody may', async () => {
  const server = await shared()
  const { datasetUid } = await server.publishFile('closed', { filename: 'a.csv', content: 'a\n1\n' })
  const exported = `${explorePath}/closed/exports/csv`
  await server.expect(200, 'GET', exported, { auth: 'admin' })
  await server.expect(200, 'GET', exported, { auth: 'none' })
  assert.deepEqual(await entries('&action=exportRecords'), [])
  await server.expect(200, 'PUT', `${managementPath}/datasets/closed/security/access_policy`, {
    body: '"restricted"',
  })
  await server.expect(200, 'GET', `${exported}?where=a%3D1&apikey=`, { auth: 'admin' })
  await server.expect(200, 'GET', `${explorePath}/closed/records`, { auth: 'admin' })
  await server.expect(404, 'GET', exported, { auth: 'none' })
  await server.expect(200, 'GET', '/api/records/1.0/download?dataset=closed&format=json', { auth: 'admin' })
  const [entry, ...more] = await entries('&action=exportRecords')
  assert.equal(more.length, 0)
  assert.equal(entry!.target, datasetUid)
  assert.deepEqual(entry!.details.query, { where: ['a=1'] })
  const old = await entries('&action=downloadRecordsV1')
  assert.equal(old[0]?.target, datasetUid)

  // So are the exports of the management API; numbers and pages are not.
  const base = `${managementPath}/datasets/closed`
  const { generation_uid } = (await server.expect(200, 'GET', `${base}/generations`)).json[0]
  const compared = async (policy: string) => {
    await server.expect(200, 'PUT', `${base}/security/access_policy`, { body: `"${policy}"` })
    for (const path of ['diff', 'diff/records', 'diff/export'])
      await server.expect(200, 'GET', `${base}/${path}?from=${generation_uid}`)
    await server.expect(200, 'GET', `${base}/rejects`)
  }
  await compared('domain')
  await compared('restricted')
  for (const action of ['exportDifferences', 'downloadRejects'])
    assert.deepEqual(
      (await entries(`&action=${action}`)).map(({ target }) => target),
      [datasetUid],
    )
  for (const action of ['compareStates', 'listDifferences'])
    assert.deepEqual(await entries(`&action=${action}`), [])
})

test('sign-ins are in it, and those that failed with the name that was given', async () => {
  const server = await shared()
  const ada = await browse(server)
  await ada.expect(204, 'DELETE', '/api/auth/v1/session')
  const body = { username: 'ghost\u{1F47B}', password: 'guessed right?' }
  await server.expect(401, 'POST', '/api/auth/v1/session', { auth: 'none', body })
  await server.expect(401, 'GET', explorePath, { auth: { apikey: 'nothing' } })
  const [key, failed, out, done] = await entries()
  assert.deepEqual(
    [key!.action, key!.outcome, key!.username, key!.via],
    ['sign_in', 'refused', null, 'apikey'],
  )
  assert.deepEqual([failed!.outcome, failed!.username], ['refused', body.username])
  assert.deepEqual([out!.action, out!.via], ['signOut', 'session'])
  assert.deepEqual([done!.action, done!.outcome, done!.username], ['sign_in', 'done', 'admin'])
  const all = (await server.expect(200, 'GET', `${path}/export`)).text
  assert.ok(!all.includes(body.password) && !all.includes(server.admin.password))
})

test('pages follow each other, filters hold, and the export has everything, oldest first', async () => {
  const server = await shared()
  const all = await entries()
  const paged: Entry[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { json }: { json: { results: Entry[]; next_cursor: string | null } } = await server.expect(
      200,
      'GET',
      `${path}?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    paged.push(...json.results)
    cursor = json.next_cursor
  }
  assert.deepEqual(paged, all)
  const { text, headers } = await server.expect(200, 'GET', `${path}/export?outcome=refused`)
  assert.match(headers.get('content-disposition')!, /^attachment/)
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
  assert.deepEqual(
    lines.toReversed(),
    all.filter(({ outcome }) => outcome === 'refused'),
  )
  assert.deepEqual(await entries('&before=2001-01-01'), [])
  assert.equal(
    (await entries('&from=2001-01-01T00:00:00Z&username=admin')).every((e) => e.username === 'admin'),
    true,
  )
  for (const query of ['limit=0', 'limit=1001', 'cursor=x', 'from=yesterday'])
    await server.expect(400, 'GET', `${path}?${query}`)
  assert.equal((await entries())[0]!.action, 'exportAudit', 'taking the log is in the log')
})

test('files that come and go are in it', async () => {
  const server = await shared()
  const body = { content: 'a\n1\n', filename: 'noted.csv', mimetype: 'text/csv' }
  const { json } = await server.expect(200, 'POST', `${managementPath}/files`, { body })
  await server.expect(204, 'DELETE', `${managementPath}/files/${json.file_id}`)
  const found = await entries(`&target=${json.file_id}`)
  assert.deepEqual(
    found.map(({ action, outcome }) => [action, outcome]),
    [
      ['deleteFile', 'done'],
      ['uploadFile', 'done'],
    ],
  )
})

test('only who administers the domain reads it, and nobody changes it', async () => {
  const server = await shared()
  const lesser = { apikey: await server.createApiKey(['edit_dataset', 'create_dataset']) }
  for (const address of [path, `${path}/export`]) {
    await server.expect(403, 'GET', address, { auth: lesser })
    await server.expect(401, 'GET', address, { auth: 'none' })
    for (const method of ['POST', 'PUT', 'DELETE']) await server.expect(405, method, address, { body: {} })
  }
  if (server.databaseUrl !== null) return
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    assert.throws(() => database.exec("update audit_log set username = 'mallory'"), /append-only/)
  } finally {
    database.close()
  }
})

test('entries go when they are older than they are to be kept, and long or odd texts are cut', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-audit-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(root, { recursive: true })
  })
  const day = 86_400_000
  const time = { ms: 1_800_000_000_000 }
  const audit = createAudit({ db: control.db, clock: { now: () => time.ms }, keptMs: 30 * day })
  const details = { text: `\0${'x'.repeat(10_000)}\ud800` }
  await audit.record({ action: 'old', outcome: 'done', username: `\0${'y'.repeat(1000)}`, details })
  time.ms += 29 * day
  await audit.record({ action: 'newer', outcome: 'done' })
  const [, old] = await audit.list({}, { limit: 10, cursor: null })
  assert.equal(old!.username, 'y'.repeat(299))
  assert.ok(JSON.stringify(old!.details).length <= 4100)
  time.ms += 2 * day
  await audit.record({ action: 'newest', outcome: 'done' })
  const left = await audit.list({}, { limit: 10, cursor: null })
  assert.deepEqual(
    left.map(({ action }) => action),
    ['newest', 'newer'],
  )
})

test('an entry within a transaction waits for nothing but its transaction', async (t) => {
  const { db } = await openTestControl(t)
  const audit = createAudit({ db, clock: { now: () => 2 * 3_600_000 }, keptMs: 1000 })
  await db.transaction().execute((trx) => audit.record({ action: 'choose_password', outcome: 'done' }, trx))
  assert.equal((await audit.list({}, { limit: 10, cursor: null })).length, 1)
})
