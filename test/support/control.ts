/** An empty control database of a test's own, without a server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Control, openControl } from '../../src/control/index.ts'
import { createDatabase, type DatabaseName } from './postgres.ts'

/** Closed when the test ends, after what was started later has ended. */
export async function openTestControl(t: TestContext, database: DatabaseName = 'sqlite'): Promise<Control> {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-control-'))
  const databaseUrl = database === 'postgres' ? await createDatabase() : null
  const control = await openControl({ databaseUrl, sqlitePath: join(root, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(root, { recursive: true, force: true })
  })
  return control
}
