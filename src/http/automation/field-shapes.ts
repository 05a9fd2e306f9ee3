/** Field configurations: the steps of the stack `field_specification` with flat properties. Automation API section 5. */

import type { StepInput } from '../../catalog/index.ts'
import { facetAnnotations } from '../../catalog/index.ts'
import type { ConfiguredStep, JsonObject, JsonValue } from '../../kernel/index.ts'
import { invalid } from './scope.ts'

/** Types that this API can say; a client refuses a list that has another. */
const types = ['text', 'int', 'double', 'geo_point_2d', 'geo_shape', 'date', 'datetime', 'file']
const annotations = [
  'id',
  'timeserie_precision',
  'unit',
  'decimals',
  'sortable',
  'multivalued',
  'hierarchical',
]

interface Kind {
  readonly label: string
  /** Property here and argument of the step; none of them may be missing. */
  readonly required: readonly (readonly [property: string, argument: string])[]
  readonly optional?: readonly string[]
}

const kinds: Readonly<Record<string, Kind>> = {
  rename: {
    label: 'Rename',
    required: [
      ['from_name', 'from_name'],
      ['to_name', 'to_name'],
      ['field_label', 'label'],
    ],
  },
  type: {
    label: 'Type',
    required: [
      ['field', 'field'],
      ['type_param', 'type'],
    ],
  },
  annotate: {
    label: 'Annotate',
    required: [
      ['field', 'field'],
      ['annotation', 'annotation'],
    ],
    optional: ['args'],
  },
  description: {
    label: 'Description',
    required: [
      ['field', 'field'],
      ['description', 'description'],
    ],
  },
  order: { label: 'Order', required: [] },
  delete: { label: 'Delete', required: [['field', 'field']] },
}

/** Whether this API has words for a step: facets are metadata here, and `boolean` is a type of ours. */
export function isShownField({ name, args }: ConfiguredStep): boolean {
  const { annotation, type } = args as JsonObject
  if (name === 'annotate') return annotations.includes(String(annotation))
  return name === 'type' ? types.includes(String(type)) : Object.hasOwn(kinds, name)
}

export function printField({ processor_uid, name, args, label }: ConfiguredStep): JsonObject {
  const kind = kinds[name]!
  const own = { uid: processor_uid, type: name, label: label ?? kind.label }
  if (name === 'order') return { ...own, order: [...(args as readonly string[])] }
  const given = args as JsonObject
  const printed: JsonObject = {}
  for (const [property, argument] of kind.required) printed[property] = String(given[argument] ?? '')
  if (name === 'rename' && printed.to_name === '') printed.to_name = printed.from_name!
  for (const property of kind.optional ?? [])
    if (Array.isArray(given[property])) printed[property] = given[property]
  return { ...own, ...printed }
}

/** A body as a step, which is still to be validated. Errors: http.invalid_parameter. */
export function readField(body: JsonObject): StepInput {
  const { type, label } = body
  const kind = Object.hasOwn(kinds, String(type)) ? kinds[String(type)] : undefined
  if (!kind) throw invalid('type', type, `it must be one of ${Object.keys(kinds).join(', ')}`)
  const step = { name: String(type), label: textOf('label', label ?? null) }
  if (type === 'order') return { ...step, args: (body.order ?? []) as string[] }
  const args: JsonObject = {}
  for (const [property, argument] of kind.required) args[argument] = needed(property, body[property])
  for (const property of kind.optional ?? []) {
    const value = body[property] ?? null
    if (value !== null) args[property] = value
  }
  if (type === 'annotate' && facetAnnotations.includes(String(args.annotation)))
    throw invalid(
      'annotation',
      args.annotation,
      'facets are metadata here: asset_content_configuration.facets',
    )
  if (type === 'type' && !types.includes(String(args.type)))
    throw invalid('type_param', args.type, `it must be one of ${types.join(', ')}`)
  return { ...step, args }
}

function needed(property: string, value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw invalid(property, value, 'it is needed, and a text')
  return value
}

function textOf(property: string, value: JsonValue): string | null {
  if (value === null) return null
  if (typeof value !== 'string' || value.length > 500) throw invalid(property, value, 'it must be a text')
  return value
}

/** A body for a step that is there: what it leaves out stays. Another type begins anew. */
export function overField(present: ConfiguredStep, body: JsonObject): JsonObject {
  const type = body.type ?? present.name
  return type === present.name ? { ...printField(present), ...body } : body
}
