/**
 * The pipeline of one dataset as SQL: raw columns -> processors -> field specifications -> ids and types.
 * Compiled once per state of knowledge about the columns; every slice runs the same text over its own relation.
 */
import {
  type BuildPlan,
  type ConfiguredStep,
  type DeletedRecord,
  type Field,
  type JsonObject,
  orderColumn,
  quoteIdentifier,
  quoteLiteral,
} from '../../kernel/index.ts'
import type { RawColumn } from '../extractors/reader.ts'
import {
  applyFieldSpecifications,
  type PlannedField,
  publishedField,
} from '../processors/field-specifications.ts'
import {
  bindArguments,
  type CompiledStep,
  createSharing,
  type SetColumn,
  type SharedValue,
  type StepFailure,
  type StepJoin,
  type StepLookup,
} from '../processors/processor.ts'
import { findProcessor } from '../processors/processors.ts'
import {
  asText,
  type InferredType,
  inferredConversion,
  nativeConversion,
  nativeFieldType,
  setConversion,
} from '../types/types.ts'
import { columnItems } from './columns.ts'

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
  /** One row may become several. */
  readonly hasExpansion: boolean
  readonly hasIdFields: boolean
  /** Rows may delete those of their id before them: they are there, with `_gone` true. */
  readonly hasDeletions: boolean
  /** Made once in a build, before the first slice. */
  readonly joins: readonly StepJoin[]
  /** Asked in their order, each before the rows behind it are looked at. */
  readonly lookups: readonly ProjectedLookup[]
  /**
   * SQL that makes the typed rows of a slice: `_id`, `_h`, `f0..`, `r0..` (sources), `_fail0..`. `answers`: names of the
   * tables that hold the answers to `lookups`.
   */
  typedRows(relation: string, present: readonly RawColumn[], answers?: readonly string[]): string
  /** SQL of `n`: how many rows a slice's rows become before any is left out. */
  countExpanded(relation: string, present: readonly RawColumn[], answers?: readonly string[]): string
}

export interface ProjectedLookup {
  readonly processorUid: string
  readonly lookup: StepLookup
  /** SQL of `key`: the distinct keys of a slice. */
  keys(relation: string, present: readonly RawColumn[], answers: readonly string[]): string
}

/** How a stage's rows are made; a row that is left out is marked, where rows that follow must still be counted. */
interface Stage {
  readonly items: readonly string[]
  /** Values that the items use more than once. */
  readonly shared: readonly SharedValue[]
  readonly keep?: string | undefined
  readonly expand?: string | undefined
  /** SQL of the bytes of a row, where it may become several. */
  readonly rowBytes?: string | undefined
  readonly join?: StepJoin | undefined
  /** Index among the lookups. */
  readonly lookup?: { readonly index: number; readonly key: string } | undefined
}

/** Types known so far, by the name of the processed column. */
export type KnownTypes = ReadonlyMap<string, InferredType>

