/**
 * A processor: one configured step that changes rows or fields, compiled into SQL over the columns before it, so that a
 * dataset with twenty of them still costs one vectorised pass. Management API section 14.
 */
import {
  AppError,
  type FieldType,
  isFieldName,
  type JoinedDataset,
  type JsonObject,
  type JsonValue,
  quoteIdentifier,
  safeFieldName,
} from '../../kernel/index.ts'
import {
  type ExpressionResult,
  expressionColumn,
  expressionCondition,
  findFault,
} from '../expressions/expression.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { asText, type InferredType } from '../types/types.ts'

export const argumentTypes = [
  'field',
  /** An array of names of fields. */
  'fields',
  'new_field',
  'text',
  /** An array of texts. */
  'texts',
  'regexp',
  'date_format',
  /** A name of the IANA time zone database. */
  'timezone',
  /** Of the expression language: docs/expressions.md. */
  'expression',
  /** A text; one that begins with `=` is an expression. */
  'text_or_expression',
  /** A GeoJSON geometry, as an object or as its text. */
  'geojson',
  /** `dataset_id` or `dataset_uid` of a dataset of this server, also as `{"dataset_id": ...}`. */
  'dataset',
  'int',
  'double',
  'boolean',
] as const
export type ArgumentType = (typeof argumentTypes)[number]

export interface ProcessorArgument {
  readonly name: string
  readonly type: ArgumentType
  readonly description: string
  readonly is_mandatory: boolean
  readonly default?: string | number | boolean
  /** The only values of a text or int argument. */
  readonly choices?: readonly (string | number)[]
  /** Bounds of an int or double argument. */
  readonly minimum?: number
  readonly maximum?: number
}

export interface ProcessorExample {
  readonly args: JsonObject
  readonly input: Readonly<Record<string, string | null>>
  /** Records of the datasets that the arguments name, by what they name them: texts, and GeoJSON geometries. */
  readonly datasets?: Readonly<Record<string, readonly JsonObject[]>>
  /** What a service beyond the builder answers to each key. */
  readonly answers?: Readonly<Record<string, JsonValue>>
  /**
   * Fields expected after the step (others unchanged); null: the record is left out. An array: the records it becomes, each
   * with the fields that differ. Fields that the step removes are named as undefined.
   */
  readonly output: ExampleOutput | readonly ExampleOutput[] | null
}

type ExampleOutput = Readonly<Record<string, unknown>>

export interface SetColumn {
  readonly name: string
  readonly engineType: string
  readonly sql: string
  readonly fixedType?: FieldType
  /** Of a column of text: types that inference may consider. Default: all. */
  readonly candidates?: readonly InferredType[]
}

/** Values that a step could not handle: `when` is true for such a row, `value` says what it was. */
export interface StepFailure {
  readonly field: string
  readonly when: string
  readonly value: string
  readonly reason: string
}

/**
 * Something that SQL cannot compute, answered for each distinct key once, batch by batch, before the step's own SQL runs;
 * that finds the answer of a row in the column `_answer` (JSON; null: none).
 */
export interface StepLookup {
  /** Name of a service of lookups.ts. */
  readonly service: string
  /** What the service is asked beside the keys. */
  readonly request: JsonObject
  /** SQL of a row's key, text; rows whose key is null are not asked about. */
  readonly key: string
}

/** A table made once in a build, before the first slice. */
export interface StepTable {
  /** Name of the table, unique to what it holds: two steps that say the same share it. */
  readonly table: string
  /** SQL of the query that fills it. */
  readonly source: string
}

/** The columns of the table must begin with an underscore. */
export interface StepJoin extends StepTable {
  /** Tables that are made before it, in their order: its own query and `sql` may read them. */
  readonly needs?: readonly StepTable[]
  /** What goes behind the row's own relation: `left join <table> on ...`. */
  readonly sql: string
}

export interface CompiledStep {
  /** Columns made or replaced. */
  readonly set: readonly SetColumn[]
  /** Columns taken away. */
  readonly drop?: readonly string[]
  /** Rows for which this is not true are left out; it sees the columns before the step. */
  readonly keep?: string
  /** Rows that `keep` leaves out take the records of the same id before them along, where fields are marked as id. */
  readonly deletes?: boolean
  /** SQL of a list: the row becomes one for each of its items, which `set` finds as `_item`; one when there is none. */
  readonly expand?: string
  readonly lookup?: StepLookup
  readonly join?: StepJoin
  /** One row may become several by the join. */
  readonly multiplies?: boolean
  readonly failures?: readonly StepFailure[]
}

export interface Processor {
  readonly name: string
  readonly label: string
  readonly doc: string
  readonly args: readonly ProcessorArgument[]
  readonly examples: readonly ProcessorExample[]
  /** Checks that need more than each argument by itself. Errors: ingest.missing_argument, ingest.invalid_argument. */
  validate?(args: JsonObject): void
  compile(args: StepArguments): CompiledStep
}

