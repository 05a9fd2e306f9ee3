/**
 * The pipeline of one dataset as SQL: raw columns -> processors -> field specifications -> ids and types.
 * Compiled once per state of knowledge about the columns; every slice runs the same text over its own relation.
 */
import {
  type BuildPlan,
  type ConfiguredStep,
  type Field,
  type JsonObject,
  quoteIdentifier,
  quoteLiteral,
} from '../../kernel/index.ts'
import type { RawColumn } from '../extractors/reader.ts'
import {
  applyFieldSpecifications,
  type PlannedField,
  publishedField,
} from '../processors/field-specifications.ts'
import { bindArguments, type StepArguments } from '../processors/processor.ts'
import { findProcessor } from '../processors/processors.ts'
import {
  asText,
  type InferredType,
  inferredConversion,
  nativeConversion,
  nativeFieldType,
  setConversion,
} from '../types/types.ts'

/** What a processor could not handle: column `alias` holds the value for rows where it failed, null for others. */
export interface FailureColumn {
  readonly alias: string
  readonly field: string
  readonly processorUid: string
  readonly reason: string
}

/** One field on its way into a part. */
export interface ProjectedField {
  readonly planned: PlannedField
  /** Type so far; `unknown` until a value has been seen (published as text if none ever is). */
  readonly inferred: InferredType | 'unknown' | null
  readonly field: Field
  /** Typed value, from the processed columns. */
  readonly sql: string
  /** Text before conversion, where a conversion can fail; null where it cannot (then `sql` is the text itself). */
  readonly source: string | null
}

export interface Projection {
  readonly fields: readonly ProjectedField[]
  readonly failures: readonly FailureColumn[]
  readonly hasFilter: boolean
  readonly hasIdFields: boolean
  /** SQL that makes the typed rows of a slice: `_id`, `_h`, `f0..`, `r0..` (sources), `_fail0..`. */
  typedRows(relation: string, present: readonly RawColumn[]): string
}

/** Types known so far, by the name of the processed column. */
export type KnownTypes = ReadonlyMap<string, InferredType>

export function compileProjection(
  columns: readonly RawColumn[],
  plan: Pick<BuildPlan, 'processors' | 'fieldSpecifications'>,
  known: KnownTypes,
): Projection {
  const failures: FailureColumn[] = []
  const stages: ((from: string) => string)[] = []
  let hasFilter = false
  let current: RawColumn[] = [...columns]
  for (const step of plan.processors) {
    const compiled = compileStep(step, current)
    const { keep, failure } = compiled
    const set = new Map(compiled.set.map((column) => [column.name, column]))
    const next = current.map((column) => {
      const changed = set.get(column.name)
      return changed ? changedColumn(column, changed) : column
    })
    for (const made of compiled.set) {
      if (!current.some((column) => column.name === made.name)) next.push({ ...made, label: made.name })
    }
    const items = [
      ...failures.map((known) => quoteIdentifier(known.alias)),
      ...next.map((column) => {
        const changed = set.get(column.name)
        return changed ? `${changed.sql} as ${quoteIdentifier(column.name)}` : quoteIdentifier(column.name)
      }),
    ]
    if (failure) {
      const alias = `_fail${failures.length}`
      items.push(
        `case when ${failure.when} then coalesce(${failure.value}, '') end as ${quoteIdentifier(alias)}`,
      )
      failures.push({ alias, field: failure.field, processorUid: step.processor_uid, reason: failure.reason })
    }
    if (keep) hasFilter = true
    stages.push((from) => `(select ${items.join(', ')} from ${from}${keep ? ` where ${keep}` : ''})`)
    current = next
  }
  const planned = applyFieldSpecifications(current, plan.fieldSpecifications)
  const fields = planned.map((field) => projectField(field, known))
  const idFields = planned.filter((field) => Object.hasOwn(field.annotations, 'id'))
  // Renaming, ordering and typing leave ids alone: they are made of the values as the processors left them.
  const inSourceOrder = current.filter((column) => planned.some((field) => field.column === column))
  const contentText = digestText(inSourceOrder, false)
  const idText =
    idFields.length > 0
      ? digestText(
          idFields.map((field) => field.column),
          true,
        )
      : null

  return {
    fields,
    failures,
    hasFilter,
    hasIdFields: idFields.length > 0,
    typedRows(relation, present) {
      const presentTypes = new Map(present.map((column) => [column.name, column.engineType]))
      const raw = columns.map((column) => {
        const name = quoteIdentifier(column.name)
        const here = presentTypes.get(column.name)
        if (here === undefined) return `null::${column.engineType} as ${name}`
        // Sources that disagree on a column's type meet in text.
        return here === column.engineType ? name : `${asText(here, name)} as ${name}`
      })
      let from = `(select ${raw.join(', ') || '1 as nothing'} from ${relation})`
      for (const stage of stages) from = stage(from)
      const items = fields.flatMap((field, index) => {
        const typed = `${field.sql} as f${index}`
        return field.source === null ? [typed] : [typed, `${field.source} as r${index}`]
      })
      const id = idText === null ? '_digest' : `md5(${idText})`
      const failed = failures.map((failure) => quoteIdentifier(failure.alias))
      return `select ${[`${id}::uuid as _id`, `('0x' || left(_digest, 15))::bigint as _h`, ...items, ...failed].join(', ')}
        from (select *, md5(${contentText}) as _digest from ${from})`
    },
  }
}