export function compileProjection(
  columns: readonly RawColumn[],
  plan: Pick<BuildPlan, 'processors' | 'fieldSpecifications' | 'datasets'> &
    Partial<Pick<BuildPlan, 'sources'>>,
  known: KnownTypes,
): Projection {
  const deleted = plan.sources?.flatMap((source) => source.deleted ?? []) ?? []
  // Goes through all stages beside the columns, and is no field.
  const order = deleted.length > 0 ? [quoteIdentifier(orderColumn)] : []
  const failures: FailureColumn[] = []
  const stages: Stage[] = []
  const joins: StepJoin[] = []
  const lookups: ProjectedLookup[] = []
  const takesAlong = (compiled: CompiledStep) =>
    compiled.deletes === true && marksIds(plan.fieldSpecifications)
  let hasDeletions = false
  let hasFilter = deleted.length > 0
  let hasExpansion = false
  let current: RawColumn[] =
    deleted.length > 0 ? columns.filter(({ name }) => name !== orderColumn) : [...columns]
  for (const step of plan.processors) {
    const sharing = createSharing('_shared')
    const compiled = compileStep(step, current, plan.datasets, sharing.share)
    const next = columnsAfter(current, compiled)
    const set = new Map(compiled.set.map((column) => [column.name, column]))
    const isDeletion = takesAlong(compiled)
    const items = [
      ...order,
      ...goneItem(hasDeletions, isDeletion ? compiled.keep : undefined),
      ...failures.map((known) => quoteIdentifier(known.alias)),
      ...next.map((column) => {
        const changed = set.get(column.name)
        return changed ? `${changed.sql} as ${quoteIdentifier(column.name)}` : quoteIdentifier(column.name)
      }),
    ]
    const tooMany = compiled.expand ? [tooManyItems(compiled)] : []
    for (const failure of [...(compiled.failures ?? []), ...tooMany]) {
      const alias = `_fail${failures.length}`
      items.push(
        `case when ${failure.when} then coalesce(${failure.value}, '') end as ${quoteIdentifier(alias)}`,
      )
      failures.push({ alias, field: failure.field, processorUid: step.processor_uid, reason: failure.reason })
    }
    const { expand, join, lookup } = compiled
    if (compiled.keep) hasFilter = true
    // What deletes goes on to the end, whatever is left out on the way.
    const keep = isDeletion
      ? undefined
      : hasDeletions && compiled.keep
        ? `_gone or (${compiled.keep})`
        : compiled.keep
    if (isDeletion) hasDeletions = true
    if (expand || compiled.multiplies) hasExpansion = true
    if (join && !joins.some(({ table }) => table === join.table)) joins.push(join)
    if (lookup) {
      const before = stages.length
      lookups.push({
        processorUid: step.processor_uid,
        lookup,
        keys: (relation, present, answers) =>
          `select distinct key from (select ${lookup.key} as key from ${rowsOf(relation, present, answers, before)}) where key is not null`,
      })
    }
    stages.push({
      items,
      shared: sharing.values(),
      keep,
      expand,
      rowBytes: expand && rowBytes(current),
      join,
      lookup: lookup && { index: lookups.length - 1, key: lookup.key },
    })
    current = next
  }

  /** The rows behind the first `count` stages, each in one pass over the rows before it. */
  function rowsOf(
    relation: string,
    present: readonly RawColumn[],
    answers: readonly string[],
    count: number,
    isKept = true,
  ): string {
    let from = `(select ${columnItems(columns, present).join(', ') || '1 as nothing'} from ${relation})`
    for (const stage of stages.slice(0, count)) from = `(${stageSql(stage, from, answers, isKept)})`
    return from
  }

  const planned = applyFieldSpecifications(current, plan.fieldSpecifications)
  const typing = createSharing('_typing')
  const fields = planned.map((field) => projectField(field, known, typing.share))
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
    hasExpansion,
    hasIdFields: idFields.length > 0,
    hasDeletions,
    joins,
    lookups,
    typedRows(relation, present, answers = []) {
      const items = fields.flatMap((field, index) => {
        const typed = `${field.sql} as f${index}`
        return field.source === null ? [typed] : [typed, `${field.source} as r${index}`]
      })
      const id = idText === null ? '_digest' : `md5(${idText})`
      const failed = failures.map((failure) => quoteIdentifier(failure.alias))
      if (hasDeletions) failed.push('_gone')
      const from = rowsOf(relation, present, answers, stages.length)
      const shared = typing.values().map(({ name, sql }) => `, ${sql} as ${name}`)
      const digested = `(select *, md5(${contentText}) as _digest${shared.join('')} from ${from})`
      return `select ${[`${id}::uuid as _id`, `('0x' || left(_digest, 15))::bigint as _h`, ...items, ...failed].join(', ')}
        from ${digested}${deleted.length > 0 ? ` where not ${isDeleted(`${id}::uuid`, deleted)}` : ''}`
    },
    countExpanded: (relation, present, answers = []) =>
      `select count(*) as n from ${rowsOf(relation, present, answers, stages.length, false)}`,
  }
}

const marksIds = (steps: readonly ConfiguredStep[]) =>
  steps.some(({ name, args }) => name === 'annotate' && (args as JsonObject).annotation === 'id')

/** The column `_gone`, once there is a step that deletes; `keep`: of such a step. */
function goneItem(isThere: boolean, keep: string | undefined): string[] {
  if (keep === undefined) return isThere ? ['_gone'] : []
  return [`${isThere ? '_gone or ' : ''}not coalesce(${keep}, false) as _gone`]
}

/** A join gives its rows in the order of either side, as it suits the engine: records stay in the order of their source. */
const place = 'row_number() over () as _place'

/** SQL: whether a row is of a record that was deleted after it came. */
function isDeleted(id: string, deleted: readonly DeletedRecord[]): string {
  const rows = deleted.map((one) => `(${quoteLiteral(one.id)}::uuid, ${one.from}, ${one.before})`)
  const order = quoteIdentifier(orderColumn)
  return `exists (select 1 from (values ${rows.join(', ')}) as _gone(id, since, before)
    where _gone.id = ${id} and ${order}::bigint >= _gone.since and ${order}::bigint < _gone.before)`
}

