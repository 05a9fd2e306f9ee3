/** Field specifications: what a dataset's fields are called, typed, described and marked. Management API section 15. */
import {
  AppError,
  type ConfiguredStep,
  type Field,
  type FieldType,
  fieldTypes,
  isFieldName,
  type JsonObject,
  type JsonValue,
} from '../../kernel/index.ts'
import type { RawColumn } from '../extractors/reader.ts'

/** One field to be: where it comes from and what has been said of it. Its type is inferred unless set. */
export interface PlannedField {
  readonly column: RawColumn
  name: string
  label: string
  description: string | null
  annotations: Record<string, (string | number)[]>
  setType: FieldType | null
  /** Who set the type: named by record errors. */
  setBy: string
}

const units = new Set(
  'g kg t oz lb mm cm m km in ft mi mm2 cm2 m2 km2 ha sqft acre € k€ $ SAR £ MXN seconds minutes hours days months years Wh kWh MWh GWh TWh Toe bar mbar Pa db W kW MW GW kVA A kA V kV m/s km/s km/h °C °F cm3 m3 l hl m3/s L/s m3/h L/h m3/d L/d ppm µg/L mg/L μg/m3 g/L kg/m3 % °'
    .split(' ')
    .map((unit) => unit.normalize('NFKC')),
)

const annotations: Readonly<Record<string, (args: readonly JsonValue[]) => string | null>> = {
  id: none,
  facet: none,
  facetsort: ([value]) =>
    ['count', '-count', 'alphanum', '-alphanum', 'num', '-num'].includes(String(value))
      ? null
      : 'count, -count, alphanum, -alphanum, num or -num',
  disjunctive: none,
  timerangeFilter: none,
  hierarchical: oneText,
  timeserie_precision: ([value]) =>
    ['year', 'month', 'day', 'hour', 'minute'].includes(String(value))
      ? null
      : 'year, month, day, hour or minute',
  unit: ([value]) => (units.has(String(value).normalize('NFKC')) ? null : 'one of the known units'),
  decimals: ([value]) => (Number.isInteger(Number(value)) ? null : 'a whole number'),
  sortable: none,
  multivalued: oneText,
}

function none(): null {
  return null
}

function oneText([value]: readonly JsonValue[]): string | null {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? null : 'one separator'
}

export const fieldSpecificationNames = [
  'rename',
  'type',
  'annotate',
  'description',
  'order',
  'delete',
] as const

/** Checks one item. Errors: ingest.unknown_processor, ingest.missing_argument, ingest.invalid_argument. */
export function validateFieldSpecification(name: string, args: JsonObject | readonly string[]): void {
  if (!(fieldSpecificationNames as readonly string[]).includes(name))
    throw new AppError('ingest.unknown_processor', { name })
  if (name === 'order') {
    if (!Array.isArray(args) || args.some((entry) => typeof entry !== 'string')) {
      throw invalid(name, 'args', args as JsonValue, 'it must be an array of field names')
    }
    return
  }
  if (Array.isArray(args)) throw invalid(name, 'args', args as JsonValue, 'it must be an object')
  const given = args as JsonObject
  const needed = {
    rename: ['from_name'],
    type: ['field', 'type'],
    annotate: ['field', 'annotation'],
    description: ['field'],
    delete: ['field'],
  }[name]!
  for (const argument of needed) {
    if (typeof given[argument] !== 'string' || given[argument] === '')
      throw new AppError('ingest.missing_argument', { name, argument })
  }
  if (name === 'rename' && typeof given.to_name === 'string' && !isFieldName(given.to_name)) {
    throw invalid(
      name,
      'to_name',
      given.to_name,
      'it must be lower-case letters, digits and underscores, starting with a letter',
    )
  }
  if (name === 'type' && !(fieldTypes as readonly string[]).includes(String(given.type))) {
    throw invalid(name, 'type', given.type!, `it must be one of ${fieldTypes.join(', ')}`)
  }
  if (name === 'annotate') {
    const check = Object.hasOwn(annotations, String(given.annotation))
      ? annotations[String(given.annotation)]
      : undefined
    if (!check)
      throw invalid(
        name,
        'annotation',
        given.annotation!,
        `it must be one of ${Object.keys(annotations).join(', ')}`,
      )
    const expected = check(Array.isArray(given.args) ? given.args : [])
    if (expected !== null) throw invalid(name, 'args', given.args ?? null, `it must be ${expected}`)
  }
}

function invalid(name: string, argument: string, value: JsonValue, expected: string): AppError {
  return new AppError('ingest.invalid_argument', {
    name,
    argument,
    value: JSON.stringify(value).slice(0, 100),
    expected,
  })
}

/** Applies the stack, in order, to the columns that the processors left. Errors: ingest.processor_failed. */
export function applyFieldSpecifications(
  columns: readonly RawColumn[],
  steps: readonly ConfiguredStep[],
): PlannedField[] {
  let fields: PlannedField[] = columns.map((column) => ({
    column,
    name: column.name,
    label: column.label,
    description: null,
    annotations: {},
    setType: column.fixedType ?? null,
    setBy: column.fixedType ? 'extractor' : '',
  }))

  function find(step: ConfiguredStep, name: string): PlannedField {
    const field = fields.find((candidate) => candidate.name === name)
    if (!field) {
      throw new AppError('ingest.processor_failed', {
        processor_id: step.processor_uid,
        field: name,
        msg: 'field not found',
      })
    }
    return field
  }

  for (const step of steps) {
    if (step.name === 'order') {
      const wanted = step.args as readonly string[]
      const rank = new Map(wanted.map((name, index) => [name, index]))
      // Unnamed fields keep their order behind the named ones.
      fields = fields
        .map((field, index) => ({ field, at: rank.get(field.name) ?? wanted.length + index }))
        .sort((a, b) => a.at - b.at)
        .map(({ field }) => field)
      continue
    }
    const args = step.args as JsonObject
    if (step.name === 'rename') {
      const field = find(step, String(args.from_name))
      const name = typeof args.to_name === 'string' && args.to_name !== '' ? args.to_name : field.name
      if (name !== field.name && fields.some((other) => other.name === name)) {
        throw new AppError('ingest.processor_failed', {
          processor_id: step.processor_uid,
          field: name,
          msg: 'there is a field of this name already',
        })
      }
      field.name = name
      if (typeof args.label === 'string' && args.label !== '') field.label = args.label
    } else if (step.name === 'type') {
      const field = find(step, String(args.field))
      field.setType = args.type as FieldType
      field.setBy = step.processor_uid
    } else if (step.name === 'annotate') {
      const field = find(step, String(args.field))
      field.annotations[String(args.annotation)] = Array.isArray(args.args)
        ? (args.args as (string | number)[])
        : []
    } else if (step.name === 'description') {
      find(step, String(args.field)).description =
        typeof args.description === 'string' ? args.description : null
    } else if (step.name === 'delete') {
      const field = find(step, String(args.field))
      fields = fields.filter((other) => other !== field)
    }
  }
  return fields
}

/** A planned field with its final type. */
export function publishedField(planned: PlannedField, type: FieldType, isMultivalued: boolean): Field {
  const annotations =
    isMultivalued && !Object.hasOwn(planned.annotations, 'multivalued')
      ? { ...planned.annotations, multivalued: [','] }
      : planned.annotations
  return { name: planned.name, label: planned.label, type, description: planned.description, annotations }
}
