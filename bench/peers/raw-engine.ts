/**
 * The engine alone, as somebody would use it who needs no server: CSV to Parquet and the same serving structures by hand
 * (src/kernel/serving-layout.ts), in one process, with the memory and threads that a builder has.
 *
 * It is given every advantage: the columns' types are known beforehand and the file is read once, no value is checked
 * again, no checksum is made, nothing is written so that it survives a power cut, the statements are the best we know
 * (terms are found once per distinct value), and its process is already running.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { workDirectory } from '../inputs/inputs.ts'
import { headings } from '../inputs/service-requests.ts'
import { queryThreads } from '../limits.ts'

export interface RawEngine {
  readonly connection: DuckDBConnection
  connect(): Promise<DuckDBConnection>
  close(): void
}

export async function openRawEngine(options: {
  memoryMb: number
  threads: number
  tempDirectory: string
}): Promise<RawEngine> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryMb}MiB`,
    threads: String(options.threads),
    temp_directory: options.tempDirectory,
  })
  const connection = await instance.connect()
  await connection.run("set TimeZone = 'UTC'")
  return {
    connection,
    connect: () => instance.connect(),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** The engine alone over the serving file that a server has made, attached as `serving`. */
export async function openServing(memoryMb: number): Promise<RawEngine> {
  const directory = join(workDirectory, 'data', 'serving')
  const file = readdirSync(directory).find((name) => name.endsWith('.duckdb'))!
  const raw = await openRawEngine({
    memoryMb,
    threads: queryThreads,
    tempDirectory: join(workDirectory, 'spill'),
  })
  await raw.connection.run(`attach '${join(directory, file)}' as serving (read_only)`)
  return raw
}

/** Column names and types of the table in bench/inputs/service-requests.ts. */
export const columns: readonly (readonly [name: string, type: string])[] = headings.map((heading) => [
  heading.toLowerCase().replaceAll(' ', '_'),
  typeOf(heading),
])

function typeOf(heading: (typeof headings)[number]): string {
  if (heading.endsWith('Date')) return 'TIMESTAMPTZ'
  if (heading === 'Latitude' || heading === 'Longitude') return 'DOUBLE'
  if (heading === 'Unique Key' || heading.endsWith('Coordinate')) return 'BIGINT'
  // The point is stored as two numbers, like ours.
  return 'VARCHAR'
}

const texts = columns
  .filter(([name, type]) => type === 'VARCHAR' && name !== 'location')
  .map(([name]) => name)

export interface RawBuild {
  readonly parquet: string
  readonly serving: string
}

/** The whole of it; answers where it was written. The directory is emptied first. */
export async function buildByHand(
  connection: DuckDBConnection,
  csv: string,
  directory: string,
): Promise<RawBuild> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const parquet = join(directory, 'records.parquet')
  const serving = join(directory, 'serving.duckdb')
  for (const statement of byHand(csv, parquet, serving)) await connection.run(statement)
  return { parquet, serving }
}

export function byHand(csv: string, parquet: string, serving: string): string[] {
  const types = columns.map(([name, type]) => `'${name}': '${type}'`).join(', ')
  const id = `md5(concat_ws(chr(31), ${columns.map(([name]) => name).join(', ')}))::uuid`
  const values = columns.map(([name]) =>
    name === 'location'
      ? `case when location is not null then struct_pack(lon := split_part(location, ',', 2)::double, lat := split_part(location, ',', 1)::double) end as location`
      : name,
  )
  return [
    `copy (
       select ${id} as _id, ${values.join(', ')}
       from read_csv('${csv}', header = true, columns = {${types}})
     ) to '${parquet}' (format parquet, compression zstd, compression_level 1)`,

    `attach '${serving}' as serving`,
    `create table serving.records as select file_row_number as _row, * exclude (file_row_number)
       from read_parquet('${parquet}', file_row_number = true)`,
    'create table serving.ids as select _id, _row from serving.records order by _id',
    ...fullText(),
    'checkpoint serving',
    'detach serving',
  ]
}

/** Fields in which every value occurs once or twice; the others repeat, and their terms are found once per value. */
const scattered = new Set(['incident_address'])

function fullText(): string[] {
  const terms = (value: string) =>
    `list_distinct(regexp_extract_all(strip_accents(lower(${value})), '[\\p{L}\\p{N}]+'))`
  const number = (name: string) => columns.findIndex(([column]) => column === name)
  const repeating = texts.filter((name) => !scattered.has(name))
  return [
    `create temp table dictionary as ${repeating
      .map(
        (name) =>
          `select ${number(name)}::smallint as field, value, ${terms('value')} as terms
             from (select distinct ${name} as value from serving.records) where value is not null`,
      )
      .join(' union all ')}`,
    `create temp table listed as ${[...scattered]
      .map(
        (name) =>
          `select unnest(${terms(name)}) as term, ${number(name)}::smallint as field, _row from serving.records`,
      )
      .join(' union all ')}`,
    `create table serving.terms as select term, (row_number() over (order by term) - 1)::integer as term_id
       from (select term from listed union select unnest(terms) from dictionary) order by term`,
    `create temp table numbered as select field, value, t.term_id
       from (select field, value, unnest(terms) as term from dictionary) join serving.terms t using (term)`,
    `create table serving.postings as ${[
      ...repeating.map(
        (name) =>
          `select n.term_id, n.field, r._row from serving.records r join numbered n on n.field = ${number(name)} and n.value = r.${name}`,
      ),
      'select t.term_id, l.field, l._row from listed l join serving.terms t using (term)',
    ].join(' union all ')} order by term_id, field, _row`,
    'drop table dictionary',
    'drop table listed',
    'drop table numbered',
  ]
}
