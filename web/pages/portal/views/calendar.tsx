import type { VNode } from 'preact'
import { viewHref } from '../../../components/filter-panel.tsx'
import { useEnv } from '../../../kit/env.ts'
import { writeFilters } from '../../../portal/filters.ts'
import type { ViewProps } from '../../../portal/load-dataset.ts'

/** A month, a day in each cell. Links only. */
export function CalendarView({ data, shown, isEmbedded }: ViewProps<'calendar'>): VNode {
  const { t, format, lang } = useEnv()
  const { dataset, filters } = data
  const { month, field, days, firstWeekday, previous, next } = shown.month
  const { dataset_id: id } = dataset
  const name = (date: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(lang, { timeZone: 'UTC', ...options }).format(Date.parse(`${date}T00:00:00Z`))
  const monthHref = (to: string) => {
    const params = writeFilters(filters)
    params.set('month', to)
    return `/explore/${isEmbedded ? 'embed/' : ''}dataset/${encodeURIComponent(id)}/calendar/?${params}`
  }
  const dayHref = (date: string) => {
    const others = (list: typeof filters.from) => list.filter((one) => one.field !== field)
    const at = { field, value: date }
    return viewHref(id, 'table', {
      ...filters,
      from: [...others(filters.from), at],
      to: [...others(filters.to), at],
    })
  }
  // 1 January 2024 was a Monday.
  const weekdays = Array.from({ length: 7 }, (_, index) => `2024-01-0${index + 1}`)
  const blanks = Array.from({ length: firstWeekday }, (_, index) => `blank-${index}`)
  const most = Math.max(1, ...days.map(({ count }) => count))
  return (
    <div class="calendar">
      <div class="row calendar-head">
        <a class="button secondary small" rel="nofollow" href={monthHref(previous)}>
          {t('pagination.previous')}
        </a>
        <h3 class="grow">{name(`${month}-01`, { month: 'long', year: 'numeric' })}</h3>
        <a class="button secondary small" rel="nofollow" href={monthHref(next)}>
          {t('pagination.next')}
        </a>
      </div>
      <div class="calendar-weekdays" aria-hidden="true">
        {weekdays.map((date) => (
          <span key={date}>{name(date, { weekday: 'short' })}</span>
        ))}
      </div>
      <ol class="plain calendar-days">
        {blanks.map((key) => (
          <li key={key} class="blank" aria-hidden="true" />
        ))}
        {days.map(({ date, count, titles }) => (
          <li key={date} class={count === 0 ? 'none' : `level-${Math.ceil((4 * count) / most)}`}>
            <span class="day number" title={name(date, { dateStyle: 'full' })}>
              {Number(date.slice(-2))}
            </span>
            {count > 0 && (
              <a href={dayHref(date)} rel="nofollow" target={isEmbedded ? '_blank' : undefined}>
                <span class="visually-hidden">{format.date(date)}</span>
                {titles.map((title, index) => (
                  <span key={index} class="calendar-title">
                    {title}
                  </span>
                ))}
                <span class="number calendar-count">{t('records', { count })}</span>
                <span class="number calendar-number" aria-hidden="true">
                  {format.compact(count)}
                </span>
              </a>
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}
