/** `broadsheet explain`: what the server would make of a query, stage by stage. Asks no server unless told to. */
import { type Clock, type Field, type FieldType, fieldTypes } from '../kernel/index.ts'
import { explainQuery, recordSchema } from '../odsql/index.ts'
import { UsageError } from './exit-codes.ts'
import type { Session } from './session.ts'

export interface ExplainOptions {
  readonly select?: string | undefined
  readonly groupBy?: string | undefined
  readonly orderBy?: string | undefined
  /** `name:type,...` */
  readonly fields?: string | undefined
  /** A published dataset, whose fields are asked from the server. */
  readonly dataset?: string | undefined
}

/** Enough of every type to try a query on when no fields are named. */
export const sampleFields =
  'name:text,city:text,kind:text,tags:multitext,age:int,price:double,open:boolean,day:date,at:datetime,place:geo_point_2d,area:geo_shape'

/** Errors: UsageError, those of Client with `dataset`. */
export async function explain(
  where: string | undefined,
  options: ExplainOptions,
  deps: { readonly clock: Clock; readonly openSession: () => Session },
): Promise<string> {
  const fields =
    options.dataset === undefined
      ? readFields(options.fields ?? sampleFields)
      : await fieldsOf(deps.openSession(), options.dataset)
  const schema = recordSchema(fields, {
    datasetId: options.dataset ?? 'sample',
    timestampMs: deps.clock.now(),
  })
  const head = `fields  ${fields.map((field) => `${field.name}:${'multivalued' in field.annotations ? 'multitext' : field.type}`).join(' ')}`
  const { select, groupBy, orderBy } = options
  const text = { select, groupBy, orderBy, where: where === undefined ? [] : [where], now: deps.clock.now() }
  return `${head}\n${explainQuery(text, schema)}`
}

async function fieldsOf(session: Session, dataset: string): Promise<Field[]> {
  const fields = await session.client.publishedFields(dataset)
  return fields.map(({ name, type, annotations }) =>
    field(name, type as FieldType, annotations as Field['annotations']),
  )
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
