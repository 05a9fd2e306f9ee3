/** What happens to one slice: read, process, type, check the types, write the part. */
import type { Connection } from '../../engine/index.ts'
import { type JsonValue, quoteIdentifier, quoteLiteral } from '../../kernel/index.ts'
import type { RawColumn, Reject, SourceReader } from '../extractors/reader.ts'
import type { Slice } from '../slices/slice.ts'
import { type InferredType, inferredConversion, widen } from '../types/types.ts'
import { guessType } from './guess-types.ts'
import type { Projection } from './projection.ts'
import type { StepSupport } from './step-support.ts'

/** A value that did not become one of its field's type, or that a processor could not handle. */
export interface RecordError {
  readonly recordId: string
  readonly processorUid: string
  readonly field: string
  readonly value: string
  /** The field's type, or null when a processor failed. */
  readonly type: string | null
  readonly reason: string
}

export interface SliceCounts {
  readonly rowsRead: number
  readonly rowsKept: number
  readonly rowsFiltered: number
  /** Records beyond the first that steps made of one row, whether they were kept or not. */
  readonly rowsAdded: number
  readonly contentSum: bigint
  readonly recordErrors: number
  readonly errorSamples: readonly RecordError[]
  readonly rejects: readonly Reject[]
}

/** Columns whose type this slice contradicts or reveals, with the type that holds for it. */
export type TypeFindings = ReadonlyMap<string, InferredType>

const sampleRows = 200

export interface SliceTable {
  readonly name: string
  /** Types that have to change before the slice can be written; empty: it fits. */
  readonly findings: TypeFindings
  counts(maxSamples: number): Promise<SliceCounts>
  writePart(path: string): Promise<number>
  drop(): Promise<void>
}

export interface PreparedSlice extends SliceTable {
  readonly hasNewColumns: boolean
  readonly projection: Projection
  /** Of the reader, as of this slice. */
  readonly memory: JsonValue | null
}

/** Materialises a slice's typed rows in the engine's memory (a slice is small) and checks its types. */
export async function prepareSlice(
  connection: Connection,
  reader: SourceReader,
  slice: Slice,
  id: string,
  makeProjection: (columns: readonly RawColumn[]) => Projection,
  support: StepSupport,
): Promise<PreparedSlice> {
  const loaded = await reader.load(connection, slice)
  const projection = makeProjection(loaded.columns)
  const table = `typed_${id}`
  const rawTable = `raw_${id}`
  const { hasFilter, hasExpansion, hasDeletions, lookups } = projection
  let relation = loaded.relation
  if (hasFilter || hasExpansion || lookups.length > 0) {
    // Rows that a processor leaves out or adds must be counted, so the rows before it are kept a moment.
    await connection.run(`create temp table ${quoteIdentifier(rawTable)} as select * from ${relation}`)
    relation = quoteIdentifier(rawTable)
  }
  await support.prepareJoins(connection, projection.joins)
  const answers: string[] = []
  for (const [index, lookup] of lookups.entries()) {
    const name = `answers_${id}_${index}`
    await support.answer(connection, lookup, lookup.keys(relation, loaded.columns, answers), name)
    answers.push(name)
  }
  await connection.run(
    `create temp table ${quoteIdentifier(table)} as ${projection.typedRows(relation, loaded.columns, answers)}`,
  )
  const findings = await checkTypes(connection, table, projection)
  const countIn = async (sql: string) => Number((await connection.all(sql))[0]!.n)

  return {
    name: table,
    hasNewColumns: loaded.hasNewColumns,
    memory: loaded.memory ?? null,
    projection,
    findings,
    async counts(maxSamples) {
      const rejects = await loaded.rejects()
      const [row] = await connection.all(
        `select ${hasDeletions ? 'count(*) filter (not _gone)' : 'count(*)'} as n, coalesce(sum(_h::hugeint), 0) as content from ${quoteIdentifier(table)}`,
      )
      const rowsKept = Number(row!.n)
      const errors = await readErrors(connection, table, projection, maxSamples)
      const raw =
        hasFilter || hasExpansion ? await countIn(`select count(*) as n from ${relation}`) : rowsKept
      const expanded = hasExpansion
        ? await countIn(projection.countExpanded(relation, loaded.columns, answers))
        : raw
      return {
        rowsRead: raw + rejects.length,
        rowsKept,
        rowsFiltered: expanded - rowsKept,
        rowsAdded: expanded - raw,
        contentSum: BigInt(row!.content as bigint),
        rejects,
        ...errors,
      }
    },
    async writePart(path) {
      const columns = projection.fields.map(
        ({ field }, index) => `f${index} as ${quoteIdentifier(field.name)}`,
      )
      if (hasDeletions) columns.push('_gone')
      const [row] = await connection.all(
        `copy (select ${['_id', ...columns].join(', ')} from ${quoteIdentifier(table)}) to ${quoteLiteral(path)} (format parquet, compression zstd, compression_level 1)`,
      )
      return Number(row!.Count)
    },
    async drop() {
      for (const name of [table, rawTable, ...answers])
        await connection.run(`drop table if exists ${quoteIdentifier(name)}`)
      await loaded.release()
    },
  }
}

