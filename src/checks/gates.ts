/** Gates: what a publish must pass to be shown without a human's word. One table of rules; docs/publishing.md explains. */
import { AppError, isFieldName, type JsonObject, type JsonValue } from '../kernel/index.ts'

/** A bound of a range: a number, or a date (`2031-05-09`, `2031-05-09T10:00:00Z`) for date and datetime fields. */
export type Bound = number | string

export interface ValueRange {
  readonly min: Bound | null
  readonly max: Bound | null
}

/** As stored and as answered. Null and empty: that gate is off. */
export interface Gates {
  readonly enabled: boolean
  /** Most records, in percent of the current ones, that may go. Relative. */
  readonly record_loss_percent: number | null
  readonly min_records: number | null
  /** Whether a field that readers have may go. Relative. */
  readonly field_lost: boolean
  /** Whether a field's type may change. Relative. */
  readonly type_changed: boolean
  /** Most points (hundredths of all records) by which the share of nulls of a field may rise. Relative. */
  readonly null_share_points: number | null
  /** The same for single fields, before the one for all; null: not judged. */
  readonly null_share_points_by_field: Readonly<Record<string, number | null>>
  /** Fields that must be there, with a value in every record. */
  readonly required_fields: readonly string[]
  /** Lists of fields whose values together occur once; records with a null among them do not count. */
  readonly unique_keys: readonly (readonly string[])[]
  readonly ranges: Readonly<Record<string, ValueRange>>
  /** Regular expressions (RE2) that the whole value must match. */
  readonly patterns: Readonly<Record<string, string>>
}

/**
 * What `PUT {}` turns on. A fifth: real sources grow, or lose a few; a source cut off in the middle loses more. Twenty
 * points: a column that has moved or lost its header is nearly all null. A dataset without gates is never held: clients
 * of the platform know nothing of gates.
 */
export const defaultGates: Gates = {
  enabled: true,
  record_loss_percent: 20,
  min_records: 1,
  field_lost: true,
  type_changed: true,
  null_share_points: 20,
  null_share_points_by_field: {},
  required_fields: [],
  unique_keys: [],
  ranges: {},
  patterns: {},
}

const maxFields = 1000
const maxPatternLength = 1000

type Readers = { readonly [K in keyof Gates]: (value: JsonValue) => Gates[K] }

/** A value that a gate cannot be. */
class Unfit extends Error {}

const readers: Readers = {
  enabled: flag,
  record_loss_percent: (value) => orNull(value, (own) => number(own, 100)),
  min_records: (value) => orNull(value, whole),
  field_lost: flag,
  type_changed: flag,
  null_share_points: (value) => orNull(value, (own) => number(own, 100)),
  null_share_points_by_field: (value) =>
    byField(value, (points) => orNull(points, (own) => number(own, 100))),
  required_fields: (value) => distinct(list(value, maxFields).map(fieldName)),
  unique_keys: (value) =>
    list(value, 20).map((key) => {
      const names = distinct(list(key, 20).map(fieldName))
      if (names.length === 0) throw new Unfit('a key must name at least one field')
      return names
    }),
  ranges: (value) => byField(value, range),
  patterns: (value) => byField(value, pattern),
}

/**
 * Gates from a request's body: what is left out is as in `defaultGates`.
 * Errors: checks.invalid_gate, with one error per faulty gate in `errors`. That a pattern is one, only the engine can say.
 */
export function readGates(body: JsonObject): Gates {
  const faults: AppError[] = []
  const fault = (gate: string, value: JsonValue, expected: string) =>
    faults.push(
      new AppError('checks.invalid_gate', {
        gate: gate.slice(0, 100),
        value: JSON.stringify(value).slice(0, 200),
        expected,
      }),
    )
  const gates: Record<string, unknown> = { ...defaultGates }
  for (const [gate, value] of Object.entries(body)) {
    if (!Object.hasOwn(readers, gate)) {
      fault(gate, value, `there is none of this name; there are ${Object.keys(readers).join(', ')}`)
      continue
    }
    try {
      gates[gate] = readers[gate as keyof Gates](value)
    } catch (error) {
      if (!(error instanceof Unfit)) throw error
      fault(gate, value, error.message)
    }
  }
  const [first] = faults
  if (first) throw new AppError(first.key, first.params as never, faults)
  return gates as unknown as Gates
}

function orNull<T>(value: JsonValue, read: (value: JsonValue) => T): T | null {
  return value === null ? null : read(value)
}

function flag(value: JsonValue): boolean {
  if (typeof value !== 'boolean') throw new Unfit('it must be true or false')
  return value
}

function number(value: JsonValue, max: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= max)) {
    throw new Unfit(`it must be a number from 0 to ${max}, or null`)
  }
  return value
}

function whole(value: JsonValue): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Unfit('it must be a whole number from 0, or null')
  }
  return value
}

function list(value: JsonValue, max: number): JsonValue[] {
  if (!Array.isArray(value) || value.length > max) throw new Unfit(`it must be a list of at most ${max}`)
  return value
}

function fieldName(value: JsonValue): string {
  if (typeof value !== 'string' || !isFieldName(value)) throw new Unfit('it must hold names of fields')
  return value
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}

function byField<T>(value: JsonValue, read: (value: JsonValue) => T): Record<string, T> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Unfit('it must be an object by name of field')
  }
  const entries = Object.entries(value)
  if (entries.length > maxFields) throw new Unfit(`it must name at most ${maxFields} fields`)
  return Object.fromEntries(entries.map(([name, own]) => [fieldName(name), read(own)]))
}

function range(value: JsonValue): ValueRange {
  const expected = 'a range must have min, max or both: numbers, or dates such as 2031-05-09'
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Unfit(expected)
  const { min = null, max = null, ...others } = value
  if (Object.keys(others).length > 0 || (min === null && max === null)) throw new Unfit(expected)
  if (!isBound(min) || !isBound(max)) throw new Unfit(expected)
  if (min !== null && max !== null) {
    if (typeof min !== typeof max) throw new Unfit('min and max must be of one kind')
    if (instantOrNumber(min) > instantOrNumber(max)) throw new Unfit('min must not be above max')
  }
  return { min, max }
}

function isBound(value: JsonValue): value is Bound | null {
  if (value === null || typeof value === 'number') return true
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  )
}

function instantOrNumber(bound: Bound): number {
  return typeof bound === 'number' ? bound : Date.parse(bound)
}

function pattern(value: JsonValue): string {
  if (typeof value !== 'string' || value === '' || value.length > maxPatternLength || value.includes('\0')) {
    throw new Unfit(`a pattern must be text of 1 to ${maxPatternLength} characters`)
  }
  return value
}
