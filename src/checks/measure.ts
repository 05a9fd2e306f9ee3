/** Looks at the records of generations for gates and diffs. Runs where it is called: in the builder's child, or the server. */
import type { Connection } from '../engine/index.ts'
import { type Field, type JsonObject, type JsonValue, quoteIdentifier } from '../kernel/index.ts'
import { jsonValueSql, valueType } from '../odsql/index.ts'
import {
  type ChangeKind,
  changeKinds,
  type DiffSide,
  differenceObjectSql,
  differencesSql,
  valueCountsSql,
  valuesOf,
} from './diff-sql.ts'
import type { Bound, Gates, ValueRange } from './gates.ts'
import type { GateFacts, RangeFact } from './judge.ts'

export type DiffCounts = Readonly<Record<ChangeKind | 'unchanged', number>>

export interface ValueCounts {
  readonly records: number
  /** Records with a value, by field. */
  readonly known: Readonly<Record<string, number>>
}

/** Lists every difference in the table `table`, which is made. Out: how many of each kind. */
export async function listDifferences(
  connection: Connection,
  table: string,
  from: DiffSide,
  to: DiffSide,
  signal?: AbortSignal,
): Promise<Readonly<Record<ChangeKind, number>>> {
  await connection.run(
    `create table ${table} as ${differencesSql(from, to)}`,
    [...valuesOf(from, to)],
    signal,
  )
  const rows = await connection.all(`select kind, count(*) as n from ${table} group by kind`, [], signal)
  const counts = { added: 0, removed: 0, changed: 0 }
  for (const row of rows) counts[changeKinds[Number(row.kind)]!] = Number(row.n)
  return counts
}

/** The positions of one kind in a table of differences. */
export function rangeOfKind(
  counts: Readonly<Record<ChangeKind, number>>,
  kind: ChangeKind,
): { readonly from: number; readonly to: number } {
  let from = 0
  for (const before of changeKinds) {
    if (before === kind) break
    from += counts[before]
  }
  return { from, to: from + counts[kind] }
}

export async function countValues(
  connection: Connection,
  side: DiffSide,
  signal?: AbortSignal,
): Promise<ValueCounts> {
  const [row] = await connection.all(
    `select n, to_json(known)::varchar as known from (${valueCountsSql(side)})`,
    [...(side.values ?? [])],
    signal,
  )
  const known = JSON.parse(String(row!.known)) as number[]
  return {
    records: Number(row!.n),
    known: Object.fromEntries(side.fields.map((field, index) => [field.name, known[index]!])),
  }
}

/** Share of nulls of every field on either side, 0 to 1 with six decimals; null where the field is not, or no record. */
export function nullShares(
  from: { readonly fields: readonly Field[]; readonly counts: ValueCounts },
  to: { readonly fields: readonly Field[]; readonly counts: ValueCounts },
): JsonObject[] {
  const share = ({ records, known }: ValueCounts, name: string) =>
    known[name] === undefined || records === 0 ? null : Number((1 - known[name] / records).toFixed(6))
  const names = new Set([...to.fields, ...from.fields].map((field) => field.name))
  return [...names].map((name) => ({ name, from: share(from.counts, name), to: share(to.counts, name) }))
}

const sampleSize = 10
const maxSampleText = 500
/** A sample is for reading; a record whose text is longer than this is not shown. */
const maxSampleBytes = 20_000

/** The first few differences of each kind. Long values are cut; a very long record shows its id only. */
export async function sampleDifferences(
  connection: Connection,
  table: string,
  sides: { readonly from: DiffSide; readonly to: DiffSide },
  counts: Readonly<Record<ChangeKind, number>>,
): Promise<Record<ChangeKind, JsonObject[]>> {
  const samples: Record<ChangeKind, JsonObject[]> = { added: [], removed: [], changed: [] }
  for (const kind of changeKinds) {
    const { from, to } = rangeOfKind(counts, kind)
    if (from === to) continue
    const range = { table, from, to: Math.min(to, from + sampleSize) }
    const options = { timezone: 'UTC', maxText: maxSampleText }
    const objects = differenceObjectSql(sides.from, sides.to, range, options)
    const rows = await connection.all(
      `select change, _id, json_object('change', change, '_id', _id, 'key', key, 'old', old, 'new', new)::varchar as text from (${objects})`,
    )
    samples[kind] = rows.map((row) =>
      String(row.text).length <= maxSampleBytes
        ? (JSON.parse(String(row.text)) as JsonObject)
        : { change: String(row.change), _id: String(row._id), cut: true },
    )
  }
  return samples
}

