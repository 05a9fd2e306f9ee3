/** What is written for ever has an end: what is old goes, what somebody still needs stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createDataset,
  findMedia,
  forgetPublicationLog,
  keepMedia,
  publicationRevision,
  settleMedia,
} from '../../src/catalog/index.ts'
import type { ControlDb } from '../../src/control/index.ts'
import { appendEvent, deleteCounters, deleteEvents, deleteFinishedJobs } from '../../src/jobs/index.ts'
import { createIds } from '../../src/kernel/index.ts'
import { appendPush, insertRealtime, scratchPushed } from '../../src/realtime/store.ts'
import { forgetDeliveries } from '../../src/webhooks/deliveries.ts'
import { openTestControl } from '../support/control.ts'
import { forEachDatabase } from '../support/postgres.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const now = 1_900_000_000_000
const ids = createIds()
const clock = { now: () => now }

async function addDataset(db: ControlDb, datasetId: string): Promise<string> {
  const wanted = { datasetId, metas: {}, owner: 'admin', isStrict: true }
  return (await createDataset({ db, clock, ids }, wanted)).dataset_uid
}

forEachDatabase((database, options) => {
  test(
    `of the log of publications the newest of each dataset stay, and the revision never falls (${database})`,
    options,
    async (t) => {
      const { db } = await openTestControl(t, database)
      const busy = await addDataset(db, 'busy')
      const calm = await addDataset(db, 'calm')
      const log = (dataset_uid: string, change: string, at: number, count = 1) =>
        db
          .insertInto('publication_log')
          .values(
            Array.from({ length: count }, () => ({
              dataset_uid,
              job_uid: 'j',
              change,
              generation_uid: null,
              at,
            })),
          )
          .execute()
      await log(calm, 'publish', 0)
      await log(busy, 'publish', 0, 50)
      await log(busy, 'metadata', 0, 150)
      await log(busy, 'security', now - hourMs, 10)
      await log('ds_gone', 'publish', 0, 5)
      await log('ds_gone', 'delete', 0)
      const revision = await publicationRevision(db)
      await forgetPublicationLog(db, now)
      await forgetPublicationLog(db, now)
      const left = async () =>
        (
          await db
            .selectFrom('publication_log')
            .select(['dataset_uid', 'change', (eb) => eb.fn.countAll<number>().as('count')])
            .groupBy(['dataset_uid', 'change'])
            .orderBy('dataset_uid')
            .orderBy('change')
            .execute()
        ).map((row) => [row.dataset_uid, row.change, Number(row.count)])
      assert.equal(await publicationRevision(db), revision)
      assert.deepEqual(
        (await left()).sort(),
        [
          [busy, 'metadata', 90],
          [busy, 'publish', 1],
          [busy, 'security', 10],
          [calm, 'publish', 1],
          ['ds_gone', 'delete', 1],
        ].sort(),
      )
    },
  )

  test(
    `of a month in which nobody was there all goes, and nothing that is younger (${database})`,
    options,
    async (t) => {
      const { db } = await openTestControl(t, database)
      const pages = <T>(rows: readonly T[]) =>
        Array.from({ length: Math.ceil(rows.length / 500) }, (_, n) => rows.slice(n * 500, (n + 1) * 500))
      const event = { subject: 'ds_1', job_uid: 'j', kind: 'job.done', data_json: '{}', is_superseded: 0 }
      const events = Array.from({ length: 11_000 }, (_, number) => ({ ...event, number, at: number % 7000 }))
      for (const page of pages(events)) await db.insertInto('job_events').values(page).execute()
      const job = {
        function: 'publish',
        subject: 'ds_1',
        params_json: '{}',
        username: 'admin',
        priority: 0,
        attempt: 1,
        max_attempts: 3,
        run_after_at: 0,
        progress_json: '[]',
        created_at: 0,
      }
      const ended = Array.from({ length: 4001 }, (_, n) => ({
        ...job,
        job_uid: `j${n}`,
        state: n % 4 === 0 ? 'error' : 'done',
        finished_at: n,
      }))
      const running = { ...job, job_uid: 'running', state: 'running', finished_at: null }
      await db.insertInto('jobs').values(running).execute()
      for (const page of pages(ended)) await db.insertInto('jobs').values(page).execute()
      await deleteFinishedJobs(db, 4000)
      const left = await db.selectFrom('jobs').select('job_uid').orderBy('seq').execute()
      assert.deepEqual(
        left.map(({ job_uid }) => job_uid),
        ['running', 'j4000'],
      )
      const { oldest } = await db
        .selectFrom('job_events')
        .select((eb) => eb.fn.min('at').as('oldest'))
        .executeTakeFirstOrThrow()
      assert.equal(Number(oldest), 4000)
    },
  )

  test(
    `counters go with what they count, and not before it has been told (${database})`,
    options,
    async (t) => {
      const { db } = await openTestControl(t, database)
      const kept = await addDataset(db, 'kept')
      const told = { jobUid: '', data: {}, kind: 'dataset.deleted', now } as const
      for (const subject of [kept, 'ds_gone']) await appendEvent(db, { subject, ...told })
      const forget = () =>
        deleteCounters(db, (eb) =>
          eb.exists(
            eb
              .selectFrom('datasets')
              .select('dataset_uid')
              .whereRef('datasets.dataset_uid', '=', 'event_counters.subject'),
          ),
        )
      const subjects = async () =>
        (await db.selectFrom('event_counters').select('subject').execute()).map(({ subject }) => subject)
      await forget()
      assert.equal((await subjects()).length, 2)
      await deleteEvents(db, now + 1)
      await forget()
      assert.deepEqual(await subjects(), [kept])
    },
  )

  test(
    `a webhook of a dataset that is gone goes, also with deliveries that nobody will ever send (${database})`,
    options,
    async (t) => {
      const { db } = await openTestControl(t, database)
      const kept = await addDataset(db, 'kept')
      const add = async (webhook_uid: string, dataset_uid: string, is_active: number) => {
        await db
          .insertInto('webhooks')
          .values({
            webhook_uid,
            dataset_uid,
            is_active,
            url: 'https://example.org/',
            events_json: '[]',
            label: null,
            secret: 's',
            last_number: 0,
            created_at: 0,
            username: 'admin',
          })
          .execute()
        await db
          .insertInto('webhook_deliveries')
          .values({
            delivery_uid: `de_${webhook_uid}`,
            webhook_uid,
            number: 1,
            kind: 'job.done',
            payload_json: '{}',
            state: 'pending',
            attempts_json: '[]',
            attempts: 0,
            next_attempt_at: 0,
            lease_owner: null,
            lease_expires_at: null,
            created_at: 0,
            settled_at: null,
          })
          .execute()
      }
      await add('off', 'ds_gone', 0)
      await add('on', 'ds_gone', 1)
      await add('waiting', kept, 0)
      await forgetDeliveries(db, now)
      const left = await db.selectFrom('webhooks').select('webhook_uid').orderBy('webhook_uid').execute()
      assert.deepEqual(
        left.map(({ webhook_uid }) => webhook_uid),
        ['on', 'waiting'],
      )
    },
  )

  test(
    `files of pushes count as what is kept, and go with the last push that may name them (${database})`,
    options,
    async (t) => {
      const { db } = await openTestControl(t, database)
      const datasetUid = await addDataset(db, 'cameras')
      const resourceUid = 're_1'
      await insertRealtime(db, { resourceUid, datasetUid, key: 'k', username: 'admin' })
      const keep = (name: string, at: number) =>
        keepMedia(db, {
          source_key: name,
          resource_uid: resourceUid,
          sha256: name.repeat(64).slice(0, 64),
          bytes: 1000,
          filename: 'a.png',
          mimetype: 'image/png',
          etag: null,
          last_modified: null,
          fetched_at: at,
        })
      const push = (at: number, fileBytes: number) =>
        appendPush(db, { resourceUid, kind: 'push', items: [{ n: 1 }], fileBytes, now: at }, 2500)
      const keptBytes = async () =>
        (await db.selectFrom('realtime_resources').select('kept_bytes').executeTakeFirstOrThrow()).kept_bytes
      await keep('a', now - 10 * dayMs)
      await push(now - 10 * dayMs, 1000)
      await keep('b', now - 3 * dayMs)
      await push(now - 3 * dayMs, 1000)
      assert.equal(await keptBytes(), 2 * (1000 + '[{"n":1}]'.length))
      await assert.rejects(push(now, 1000), { key: 'realtime.too_much_kept' })
      const settle = () => settleMedia(db, now - dayMs)
      assert.equal((await settle()).size, 2)

      // An unpublish drops the first push.
      await db.updateTable('realtime_resources').set({ live_after_seq: 1 }).execute()
      assert.equal(await scratchPushed(db, datasetUid), 1)
      assert.equal(await keptBytes(), 1000 + '[{"n":1}]'.length)
      assert.deepEqual([...(await settle())], ['b'.repeat(64)])
      await push(now, 1000)
    },
  )
})

test('a file that many builds ask for is noted now and then, and kept as long as it may be wanted', async (t) => {
  const { db } = await openTestControl(t)
  await keepMedia(db, {
    source_key: 'a',
    resource_uid: null,
    sha256: 'a'.repeat(64),
    bytes: 1,
    filename: 'a.png',
    mimetype: 'image/png',
    etag: null,
    last_modified: null,
    fetched_at: now,
  })
  const askedAt = async (at: number) => (await findMedia(db, 'a', at))!.asked_at
  assert.equal(await askedAt(now + hourMs - 1), now)
  // A build that began just now has found it, without a note: the collector takes nothing that this build may name.
  assert.equal((await settleMedia(db, now + hourMs - 1)).size, 1)
  assert.equal(await askedAt(now + hourMs), now + hourMs)
  assert.equal((await settleMedia(db, now + 2 * hourMs + 1)).size, 0)
})
