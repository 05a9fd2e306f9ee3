/** The gates of a dataset as their form has them: numbers, boxes, and a row for each field. docs/publishing.md. */
import type { Form } from '../kit/form.ts'
import { listIn } from './rows.ts'

type Bound = number | string

export interface Gates {
  readonly enabled: boolean
  readonly record_loss_percent: number | null
  readonly min_records: number | null
  readonly field_lost: boolean
  readonly type_changed: boolean
  readonly null_share_points: number | null
  readonly null_share_points_by_field: Readonly<Record<string, number | null>>
  readonly required_fields: readonly string[]
  readonly unique_keys: readonly (readonly string[])[]
  readonly ranges: Readonly<Record<string, { readonly min: Bound | null; readonly max: Bound | null }>>
  readonly patterns: Readonly<Record<string, string>>
}

export const numbers = ['record_loss_percent', 'min_records', 'null_share_points'] as const
export const flags = ['field_lost', 'type_changed'] as const

/** As texts, as they stand in the form. */
export interface FieldRow {
  readonly name: string
  readonly isRequired: boolean
  /** Points; `-`: not judged; empty: as for all fields. */
  readonly points: string
  readonly min: string
  readonly max: string
  readonly pattern: string
}

export interface GatesForm {
  readonly isEnabled: boolean
  readonly numbers: Readonly<Record<(typeof numbers)[number], string>>
  readonly flags: Readonly<Record<(typeof flags)[number], boolean>>
  /** One key a line, its fields separated by commas. */
  readonly keys: string
  readonly fields: readonly FieldRow[]
}

export const rowTexts = ['points', 'min', 'max', 'pattern'] as const
const unjudged = '-'
const textOf = (value: Bound | null | undefined) => String(value ?? '')

/** `names`: fields that the dataset has; those that a gate names and that it lacks come behind them. */
export function formOf(gates: Gates, names: readonly string[]): GatesForm {
  const { ranges, patterns, required_fields, null_share_points_by_field: points } = gates
  const named = [required_fields, Object.keys(ranges), Object.keys(patterns), Object.keys(points)].flat()
  return {
    isEnabled: gates.enabled,
    numbers: byName(numbers, (name) => textOf(gates[name])),
    flags: byName(flags, (name) => gates[name]),
    keys: gates.unique_keys.map((key) => key.join(', ')).join('\n'),
    fields: [...new Set([...names, ...named])].map((name) => ({
      name,
      isRequired: required_fields.includes(name),
      points: points[name] === null ? unjudged : textOf(points[name]),
      min: textOf(ranges[name]?.min),
      max: textOf(ranges[name]?.max),
      pattern: patterns[name] ?? '',
    })),
  }
}

export function formIn(form: Form): GatesForm {
  const fields: FieldRow[] = []
  for (let index = 0; form.has(`f.${index}.name`); index++) {
    const text = (name: string) => form.get(`f.${index}.${name}`)
    fields.push({
      name: text('name'),
      isRequired: form.has(`f.${index}.required`),
      ...byName(rowTexts, (name) => (name === 'pattern' ? text(name) : text(name).trim())),
    })
  }
  return {
    isEnabled: form.has('enabled'),
    numbers: byName(numbers, (name) => form.get(name).trim()),
    flags: byName(flags, (name) => form.has(name)),
    keys: form.get('unique_keys'),
    fields,
  }
}

/** What is saved. What is not of the kind that it should be is sent as it is, for the API to say why not. */
export function gatesIn(shown: GatesForm): Readonly<Record<string, unknown>> {
  const { fields } = shown
  const rows = <T>(isSet: (row: FieldRow) => boolean, read: (row: FieldRow) => T) =>
    Object.fromEntries(fields.filter(isSet).map((row) => [row.name, read(row)]))
  return {
    enabled: shown.isEnabled,
    ...byName(numbers, (name) => orNull(shown.numbers[name])),
    ...shown.flags,
    null_share_points_by_field: rows(
      ({ points }) => points !== '',
      ({ points }) => (/^[-–]$/.test(points) ? null : orNull(points)),
    ),
    required_fields: fields.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    unique_keys: shown.keys
      .split('\n')
      .map(listIn)
      .filter((key) => key.length > 0),
    ranges: rows(
      ({ min, max }) => min !== '' || max !== '',
      ({ min, max }) => ({ min: orNull(min), max: orNull(max) }),
    ),
    patterns: rows(
      ({ pattern }) => pattern !== '',
      ({ pattern }) => pattern,
    ),
  }
}

/** A number where it is one; people of many countries write its decimals behind a comma. */
function orNull(text: string): Bound | null {
  if (text === '') return null
  return /^-?\d+([.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : text
}

const byName = <K extends string, V>(names: readonly K[], read: (name: K) => V) =>
  Object.fromEntries(names.map((name) => [name, read(name)])) as Record<K, V>
