/** A dump of a PostgreSQL control database is read back whole or not at all. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDataset } from '../../src/catalog/index.ts'
import { dumpPostgres, loadDump, openControl } from '../../src/control/index.ts'
import { createIds, systemClock } from '../../src/kernel/index.ts'
import { appendPush, insertRealtime } from '../../src/realtime/store.ts'
import { tempDirectory } from '../support/builder.ts'
import { createDatabase, forEachDatabase } from '../support/postgres.ts'

forEachDatabase((database, options) => {
  if (database === 'sqlite') return
  test(
    'a dump that breaks off leaves nothing, and can be read again when it is whole',
    options,
    async (t) => {
      const [from, to] = [await createDatabase(), await createDatabase()]
      const control = await openControl({ databaseUrl: from, sqlitePath: '' })
      const deps = { db: control.db, clock: systemClock, ids: createIds() }
      for (const datasetId of ['first', 'second'])
        await createDataset(deps, { datasetId, metas: {}, owner: 'admin', isStrict: true })
      await control.close()
      const path = join(tempDirectory(t), 'control.jsonl')
      await dumpPostgres(from, path)
      const whole = readFileSync(path, 'utf8')
      const address = { databaseUrl: to, sqlitePath: '' }

      writeFileSync(path, whole.slice(0, whole.indexOf('"second"')))
      await assert.rejects(loadDump(path, address), SyntaxError)
      writeFileSync(path, whole)
      const loaded = await loadDump(path, address)
      const rows = await loaded.db.selectFrom('datasets').select('dataset_id').orderBy('dataset_id').execute()
      await loaded.close()
      assert.deepEqual(
        rows.map((row) => row.dataset_id),
        ['first', 'second'],
      )
      await assert.rejects(loadDump(path, address), /not empty/)
    },
  )

  test('rows of megabytes make lines that can be read, however many there are', options, async (t) => {
    const [from, to] = [await createDatabase(), await createDatabase()]
    const control = await openControl({ databaseUrl: from, sqlitePath: '' })
    const deps = { db: control.db, clock: systemClock, ids: createIds() }
    const { dataset_uid: datasetUid } = await createDataset(deps, {
      datasetId: 'pushed',
      metas: {},
      owner: 'admin',
      isStrict: true,
    })
    await insertRealtime(control.db, { resourceUid: 're_1', datasetUid, key: 'k', username: 'admin' })
    const items = [{ text: 'x'.repeat(1_500_000) }]
    for (let n = 0; n < 12; n++)
      await appendPush(control.db, { resourceUid: 're_1', kind: 'push', items, now: n }, 1e9)
    await control.close()
    const path = join(tempDirectory(t), 'control.jsonl')
    await dumpPostgres(from, path)
    const lines = readFileSync(path, 'utf8').split('\n')
    assert.ok(Math.max(...lines.map(({ length }) => length)) < 5_000_000)
    const loaded = await loadDump(path, { databaseUrl: to, sqlitePath: '' })
    const { count } = await loaded.db
      .selectFrom('realtime_pushes')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    await loaded.close()
    assert.equal(Number(count), 12)
  })
})
