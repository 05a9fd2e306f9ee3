/** What the server asks of its database all the time looks at what is new, and not at what has gathered over the years. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { managementPath } from '../support/http-client.ts'
import { startInProcess } from '../support/in-process.ts'
import { until } from '../support/processes.ts'

/** Tables that grow with time, and so with every publish; read as they are, and not in an index that holds all that is asked. */
const growing =
  /^SCAN (?:jobs|job_events|publication_log|mails|subscriptions|audit_log|realtime_pushes|generations|versions|changes|webhook_deliveries|head|resources)\b(?!.* USING COVERING INDEX)/

/** Once at start or in a migration, or once an hour. */
const rare = [
  /^update "(mails|webhook_deliveries)" .* where "lease_owner" is not null$/,
  /"manifest_json" is not null|"version_uid", "manifest_json"/,
  /^select distinct "dataset_uid" from "subscriptions"/,
  /^delete from "(mails|webhook_deliveries|subscriptions)"/,
  // One row for each resource, of which a collector must know all.
  /^select "fetched_json" from "resources"$/,
]

test('no statement that is run again and again reads a whole table that grows', async (t) => {
  const seen = new Set<string>()
  const { prepare } = DatabaseSync.prototype
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, text: string) {
    seen.add(text)
    return prepare.call(this, text)
  })
  const server = await startInProcess(t, { BROADSHEET_SMTP_URL: 'smtp://127.0.0.1:9' })
  const { datasetUid } = await server.publishFile('planned', { filename: 'a.csv', content: 'a\n1\n' })
  // A deletion makes the collector look, with all its chores.
  await server.expect(204, 'DELETE', `${managementPath}/datasets/${datasetUid}`)
  await until(
    () => [...seen].some((text) => text.startsWith('delete from "event_counters"')),
    () => 'the last chore is not done',
  )
  const database = new DatabaseSync(`${server.dataDirectory}/control.sqlite`, { readOnly: true })
  const scans = [...seen].flatMap((text) => {
    if (!/^(select|update|delete|insert)/.test(text) || rare.some((pattern) => pattern.test(text))) return []
    return planOf(database, text).some((step) => growing.test(step)) ? [text] : []
  })
  database.close()
  assert.deepEqual(scans, [])
})

function planOf(database: DatabaseSync, text: string): string[] {
  try {
    const steps = database.prepare(`explain query plan ${text}`).all() as { detail: string }[]
    return steps.map(({ detail }) => detail)
  } catch {
    // Of migrations: what they speak of is no more.
    return []
  }
}