/** What the gates need to know of a built generation beyond its manifest. Values are bound, names quoted. */
export async function measureGates(
  connection: Connection,
  built: DiffSide,
  gates: Gates,
): Promise<Pick<GateFacts, 'doubled' | 'ranges' | 'mismatched'>> {
  return {
    doubled: await countDoubled(connection, built, gates.unique_keys),
    ranges: await measureRanges(connection, built, gates.ranges),
    mismatched: await countMismatched(connection, built, gates.patterns),
  }
}

async function countDoubled(
  connection: Connection,
  { relation, fields }: DiffSide,
  keys: Gates['unique_keys'],
): Promise<(number | null)[]> {
  const doubled: (number | null)[] = []
  for (const key of keys) {
    if (!key.every((name) => fields.some((field) => field.name === name))) {
      doubled.push(null)
      continue
    }
    const names = key.map(quoteIdentifier)
    const [row] = await connection.all(
      `select coalesce(sum(n), 0)::bigint as records from (
         select count(*) as n from ${relation}
         where ${names.map((name) => `${name} is not null`).join(' and ')}
         group by ${names.join(', ')} having count(*) > 1)`,
    )
    doubled.push(Number(row!.records))
  }
  return doubled
}

async function measureRanges(
  connection: Connection,
  { relation, fields }: DiffSide,
  ranges: Gates['ranges'],
): Promise<Record<string, RangeFact>> {
  const facts: Record<string, RangeFact> = {}
  for (const [name, range] of Object.entries(ranges)) {
    const field = fields.find((candidate) => candidate.name === name)
    if (!field) continue
    facts[name] = await measureRange(connection, relation, field, range)
  }
  return facts
}

async function measureRange(
  connection: Connection,
  relation: string,
  field: Field,
  range: ValueRange,
): Promise<RangeFact> {
  const type = boundType(field, range.min ?? range.max!)
  if (type === null) return null
  const column = quoteIdentifier(field.name)
  const values: Bound[] = []
  const conditions: string[] = []
  for (const [bound, operator] of [
    [range.min, '<'],
    [range.max, '>'],
  ] as const) {
    if (bound === null) continue
    values.push(bound)
    conditions.push(`${column} ${operator} $${values.length}::${type}`)
  }
  const shown = (sql: string) => `to_json(${jsonValueSql(sql, field.type, 'UTC')})::varchar`
  const [row] = await connection.all(
    `select n, ${shown('low')} as low, ${shown('high')} as high from (
       select count(*) filter (where ${conditions.join(' or ')}) as n, min(${column}) as low, max(${column}) as high
       from ${relation})`,
    values,
  )
  const parsed = (text: unknown) => (text === null ? null : (JSON.parse(String(text)) as JsonValue))
  return { outside: Number(row!.n), min: parsed(row!.low), max: parsed(row!.high) }
}

function boundType(field: Field, bound: Bound): string | null {
  if (field.type === 'int' || field.type === 'double') return typeof bound === 'number' ? 'double' : null
  if (field.type === 'date' || field.type === 'datetime')
    return typeof bound === 'string' ? 'timestamptz' : null
  return null
}

async function countMismatched(
  connection: Connection,
  { relation, fields }: DiffSide,
  patterns: Gates['patterns'],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [name, pattern] of Object.entries(patterns)) {
    const field = fields.find((candidate) => candidate.name === name)
    if (!field) continue
    const column = quoteIdentifier(name)
    const type = valueType(field)
    const text = type === 'text' ? column : `(${jsonValueSql(column, type, 'UTC')})::varchar`
    const mismatches =
      type === 'multitext'
        ? `len(list_filter(${column}, lambda x: not regexp_full_match(x, $1))) > 0`
        : `not regexp_full_match(${text}, $1)`
    const [row] = await connection.all(`select count(*) as n from ${relation} where ${mismatches}`, [pattern])
    counts[name] = Number(row!.n)
  }
  return counts
}
