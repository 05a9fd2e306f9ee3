import { formatNumber } from '../components/cell.tsx'
import type { Env } from '../kit/env.ts'
import type { Field } from './dataset.ts'

/** A value as plain text; empty when there is nothing to say. */
export function describeValue(
  field: Field,
  value: unknown,
  { format, t }: Pick<Env, 'format' | 't'>,
): string {
  if (value === null || value === undefined || field.type.startsWith('geo_')) return ''
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (typeof value === 'number') return formatNumber(field, value, format.number)
  if (field.type === 'date') return format.date(String(value))
  if (field.type === 'datetime') return format.dateTime(String(value))
  if (typeof value === 'object') return String((value as { filename?: string }).filename ?? '')
  return String(value)
}
