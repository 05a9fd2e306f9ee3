import type { VNode } from 'preact'
import { JobsTable } from '../../components/jobs-table.tsx'
import { Neighbours } from '../../components/pagination.tsx'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage } from '../../kit/page.ts'
import { apiPath, type Job, management } from '../../office/types.ts'

const rows = 30
const states = ['', 'waiting', 'running', 'done', 'error'] as const
const asked = {
  '': '',
  waiting: 'waiting',
  running: 'started,running',
  done: 'done',
  error: 'error',
} as const

/** The queue, what runs, what ran, and why it failed. */
export const jobs = definePage({
  path: '/backoffice/jobs',
  area: 'office',
  layout: 'office',
  load: async ({ api, url }) => {
    const state = states.find((name) => name === url.searchParams.get('state')) ?? ''
    const dataset = url.searchParams.get('dataset') ?? ''
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const path = dataset === '' ? `${management}/jobs` : apiPath(dataset, '/jobs')
    const query = { rows, page, ...(state === '' ? {} : { state: asked[state] }) }
    return { found: await api.get<readonly Job[]>(path, query), state, dataset, page }
  },
  head: (_data, { t }) => ({ title: t('office.jobs'), robots: 'noindex' as const, refreshSeconds: 10 }),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    const { found, state, dataset, page } = data
    const hrefOf = (query: object) => withQuery('/backoffice/jobs', { dataset: dataset || null, ...query })
    return (
      <>
        <h1>{t('office.jobs')}</h1>
        {dataset !== '' && (
          <p>
            {t('jobs.of_dataset', { name: found[0]?.dataset_id ?? dataset })}{' '}
            <a href="/backoffice/jobs">{t('jobs.of_all')}</a>
          </p>
        )}
        <nav class="tabs" aria-label={t('datasets.filter')}>
          {states.map((name) => (
            <a
              key={name}
              href={hrefOf({ state: name || null })}
              aria-current={name === state ? 'page' : undefined}
            >
              {t(name === '' ? 'datasets.filter.all' : (`job_state.${name}` as MessageKey))}
            </a>
          ))}
        </nav>
        <div id="jobs-found" data-refresh="jobs-found">
          {found.length === 0 ? <p class="card empty">{t('jobs.none')}</p> : <JobsTable jobs={found} />}
        </div>
        <Neighbours
          page={page}
          hasNext={found.length === rows}
          hrefOf={(to) => hrefOf({ state: state || null, page: to })}
        />
      </>
    )
  },
})
