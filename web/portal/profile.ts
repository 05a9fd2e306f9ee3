/** Quality figures of every field, by a few queries of the search API. */
import type { Api } from '../kit/api.ts'
import { niceStep } from './chart.ts'
import { type DataRecord, datasetPath, type Field, isDate, isNumber, isText } from './dataset.ts'
import { type ApiFilters, nameOf } from './filters.ts'
import { timeGroups } from './time-buckets.ts'

export interface FieldProfile {
  readonly name: string
  readonly filled: number
  readonly missing: number
  /** Null where values cannot be compared. */
  readonly distinct: number | null
  readonly min: string | number | null
  readonly max: string | number | null
  readonly mean: number | null
  /** Numbers: from low to high; texts: the most frequent first. */
  readonly bars: readonly { readonly label: string; readonly count: number }[]
}

const bins = 16
const topValues = 5

/** Errors: ApiError. One scan for all figures, one more for the bars of each field. */
export async function loadProfile(
  api: Api,
  datasetId: string,
  fields: readonly Field[],
  filters: ApiFilters,
): Promise<FieldProfile[]> {
  const ask = async (query: Readonly<Record<string, string | number>>) =>
    (await api.get<{ results: DataRecord[] }>(`${datasetPath(datasetId)}/records`, { ...filters, ...query }))
      .results
  const select = fields.flatMap((field, index) => {
    const name = nameOf(field.name)
    return [
      `count(${name}) as c${index}`,
      ...(isScalar(field) ? [`count(distinct ${name}) as d${index}`] : []),
      ...(isNumber(field) || isDate(field) ? [`min(${name}) as a${index}`, `max(${name}) as b${index}`] : []),
      ...(isNumber(field) ? [`avg(${name}) as m${index}`] : []),
    ]
  })
  const [row = {}] = await ask({ select: ['count(*) as n', ...select].join(', ') })
  const total = Number(row.n ?? 0)
  const profiles: FieldProfile[] = []
  for (const [index, field] of fields.entries()) {
    const filled = Number(row[`c${index}`] ?? 0)
    // Where every value is another one, none is frequent.
    const isKey = isText(field) && numberOrNull(row[`d${index}`]) === filled
    const min = edge(row[`a${index}`])
    const max = edge(row[`b${index}`])
    profiles.push({
      name: field.name,
      filled,
      missing: total - filled,
      distinct: numberOrNull(row[`d${index}`]),
      min,
      max,
      mean: numberOrNull(row[`m${index}`]),
      bars: filled === 0 || isKey ? [] : await barsOf(field, min, max),
    })
  }
  return profiles

  async function barsOf(field: Field, min: FieldProfile['min'], max: FieldProfile['max']) {
    const name = nameOf(field.name)
    if (isNumber(field) && typeof min === 'number' && typeof max === 'number' && max > min) {
      const step = niceStep((max - min) / bins)
      const rows = await ask({
        select: 'count(*) as v',
        group_by: `range(${name}, ${step}) as k`,
        limit: 200,
      })
      const counts = new Map(
        rows.map(({ k, v }) => [Number(/\[\s*([^,]+),/.exec(String(k))?.[1]), Number(v)]),
      )
      const first = Math.floor(min / step)
      const last = Math.min(first + 60, Math.floor(max / step))
      return Array.from({ length: last - first + 1 }, (_, offset) => {
        const low = Number(((first + offset) * step).toPrecision(12))
        return { label: String(low), count: counts.get(low) ?? 0 }
      })
    }
    if (isDate(field)) {
      const { groupBy, orderBy, keyOf } = timeGroups(field.name, 'month')
      const rows = await ask({ select: 'count(*) as v', group_by: groupBy, order_by: orderBy, limit: 60 })
      return rows.map((row) => ({ label: keyOf(row) ?? '–', count: Number(row.v) }))
    }
    if (!isText(field)) return []
    const rows = await ask({
      select: 'count(*) as v',
      group_by: `${name} as k`,
      order_by: 'v desc',
      limit: topValues + 1,
    })
    const known = rows.filter(({ k }) => k !== null).slice(0, topValues)
    return known.map(({ k, v }) => ({ label: String(k), count: Number(v) }))
  }
}

const isScalar = (field: Field) =>
  isNumber(field) || isDate(field) || isText(field) || field.type === 'boolean'
const numberOrNull = (value: unknown) => (typeof value === 'number' ? value : null)
const edge = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? value : null)
