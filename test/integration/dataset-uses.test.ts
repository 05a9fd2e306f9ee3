/** How often datasets are read: what the database keeps of it, and what one reader can make of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDataset } from '../../src/catalog/index.ts'
import { createIds } from '../../src/kernel/index.ts'
import { createUses } from '../../src/records/index.ts'
import { openTestControl } from '../support/control.ts'
import { forEachDatabase } from '../support/postgres.ts'

const dayMs = 86_400_000

forEachDatabase(
  (database, options) => {
    test(`uses add up over restarts, and fade (${database})`, options, async (t) => {
      const { db } = await openTestControl(t, database)
      let now = Date.parse('2031-05-09T10:00:00Z')
      const clock = { now: () => now }
      const errors: unknown[] = []
      const open = () => createUses({ db, clock, onError: (cause) => errors.push(cause) })
      const make = async (datasetId: string) =>
        (await createDataset({ db, clock, ids: createIds() }, newDataset(datasetId))).dataset_uid
      const [one, other, gone] = [await make('one'), await make('other'), await make('gone')]
      const use = (datasetUid: string, client: string, isDownload = false) => ({
        datasetUid,
        client,
        isDownload,
      })

      const uses = open()
      assert.equal(uses.revision(), 0)
      for (let n = 0; n < 5; n++) uses.count(use(one, 'address 192.0.2.1', n === 4))
      uses.count(use(one, 'address 192.0.2.2'))
      uses.count(use(other, 'address 192.0.2.1'))
      uses.count(use(gone, 'address 192.0.2.1'))
      assert.equal(uses.revision(), 8)
      assert.equal((await uses.read()).size, 0, 'nothing waits for the database')
      // Deleted between the read and the writing of it: the others are written all the same.
      await db.deleteFrom('datasets').where('dataset_uid', '=', gone).execute()
      await uses.stop()
      const again = open()
      assert.deepEqual(Object.fromEntries(await again.read()), {
        [one]: { apiCallCount: 6, downloadCount: 1, popularityScore: 2 },
        [other]: { apiCallCount: 1, downloadCount: 0, popularityScore: 1 },
      })
      assert.deepEqual([...(await again.read([other, gone])).keys()], [other])
      assert.equal((await again.read([])).size, 0)

      now += 30 * dayMs
      assert.equal((await again.read()).get(one)!.popularityScore, 1)
      again.count(use(one, 'address 192.0.2.9'))
      await again.write()
      assert.deepEqual((await again.read()).get(one), {
        apiCallCount: 7,
        downloadCount: 1,
        popularityScore: 2,
      })
      // A clock that is put back makes nothing more popular.
      now -= 60 * dayMs
      assert.equal((await again.read()).get(one)!.popularityScore, 2)
      assert.deepEqual(errors, [])

      // What cannot be written now is written later.
      await db.schema.alterTable('dataset_uses').renameTo('elsewhere').execute()
      again.count(use(one, 'address 192.0.2.9'))
      await again.write()
      assert.equal(errors.length, 1)
      await db.schema.alterTable('elsewhere').renameTo('dataset_uses').execute()
      await again.stop()
      assert.equal((await again.read()).get(one)!.apiCallCount, 8)
      await db.deleteFrom('datasets').execute()
      assert.equal((await again.read()).size, 0, 'a dataset takes its numbers with it')
    })

    test(`uses that several processes write at once add up (${database})`, options, async (t) => {
      const { db } = await openTestControl(t, database)
      const clock = { now: () => Date.parse('2031-05-09T10:00:00Z') }
      const open = () => createUses({ db, clock, onError: (cause) => assert.fail(String(cause)) })
      const writers = [open(), open(), open()]
      const uids: string[] = []
      for (let n = 0; n < 20; n++)
        uids.push((await createDataset({ db, clock, ids: createIds() }, newDataset(`d${n}`))).dataset_uid)
      // In an order of their own, as reads come.
      for (const [at, writer] of writers.entries())
        for (const datasetUid of at === 1 ? uids.toReversed() : uids)
          writer.count({ datasetUid, client: `address ${at}`, isDownload: true })
      await Promise.all(writers.map((writer) => writer.stop()))
      const expected = { apiCallCount: 3, downloadCount: 3, popularityScore: 3 }
      const found = await writers[0]!.read()
      assert.deepEqual(
        uids.map((uid) => found.get(uid)),
        uids.map(() => expected),
      )
    })
  },
  { isLong: true },
)

test('however many addresses somebody has, an hour makes a dataset no more popular than its bound', async (t) => {
  const { db } = await openTestControl(t)
  const clock = { now: () => 1_000_000 }
  const uses = createUses({ db, clock, onError: (cause) => assert.fail(String(cause)) })
  const { dataset_uid: datasetUid } = await createDataset({ db, clock, ids: createIds() }, newDataset('one'))
  for (let n = 0; n < 60_000; n++) uses.count({ datasetUid, client: `address ${n}`, isDownload: false })
  await uses.stop()
  assert.deepEqual((await uses.read()).get(datasetUid), {
    apiCallCount: 60_000,
    downloadCount: 0,
    popularityScore: 50_000,
  })
})

const newDataset = (datasetId: string) => ({ datasetId, metas: {}, isStrict: true, owner: 'admin' })