/** The arguments of one configured step, checked, with the columns it sees. */
export interface StepArguments {
  /** SQL of a field's value as text. */
  text(argument: string): string
  /** Name of the field that an argument names. */
  field(argument: string): string
  /** Names of the fields that an argument lists. Errors: ingest.processor_failed. */
  fields(argument: string): readonly string[]
  /** Name of the field that the step makes or replaces. */
  output(argument: string): string
  value(argument: string): string
  values(argument: string): readonly string[]
  number(argument: string): number
  flag(argument: string): boolean
  has(argument: string): boolean
  /** The argument as it was given; undefined: it was not. */
  given(argument: string): JsonValue | undefined
  /** What went wrong with the step as a whole, for a field or an argument: to be thrown. ingest.processor_failed. */
  failed(field: string, msg: string): AppError
  /** The columns before the step. */
  readonly columns: readonly RawColumn[]
  /** Fields that hold text. */
  readonly textFields: readonly string[]
  textOf(field: string): string
  /** The dataset that an argument names, as its readers have it. Errors: ingest.processor_failed. */
  dataset(argument: string): JoinedDataset
  /** The value of an expression; `aliases`: names that stand for fields in it. Errors: ingest.processor_failed. */
  expression(argument: string, aliases?: Readonly<Record<string, string>>): ExpressionResult
  /** SQL of an expression as a condition, never null. Errors: ingest.processor_failed. */
  condition(argument: string): string
  /**
   * A name for a value that `set` and `failures` use more than once: it is computed once a row. Not for `keep`, `expand`,
   * `lookup` and `join`, which are looked at before it.
   */
  shared(sql: string): string
}

/** A value with a name, for SQL that uses it more than once. */
export interface SharedValue {
  readonly name: string
  readonly sql: string
}

/** Collects values that are shared; the same SQL has the same name. `prefix`: of the names, an underscore first. */
export function createSharing(prefix: string) {
  const values = new Map<string, SharedValue>()
  return {
    share(sql: string): string {
      const known = values.get(sql)
      if (known) return known.name
      const name = `${prefix}${values.size}`
      values.set(sql, { name, sql })
      return name
    },
    /** In their order: one may use those before it. */
    values: (): readonly SharedValue[] => [...values.values()],
  }
}

/** Checks what can be checked without a source. Errors: ingest.missing_argument, ingest.invalid_argument. */
export function validateArguments(processor: Processor, args: JsonObject): void {
  for (const spec of processor.args) {
    const value = args[spec.name]
    if (value === undefined || value === null || (value === '' && spec.type !== 'text')) {
      if (spec.is_mandatory)
        throw new AppError('ingest.missing_argument', { name: processor.name, argument: spec.name })
      continue
    }
    const expected = expectation(spec, value)
    if (expected !== null) {
      const shown = JSON.stringify(value).slice(0, 100)
      throw new AppError('ingest.invalid_argument', {
        name: processor.name,
        argument: spec.name,
        value: shown,
        expected,
      })
    }
  }
  processor.validate?.(args)
}

function expectation(spec: ProcessorArgument, value: unknown): string | null {
  switch (spec.type) {
    case 'int':
    case 'double':
      return numberExpectation(spec, value)
    case 'boolean':
      return typeof value === 'boolean' ? null : 'it must be true or false'
    case 'fields':
    case 'texts':
      return Array.isArray(value) && value.length > 0 && value.every(isPlainText)
        ? null
        : 'it must be an array of texts'
    case 'geojson':
      return isPlainText(value) || isObject(value) ? null : 'it must be a GeoJSON geometry'
    case 'dataset':
      return isPlainText(datasetNamed(value)) ? null : 'it must be the id of a dataset'
    case 'expression':
      return expressionExpectation(spec, value)
    case 'text_or_expression':
      return isExpression(value) ? expressionExpectation(spec, value) : textExpectation(spec, value)
    case 'date_format':
      return textExpectation(spec, value) ?? dateFormatExpectation(value as string)
    case 'timezone':
      return isTimeZone(value) ? null : 'it must be the name of a time zone, e.g. Europe/Paris'
    default:
      return textExpectation(spec, value)
  }
}

function numberExpectation(spec: ProcessorArgument, value: unknown): string | null {
  const isRight = spec.type === 'int' ? Number.isSafeInteger(value) : Number.isFinite(value)
  const kind = spec.type === 'int' ? 'a whole number' : 'a number'
  if (!isRight) return `it must be ${kind}`
  if (spec.choices && !spec.choices.includes(value as number)) return oneOf(spec.choices)
  const [low, high] = [spec.minimum ?? -Infinity, spec.maximum ?? Infinity]
  if ((value as number) >= low && (value as number) <= high) return null
  return `it must be ${kind}${spec.minimum === undefined ? '' : ` from ${low}`}${spec.maximum === undefined ? '' : ` up to ${high}`}`
}

