import type { Expr } from '../ast.ts'
import { type ResolveContext, wrong } from './context.ts'

type Call = Extract<Expr, { kind: 'call' }>

const weekdays = ['mondays', 'tuesdays', 'wednesdays', 'thursdays', 'fridays', 'saturdays', 'sundays']

/** `now()` with its parts: absolute ones first, then relative ones (ODSQL specification, section 3). UTC. */
export function resolveNow(context: ResolveContext, call: Call): { readonly local: string } {
  const parts = new Map<string, number>()
  for (const { name, value } of call.args) {
    const sign = value.kind === 'negate' ? -1 : 1
    const literal = value.kind === 'negate' ? value.operand : value
    if (name === null || literal.kind !== 'number' || !/^\d+$/.test(literal.text))
      throw wrong(call, 'its arguments are parts with whole numbers, e.g. days=-1')
    parts.set(name, sign * Number(literal.text))
  }
  const date = new Date(context.now)
  const set = (name: string, low: number, high: number, apply: (value: number) => void) => {
    const value = parts.get(name)
    if (value === undefined) return
    if (value < low || value > high) throw wrong(call, `${name} must be from ${low} to ${high}`)
    apply(value)
    parts.delete(name)
  }
  set('year', 1, 9999, (value) => clipDay(date, value, date.getUTCMonth()))
  set('month', 1, 12, (value) => clipDay(date, date.getUTCFullYear(), value - 1))
  set('day', 1, 31, (value) =>
    date.setUTCDate(Math.min(value, daysIn(date.getUTCFullYear(), date.getUTCMonth()))),
  )
  set('hour', 0, 23, (value) => date.setUTCHours(value))
  set('minute', 0, 59, (value) => date.setUTCMinutes(value))
  set('second', 0, 59, (value) => date.setUTCSeconds(value))
  set('microsecond', 0, 999_999, (value) => date.setUTCMilliseconds(Math.floor(value / 1000)))
  set('weekday', 0, 6, (value) => date.setUTCDate(date.getUTCDate() + ((value - mondayBased(date) + 7) % 7)))
  const shift = (name: string, apply: (value: number) => void) => {
    const value = parts.get(name)
    if (value === undefined) return
    if (Math.abs(value) > 1_000_000) throw wrong(call, `${name} is too large`)
    apply(value)
    parts.delete(name)
  }
  shift('years', (value) => clipDay(date, date.getUTCFullYear() + value, date.getUTCMonth()))
  shift('months', (value) => clipDay(date, date.getUTCFullYear(), date.getUTCMonth() + value))
  shift('weeks', (value) => date.setUTCDate(date.getUTCDate() + 7 * value))
  shift('days', (value) => date.setUTCDate(date.getUTCDate() + value))
  shift('hours', (value) => date.setTime(date.getTime() + value * 3_600_000))
  shift('minutes', (value) => date.setTime(date.getTime() + value * 60_000))
  shift('seconds', (value) => date.setTime(date.getTime() + value * 1000))
  shift('microseconds', (value) => date.setTime(date.getTime() + value / 1000))
  for (const [day, name] of weekdays.entries())
    shift(name, (value) => date.setUTCDate(date.getUTCDate() + weekdayShift(date, day, value)))
  const [unknown] = parts.keys()
  if (unknown !== undefined) throw wrong(call, `there is no part ${unknown.slice(0, 40)}`)
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 1)
    throw wrong(call, 'the result is out of range')
  return { local: `${date.toISOString().slice(0, 23).replace('T', ' ')}000` }
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
}

function clipDay(date: Date, year: number, month: number): void {
  const day = Math.min(date.getUTCDate(), daysIn(year, month))
  date.setUTCFullYear(year, month, day)
}

const mondayBased = (date: Date) => (date.getUTCDay() + 6) % 7

/** Days to the n-th given weekday after (n > 0) or before (n < 0) the date. */
function weekdayShift(date: Date, weekday: number, n: number): number {
  if (n === 0) return 0
  const ahead = (weekday - mondayBased(date) + 7) % 7 || 7
  const behind = (mondayBased(date) - weekday + 7) % 7 || 7
  return n > 0 ? ahead + 7 * (n - 1) : -(behind + 7 * (-n - 1))
}
