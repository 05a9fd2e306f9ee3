import type { Span } from '../ast.ts'
import { fault } from '../fault.ts'

export interface Moment {
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, local unless `isInstant` (then UTC). */
  readonly local: string
  readonly isInstant: boolean
  readonly isWholeDay: boolean
}

const pattern =
  /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2})(?:[T ](\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/

/** A date literal; a partial one is its first instant. Faults: odsql.invalid_literal. */
export function readMoment(text: string, span: Span): Moment {
  const match = pattern.exec(text.trim())
  const invalid = () =>
    fault('odsql.invalid_literal', span, { reason: `'${text.slice(0, 60)}' is not a date` })
  if (!match) throw invalid()
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) =>
    match[group] === undefined ? null : Number(match[group]),
  )
  const parts = [year!, month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0] as const
  const utc = Date.UTC(parts[0], parts[1] - 1, parts[2], parts[3], parts[4], parts[5])
  const date = new Date(utc)
  if (parts[0] < 100) date.setUTCFullYear(parts[0])
  const isReal =
    date.getUTCMonth() === parts[1] - 1 &&
    date.getUTCDate() === parts[2] &&
    parts[3] < 24 &&
    parts[4] < 60 &&
    parts[5] < 60
  if (!isReal) throw invalid()
  const fraction = (match[7] ?? '').padEnd(6, '0')
  const zone = match[8]
  const instant = zone === undefined ? date : new Date(date.getTime() - offsetMinutes(zone) * 60_000)
  if (!(instant.getUTCFullYear() >= 1 && instant.getUTCFullYear() <= 9999)) throw invalid()
  return {
    local: `${instant.toISOString().slice(0, 19).replace('T', ' ')}.${fraction}`,
    isInstant: zone !== undefined,
    isWholeDay: hour === null,
  }
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0
  const digits = zone.slice(1).replace(':', '')
  const hours = Number(digits.slice(0, 2))
  const rest = Number(digits.slice(2) || 0)
  if (hours > 18 || rest > 59) return Number.NaN
  const minutes = hours * 60 + rest
  return zone.startsWith('-') ? -minutes : minutes
}

export type Rings = readonly (readonly (readonly [number, number])[])[]
export type Geometry =
  | { readonly kind: 'point'; readonly lon: number; readonly lat: number }
  | { readonly kind: 'polygons'; readonly rings: Rings }

/** A geometry literal: WKT or GeoJSON, points and polygons. Faults: odsql.invalid_literal, odsql.not_supported. */
export function readGeometry(text: string, span: Span): Geometry {
  const invalid = () =>
    fault('odsql.invalid_literal', span, { reason: `'${text.slice(0, 60)}' is not a geometry` })
  const trimmed = text.trim()
  const shape = trimmed.startsWith('{') ? fromGeoJson(trimmed, invalid) : fromWkt(trimmed, invalid)
  if (shape === null) throw fault('odsql.not_supported', span, { reason: 'this kind of geometry' })
  const points = shape.kind === 'point' ? [[shape.lon, shape.lat]] : shape.rings.flat()
  if (shape.kind === 'polygons' && !shape.rings.every(isClosed))
    throw fault('odsql.invalid_literal', span, {
      reason: 'a ring of the polygon does not end where it begins',
    })
  for (const [lon, lat] of points) if (!(Math.abs(lon!) <= 360 && Math.abs(lat!) <= 90)) throw invalid()
  return shape
}

function fromWkt(text: string, invalid: () => Error): Geometry | null {
  const match =
    /^(?:SRID=4326;)?\s*(POINT|POLYGON|MULTIPOLYGON|LINESTRING|MULTILINESTRING|MULTIPOINT|GEOMETRYCOLLECTION)\s*(?:Z\s*)?(\(.*\))\s*$/is.exec(
      text,
    )
  if (!match) throw invalid()
  const kind = match[1]!.toUpperCase()
  const body = match[2]!
  if (kind === 'POINT') {
    const [lon, lat] = readPair(body.slice(1, -1), invalid)
    return { kind: 'point', lon, lat }
  }
  if (kind !== 'POLYGON' && kind !== 'MULTIPOLYGON') return null
  const depth = kind === 'POLYGON' ? 2 : 3
  if (!isBalanced(body, depth)) throw invalid()
  const rings = [...body.matchAll(/\(([^()]+)\)/g)].map((ring) =>
    ring[1]!.split(',').map((pair) => readPair(pair, invalid)),
  )
  if (rings.length === 0 || rings.some((ring) => ring.length < 4)) throw invalid()
  return { kind: 'polygons', rings }
}

function isClosed(ring: Rings[number]): boolean {
  const [first, last] = [ring[0]!, ring.at(-1)!]
  return first[0] === last[0] && first[1] === last[1]
}

function isBalanced(text: string, maxDepth: number): boolean {
  let depth = 0
  for (const char of text) {
    if (char === '(') depth++
    else if (char === ')') depth--
    if (depth < 0 || depth > maxDepth) return false
  }
  return depth === 0
}

const coordinate = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/

function readPair(text: string, invalid: () => Error): readonly [number, number] {
  const words = text.trim().split(/\s+/)
  if (words.length < 2 || words.length > 3 || !words.every((word) => coordinate.test(word))) throw invalid()
  const numbers = words.map(Number)
  return [numbers[0]!, numbers[1]!]
}

function fromGeoJson(text: string, invalid: () => Error): Geometry | null {
  let value: { type?: unknown; coordinates?: unknown }
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid()
  }
  const pair = (at: unknown): readonly [number, number] => {
    if (!Array.isArray(at) || at.length < 2 || !at.slice(0, 2).every((n) => Number.isFinite(n)))
      throw invalid()
    return [at[0], at[1]]
  }
  const ring = (at: unknown) => {
    if (!Array.isArray(at) || at.length < 4) throw invalid()
    return at.map(pair)
  }
  if (value.type === 'Point') {
    const [lon, lat] = pair(value.coordinates)
    return { kind: 'point', lon, lat }
  }
  if (!Array.isArray(value.coordinates)) throw invalid()
  if (value.type === 'Polygon') return { kind: 'polygons', rings: value.coordinates.map(ring) }
  if (value.type === 'MultiPolygon') {
    return {
      kind: 'polygons',
      rings: value.coordinates.flatMap((polygon) => (Array.isArray(polygon) ? polygon.map(ring) : [])),
    }
  }
  return null
}

const metresPer: Readonly<Record<string, number>> = {
  mm: 0.001,
  cm: 0.01,
  m: 1,
  km: 1000,
  ft: 0.3048,
  yd: 0.9144,
  mi: 1609.344,
}

/** Metres of a distance literal; null when the unit is not one of length. */
export function readDistance(text: string, unit: string): number | null {
  const factor = metresPer[unit]
  return factor === undefined ? null : Number(text) * factor
}
