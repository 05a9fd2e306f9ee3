/**
 * The fields of a dataset as one edits them, and the field specifications that say the same. The server applies
 * specifications in order to the columns that the processors leave (docs/processors.md); here they become one plan per
 * field, and a plan becomes the shortest list of specifications again.
 */
import type { PreviewField, Step } from './types.ts'

export const fieldTypes = [
  'text',
  'int',
  'double',
  'boolean',
  'date',
  'datetime',
  'geo_point_2d',
  'geo_shape',
  'file',
] as const

export type Annotations = Readonly<Record<string, readonly (string | number)[]>>

export interface FieldPlan {
  /** Name of the column that the processors leave. */
  readonly source: string
  readonly sourceLabel: string
  /** Told from the values. */
  readonly inferredType: string
  readonly name: string
  readonly label: string
  /** Null: the inferred one. */
  readonly type: string | null
  readonly description: string
  readonly annotations: Annotations
  readonly isDeleted: boolean
}

export interface Specification {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>> | readonly string[]
}

/** Specifications of fields that are gone are left out. */
export function planFields(columns: readonly PreviewField[], steps: readonly Step[]): FieldPlan[] {
  let plans: FieldPlan[] = columns.map(({ name, label, type }) => ({
    source: name,
    sourceLabel: label,
    inferredType: type,
    name,
    label,
    type: null,
    description: '',
    annotations: {},
    isDeleted: false,
  }))
  for (const step of steps) {
    const args = step.args
    if (Array.isArray(args)) {
      plans = ordered(plans, args as string[])
      continue
    }
    const given = args as Readonly<Record<string, unknown>>
    const text = (key: string) => (typeof given[key] === 'string' ? (given[key] as string) : '')
    const named = step.name === 'rename' ? text('from_name') : text('field')
    plans = plans.map((plan) =>
      plan.name === named && !plan.isDeleted ? specified(plan, step.name, given, text) : plan,
    )
  }
  return plans
}

function specified(
  plan: FieldPlan,
  name: string,
  given: Readonly<Record<string, unknown>>,
  text: (key: string) => string,
): FieldPlan {
  switch (name) {
    case 'rename':
      return { ...plan, name: text('to_name') || plan.name, label: text('label') || plan.label }
    case 'type':
      return { ...plan, type: text('type') }
    case 'description':
      return { ...plan, description: text('description') }
    case 'annotate':
      return {
        ...plan,
        annotations: {
          ...plan.annotations,
          [text('annotation')]: Array.isArray(given.args) ? (given.args as string[]) : [],
        },
      }
    case 'delete':
      return { ...plan, isDeleted: true }
    default:
      return plan
  }
}

function ordered(plans: readonly FieldPlan[], names: readonly string[]): FieldPlan[] {
  const rank = new Map(names.map((name, index) => [name, index]))
  return plans
    .map((plan, index) => ({ plan, at: rank.get(plan.name) ?? names.length + index }))
    .sort((one, other) => one.at - other.at)
    .map(({ plan }) => plan)
}

/** `columns`: in the order of the source, for the order is said only when it is another. */
export function specificationsOf(
  plans: readonly FieldPlan[],
  columns: readonly Pick<PreviewField, 'name'>[],
): Specification[] {
  const kept = plans.filter(({ isDeleted }) => !isDeleted)
  const bySource = new Map(plans.map((plan) => [plan.source, plan]))
  const sourceOrder = columns.flatMap(({ name }) => {
    const plan = bySource.get(name)
    return plan && !plan.isDeleted ? [plan.name] : []
  })
  const order = kept.map(({ name }) => name)
  return [
    ...plans
      .filter(({ isDeleted }) => isDeleted)
      .map(({ source }) => ({ name: 'delete', args: { field: source } })),
    ...kept.filter(isRenamed).map(({ source, name, label }) => ({
      name: 'rename',
      args: { from_name: source, to_name: name, label },
    })),
    ...kept
      .filter(({ type }) => type !== null)
      .map(({ name, type }) => ({ name: 'type', args: { field: name, type } })),
    ...kept
      .filter(({ description }) => description !== '')
      .map(({ name, description }) => ({ name: 'description', args: { field: name, description } })),
    ...kept.flatMap(({ name, annotations }) =>
      Object.entries(annotations).map(([annotation, args]) => ({
        name: 'annotate',
        args: { field: name, annotation, args },
      })),
    ),
    ...(order.join('\n') === sourceOrder.join('\n') ? [] : [{ name: 'order', args: order }]),
  ]
}