/** Compares, per inferred column, values before and after conversion; a difference means the type does not hold. */
async function checkTypes(
  connection: Connection,
  table: string,
  projection: Projection,
): Promise<TypeFindings> {
  const checked = projection.fields
    .map((field, index) => ({ ...field, index }))
    .filter((field) => field.inferred === 'unknown' || (field.inferred !== null && field.source !== null))
    // A column without a type yet is kept as text: `f` is what `r` is for the others.
    .map((field) => ({ ...field, text: `${field.inferred === 'unknown' ? 'f' : 'r'}${field.index}` }))
  const findings = new Map<string, InferredType>()
  if (checked.length === 0) return findings
  const sums = checked.map(({ index, inferred, text }) =>
    inferred === 'unknown' ? `count(${text}) as v${index}` : `count(${text}) - count(f${index}) as v${index}`,
  )
  const [row] = await connection.all(`select ${sums.join(', ')} from ${quoteIdentifier(table)}`)
  const open = checked.filter(({ index }) => Number(row![`v${index}`]) > 0)
  const samples = await sample(
    connection,
    table,
    open.filter((field) => field.inferred === 'unknown').map((field) => field.index),
  )
  let supposed = open.flatMap(({ index, inferred, planned, text }): SupposedType[] => {
    const { name, candidates } = planned.column
    const type = inferred === 'unknown' ? guessType(samples.get(index) ?? [], candidates) : widen(inferred!)
    return type === 'unknown' ? [] : [{ index, name, text, type, candidates }]
  })
  while (supposed.length > 0) {
    const held = await holding(connection, table, supposed)
    for (const { index, name, type } of supposed) if (held.has(index)) findings.set(name, type)
    supposed = supposed
      .filter(({ index }) => !held.has(index))
      .map((one) => ({ ...one, type: widen(one.type) }))
  }
  return findings
}

interface SupposedType {
  readonly index: number
  /** Of the column. */
  readonly name: string
  /** The column that holds the text. */
  readonly text: string
  readonly type: InferredType
  readonly candidates: readonly InferredType[] | undefined
}

/** Indexes of those that hold for every value: anything is text. All are asked about at once, for a statement has its price. */
async function holding(
  connection: Connection,
  table: string,
  supposed: readonly SupposedType[],
): Promise<ReadonlySet<number>> {
  const held = new Set(supposed.filter(({ type }) => type === 'text').map(({ index }) => index))
  const asked = supposed.filter(
    ({ type, candidates }) => type !== 'text' && (!candidates || candidates.includes(type)),
  )
  if (asked.length === 0) return held
  const questions = asked.map(
    ({ index, text, type, candidates }) =>
      `count(${text}) = count(${inferredConversion(type, text, candidates)}) as h${index}`,
  )
  const [row] = await connection.all(`select ${questions.join(', ')} from ${quoteIdentifier(table)}`)
  for (const { index } of asked) if (row![`h${index}`] === true) held.add(index)
  return held
}

/** A few values of each column; at least one, when it has any. */
async function sample(
  connection: Connection,
  table: string,
  indexes: readonly number[],
): Promise<Map<number, string[]>> {
  const samples = new Map<number, string[]>(indexes.map((index) => [index, []]))
  if (indexes.length === 0) return samples
  const columns = indexes.map((index) => `f${index}`)
  const from = quoteIdentifier(table)
  // Plain rows: one aggregate per column takes the engine many seconds when there are hundreds of columns.
  const head = await connection.all(`select ${columns.join(', ')} from ${from} limit ${sampleRows}`)
  for (const [index, values] of samples) {
    for (const row of head) if (row[`f${index}`] !== null) values.push(String(row[`f${index}`]))
    if (values.length > 0) continue
    const [row] = await connection.all(
      `select f${index} as v from ${from} where f${index} is not null limit 1`,
    )
    if (row) values.push(String(row.v))
  }
  return samples
}

async function readErrors(
  connection: Connection,
  table: string,
  projection: Projection,
  maxSamples: number,
): Promise<{ recordErrors: number; errorSamples: RecordError[] }> {
  const conversions = projection.fields
    .map((field, index) => ({ ...field, index }))
    .filter((field) => field.inferred === null && field.source !== null)
  const sums = [
    ...conversions.map(
      ({ index }) => `count(*) filter (r${index} is not null and f${index} is null) as c${index}`,
    ),
    ...projection.failures.map((failure, index) => `count(${quoteIdentifier(failure.alias)}) as p${index}`),
  ]
  if (sums.length === 0) return { recordErrors: 0, errorSamples: [] }
  const [row] = await connection.all(`select ${sums.join(', ')} from ${quoteIdentifier(table)}`)
  const errorSamples: RecordError[] = []
  let recordErrors = 0
  for (const { index, planned, field } of conversions) {
    const count = Number(row![`c${index}`])
    recordErrors += count
    if (count === 0 || errorSamples.length >= maxSamples) continue
    const failed = `r${index} is not null and f${index} is null`
    for (const found of await sampleErrors(
      connection,
      table,
      `r${index}`,
      failed,
      maxSamples - errorSamples.length,
    )) {
      errorSamples.push({
        ...found,
        processorUid: planned.setBy,
        field: field.name,
        type: field.type,
        reason: 'conversion',
      })
    }
  }
  for (const [index, failure] of projection.failures.entries()) {
    const count = Number(row![`p${index}`])
    recordErrors += count
    if (count === 0 || errorSamples.length >= maxSamples) continue
    const alias = quoteIdentifier(failure.alias)
    for (const found of await sampleErrors(
      connection,
      table,
      alias,
      `${alias} is not null`,
      maxSamples - errorSamples.length,
    )) {
      errorSamples.push({
        ...found,
        processorUid: failure.processorUid,
        field: failure.field,
        type: null,
        reason: failure.reason,
      })
    }
  }
  return { recordErrors, errorSamples }
}

async function sampleErrors(
  connection: Connection,
  table: string,
  value: string,
  where: string,
  limit: number,
) {
  const rows = await connection.all(
    `select replace(_id::varchar, '-', '') as record_id, left(${value}::varchar, 500) as value
     from ${quoteIdentifier(table)} where ${where} limit ${limit}`,
  )
  return rows.map((row) => ({ recordId: String(row.record_id), value: String(row.value) }))
}
