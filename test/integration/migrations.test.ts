/** A database that is brought to this release, and is interrupted. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openControl } from '../../src/control/index.ts'

test('of migrations that fail on their way nothing stays, and the next start begins again', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const sqlitePath = join(directory, 'control.sqlite')

  /** A table of one of the last migrations is in the way. */
  const work = (sql: string) => {
    const database = new DatabaseSync(sqlitePath)
    try {
      return database.prepare(sql).all()
    } finally {
      database.close()
    }
  }
  work('create table sessions (in_the_way text)')
  await assert.rejects(openControl({ databaseUrl: null, sqlitePath }), /sessions/)
  const tables = work("select name from sqlite_schema where type = 'table' and name not like 'kysely%'")
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['sessions'],
  )

  work('drop table sessions')
  const control = await openControl({ databaseUrl: null, sqlitePath })
  assert.deepEqual(await control.db.selectFrom('datasets').selectAll().execute(), [])
  await control.close()
})