const isRenamed = ({ source, sourceLabel, name, label }: FieldPlan) =>
  name !== source || label !== sourceLabel

/** What has to go and what has to be appended for the specifications to say what is wanted. */
export function specificationEdits(
  present: readonly Step[],
  wanted: readonly Specification[],
): { readonly remove: readonly Step[]; readonly append: readonly Specification[] } {
  const left = wanted.map((specification) => ({ specification, key: keyOf(specification) }))
  const remove: Step[] = []
  for (const step of present) {
    const at = left.findIndex(({ key }) => key === keyOf(step))
    if (at === -1) remove.push(step)
    else left.splice(at, 1)
  }
  return { remove, append: left.map(({ specification }) => specification) }
}

/** Equal for equal specifications, whatever the order of their arguments. */
function keyOf({ name, args }: Specification): string {
  const given = Array.isArray(args)
    ? args
    : Object.entries(args)
        .filter(([key, value]) => !(key === 'args' && Array.isArray(value) && value.length === 0))
        .sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([name, given])
}

const facetShare = 0.6
const facetLength = 60

/** Texts that come again and again are worth counting: a guess from the first records. */
export function looksLikeFacet(
  field: PreviewField,
  records: readonly Readonly<Record<string, unknown>>[],
): boolean {
  if (field.type !== 'text') return false
  const values = records.map((record) => record[field.name]).filter((value) => typeof value === 'string')
  const distinct = new Set(values)
  return (
    values.length >= 4 &&
    distinct.size >= 2 &&
    distinct.size <= values.length * facetShare &&
    values.every((value) => value.length <= facetLength)
  )
}

const likelyTypes: readonly {
  readonly type: (typeof fieldTypes)[number]
  readonly all: RegExp
  /** Without one such value it may as well be something else. */
  readonly some: RegExp
}[] = [
  { type: 'double', all: /^-?(0|[1-9]\d{0,14}|[1-9]\d{0,2}([ \u00a0\u202f]\d{3})+)(,\d+)?$/, some: /,/ },
  // As in most of the world: with a thirteenth day or a later one nobody can have meant the month.
  { type: 'date', all: /^\d\d\/(0\d|1[0-2])\/\d{4}$/, some: /^(1[3-9]|[23]\d)/ },
  { type: 'datetime', all: /^\d\d\/(0\d|1[0-2])\/\d{4} \d\d:\d\d(:\d\d)?$/, some: /^(1[3-9]|[23]\d)/ },
  { type: 'boolean', all: /^(yes|no|oui|non)$/i, some: /^(yes|oui)$/i },
]

/**
 * What a column of texts most likely is, by the first records: numbers with a comma, days before months, yes and no. Told
 * from some of the values it is a proposal: types that are told from all values take none of these forms. Null: text.
 */
export function likelyType(
  field: PreviewField,
  records: readonly Readonly<Record<string, unknown>>[],
): (typeof fieldTypes)[number] | null {
  if (field.type !== 'text') return null
  const values = records
    .map((record) => record[field.name])
    .filter((value): value is string => typeof value === 'string' && value.trim() !== '')
    .map((value) => value.trim())
  const fits = likelyTypes.find(
    ({ all, some }) => values.every((value) => all.test(value)) && values.some((value) => some.test(value)),
  )
  return fits?.type ?? null
}
