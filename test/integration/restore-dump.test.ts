/** A dump of a PostgreSQL control database is read back whole or not at all. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDataset } from '../../src/catalog/index.ts'
import { dumpPostgres, loadDump, openControl } from '../../src/control/index.ts'
import { createIds, systemClock } from '../../src/kernel/index.ts'
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
})