function textExpectation(spec: ProcessorArgument, value: unknown): string | null {
  if (typeof value !== 'string') return 'it must be text'
  if (value.includes('\0')) return 'it must not hold a NUL character'
  if (spec.choices && !spec.choices.includes(value)) return oneOf(spec.choices)
  if (spec.type === 'new_field' && !isFieldName(value) && safeFieldName(value, new Set()) === '')
    return 'it must be a name'
  return null
}

/** Without a code it would read nothing, and make every value null. */
const dateFormatExpectation = (format: string) =>
  /%[a-zA-Z]/.test(format) ? null : 'it must have strptime codes: %d/%m/%Y for 31/12/2030'

function expressionExpectation(spec: ProcessorArgument, value: unknown): string | null {
  return textExpectation(spec, value) ?? findFault(value as string)
}

/** Whether the value of an argument of type `text_or_expression` is an expression. */
export const isExpression = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith('=')

const oneOf = (choices: readonly (string | number)[]) => `it must be one of ${choices.join(', ')}`
const isPlainText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0')
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch {
    return false
  }
}

/** Of an argument of type `dataset`: what it names; undefined when it names nothing. */
export function datasetNamed(value: unknown): string | undefined {
  const named = isObject(value) ? (value.dataset_id ?? value.dataset_uid) : value
  return typeof named === 'string' && named !== '' ? named : undefined
}

/** Set where expressions ask for the time (steps-in-time.ts): it is then part of what makes the records. */
export const timeArgument = '_now'

function timeOf(args: JsonObject): string {
  const time = args[timeArgument]
  return typeof time === 'string' && /^[0-9]{4}-[-0-9T:.]+Z$/.test(time) ? time : '1970-01-01T00:00:00Z'
}

/** Binds a step's arguments to the columns before it. Errors: ingest.processor_failed for a field that is not there. */
export function bindArguments(
  processor: Processor,
  processorUid: string,
  args: JsonObject,
  columns: readonly RawColumn[],
  datasets: Readonly<Record<string, JoinedDataset>> = {},
  shared: (sql: string) => string = (sql) => `(${sql})`,
): StepArguments {
  const byName = new Map(columns.map((column) => [column.name, column]))
  function given(argument: string): JsonValue | undefined {
    const spec = processor.args.find((candidate) => candidate.name === argument)
    return args[argument] ?? spec?.default ?? undefined
  }
  const failed = (field: string, msg: string) =>
    new AppError('ingest.processor_failed', { processor_id: named, field, msg })
  const named = `${processor.name} (${processorUid})`
  function column(name: string): RawColumn {
    const found = byName.get(name)
    if (!found) throw failed(name, 'field not found')
    return found
  }
  const failure = (field: string) => (msg: string) => failed(field, msg)
  const list = (argument: string) => (given(argument) as readonly string[] | undefined) ?? []
  const textOf = (name: string) => asText(column(name).engineType, quoteIdentifier(name))
  return {
    text: (argument) => textOf(String(given(argument))),
    field: (argument) => column(String(given(argument))).name,
    fields: (argument) => list(argument).map((name) => column(name).name),
    output: (argument) => {
      const name = String(given(argument))
      return byName.has(name) || isFieldName(name) ? name : safeFieldName(name, new Set())
    },
    value: (argument) => String(given(argument) ?? ''),
    values: list,
    number: (argument) => Number(given(argument)),
    flag: (argument) => given(argument) === true,
    has: (argument) => given(argument) !== undefined && given(argument) !== null && given(argument) !== '',
    given,
    failed,
    columns,
    textFields: columns
      .filter((candidate) => candidate.engineType === 'VARCHAR')
      .map((candidate) => candidate.name),
    textOf,
    expression: (argument, aliases = {}) =>
      expressionColumn(
        String(given(argument)),
        { columns, aliases, now: timeOf(args), shared },
        failure(argument),
      ),
    condition: (argument) =>
      expressionCondition(String(given(argument)), { columns, now: timeOf(args) }, failure(argument)),
    shared,
    dataset(argument) {
      const named = datasetNamed(given(argument))
      const found = named === undefined ? undefined : datasets[named]
      if (found) return found
      throw failed(argument, `no published dataset ${named}`)
    },
  }
}

export const fieldArgument = (name: string, description: string): ProcessorArgument => ({
  name,
  type: 'field',
  description,
  is_mandatory: true,
})

export const outputArgument: ProcessorArgument = {
  name: 'output_field',
  type: 'new_field',
  description: 'Field that receives the result',
  is_mandatory: true,
}
