/** What one reader or one receiver may take, so that the others get theirs. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openControl } from '../../src/control/index.ts'
import { giveUpBacklog } from '../../src/webhooks/deliveries.ts'
import { managementPath } from '../support/http-client.ts'
import { until } from '../support/processes.ts'
import { startServer } from '../support/server.ts'

test('a user has a hundred event streams, and others have theirs', async (t) => {
  const server = await startServer(t)
  const { datasetUid } = await server.createDataset('quiet', { filename: 'a.csv', content: 'a\n1\n' })
  const path = `${managementPath}/datasets/${datasetUid}/events`
  const basic = `Basic ${Buffer.from(`${server.admin.username}:${server.admin.password}`).toString('base64')}`
  const statuses: number[] = []
  const asked = Array.from({ length: 100 }, () =>
    request(new URL(path, server.url), { headers: { authorization: basic } }, (answer) => {
      statuses.push(answer.statusCode!)
      answer.on('error', () => {}).resume()
    }),
  )
  for (const one of asked) one.on('error', () => {}).end()
  await until(
    () => statuses.length === 100,
    () => `${statuses.length} streams`,
  )
  assert.ok(statuses.every((status) => status === 200))
  const refused = await server.expect(429, 'GET', path)
  assert.match(refused.headers.get('content-type')!, /application\/json/)
  assert.equal(refused.json.error_key, 'TooManyStreamsException')
  asked[0]!.destroy()
  const again = new AbortController()
  await until(
    async () => {
      const answer = await fetch(new URL(path, server.url), {
        headers: { authorization: basic },
        signal: again.signal,
      })
      if (answer.status === 200) again.abort()
      else await answer.text()
      return answer.status === 200
    },
    () => 'the place of a stream that has ended is not given to another',
  )
  for (const one of asked) one.destroy()

  // Gone again before they are answered, more often than there are places.
  for (let n = 0; n < 150; n++) {
    const hasty = request(new URL(path, server.url), { headers: { authorization: basic } })
    hasty.on('error', () => {})
    await new Promise<void>((resolve) => hasty.end(resolve))
    hasty.destroy()
  }
  await until(
    async () => {
      const last = new AbortController()
      const { status } = await fetch(new URL(path, server.url), {
        headers: { authorization: basic },
        signal: last.signal,
      })
      last.abort()
      return status === 200
    },
    () => 'those who left early still have their places',
  )
})

async function openEmpty(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-backlog-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(root, { recursive: true, force: true })
  })
  return control.db
}

test('of the deliveries that wait for a receiver the newest thousand are kept', async (t) => {
  const db = await openEmpty(t)
  await db
    .insertInto('webhooks')
    .values({
      webhook_uid: 'we_1',
      dataset_uid: 'da_1',
      url: 'https://example.com/',
      secret: 'whsec_',
      events_json: '[]',
      label: null,
      is_active: 1,
      last_number: 0,
      username: 'admin',
      created_at: 0,
    } as never)
    .execute()
  for (let number = 1; number <= 1005; number++) {
    await db
      .insertInto('webhook_deliveries')
      .values({
        delivery_uid: `de_${number}`,
        webhook_uid: 'we_1',
        number,
        kind: 'job.done',
        payload_json: '{}',
        state: 'pending',
        attempts_json: '[]',
        attempts: 0,
        next_attempt_at: 0,
        lease_owner: number === 1 ? 'under way' : null,
        lease_expires_at: number === 1 ? 1 : null,
        created_at: 0,
        settled_at: null,
      })
      .execute()
  }
  await giveUpBacklog(db, 'we_1', 7)
  const dead = await db
    .selectFrom('webhook_deliveries')
    .select(['number', 'settled_at'])
    .where('state', '=', 'dead')
    .orderBy('number')
    .execute()
  assert.deepEqual(
    dead.map(({ number, settled_at }) => [number, settled_at]),
    [2, 3, 4, 5].map((number) => [number, 7]),
  )
})
