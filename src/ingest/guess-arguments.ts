/** Which field an argument of a processor may mean, from the names and the first values of what there is. */
import type { Field, JsonValue } from '../kernel/index.ts'
import type { ArgumentType, Processor } from './processors/processor.ts'

export interface Sample {
  readonly fields: readonly Field[]
  readonly records: readonly Readonly<Record<string, JsonValue>>[]
}

interface Hint {
  /** Of the processor and the argument, as `create_geopoint.latitude`. */
  readonly of: RegExp
  /** How well a field fits, 0: not at all. */
  readonly fits: (field: Field, values: readonly string[]) => number
}

const every = (values: readonly string[], pattern: RegExp) =>
  values.length > 0 && values.every((value) => pattern.test(value))
const named = (pattern: RegExp) => (field: Field) => (pattern.test(field.name) ? 2 : 0)
const written =
  (pattern: RegExp): Hint['fits'] =>
  (field, values) =>
    field.type === 'text' && every(values, pattern) ? 2 : 0
const isOf = (field: Field, ...types: Field['type'][]) => types.includes(field.type)

/** The first that knows the argument decides. */
const hints: readonly Hint[] = [
  { of: /\.latitude$/, fits: named(/^(.*_)?(lat|latitude|y)$/) },
  { of: /\.longitude$/, fits: named(/^(.*_)?(lon|lng|long|longitude|x)$/) },
  { of: /json/, fits: (field, values) => (every(values, /^\s*[[{]/) && isOf(field, 'text') ? 2 : 0) },
  {
    of: /date|timezone/,
    fits: (field, values) => {
      if (isOf(field, 'date', 'datetime')) return 2
      return isOf(field, 'text') && every(values, /\d{1,4}[-/. ]\d{1,2}[-/. ]\d/) ? 1 : 0
    },
  },
  { of: /url/, fits: written(/https?:\/\/|^\s*www\./i) },
  { of: /html/, fits: written(/<\w+[^>]*>|&#?\w+;/) },
  { of: /bit_range/, fits: (_field, values) => (every(values, /^(0x)?[0-9a-f]+$/i) ? 1 : 0) },
  { of: /convert_number/, fits: (_field, values) => (every(values, /^\D{0,4}\d[\d .,']*\D{0,5}$/) ? 1 : 0) },
  {
    of: /multivalued/,
    fits: (field, values) => (isOf(field, 'text') && values.some((value) => /[;,|]/.test(value)) ? 2 : 0),
  },
  {
    of: /geo|polygon|shape|coordinates|distance/,
    fits: (field) => (isOf(field, 'geo_point_2d') ? 2 : isOf(field, 'geo_shape') ? 1 : 0),
  },
  { of: /./, fits: (field) => (isOf(field, 'text') ? 2 : 1) },
]

const guessed: ReadonlySet<ArgumentType> = new Set(['field', 'fields'])

/** By argument: the field that fits best, or null. */
export function guessArguments(processor: Processor, { fields, records }: Sample): Map<string, Field | null> {
  const taken = new Set<string>()
  return new Map(
    processor.args.map((spec) => {
      if (!guessed.has(spec.type)) return [spec.name, null]
      const hint = hints.find(({ of }) => of.test(`${processor.name}.${spec.name}`))!
      let best: Field | null = null
      let most = 0
      for (const field of fields) {
        const values = records
          .map((record) => record[field.name] ?? null)
          .filter((value) => value !== null)
          .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
        // Two arguments seldom mean the same field.
        const score = hint.fits(field, values) - (taken.has(field.name) ? 1 : 0)
        if (score <= most) continue
        best = field
        most = score
      }
      if (best) taken.add(best.name)
      return [spec.name, best]
    }),
  )
}
