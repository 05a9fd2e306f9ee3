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
