/** What is written by the way fails alone: a database that takes nothing keeps nobody out, and what was counted is not lost. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createAccess, createCallCounts } from '../../src/access/index.ts'
import { createSessions } from '../../src/accounts/sessions.ts'
import type { ControlDb } from '../../src/control/index.ts'
import { createIds } from '../../src/kernel/index.ts'
import { openTestControl } from '../support/control.ts'
import { managementPath } from '../support/http-client.ts'
import { startInProcess } from '../support/in-process.ts'

const ids = createIds()
const hourMs = 3_600_000

/** From now on writing fails as on a full disk; answers how to make room again. */
async function fill(db: ControlDb, table: string, operation: 'insert' | 'update') {
  const name = sql.id(`full_${table}`)
  await sql`create trigger ${name} before ${sql.raw(operation)} on ${sql.table(table)}
    begin select raise(abort, 'database or disk is full'); end`.execute(db)
  return () => sql`drop trigger ${name}`.execute(db)
}

test('who is signed in stays so while the session cannot be written', async (t) => {
  const { db } = await openTestControl(t)
  let now = 1_000_000
  const clock = { now: () => now }
  const access = createAccess({ db, clock, ids })
  await access.ensureAdmin('correct horse battery')
  const limits = { idleMs: hourMs, longestMs: 24 * hourMs }
  const sessions = createSessions({ db, clock, ids, access, limits })
  const { token } = await sessions.begin({
    username: 'admin',
    method: 'password',
    address: '127.0.0.1',
    userAgent: undefined,
    replaced: undefined,
  })
  const free = await fill(db, 'sessions', 'update')
  now += hourMs / 2
  assert.equal((await sessions.find(token))?.principal.username, 'admin')
  await free()
  now += hourMs / 2 - 1
  assert.equal((await sessions.find(token))?.session.lastSeenAt, now)
})

test('calls that cannot be written are counted on, and written when there is room again', async (t) => {
  const { db } = await openTestControl(t)
  const errors: unknown[] = []
  const open = () =>
    createCallCounts({ db, clock: { now: () => 1_000_000 }, onError: (cause) => errors.push(cause) })
  const counts = open()
  const free = await fill(db, 'counted_calls', 'insert')
  await counts.count('user ada', 'day')
  await counts.stop()
  assert.equal(errors.length, 1)
  await free()
  // What was written down to be written is written by the next time, without another call.
  await counts.stop()
  assert.equal((await open().look('user ada', 'day')).used, 1)
})

test('a server stops to the end although what it writes last cannot be written', async (t) => {
  const server = await startInProcess(t)
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  database.exec('pragma busy_timeout = 5000')
  database.exec(
    "create trigger full before insert on counted_calls begin select raise(abort, 'database or disk is full'); end",
  )
  await server.expect(200, 'GET', `${managementPath}/datasets`)
  await server.stop()
  database.exec('drop trigger full')
  database.close()
  // Its lock is free.
  await (await server.startAgain()).expect(200, 'GET', `${managementPath}/datasets`)
})

test('corrected rows of several resources are added together or not at all', async (t) => {
  const server = await startInProcess(t)
  const { datasetUid, resourceUid } = await server.createDataset('mended', {
    filename: 'a.jsonl',
    content: '{"n": 1}\n',
  })
  const base = `${managementPath}/datasets/${datasetUid}`
  const other = await server.upload('b.jsonl', '{"n": 2}\n')
  const { json: added } = await server.expect(201, 'POST', `${base}/resources/`, {
    body: { url: other.url, title: 'b.jsonl', type: 'jsonl', params: {} },
  })
  const rows = [resourceUid, String(added.resource_uid)].map((resource_uid) =>
    JSON.stringify({ resource_uid, raw: '{"n": 3}' }),
  )
  const { url } = await server.upload('rejects.jsonl', rows.join('\n'))
  const counts = async () => [
    (await server.expect(200, 'GET', `${base}/resources/`)).json.length,
    (await server.expect(200, 'GET', `${managementPath}/files`)).json.length,
  ]
  const before = await counts()
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  t.after(() => database.close())
  database.exec('pragma busy_timeout = 5000')
  database.exec(
    "create trigger full before insert on resources when new.title like 'b-%' begin select raise(abort, 'database or disk is full'); end",
  )
  const failed = await server.request('POST', `${base}/rejects`, { body: { url } })
  assert.ok(failed.status >= 500, failed.text)
  assert.deepEqual(await counts(), before)
  database.exec('drop trigger full')
  await server.expect(201, 'POST', `${base}/rejects`, { body: { url } })
  assert.equal((await counts())[0], before[0] + 2)
})
