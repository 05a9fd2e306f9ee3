/**
 * SQLite's own command line: `.import` into a typed table and a full-text index (FTS5) over the same text columns. It is
 * given every advantage: no journal, no waiting for the disk, an index that holds no copy of the text.
 */
import { execFileSync, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

export interface SqliteServer {
  readonly url: string
  stop(): void
}

/** Serves what has been imported, with indexes for the reads of bench/reads.ts. */
export async function serveSqlite(command: string, directory: string): Promise<SqliteServer> {
  const file = join(directory, 'records.sqlite')
  execFileSync(command, [file], { input: readIndexes.join(';\n'), stdio: ['pipe', 'ignore', 'inherit'] })
  const child = fork(fileURLToPath(new URL('./sqlite-server.ts', import.meta.url)), [file])
  const [port] = (await once(child, 'message')) as [number]
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

/** What the reads filter and sort by. */
export const readIndexes = [
  'create index by_kind on records (complaint_type, borough, created_date)',
  'create index by_date on records (created_date)',
  'create index by_place on records (latitude, longitude)',
  'analyze',
]

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
