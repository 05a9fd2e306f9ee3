/** `broadsheet explain`: what the server would make of a query, stage by stage. Asks no server unless told to. */
import { type Field, type FieldType, fieldTypes, isMultivalued } from '../kernel/index.ts'
import { explainQuery, recordSchema } from '../odsql/index.ts'
import { UsageError } from './exit-codes.ts'
import type { PublishedField } from './wire.ts'

export interface ExplainOptions {
  readonly select?: string | undefined
  readonly groupBy?: string | undefined
  readonly orderBy?: string | undefined
  /** `name:type,...` */
  readonly fields: string
}

/** `now`: the time that the query believes it is, in milliseconds. */
export function explain(
  where: string | undefined,
  clauses: Omit<ExplainOptions, 'fields'>,
  fields: readonly Field[],
  now: number,
): { readonly text: string; readonly isRefused: boolean } {
  const schema = recordSchema(fields, { datasetId: 'explained', timestampMs: now })
  const { select, groupBy, orderBy } = clauses
  const text = { select, groupBy, orderBy, where: where === undefined ? [] : [where], now }
  const explained = explainQuery(text, schema)
  return { ...explained, text: `fields  ${fields.map(printField).join(' ')}\n${explained.text}` }
}

function printField(field: Field): string {
  return `${field.name}:${isMultivalued(field) ? 'multitext' : field.type}`
}

/** Fields as the search API prints them. */
export function fieldsOf(fields: readonly PublishedField[]): Field[] {
  return fields.map(({ name, type, annotations }) => field(name, type as FieldType, annotations))
}

/** `name:type,...`; `multitext` is a multivalued text. Errors: UsageError. */
export function readFields(text: string): Field[] {
  return text.split(',').map((entry) => {
    const [name = '', type = 'text'] = entry.trim().split(':')
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new UsageError(`'${name}' is not a field name`)
    if (type === 'multitext') return field(name, 'text', { multivalued: [','] })
    if (!(fieldTypes as readonly string[]).includes(type)) {
      throw new UsageError(`'${type}' is not a field type`, `Types: ${fieldTypes.join(', ')}, multitext`)
    }
    return field(name, type as FieldType, {})
  })
}

function field(name: string, type: FieldType, annotations: Field['annotations']): Field {
  return { name, label: name, type, description: null, annotations }
}
