/**
 * PostgreSQL: COPY into a typed table, a tsvector of the same text columns with a GIN index, a unique index on the key.
 * It is given every advantage: nothing is flushed to disk, the table is made in the transaction that fills it, half a
 * gigabyte of buffers and of memory for making indexes.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { findPostgres, startPostgres } from '../../test/support/postgres.ts'
import { columns } from './raw-engine.ts'
import { readIndexes } from './sqlite.ts'

export interface Postgres {
  readonly url: string
  import(csv: string): void
  /** Indexes for the reads of bench/reads.ts. */
  prepareReads(): void
  stop(): Promise<void>
}

/** Null when it is not installed. */
export async function openPostgres(): Promise<Postgres | null> {
  const directory = findPostgres()
  if (directory === null) return null
  const cluster = await startPostgres(directory, {
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      wal_level: 'minimal',
      max_wal_senders: '0',
      max_wal_size: '8GB',
      shared_buffers: '512MB',
      maintenance_work_mem: '512MB',
      work_mem: '128MB',
      jit: 'off',
    },
  })
  const psql = (input: string) =>
    execFileSync(join(directory, 'psql'), ['-q', '-v', 'ON_ERROR_STOP=1', cluster.url], {
      input,
      stdio: ['pipe', 'ignore', 'inherit'],
    })
  return {
    url: cluster.url,
    import: (csv) => psql(script(csv)),
    prepareReads: () => psql(`${readIndexes.join(';\n')};\n`),
    stop: cluster.stop,
  }
}

function script(csv: string): string {
  const texts = columns.filter(([, type]) => type === 'VARCHAR').map(([name]) => name)
  const kinds: Record<string, string> = {
    BIGINT: 'bigint',
    DOUBLE: 'double precision',
    TIMESTAMPTZ: 'timestamptz',
  }
  const document = texts.map((name) => `coalesce(${name}, '')`).join(` || ' ' || `)
  return `
set client_min_messages = warning;
drop table if exists records;
begin;
create table records (${columns.map(([name, type]) => `${name} ${kinds[type] ?? 'text'}`).join(', ')},
  words tsvector generated always as (to_tsvector('simple', ${document})) stored);
\\copy records (${columns.map(([name]) => name).join(', ')}) from '${csv}' with (format csv, header)
commit;
create unique index on records (unique_key);
create index on records using gin (words);
analyze records;
`
}
