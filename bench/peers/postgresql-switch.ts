/**
 * The two ways in which tables are usually published again in PostgreSQL: truncate and load in one transaction (readers
 * wait for its lock), and load a table beside and swap the names. As with the other peer, nothing is flushed to disk.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { findPostgres, startPostgres } from '../../test/support/postgres.ts'

export interface SwitchPeer {
  load(csv: string): Promise<void>
  truncateAndLoad(csv: string): Promise<void>
  swap(csv: string): Promise<void>
  read(): Promise<unknown>
  stop(): Promise<void>
}

const columns = '(number bigint, day date, city text, amount double precision, edition bigint, note text)'

/** Null when it is not installed. */
export async function openSwitchPeer(): Promise<SwitchPeer | null> {
  const directory = findPostgres()
  if (directory === null) return null
  const cluster = await startPostgres(directory)
  const pool = new pg.Pool({ connectionString: cluster.url, max: 4 })
  const run = async (script: string) => {
    await new Promise<void>((resolve, reject) => {
      const child = execFile(
        join(directory, 'psql'),
        ['-q', '-v', 'ON_ERROR_STOP=1', cluster.url],
        (error) => (error ? reject(error) : resolve()),
      )
      child.stdin!.end(script)
    })
  }
  const copy = (table: string, csv: string) => `\\copy ${table} from '${csv}' with (format csv, header)\n`
  return {
    load: (csv) =>
      run(`create table visits ${columns};\n${copy('visits', csv)}create index on visits (number);\n`),
    truncateAndLoad: (csv) => run(`begin;\ntruncate visits;\n${copy('visits', csv)}commit;\n`),
    swap: (csv) =>
      run(
        `create table fresh ${columns};\n${copy('fresh', csv)}create index on fresh (number);\nbegin;\ndrop table visits;\nalter table fresh rename to visits;\ncommit;\n`,
      ),
    read: () => pool.query('select * from visits order by number limit 20'),
    async stop() {
      await pool.end()
      await cluster.stop()
    },
  }
}
