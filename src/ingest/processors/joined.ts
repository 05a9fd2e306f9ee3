/** What steps that join another dataset have in common: its records in SQL, and the fields taken from them. */
import { createHash } from 'node:crypto'
import {
  AppError,
  columnType,
  type Field,
  type FieldType,
  isMultivalued,
  type JoinedDataset,
  quoteIdentifier,
  quoteLiteral,
  safeFieldName,
} from '../../kernel/index.ts'
import { asText, setConversion } from '../types/types.ts'
import type { CompiledStep, ProcessorArgument, SetColumn, StepArguments, StepFailure } from './processor.ts'

/** More records than this that fit one are a mistake in the keys: what was 1,000 records would become a million. */
export const mostMatches = 1000

export const joinArguments: readonly ProcessorArgument[] = [
  {
    name: 'output_fields',
    type: 'fields',
    description: 'Fields of the other dataset that are added',
    is_mandatory: false,
  },
  {
    name: 'retrieve_all',
    type: 'boolean',
    description: 'Add all its fields but the keys',
    is_mandatory: false,
    default: false,
  },
  {
    name: 'one_line',
    type: 'boolean',
    description: 'Where several of its records fit: their values in one, not a record for each of them',
    is_mandatory: false,
    default: false,
  },
  {
    name: 'separator',
    type: 'text',
    description: 'Between the values, with one_line',
    is_mandatory: false,
    default: ',',
  },
  {
    name: 'republish_on_update',
    type: 'boolean',
    description: 'Publish this dataset again when the other one has changed',
    is_mandatory: false,
    default: false,
  },
]

export const datasetArgument: ProcessorArgument = {
  name: 'dataset',
  type: 'dataset',
  description: 'The other dataset, which must be published: its dataset_id or dataset_uid',
  is_mandatory: true,
}

/** A field of the joined dataset by its name. Errors: ingest.processor_failed. */
export function joinedField(args: StepArguments, dataset: JoinedDataset, name: string): Field {
  const found = dataset.fields.find((field) => field.name === name)
  if (found) return found
  throw args.failed(name, `dataset ${dataset.datasetId} has no such field`)
}

/**
 * SQL of the joined dataset's records in their order: `_file` and `file_row_number` tell it, then the fields.
 * `columns`: those that are needed, by name.
 */
export function joinedRecordsSql(dataset: JoinedDataset, columns: readonly Field[]): string {
  const names = columns.map((field) => `, ${quoteIdentifier(field.name)}`).join('')
  if (dataset.parts.length > 0) {
    const files = dataset.parts.map((part) => quoteLiteral(part)).join(', ')
    return `select _file, file_row_number${names} from read_parquet([${files}], filename = '_file', file_row_number = true)`
  }
  const nothing = columns.map((field) => `, null::${columnType(field)} as ${quoteIdentifier(field.name)}`)
  return `select '' as _file, 0::bigint as file_row_number${nothing.join('')} where false`
}

/** A name for what a query gives: two steps that ask the same share a table. */
export function tableOf(source: string): string {
  return `_join_${createHash('sha256').update(source).digest('hex').slice(0, 24)}`
}

export interface OutputFields {
  /** The other dataset's, in the order of what is added. */
  readonly fields: readonly Field[]
  /** SQL of a struct with their values. */
  readonly struct: string
  /** SQL of one value for all records of a group, `rows`: a list of such structs. */
  set(rows: string, item: string): readonly SetColumn[]
}

/** What `output_fields`, `retrieve_all` and `one_line` ask for; `except`: names of keys. */
export function outputFields(
  args: StepArguments,
  dataset: JoinedDataset,
  except: ReadonlySet<string>,
): OutputFields {
  const fields = args.flag('retrieve_all')
    ? dataset.fields.filter(({ name }) => !except.has(name))
    : args.values('output_fields').map((name) => joinedField(args, dataset, name))
  if (fields.length === 0) throw args.failed('output_fields', 'no field is asked for')
  // What is there already is not written over: a field of that name gets a number.
  const taken = new Set(args.columns.map(({ name }) => name))
  const names = fields.map(({ name }) => safeFieldName(name, taken))
  const struct = `{${fields.map(({ name }, at) => `'f${at}': ${quoteIdentifier(name)}`).join(', ')}}`
  const separator = quoteLiteral(args.value('separator'))
  return {
    fields,
    struct,
    set: (rows, item) =>
      fields.map((field, at): SetColumn => {
        const name = names[at]!
        if (!args.flag('one_line')) return { name, sql: `${item}.f${at}`, ...typeOf(field) }
        const text = readableText(field, `_v.f${at}`, separator)
        const values = `list_filter(list_transform(${rows}, lambda _v: ${text}), lambda _v: _v is not null)`
        const sql = `case when len(${values}) > 0 then array_to_string(${values}, ${separator}) end`
        return { name, sql, engineType: 'VARCHAR' }
      }),
  }
}

