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

const maxQueries = 5

const named = (text: string) => `\`${text.replaceAll('`', '')}\``

/**
 * The filters and the order that all routes share, as clauses of ODSQL. `sort` is descending, and ascending with a minus.
 * Errors: http.invalid_parameter, records.unknown_timezone.
 */
export function queryTextOf(parameters: Parameters, schema: QuerySchema, now: number): QueryText {
  const where: string[] = []
  const asked = parameters.q ?? []
  // Of each the length is limited, and reading it takes time by its square.
  if (asked.length > maxQueries) throw invalid('q', asked[0]!, `there can be ${maxQueries} of them`)
  for (const q of asked) {
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
  const box = one(parameters, 'geofilter.bbox')
  if (box !== undefined && field) where.push(inBox(box, field))
  // What geopreview calls a geometry by; it is asked for when one is clicked on.
  const digest = one(parameters, 'geo_digest')
  if (digest !== undefined && field) {
    if (!/^[0-9a-f]{32}$/.test(digest)) throw invalid('geo_digest', digest, 'it must be one of geopreview')
    where.push(`recordid = "${digest}"`)
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

/**
 * `lat,lon,lat,lon`: south-west and north-east of what a map shows, which may reach beyond the antimeridian and the poles,
 * and several times around the world. Shapes need not lie in it as a whole. Errors: http.invalid_parameter.
 */
function inBox(text: string, field: { readonly name: string; readonly type: string }): string {
  const numbers = text
    .split(',')
    .map((part) => (/^\s*-?\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN))
  if (numbers.length !== 4 || !numbers.every((value) => Math.abs(value) <= 1e6))
    throw invalid('geofilter.bbox', text, 'it must be latitude,longitude,latitude,longitude')
  const [lat1, lon1, lat2, lon2] = numbers as [number, number, number, number]
  const [south, north] = [Math.min(lat1, lat2), Math.max(lat1, lat2)].map((lat) =>
    Math.max(-90, Math.min(90, lat)),
  )
  const isWorld = lon2 - lon1 >= 360
  const west = isWorld ? -180 : ((((lon1 + 180) % 360) + 360) % 360) - 180
  // A corner to the west of the other is one beyond the antimeridian.
  const east = isWorld ? 180 : west + ((((lon2 - lon1) % 360) + 360) % 360)
  if (field.type === 'geo_point_2d')
    return `in_bbox(${named(field.name)}, ${south}, ${west}, ${north}, ${east > 180 ? east - 360 : east})`
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ].map((place) => place.join(' '))
  return `intersects(${named(field.name)}, geom'POLYGON((${ring.join(', ')}))')`
}
