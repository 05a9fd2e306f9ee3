/** The collector and the switch on one control database: neither takes what the other has. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { collectGenerations, holdForJob } from '../../src/actions/collector.ts'
import type { ActionDeps } from '../../src/actions/deps.ts'
import { exposeGeneration } from '../../src/actions/expose.ts'
import { createDataset } from '../../src/catalog/index.ts'
import { openControl } from '../../src/control/index.ts'
import { insertJob } from '../../src/jobs/index.ts'
import { AppError, createIds, type Manifest } from '../../src/kernel/index.ts'
import { until } from '../support/processes.ts'

const now = 1_900_000_000_000
const clock = { now: () => now }
const ids = createIds()

async function open(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-collector-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(root, { recursive: true, force: true })
  })
  const layout = { generations: join(root, 'generations'), serving: root, tmp: root }
  const deps = {
    control,
    clock,
    layout,
    retentionMs: 3_600_000,
    readers: { refresh: async () => {}, retire: async () => {} },
    onEvent: () => {},
  } as unknown as ActionDeps
  const dataset = await createDataset(
    { db: control.db, clock, ids },
    { datasetId: 'd', metas: {}, owner: 'admin', isStrict: true },
  )

  /** With a directory; retired two hours ago unless told otherwise. */
  async function addGeneration(state: string, jobUid = 'ended', retiredAt: number | null = now - 7_200_000) {
    const generationUid = ids.uid('ge', 16)
    mkdirSync(join(layout.generations, generationUid), { recursive: true })
    await control.db
      .insertInto('generations')
      .values({
        generation_uid: generationUid,
        dataset_uid: dataset.dataset_uid,
        job_uid: jobUid,
        state,
        recipe: 'r',
        manifest_json: null,
        records_count: 0,
        bytes: 0,
        is_partial: 0,
        created_at: 0,
        retired_at: retiredAt,
      })
      .execute()
    return generationUid
  }
  const isThere = (generationUid: string) => existsSync(join(layout.generations, generationUid))
  return { db: control.db, deps, dataset, addGeneration, isThere }
}

test('the collector finishes what it has begun, takes what is past its time and leaves what a job holds', async (t) => {
  const { db, deps, dataset, addGeneration, isThere } = await open(t)
  const jobUid = ids.hex(20)
  await insertJob(db, {
    jobUid,
    function: 'publish',
    subject: dataset.dataset_uid,
    params: {},
    username: 'a',
    now,
  })
  const begun = await addGeneration('collected')
  const old = await addGeneration('sealed')
  const recent = await addGeneration('sealed', 'ended', now - 60_000)
  const held = await addGeneration('sealed')
  assert.equal(await holdForJob(deps, held, jobUid), true)
  const building = await addGeneration('building', jobUid, null)
  const abandoned = await addGeneration('building', 'ended', null)
  await collectGenerations(deps)
  // Files go when their last reader has let go, which nobody waits for.
  const rows = async () => (await db.selectFrom('generations').select('generation_uid').execute()).length
  await until(
    async () => (await rows()) === 3,
    () => 'the collector removes nothing',
  )
  assert.deepEqual([begun, old, recent, held, building, abandoned].map(isThere), [
    false,
    false,
    true,
    true,
    true,
    false,
  ])
  assert.equal(await holdForJob(deps, old, jobUid), false, 'what is gone cannot be held')
})

test('readers are never pointed at a generation that the collector has taken', async (t) => {
  const { db, dataset, addGeneration } = await open(t)
  const generation_uid = await addGeneration('collected')
  const switching = db.transaction().execute((trx) =>
    exposeGeneration(trx, {
      dataset,
      generation: { generation_uid },
      manifest: { fields: [], records_count: 0, partial: false } as unknown as Manifest,
      fields: [],
      metas: {},
      attached: [],
      change: 'publish',
      jobUid: 'j',
      now,
    }),
  )
  await assert.rejects(
    switching,
    (error) => error instanceof AppError && error.key === 'actions.generation_lost',
  )
  assert.deepEqual(await db.selectFrom('publications').selectAll().execute(), [])
})