/** A field of text stays one, whatever its values here look like. */
function typeOf(field: Field): Pick<SetColumn, 'engineType' | 'fixedType'> {
  const engineType = field.type === 'datetime' ? 'TIMESTAMP WITH TIME ZONE' : columnType(field)
  const isFixed = (field.type === 'text' && !isMultivalued(field)) || engineType === 'JSON'
  return isFixed ? { engineType, fixedType: field.type } : { engineType }
}

function readableText(field: Field, x: string, separator: string): string {
  if (isMultivalued(field)) return `array_to_string(${x}, ${separator})`
  if (field.type === 'geo_point_2d') return `${x}.lat || ',' || ${x}.lon`
  if (field.type === 'datetime') return `strftime(${x}::timestamp, '%Y-%m-%dT%H:%M:%S+00:00')`
  return asText(columnType(field), x)
}

/** `matches`: how many records fit; the first of the records that a record became tells of those that were left out. */
export function tooManyMatches(field: string, matches: string, key: string, isFirst: string): StepFailure {
  return {
    field,
    when: `${matches} > ${mostMatches} and ${isFirst}`,
    value: key,
    reason: `more than ${mostMatches} records fit; only the first ${mostMatches} were joined`,
  }
}

/** How a step with a list of matching structs (`rows`, null: none; SQL) makes its records. */
export function matchedRecords(
  args: StepArguments,
  outputs: OutputFields,
  found: { readonly rows: string; readonly matches: string; readonly key: string; readonly field: string },
): Pick<CompiledStep, 'set' | 'expand' | 'multiplies' | 'failures'> {
  const { rows, matches, key, field } = found
  const first = { field, matches, key }
  if (args.flag('one_line'))
    return {
      set: outputs.set(rows, '_item'),
      failures: [tooManyMatches(first.field, first.matches, first.key, 'true')],
    }
  return {
    set: outputs.set(rows, '_item.v'),
    // Its place in the list goes with each: the first one tells of what was left out.
    expand: `list_transform(${rows}, lambda _v, _at: {'v': _v, 'at': _at})`,
    failures: [tooManyMatches(first.field, first.matches, first.key, '_item.at = 1')],
  }
}

/** SQL: a key's text in one form for both sides, by the type of the other dataset's field; null: it fits nothing. */
export function keyTextSql(type: FieldType, text: string, isCaseSensitive: boolean): string {
  switch (type) {
    case 'int': {
      // 7 is 007 and 7.0 as a number; what is none fits no number.
      const digits = `regexp_extract(${text}, '^\\s*([-+]?[0-9]+)([.,]0*)?\\s*$', 1)`
      return `try_cast(nullif(${digits}, '') as bigint)::varchar`
    }
    case 'date':
      return `(${setConversion('date', text)})::varchar`
    case 'datetime':
      return `epoch_us(${setConversion('datetime', text)})::varchar`
    case 'double':
    case 'boolean':
      return `(${setConversion(type, text)})::varchar`
    case 'geo_point_2d':
      return `to_json(${setConversion(type, text)})::varchar`
    case 'text':
    case 'geo_shape':
    case 'file':
      return isCaseSensitive ? text : `lower(${text})`
    default:
      return type satisfies never
  }
}

/** SQL: the same of the other dataset's value. */
export function joinedKeySql(field: Field, isCaseSensitive: boolean): string {
  const x = quoteIdentifier(field.name)
  switch (field.type) {
    case 'datetime':
      return `epoch_us(${x})::varchar`
    case 'geo_point_2d':
      return `to_json(${x})::varchar`
    case 'text':
    case 'geo_shape':
    case 'file': {
      const text = asText(columnType(field), x)
      return isCaseSensitive ? text : `lower(${text})`
    }
    case 'int':
    case 'double':
    case 'boolean':
    case 'date':
      return `${x}::varchar`
    default:
      return field.type satisfies never
  }
}

/** Errors: ingest.missing_argument, ingest.invalid_argument. */
export function requireOutputs(name: string, args: { readonly [argument: string]: unknown }): void {
  if (args.retrieve_all !== true && args.output_fields === undefined)
    throw new AppError('ingest.missing_argument', { name, argument: 'output_fields' })
}