/** `isKept`: rows that the stage leaves out are not there. */
function stageSql(stage: Stage, from: string, answers: readonly string[], isKept: boolean): string {
  let source = from
  if (stage.lookup) {
    const table = quoteIdentifier(answers[stage.lookup.index] ?? 'no_answers')
    source = `(select _row.*, _given._answer from (select *, ${stage.lookup.key} as _key, ${place} from ${source}) as _row
      left join ${table} as _given on _given.key = _row._key order by _place)`
  }
  if (stage.keep && isKept) source = `(select * from ${source} where ${unmoved(stage.keep)})`
  if (stage.join)
    source = `(select * from (select *, ${place} from ${source}) as _row ${stage.join.sql} order by _place)`
  if (stage.expand) {
    const listed = `(select *, ${stage.expand} as _list from ${source})`
    const measured = `(select *, coalesce(len(_list), 0) > ${mostItems} or coalesce(len(_list), 0) * ${stage.rowBytes} > ${mostExpandedBytes} as _too_many from ${listed})`
    source = `(select * exclude (_list), case when _too_many then len(_list) end as _items,
      unnest(case when len(_list) > 0 and not _too_many then _list else [null] end) as _item from ${measured})`
  }
  for (const values of layersOf(stage.shared))
    source = `(select *, ${values.map(({ name, sql }) => `${sql} as ${name}`).join(', ')} from ${source})`
  return `select ${stage.items.join(', ') || '1 as nothing'} from ${source}`
}

/**
 * A condition that is not computed in the scan of a table: there, the engine picks every value by itself, which takes half
 * as long again where most rows are kept. What might differ from row to row stays where it is.
 */
const unmoved = (condition: string) => `case when random() < 2 then ${condition} end`

/** Values by what they need: those that use others come behind them. */
function layersOf(shared: readonly SharedValue[]): SharedValue[][] {
  const depths = new Map<string, number>()
  const layers: SharedValue[][] = []
  for (const value of shared) {
    const uses = value.sql.match(/\b_shared[0-9]+\b/g) ?? []
    const depth = Math.max(0, ...uses.map((name) => (depths.get(name) ?? -1) + 1))
    depths.set(value.name, depth)
    layers[depth] = [...(layers[depth] ?? []), value]
  }
  return layers
}

/**
 * A row is copied for every item: a text of a few megabytes could fill any disk. Such a row stays one, with an error that
 * says so.
 */
const mostItems = 1_000_000
const mostExpandedBytes = 1 << 30

function rowBytes(columns: readonly RawColumn[]): string {
  const texts = columns.filter(({ engineType }) => engineType === 'VARCHAR')
  const lengths = texts.map(({ name }) => `coalesce(strlen(${quoteIdentifier(name)}), 0)`)
  return `(${['8::bigint', ...lengths].join(' + ')})`
}

function tooManyItems({ set }: CompiledStep): StepFailure {
  return {
    field: set[0]!.name,
    when: '_items is not null',
    value: "_items || ' items'",
    reason: 'too many items to make a record of each',
  }
}

function compileStep(
  step: ConfiguredStep,
  columns: readonly RawColumn[],
  datasets: BuildPlan['datasets'],
  share: (sql: string) => string,
): CompiledStep {
  const processor = findProcessor(step.name)
  const args = bindArguments(processor, step.processor_uid, step.args as JsonObject, columns, datasets, share)
  return processor.compile(args)
}

function columnsAfter(columns: readonly RawColumn[], { set, drop }: CompiledStep): RawColumn[] {
  const changed = new Map(set.map((column) => [column.name, column]))
  const gone = new Set(drop)
  const next = columns
    .filter(({ name }) => !gone.has(name) || changed.has(name))
    .map((column) => {
      const change = changed.get(column.name)
      return change ? changedColumn(column, change) : column
    })
  const kept = new Set(next.map(({ name }) => name))
  for (const column of changed.values())
    if (!kept.has(column.name)) next.push(changedColumn({ ...column, label: column.name }, column))
  return next
}

function changedColumn(column: RawColumn, changed: SetColumn): RawColumn {
  // What the format said of the old values says nothing of the new ones.
  const { engineType, fixedType, candidates } = changed
  return {
    name: column.name,
    label: column.label,
    engineType,
    ...(fixedType ? { fixedType } : {}),
    ...(candidates ? { candidates } : {}),
  }
}

function projectField(
  planned: PlannedField,
  known: KnownTypes,
  share: (sql: string) => string,
): ProjectedField {
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
  const sql = inferredConversion(inferred, x, column.candidates, share)
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
