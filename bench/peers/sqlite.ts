/**
 * SQLite's own command line: `.import` into a typed table and a full-text index (FTS5) over the same text columns. It is
 * given every advantage: no journal, no waiting for the disk, an index that holds no copy of the text.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { columns } from './raw-engine.ts'

/** Debian's package of the same name. */
const program = 'sqlite3'

/** Null when the command is missing or was built without FTS5. */
export function findSqlite(): string | null {
  const { status } = spawnSync(program, [':memory:', 'create virtual table t using fts5(x)'], {
    stdio: 'ignore',
  })
  return status === 0 ? program : null
}

export function importIntoSqlite(command: string, csv: string, directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  execFileSync(command, [join(directory, 'records.sqlite')], {
    input: script(csv),
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

function script(csv: string): string {
  const texts = columns.filter(([, type]) => type === 'VARCHAR').map(([name]) => name)
  const kinds: Record<string, string> = { BIGINT: 'integer', DOUBLE: 'real' }
  return `
pragma journal_mode = off;
pragma synchronous = off;
create table records (${columns.map(([name, type]) => `${name} ${kinds[type] ?? 'text'}`).join(', ')});
.import --csv --skip 1 '${csv}' records
create unique index by_key on records (unique_key);
create virtual table words using fts5(${texts.join(', ')}, content = 'records');
insert into words (words) values ('rebuild');
`
}
