import type { ComponentChild, VNode } from 'preact'
import type { Word } from '../../shared/words.ts'
import { useEnv } from '../kit/env.ts'
import type { Field } from '../portal/dataset.ts'
import { Found } from './found.tsx'

/** A value of a record as its type and annotations say: unit, decimals, links, files. */
export function Cell({
  field,
  value,
  words = [],
}: {
  readonly field: Field
  readonly value: unknown
  /** That were searched for in this field: found ones are marked. */
  readonly words?: readonly Word[]
}): VNode {
  return <>{useCell(field, value, words)}</>
}

function useCell(field: Field, value: unknown, words: readonly Word[]): ComponentChild {
  const { format, t } = useEnv()
  if (value === null || value === undefined || value === '')
    return (
      <span class="muted" aria-hidden="true">
        –
      </span>
    )
  if (Array.isArray(value)) return <Found text={value.join(', ')} words={words} />
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (typeof value === 'number') return formatNumber(field, value, format.number)
  if (field.type === 'date') return format.date(String(value))
  if (field.type === 'datetime') return format.dateTime(String(value))
  if (isPoint(value)) return `${format.number(value.lat, 5)}, ${format.number(value.lon, 5)}`
  if (isFile(value))
    return (
      <a href={value.url} target="_blank" rel="noopener">
        {value.filename ?? value.url}
      </a>
    )
  if (typeof value === 'object') return geometryOf(value) ?? JSON.stringify(value)
  const text = String(value)
  if (/^https?:\/\/\S+$/.test(text))
    return (
      <a href={text} target="_blank" rel="noopener nofollow">
        {text}
      </a>
    )
  return <Found text={text} words={words} />
}

/** Years are not grouped by thousands: numbers without a unit below 10,000 that are called so. */
export function formatNumber(
  { name, annotations }: Pick<Field, 'name' | 'annotations'>,
  value: number,
  number: (value: number, decimals?: number) => string,
): string {
  if (Number.isInteger(value) && value < 10_000 && /year|annee|année|zip|code|_id$|^id$/i.test(name))
    return String(value)
  const decimals = annotations.decimals?.[0]
  const unit = annotations.unit?.[0]
  const text = number(value, decimals === undefined ? 6 : Number(decimals))
  return unit === undefined ? text : unit === '°' || unit === '%' ? `${text}${unit}` : `${text} ${unit}`
}

const isPoint = (value: unknown): value is { lon: number; lat: number } =>
  typeof value === 'object' && value !== null && 'lon' in value && 'lat' in value

const isFile = (value: unknown): value is { url: string; filename?: string } =>
  typeof value === 'object' && value !== null && typeof (value as { url?: unknown }).url === 'string'

function geometryOf(value: object): string | null {
  const { geometry } = value as { geometry?: { type?: string } }
  return geometry?.type ?? null
}
