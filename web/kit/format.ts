/** Numbers, dates and sizes as the reader's language writes them. */
import type { Lang } from './i18n.ts'

export interface Format {
  number(value: number, decimals?: number): string
  /** `1.2M`. */
  compact(value: number): string
  percent(share: number): string
  /** Of an ISO date, or the day of an instant; as given when it is none. */
  date(value: string): string
  /** In the zone of the page, or in another of the IANA database. */
  dateTime(value: string, timeZone?: string): string
  bytes(value: number): string
}

/** `timezone`: the same on the server and in the browser, so that pages agree. */
export function createFormat(lang: Lang, timezone = 'UTC'): Format {
  const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 10 })
  const compact = new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 1 })
  // A date has no zone.
  const date = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeZone: 'UTC' })
  const dayOfInstant = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeZone: timezone })
  const dateTimeIn = (timeZone: string) =>
    new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const dateTime = dateTimeIn(timezone)
  const instant = (value: string, format: Intl.DateTimeFormat) => {
    const ms = Date.parse(value)
    return Number.isNaN(ms) ? value : format.format(ms)
  }
  return {
    number: (value, decimals) =>
      decimals === undefined
        ? number.format(value)
        : new Intl.NumberFormat(lang, { maximumFractionDigits: decimals }).format(value),
    compact: (value) => compact.format(value),
    percent: (share) => percent.format(share),
    date: (value) => instant(value, value.length > 10 ? dayOfInstant : date),
    dateTime: (value, timeZone) => instant(value, timeZone === undefined ? dateTime : dateTimeIn(timeZone)),
    bytes(value) {
      const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
      const step = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3))
      return new Intl.NumberFormat(lang, {
        style: 'unit',
        unit: units[step]!,
        unitDisplay: step === 0 ? 'long' : 'short',
        maximumFractionDigits: 1,
      }).format(value / 1000 ** step)
    },
  }
}
