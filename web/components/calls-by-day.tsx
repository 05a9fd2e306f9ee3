import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'

export interface DayCalls {
  readonly day: string
  readonly calls: number
}

const width = 600
const height = 100

/** Bars of the days, and the same as a table. `id`: of the heading. */
export function CallsByDay({
  id,
  title,
  days,
}: {
  readonly id: string
  readonly title: string
  readonly days: readonly DayCalls[]
}): VNode {
  const { t, format } = useEnv()
  const highest = Math.max(1, ...days.map(({ calls }) => calls))
  const total = days.reduce((sum, { calls }) => sum + calls, 0)
  const step = width / Math.max(1, days.length)
  const first = days[0]?.day ?? ''
  const last = days.at(-1)?.day ?? ''
  const sum = t('usage.in_days', { count: days.length, calls: format.number(total) })
  return (
    <section class="stack" aria-labelledby={id}>
      <h3 id={id}>
        {title} <span class="muted small">{sum}</span>
      </h3>
      {total > 0 && (
        <>
          <svg
            class="day-bars"
            viewBox={`0 0 ${width} ${height}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${title}: ${sum}`}
          >
            {days.map(({ day, calls }, index) => {
              const tall = calls === 0 ? 0 : Math.max(1, (calls / highest) * height)
              return (
                <rect key={day} x={index * step} y={height - tall} width={step * 0.85} height={tall}>
                  <title>{`${format.date(day)}: ${format.number(calls)}`}</title>
                </rect>
              )
            })}
          </svg>
          <p class="row spread small muted">
            <span>{format.date(first)}</span>
            <span>{t('usage.highest', { calls: format.number(highest) })}</span>
            <span>{format.date(last)}</span>
          </p>
          <details>
            <summary>{t('usage.as_table')}</summary>
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">{t('usage.day')}</th>
                  <th scope="col" class="number">
                    {t('usage.calls_count')}
                  </th>
                </tr>
              </thead>
              <tbody>
                {days
                  .filter(({ calls }) => calls > 0)
                  .toReversed()
                  .map(({ day, calls }) => (
                    <tr key={day}>
                      <td>{format.date(day)}</td>
                      <td class="number">{format.number(calls)}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </section>
  )
}
