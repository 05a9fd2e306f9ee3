/** Parameters of API 1.0: names with dots are made up by the caller (`refine.city`, `y.sum.func`). Read by hand. */
import type { FastifyRequest } from 'fastify'
import { AppError } from '../../kernel/index.ts'
import { polygonOf, type QuerySchema, type QueryText, translateQ } from '../../odsql/index.ts'
import { checkTimezone } from '../../records/index.ts'

export type Parameters = Readonly<Record<string, readonly string[]>>

/** Every parameter as a list of texts. */
export function parametersOf(request: FastifyRequest): Parameters {
  return Object.fromEntries(
    Object.entries(request.query as Record<string, unknown>).map(([name, value]) => [
      name,
      [value].flat().map(String),
    ]),
  )
}

export const one = (parameters: Parameters, name: string): string | undefined => parameters[name]?.at(-1)
export const many = (parameters: Parameters, name: string): readonly string[] =>
  (parameters[name] ?? []).flatMap((value) => value.split(',')).filter((value) => value !== '')

/** Values of `prefix.X`, by X. */
export function dotted(
  parameters: Parameters,
  prefix: string,
): (readonly [name: string, values: readonly string[]])[] {
  return Object.entries(parameters)
    .filter(([name]) => name.startsWith(`${prefix}.`))
    .map(([name, values]) => [name.slice(prefix.length + 1), values] as const)
}

/** Errors: http.invalid_parameter. */
export function whole(parameters: Parameters, name: string, fallback: number, max: number): number {
  const text = one(parameters, name)
  if (text === undefined || text === '') return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) throw invalid(name, text, `it must be a whole number from 0 to ${max}`)
  return value
}

export function invalid(parameter: string, value: string, expected: string): AppError {
  return new AppError('http.invalid_parameter', { parameter, value: value.slice(0, 100), expected })
}

const named = (text: string) => `\`${text.replaceAll('`', '')}\``

/**
 * The filters and the order that all routes share, as clauses of ODSQL. `sort` is descending, and ascending with a minus.
 * Errors: http.invalid_parameter, records.unknown_timezone.
 */
export function queryTextOf(parameters: Parameters, schema: QuerySchema, now: number): QueryText {
  const where: string[] = []
  for (const q of parameters.q ?? []) {
    const condition = translateQ(q, schema)
    if (condition !== null) where.push(condition)
  }
  const point = schema.columns.find((column) => column.type === 'geo_point_2d')
  const shape = schema.columns.find((column) => column.type === 'geo_shape')
  const field = point ?? shape
  const near = one(parameters, 'geofilter.distance')
  if (near !== undefined && field) {
    const [lat, lon, metres = '0'] = near.split(',').map((text) => text.trim())
    if (![lat, lon, metres].every((text) => /^-?\d+(\.\d+)?$/.test(text ?? '')))
      throw invalid('geofilter.distance', near, 'it must be latitude,longitude,metres')
    where.push(`within_distance(${named(field.name)}, geom'POINT(${lon} ${lat})', ${metres})`)
  }
  const polygon = one(parameters, 'geofilter.polygon')
  if (polygon !== undefined && field) {
    const relation = field.type === 'geo_shape' ? 'intersects' : 'within'
    where.push(`${relation}(${named(field.name)}, geom'${polygonOf(polygon)}')`)
  }
  const refinements = (prefix: string) =>
    dotted(parameters, prefix).flatMap(([name, values]) => values.map((value) => `${name}:${value}`))
  const sort = many(parameters, 'sort').map((key) =>
    key.startsWith('-') ? `${named(key.slice(1))} asc` : `${named(key)} desc`,
  )
  const timezone = one(parameters, 'timezone')
  return {
    where,
    refine: refinements('refine'),
    exclude: refinements('exclude'),
    orderBy: sort.length > 0 ? sort.join(', ') : undefined,
    timezone: timezone === undefined || timezone === '' ? 'UTC' : checkTimezone(timezone),
    lang: one(parameters, 'lang') ?? 'en',
    now,
  }
}

export const quoteName = named