function compileStep(step: ConfiguredStep, columns: readonly RawColumn[]) {
  const processor = findProcessor(step.name)
  const args: StepArguments = bindArguments(processor, step.processor_uid, step.args as JsonObject, columns)
  return processor.compile(args)
}

function changedColumn(column: RawColumn, changed: { engineType: string }): RawColumn {
  // What the format said of the old values says nothing of the new ones.
  return { name: column.name, label: column.label, engineType: changed.engineType }
}

function projectField(planned: PlannedField, known: KnownTypes): ProjectedField {
  const { column, setType } = planned
  const x = quoteIdentifier(column.name)
  const separator = planned.annotations.multivalued?.[0]
  if (setType !== null && setType !== 'text') {
    const native = nativeFieldType(column.engineType)
    if (native === setType) return finished(planned, setType, nativeConversion(column.engineType, x))
    const text = asText(column.engineType, x)
    return { ...finished(planned, setType, setConversion(setType, text)), source: text }
  }
  if (column.engineType !== 'VARCHAR' && setType === null) {
    const type = nativeFieldType(column.engineType)
    if (type === 'multivalued') return finished(planned, 'text', x, true)
    const sql = nativeConversion(column.engineType, x)
    return separator !== undefined && (type === 'text' || type === null)
      ? finished(planned, 'text', splitText(sql, String(separator)), true)
      : finished(planned, type ?? 'text', sql)
  }
  const text = asText(column.engineType, x)
  if (separator !== undefined) return finished(planned, 'text', splitText(text, String(separator)), true)
  if (setType === 'text') return finished(planned, 'text', text)
  if (column.candidates?.length === 0) return finished(planned, 'text', text)
  const inferred = known.get(column.name) ?? 'unknown'
  if (inferred === 'unknown') return { ...finished(planned, 'text', text), inferred }
  if (inferred === 'text') return { ...finished(planned, 'text', text), inferred }
  const sql = inferredConversion(inferred, x, column.candidates)
  if (inferred === 'multivalued') return { ...finished(planned, 'text', sql, true), inferred, source: x }
  return { ...finished(planned, inferred, sql), inferred, source: x }
}

function finished(planned: PlannedField, type: Field['type'], sql: string, isList = false): ProjectedField {
  return { planned, inferred: null, field: publishedField(planned, type, isList), sql, source: null }
}

/** A text cut at a separator into trimmed pieces; no pieces is null. */
function splitText(text: string, separator: string): string {
  const pieces = `list_filter(list_transform(string_split(${text}, ${quoteLiteral(separator)}), v -> trim(v)), v -> v <> '')`
  return `case when len(${pieces}) > 0 then ${pieces} end`
}

/**
 * The text whose digest identifies a record. Null is told from empty. For id fields lengths are included, so that no
 * two different ids can read the same; over all fields a separator suffices: rows that still read the same only become
 * numbered twins.
 */
function digestText(columns: readonly RawColumn[], isExact: boolean): string {
  if (columns.length === 0) return "''"
  const pieces = columns.map((column) => {
    const text = asText(column.engineType, quoteIdentifier(column.name))
    return isExact ? `coalesce(length(${text}) || ':' || ${text}, '-')` : `coalesce(${text}, chr(30))`
  })
  return `concat(${pieces.join(', chr(31), ')})`
}
