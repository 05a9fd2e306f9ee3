import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { DiffSummary } from '../../components/diff-summary.tsx'
import { JobProgress } from '../../components/job-progress.tsx'
import { functionKeyOf, JobState, JobSubject } from '../../components/jobs-table.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage, Redirect } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'
import { apiPath, type Job, management, officePath } from '../../office/types.ts'

/** What can be ordered once more as it was: an order of its own, with the state of now. */
const repeatable = new Set(['publish', 'unpublish'])

/** One job: how far it is or how it ended, its phases, its attempts. */
export const job = definePage({
  path: '/backoffice/jobs/:id',
  area: 'office',
  layout: 'office',
  load: async ({ api, params }) => api.get<Job>(`${management}/jobs/${encodeURIComponent(params.id!)}`),
  act: async ({ api, params }, form) => {
    const found = await api.get<Job>(`${management}/jobs/${encodeURIComponent(params.id!)}`)
    if (form.get(actionField) !== 'retry' || !repeatable.has(found.function))
      return new Redirect(`/backoffice/jobs/${params.id!}`)
    const query = String(found.params.dry_run) === 'true' ? { dry_run: 'true' } : {}
    await api.send('PUT', apiPath(found.dataset_uid, `/${found.function}`), {}, { query })
    return doneAt(officePath(found.dataset_uid), 'ordered')
  },
  head: (found, { t }) => ({
    title: t(functionKeyOf(found)),
    robots: 'noindex' as const,
    ...(found.finished_at === null ? { refreshSeconds: 3 } : {}),
  }),
  View: ({ data, context }): VNode => {
    const { t, format } = useEnv()
    const isOpen = data.finished_at === null
    const mayRetry =
      data.state === 'error' &&
      repeatable.has(data.function) &&
      data.dataset_id !== null &&
      context.session?.permissions.includes('publish_dataset')
    return (
      <>
        <nav class="small" aria-label={t('dataset.breadcrumb')}>
          <a href="/backoffice/jobs">{t('office.jobs')}</a>
        </nav>
        <div class="row title-row">
          <h1>{t(functionKeyOf(data))}</h1>
          <JobState job={data} />
        </div>
        <div class="card stack" id="job-state" {...(isOpen ? { 'data-refresh': 'job-state' } : {})}>
          <dl class="facts">
            <dt>{t('datasets.dataset')}</dt>
            <dd>
              <JobSubject job={data} />
            </dd>
            <dt>{t('jobs.when')}</dt>
            <dd>
              {format.dateTime(data.created_at)} {t('office.by', { name: data.user.username })}
            </dd>
            {data.finished_at && (
              <>
                <dt>{t('jobs.ended')}</dt>
                <dd>{format.dateTime(data.finished_at)}</dd>
              </>
            )}
            <dt>{t('jobs.id')}</dt>
            <dd>
              <code class="breakable">{data.job_id}</code>
            </dd>
          </dl>
          {data.cause && (
            <div class="notice bad">
              <div>
                <strong>{data.cause.what}</strong>
                <div>{data.cause.what_to_do}</div>
              </div>
            </div>
          )}
          {!data.cause && data.error && <p class="notice bad">{data.error.message}</p>}
          {data.phases && <JobProgress job={data} />}
        </div>
        {data.attempts.length > 0 && (
          <section class="card" aria-labelledby="attempts">
            <h2 id="attempts">{t('jobs.attempts')}</h2>
            <ol>
              {data.attempts.map((attempt) => (
                <li key={attempt.attempt}>
                  {format.dateTime(attempt.ended_at)}: {attempt.error.message}
                </li>
              ))}
            </ol>
          </section>
        )}
        {data.result?.diff && (
          <section class="card stack" aria-labelledby="diff">
            <h2 id="diff">{t('dry_run.title')}</h2>
            <DiffSummary diff={data.result.diff} />
          </section>
        )}
        {mayRetry && (
          <form method="post">
            <Csrf action="retry" />
            <button class="button" type="submit">
              {t('jobs.retry')}
            </button>
          </form>
        )}
        {data.result && (
          <details class="card">
            <summary>{t('jobs.result')}</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard. */}
            <pre tabIndex={0}>{JSON.stringify(data.result, null, 2).slice(0, 20_000)}</pre>
          </details>
        )}
      </>
    )
  },
})
