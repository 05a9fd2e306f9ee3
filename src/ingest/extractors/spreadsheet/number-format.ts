/** Dates in workbooks are numbers; only the format of a cell says that they are meant as dates. */

export type FormatKind = 'number' | 'date' | 'datetime' | 'time' | 'duration'

/** Formats that are not written out in a workbook, by number (ECMA-376 part 1, 18.8.30; the Asian ones too). */
function builtInKind(id: number): FormatKind {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58)) return 'date'
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35)) return 'time'
  if (id === 22) return 'datetime'
  if (id >= 45 && id <= 47) return id === 46 ? 'duration' : 'time'
  return 'number'
}

export function formatKind(id: number, code: string | undefined): FormatKind {
  return code === undefined ? builtInKind(id) : codeKind(code)
}

/** What a format code says of the first kind of value, positive numbers. */
export function codeKind(code: string): FormatKind {
  const plain = code
    .slice(0, 500)
    .replace(/"[^"]*"?|\\.|_.|\*./g, '')
    .split(';')[0]!
    .toLowerCase()
  if (/\[(h+|m+|s+)\]/.test(plain)) return 'duration'
  // What is left in brackets is a colour, a condition or a locale.
  const letters = plain.replace(/\[[^\]]*\]/g, '').replace(/general/g, '')
  const hasClock = /[hs]|am\/pm/.test(letters)
  const hasDay = /[yd]/.test(letters) || (/m/.test(letters) && !hasClock)
  if (hasDay && /e\+|0|#|\?/.test(letters.replace(/s[.,]0+/g, ''))) return 'number'
  if (hasDay) return hasClock ? 'datetime' : 'date'
  return hasClock ? 'time' : 'number'
}

const dayMs = 86_400_000
/** 30 December 1899 is day 0; since Excel takes 1900 for a leap year, days before 1 March 1900 are one off. */
const epoch1900 = Date.UTC(1899, 11, 30)
const epoch1904 = Date.UTC(1904, 0, 1)
/** 31 December 9999, the last day that the formats know. */
const lastDay = 2_958_465

/**
 * A day number as the text that is published: `2031-12-24`, `2031-12-24T18:00:00`, `18:00:00`, `36:15:00`. The number
 * itself when it is none of them.
 */
export function dayNumberText(value: number, kind: FormatKind, is1904: boolean): string | number {
  if (kind === 'number' || !Number.isFinite(value)) return value
  if (kind === 'duration') return Math.abs(value) <= lastDay ? clock(value) : value
  if (value < 0 || value > lastDay) return value
  if (kind === 'time' && value < 1) return clock(value)
  const day = is1904 || value >= 60 ? value : value + 1
  // Milliseconds first: days times 86400 are not exact in binary fractions.
  const ms = (is1904 ? epoch1904 : epoch1900) + Math.round(day * dayMs)
  const text = new Date(ms).toISOString()
  const hasClock = ms % dayMs !== 0
  if (kind === 'date' && !hasClock) return text.slice(0, 10)
  return text.endsWith('.000Z') ? text.slice(0, 19) : text.slice(0, 23)
}

function clock(days: number): string {
  const seconds = Math.round(Math.abs(days) * 86_400)
  const two = (value: number) => String(value).padStart(2, '0')
  const sign = days < 0 && seconds > 0 ? '-' : ''
  return `${sign}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}
