/** Records of a month by their day. */
import type { Api } from '../kit/api.ts'
import { type DataRecord, type Dataset, datasetPath, dateFieldOf, titleFieldOf } from './dataset.ts'
import { type ApiFilters, nameOf } from './filters.ts'
import { timeGroups } from './time-buckets.ts'

export interface CalendarDay {
  /** `2031-05-09`. */
  readonly date: string
  readonly count: number
  /** Of the first records of the day. */
  readonly titles: readonly string[]
}

export interface CalendarMonth {
  /** `2031-05`. */
  readonly month: string
  readonly field: string
  readonly days: readonly CalendarDay[]
  /** Monday is 0. */
  readonly firstWeekday: number
  readonly previous: string
  readonly next: string
}

const titlesOfDay = 2

/** `asked`: `2031-05`; else the month of the last record. Errors: ApiError. */
export async function loadCalendar(
  api: Api,
  dataset: Dataset,
  query: ApiFilters,
  asked: string | null,
): Promise<CalendarMonth> {
  const field = dateFieldOf(dataset.fields)!
  const title = titleFieldOf(dataset.fields)
  const name = nameOf(field.name)
  const path = `${datasetPath(dataset.dataset_id)}/records`
  const ask = async (more: Readonly<Record<string, unknown>>) =>
    (await api.get<{ results: DataRecord[] }>(path, { ...query, ...more })).results
  const month = isMonth(asked) ? asked : await lastMonth()
  const [year = 1970, number = 1] = month.split('-').map(Number)
  const first = `${month}-01`
  const next = shift(month, 1)
  const within = [...query.where, `${name} >= date'${first}' and ${name} < date'${next}-01'`]
  const { groupBy, keyOf } = timeGroups(field.name, 'day')
  const counts = await ask({ where: within, select: 'count(*) as n', group_by: groupBy, limit: 31 })
  const countOf = new Map(counts.map((row) => [keyOf(row), Number(row.n)]))
  const total = counts.reduce((sum, { n }) => sum + Number(n), 0)
  // A month that is full tells by its counts; its first hundred records would all be of one day.
  const records = title && total <= 100 ? await ask({ where: within, order_by: name, limit: 100 }) : []
  const days = Array.from({ length: new Date(Date.UTC(year, number, 0)).getUTCDate() }, (_, index) => {
    const date = `${month}-${String(index + 1).padStart(2, '0')}`
    const titles = records
      .filter((record) => String(record[field.name]).startsWith(date))
      .slice(0, titlesOfDay)
      .map((record) => String(record[title!.name] ?? ''))
    return {
      date,
      count: countOf.get(date) ?? 0,
      titles: title === field ? [] : titles.filter((text) => text !== ''),
    }
  })
  const firstWeekday = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7
  return { month, field: field.name, days, firstWeekday, previous: shift(month, -1), next }

  async function lastMonth(): Promise<string> {
    const [row] = await ask({ select: `max(${name}) as last` })
    const last = String(row?.last ?? '').slice(0, 7)
    return isMonth(last) ? last : '2000-01'
  }
}

const isMonth = (text: string | null): text is string => /^\d{4}-(0[1-9]|1[0-2])$/.test(text ?? '')

function shift(month: string, by: number): string {
  const [year = 1970, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}
