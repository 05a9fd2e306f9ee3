import type { InferredType } from '../types/types.ts'

/**
 * First guess of a column's type from a few values. It only has to be plausible: every slice is checked against it over
 * all its values, and widened where it does not hold.
 */
export function guessType(
  values: readonly (string | null)[],
  candidates: readonly InferredType[] | undefined,
): InferredType | 'unknown' {
  const present = values.filter((value): value is string => value !== null && value !== '')
  if (present.length === 0) return 'unknown'
  for (const [type, looksLike] of looks) {
    if (candidates && !candidates.includes(type)) continue
    if (type === 'multivalued' && !candidates) continue
    if (present.every(looksLike)) return type
    // Numbers by the format's own word, however they are written.
    if (type === 'double' && candidates && present.every((value) => Number.isFinite(Number(value))))
      return type
  }
  return 'text'
}

const looks: readonly (readonly [InferredType, (value: string) => boolean])[] = [
  ['int', (value) => /^-?\d{1,19}$/.test(value) && !/^-?0\d/.test(value)],
  ['double', (value) => /^-?(0|[1-9]\d*)?(\.\d+)?([eE][-+]?\d{1,3})?$/.test(value) && /\d/.test(value)],
  ['boolean', (value) => /^(true|false)$/i.test(value)],
  ['date', (value) => /^\d{4}[-/]\d{1,2}[-/]\d{1,2}$/.test(value)],
  ['datetime', (value) => /^\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d{2}:\d{2}\S*( ?\S+)?)?$/.test(value)],
  ['geo_point_2d', (value) => /^[-+]?\d{1,3}\.\d+ ?, ?[-+]?\d{1,3}\.\d+$/.test(value)],
  ['geo_shape', (value) => /^\s*\{/.test(value) && value.includes('"coordinates"')],
  ['multivalued', (value) => value.startsWith('[') && !/^\[\s*[[{]/.test(value)],
]
