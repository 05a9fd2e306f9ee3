/** Deletions of harvesters that a killed process has left: what becomes of those that cannot be deleted at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDataset } from '../../src/catalog/index.ts'
import type { ControlDb } from '../../src/control/index.ts'
import { deleteHarvester, finishDeletions } from '../../src/harvest/delete-harvester.ts'
import { insertHarvester, setStatus, takeHarvester } from '../../src/harvest/store.ts'
import { createIds } from '../../src/kernel/index.ts'
import { openTestControl } from '../support/control.ts'
import { until } from '../support/processes.ts'

test('one that is busy holds up no other, and one that was refused meanwhile is let be', async (t) => {
  const { db } = await openTestControl(t)
  const busy = new Set<string>()
  const deps = {
    db,
    async deleteDataset(datasetUid: string) {
      if (busy.has(datasetUid)) throw new Error(`${datasetUid} is at work`)
      await db.deleteFrom('datasets').where('dataset_uid', '=', datasetUid).execute()
    },
  }
  const [asked, stuck, free] = [
    await attach(db, 'asked'),
    await attach(db, 'stuck'),
    await attach(db, 'free'),
  ]
  for (const uid of [asked, stuck]) busy.add(uid)
  const left = async () =>
    (await db.selectFrom('harvesters').select(['name', 'status']).orderBy('name').execute()).map(
      ({ name, status }) => `${name} ${status}`,
    )

  let rounds = 0
  const finishing = await finishDeletions(deps, () => rounds++, 1)
  t.after(() => finishing.stop())
  const roundsMore = async (more: number) => {
    const wanted = rounds + more
    await until(
      () => rounds >= wanted,
      () => 'no round fails',
    )
  }
  await roundsMore(1)
  assert.deepEqual(await left(), ['asked deleting', 'stuck deleting'])
  assert.equal(await hasDataset(db, free), false)

  await assert.rejects(deleteHarvester(deps, 'ha_asked', true), /at work/)
  busy.delete(asked)
  await roundsMore(2)
  assert.deepEqual(await left(), ['asked idle', 'stuck deleting'])
  assert.equal(await hasDataset(db, asked), true)

  busy.delete(stuck)
  await until(
    async () => (await left()).join() === 'asked idle',
    () => 'it is not deleted when its dataset is at rest',
  )
})

test('a run that is ordered while a harvester is about to be deleted is refused, or the deletion is', async (t) => {
  const { db } = await openTestControl(t)
  const datasetUid = await attach(db, 'one')
  await setStatus(db, 'ha_one', { status: 'idle', deletes_datasets: null })
  const deps = { db, deleteDataset: async () => assert.fail('the dataset is at work') }
  const [deletion, run] = await Promise.allSettled([
    deleteHarvester(deps, 'ha_one', false),
    takeHarvester(db, 'ha_one', 'jo_2'),
  ])
  assert.notEqual(deletion.status, run.status)
  assert.equal(await hasDataset(db, datasetUid), true)
})

/** A harvester that was being deleted with its one dataset; answers the uid of that. */
async function attach(db: ControlDb, name: string): Promise<string> {
  const clock = { now: () => 1_000_000 }
  const dataset = { datasetId: name, metas: {}, isStrict: true, owner: 'admin' }
  const { dataset_uid: datasetUid } = await createDataset({ db, clock, ids: createIds() }, dataset)
  const harvesterUid = `ha_${name}`
  const options = { deleteMissing: false, publish: false, restricted: false }
  const source = { name, type: 'ckan', params: {}, options, username: 'admin', createdAt: clock.now() }
  await insertHarvester(db, { harvesterUid, ...source })
  await db
    .insertInto('harvested_datasets')
    .values({
      harvester_uid: harvesterUid,
      remote_id: name,
      dataset_uid: datasetUid,
      title: name,
      change: 'created',
      details_json: '[]',
      job_uid: 'jo_1',
      seen_at: clock.now(),
    })
    .execute()
  await setStatus(db, harvesterUid, { status: 'deleting', deletes_datasets: 1 })
  return datasetUid
}

async function hasDataset(db: ControlDb, datasetUid: string): Promise<boolean> {
  const found = await db
    .selectFrom('datasets')
    .select('dataset_uid')
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  return found !== undefined
}
