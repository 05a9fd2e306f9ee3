import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'

const width = 160
const height = 36

/** Counts as small bars; the words for those who do not see them are in `label`. */
export function Histogram({
  bars,
  label,
}: {
  readonly bars: readonly { readonly label: string; readonly count: number }[]
  readonly label: string
}): VNode | null {
  const { format } = useEnv()
  const highest = Math.max(...bars.map(({ count }) => count))
  if (bars.length === 0 || !(highest > 0)) return null
  const step = width / bars.length
  return (
    <svg
      class="histogram"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      {bars.map(({ label: name, count }, index) => {
        const tall = count === 0 ? 0 : Math.max(1.5, (count / highest) * height)
        return (
          <rect
            key={name}
            x={index * step}
            y={height - tall}
            width={Math.max(1, step - (step > 3 ? 1 : 0.3))}
            height={tall}
          >
            <title>{`${name}: ${format.number(count)}`}</title>
          </rect>
        )
      })}
    </svg>
  )
}

/** The most frequent values, each with its share as a bar. */
export function TopValues({
  bars,
  total,
}: {
  readonly bars: readonly { readonly label: string; readonly count: number }[]
  readonly total: number
}): VNode {
  const { format } = useEnv()
  return (
    <ul class="plain top-values">
      {bars.map(({ label, count }) => (
        <li key={label}>
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width={(100 * count) / Math.max(1, total)} height="4" />
          </svg>
          <span>{label}</span>
          <span class="number muted">{format.number(count)}</span>
        </li>
      ))}
    </ul>
  )
}
