import type { VNode } from 'preact'
import { CallsByDay, type DayCalls } from '../../components/calls-by-day.tsx'
import { Neighbours } from '../../components/pagination.tsx'
import { useEnv } from '../../kit/env.ts'
import { definePage } from '../../kit/page.ts'
import { DomainTop } from '../../office/domain-tabs.tsx'
import { management } from '../../office/types.ts'
import { catalogPath, type DatasetPage } from '../../portal/dataset.ts'

interface Used {
  readonly used: number
  /** Null: as much as one likes. */
  readonly limit: number | null
}

interface Usage {
  readonly username: string
  readonly calls: Used & { readonly resets_at: string }
  readonly datasets: Used
  readonly max_records_by_dataset: number | null
}

interface History {
  readonly username: string
  readonly days: readonly DayCalls[]
  readonly keys: readonly {
    readonly key_uid: string
    readonly label: string | null
    readonly days: readonly DayCalls[]
  }[]
}

interface DomainHistory {
  readonly days: readonly DayCalls[]
  readonly users: readonly { readonly username: string; readonly calls: number }[]
}

const rows = 20
const here = '/backoffice/usage'
const spans = [7, 30, 90] as const

/** What has been used of what is allowed: one's own, and that of everybody for whoever sees to the domain. */
export const usage = definePage({
  path: here,
  area: 'office',
  layout: 'office',
  load: async ({ api, session, url }) => {
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const seesAll = session?.permissions.includes('edit_domain') ?? false
    const days = spans.find((span) => String(span) === url.searchParams.get('days')) ?? 30
    const user = seesAll ? url.searchParams.get('user') : null
    const historyPath = user === null ? '/quotas/calls' : `/users/${encodeURIComponent(user)}/quotas/calls`
    const [own, catalog, users, history, domain] = await Promise.all([
      api.get<Usage>(`${management}/quotas`),
      api.get<DatasetPage>(`${catalogPath}/datasets`, { order_by: 'records_count desc', limit: 1 }),
      seesAll ? api.get<readonly { username: string }[]>(`${management}/users`) : [],
      api.get<History>(`${management}${historyPath}`, { days }),
      seesAll ? api.get<DomainHistory>(`${management}/domain/calls`, { days }) : null,
    ])
    const shown = users.slice((page - 1) * rows, page * rows)
    const all = await Promise.all(
      shown.map(({ username }) =>
        api.get<Usage>(`${management}/users/${encodeURIComponent(username)}/quotas`),
      ),
    )
    return { own, catalog, all, page, hasNext: users.length > page * rows, history, domain, days }
  },
  head: (_data, { t }) => ({ title: t('office.usage'), robots: 'noindex' as const }),
  View: ({ data }): VNode => {
    const { t, format } = useEnv()
    const { own, catalog, all, page, hasNext, history, domain, days } = data
    const [largest] = catalog.results
    const records = largest?.metas.default?.records_count
    return (
      <>
        <DomainTop place={here} />
        <section class="card stack" aria-labelledby="own">
          <h2 id="own">{t('usage.own')}</h2>
          <div class="form-grid">
            <Figure label={t('usage.calls')} {...own.calls}>
              {t('usage.resets', { date: format.dateTime(own.calls.resets_at) })}
            </Figure>
            <Figure label={t('usage.datasets')} {...own.datasets} />
            {largest && (
              <Figure
                label={t('usage.largest')}
                used={Number(records ?? 0)}
                limit={own.max_records_by_dataset}
              >
                {String(largest.metas.default?.title ?? largest.dataset_id)}
              </Figure>
            )}
          </div>
        </section>
        <section class="card stack" aria-labelledby="by-day">
          <h2 id="by-day">{t('usage.by_day')}</h2>
          <nav class="row" aria-label={t('usage.span')}>
            {spans.map((span) => (
              <a
                key={span}
                class={span === days ? 'button small' : 'button secondary small'}
                aria-current={span === days ? 'true' : undefined}
                href={`${here}?${new URLSearchParams({ days: String(span), ...(history.username === own.username ? {} : { user: history.username }) })}#by-day`}
              >
                {t('usage.last_days', { count: span })}
              </a>
            ))}
          </nav>
          {domain && <CallsByDay id="calls-domain" title={t('usage.domain')} days={domain.days} />}
          {domain && domain.users.length > 0 && (
            <p class="small">
              {t('usage.most')}{' '}
              {domain.users.map(({ username, calls }, index) => (
                <span key={username}>
                  {index > 0 && ', '}
                  <a href={`${here}?${new URLSearchParams({ days: String(days), user: username })}#by-day`}>
                    {username}
                  </a>{' '}
                  <span class="muted">{format.number(calls)}</span>
                </span>
              ))}
            </p>
          )}
          <CallsByDay id="calls-user" title={history.username} days={history.days} />
          {history.keys.map((key) => (
            <CallsByDay
              key={key.key_uid}
              id={key.key_uid}
              title={t('usage.key', { name: key.label ?? key.key_uid })}
              days={key.days}
            />
          ))}
          <p class="small muted">{t('usage.days_utc')}</p>
        </section>
        {all.length > 0 && (
          <section class="stack" aria-labelledby="all">
            <h2 id="all">{t('usage.users')}</h2>
            <div class="card flush">
              <table class="list cards-on-phone">
                <thead>
                  <tr>
                    <th scope="col">{t('login.username')}</th>
                    <th scope="col">{t('usage.calls')}</th>
                    <th scope="col">{t('usage.datasets')}</th>
                    <th scope="col" class="number">
                      {t('usage.max_records')}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((one) => (
                    <tr key={one.username}>
                      <td class="strong">{one.username}</td>
                      <td data-label={t('usage.calls')}>
                        <Share label={`${t('usage.calls')}: ${one.username}`} {...one.calls} />
                      </td>
                      <td data-label={t('usage.datasets')}>
                        <Share label={`${t('usage.datasets')}: ${one.username}`} {...one.datasets} />
                      </td>
                      <td class="number" data-label={t('usage.max_records')}>
                        {one.max_records_by_dataset === null
                          ? t('usage.unlimited')
                          : format.number(one.max_records_by_dataset)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <Neighbours page={page} hasNext={hasNext} hrefOf={(to) => `/backoffice/usage?page=${to}`} />
          </section>
        )}
      </>
    )
  },
})

function Figure({
  label,
  used,
  limit,
  children,
}: Used & { readonly label: string; readonly children?: string }): VNode {
  return (
    <div class="field">
      <span class="label">{label}</span>
      <Share label={label} used={used} limit={limit} />
      {children && <span class="hint">{children}</span>}
    </div>
  )
}

/** `12 of 100`, and a bar of it; or how many, where there is no limit. */
function Share({ label, used, limit }: Used & { readonly label: string }): VNode {
  const { t, format } = useEnv()
  if (limit === null)
    return (
      <span>
        {format.number(used)} <span class="muted small">({t('usage.unlimited')})</span>
      </span>
    )
  return (
    <span class="share">
      <span>{t('usage.of', { used: format.number(used), limit: format.number(limit) })}</span>
      <meter
        min={0}
        max={Math.max(1, limit)}
        low={limit * 0.8}
        high={limit * 0.95}
        optimum={0}
        value={Math.min(used, limit)}
        aria-label={label}
      />
    </span>
  )
}
