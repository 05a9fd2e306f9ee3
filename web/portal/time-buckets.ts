/** Groups of dates by a step of time, as parts (`year(d)`, `month(d)`): printing each date first costs five times as much. */
import type { DataRecord } from './dataset.ts'
import { nameOf } from './filters.ts'

export const buckets = ['year', 'quarter', 'month', 'day', 'hour'] as const
export type Bucket = (typeof buckets)[number]

const parts: Readonly<Record<Bucket, readonly string[]>> = {
  year: ['year'],
  quarter: ['year', 'quarter'],
  month: ['year', 'month'],
  day: ['year', 'month', 'day'],
  hour: ['year', 'month', 'day', 'hour'],
}

export interface TimeGroups {
  /** For group_by. */
  readonly groupBy: string
  /** For order_by. */
  readonly orderBy: string
  /** `2031-05-09`, `2031-Q2`; null: the record has no date. */
  keyOf(row: DataRecord): string | null
}

export function timeGroups(field: string, bucket: Bucket): TimeGroups {
  const names = parts[bucket].map((part) => `t_${part}`)
  return {
    groupBy: parts[bucket].map((part, index) => `${part}(${nameOf(field)}) as ${names[index]}`).join(', '),
    orderBy: names.join(', '),
    keyOf(row) {
      const [year, ...rest] = names.map((name) => row[name])
      if (typeof year !== 'number') return null
      const start = String(year).padStart(4, '0')
      if (bucket === 'quarter') return `${start}-Q${rest[0]}`
      const two = rest.map((value) => String(value).padStart(2, '0'))
      const date = [start, ...two.slice(0, 2)].join('-')
      return bucket === 'hour' ? `${date} ${two[2]}:00` : date
    },
  }
}

const daysOf: Readonly<Record<Bucket, number>> = {
  year: 365.25,
  quarter: 91.3,
  month: 30.4,
  day: 1,
  hour: 1 / 24,
}
const fewest = 20
const most = 200

/** The step that makes some 20 to 200 groups of the time between two instants, the finer of two; else what comes nearest. */
export function bucketOf(low: string, high: string, hasTime: boolean): Bucket {
  const days = (Date.parse(high) - Date.parse(low)) / 86_400_000
  if (!Number.isFinite(days)) return 'month'
  const known = buckets.filter((bucket) => hasTime || bucket !== 'hour')
  const farOff = (bucket: Bucket) => {
    const count = days / daysOf[bucket] + 1
    return count < fewest ? fewest / count : count > most ? count / most : 1
  }
  return known.toReversed().reduce((best, bucket) => (farOff(bucket) < farOff(best) ? bucket : best))
}
