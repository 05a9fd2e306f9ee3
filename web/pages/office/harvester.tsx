import type { VNode } from 'preact'
import { ConfirmForm } from '../../components/confirm-form.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Flag } from '../../components/flag.tsx'
import { HarvesterFields, HarvesterStatus } from '../../components/harvester-fields.tsx'
import { Neighbours } from '../../components/pagination.tsx'
import { Problem } from '../../components/problem.tsx'
import { changeSchedules, Schedules } from '../../components/schedules.tsx'
import { ApiError } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage, type PageContext, Redirect } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import {
  changeNames,
  type Harvested,
  type Harvester,
  harvesterApi,
  harvesterIn,
  harvesterPath,
  harvestersPath,
  withConnections,
} from '../../office/harvester.ts'
import { officePath, type Schedule } from '../../office/types.ts'

const rows = 50
const orders = ['start', 'abort', 'publish', 'unpublish'] as const
type Order = (typeof orders)[number]
const tones = {
  created: 'ok',
  updated: 'accent',
  unchanged: '',
  gone: 'warn',
  removed: 'warn',
  failed: 'bad',
} as const

/** One harvester: what it does now, what its last run changed, its datasets, its settings, when it runs. */
export const harvester = definePage({
  path: `${harvestersPath}/:id`,
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const id = params.id!
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const found = await api.get<Harvester>(harvesterApi(id))
    const [datasets, schedules, [type], preview] = await Promise.all([
      api.get<readonly Harvested[]>(harvesterApi(id, '/datasets'), { rows, page }),
      api.get<readonly Schedule[]>(harvesterApi(id, '/schedules')),
      withConnections(api, [found.fetcher]),
      url.searchParams.has('preview') ? lookAt(context, id) : null,
    ])
    return { found, datasets, schedules, type: type!, preview, page }
  },
  act: async ({ api, params }, form) => {
    const id = params.id!
    const here = harvesterPath(id)
    const action = form.get(actionField)
    if (orders.includes(action as Order)) {
      await api.send('PUT', harvesterApi(id, `/${action}`))
      return doneAt(here, 'ordered')
    }
    switch (action) {
      case 'save': {
        const { fetcher } = await api.get<Harvester>(harvesterApi(id))
        await api.send('PUT', harvesterApi(id), harvesterIn(form, fetcher))
        return doneAt(here, 'saved')
      }
      case 'delete': {
        const query = { delete_attached_datasets: form.has('with_datasets') ? 1 : 0 }
        await api.send('DELETE', harvesterApi(id), undefined, { query })
        return doneAt(harvestersPath, 'deleted')
      }
      case 'add_schedule':
      case 'delete_schedule':
        return doneAt(here, await changeSchedules(api, harvesterApi(id, '/schedules'), form))
      default:
        return new Redirect(here)
    }
  },
  head: ({ found }, { t }) => ({
    title: `${found.name} · ${t('office.harvesters')}`,
    robots: 'noindex' as const,
    ...(isBusy(found) ? { refreshSeconds: 3 } : {}),
  }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { found, datasets, schedules, type, preview, page } = data
    const here = harvesterPath(found.harvester_id)
    const form = context.sent?.form
    const isSentSettings = form?.get(actionField) === 'save'
    return (
      <>
        <div class="dataset-top">
          <nav class="small" aria-label={t('dataset.breadcrumb')}>
            <a href={harvestersPath}>{t('office.harvesters')}</a>
          </nav>
          <h1>{found.name}</h1>
        </div>
        <Now harvester={found} datasets={datasets} page={page} />
        <section class="stack" aria-labelledby="preview">
          <div class="row">
            <h2 id="preview" class="grow">
              {t('harvesters.preview')}
            </h2>
            <a class="button secondary small" href={`${here}?preview=1#preview`}>
              {t('harvesters.look')}
            </a>
          </div>
          {preview && <Problem problem={preview.problem} />}
          {preview && !preview.problem && (
            <ul class="card">
              {preview.results.map(({ id, title }) => (
                <li key={id}>{title || id}</li>
              ))}
            </ul>
          )}
        </section>
        <details class="card" open={isSentSettings}>
          <summary>
            <h2>{t('harvesters.settings')}</h2>
          </summary>
          <form
            method="post"
            class="stack spaced"
            action={here}
            {...draftOf(t, `harvester-${found.harvester_id}`)}
          >
            <Csrf action="save" />
            <HarvesterFields type={type} values={isSentSettings ? harvesterIn(form!, type) : found} />
            <div>
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </form>
        </details>
        <Schedules found={schedules} back={here} form={form} title={t('harvesters.schedule')} />
        <div>
          <ConfirmForm
            back={here}
            action="delete"
            label={t('harvesters.delete')}
            text={t('harvesters.delete_text')}
          >
            <Flag
              id="with_datasets"
              name="with_datasets"
              isSet={false}
              label={t('harvesters.with_datasets')}
            />
          </ConfirmForm>
        </div>
      </>
    )
  },
})

const isBusy = ({ status }: Harvester) => status !== 'new' && status !== 'idle'

/** What it does, what it did, and what can be ordered; asked for again as long as it works. */
function Now({
  harvester: { harvester_id: id, ...harvester },
  datasets,
  page,
}: {
  readonly harvester: Harvester
  readonly datasets: readonly Harvested[]
  readonly page: number
}): VNode {
  const { t, format } = useEnv()
  const { status, fetcher, counters, errors, last_report, last_started_at, active_job_id } = harvester
  const here = harvesterPath(id)
  const busy = status !== 'new' && status !== 'idle'
  const possible: readonly Order[] = busy
    ? ['abort']
    : counters.attached > 0
      ? ['start', 'publish', 'unpublish']
      : ['start']
  return (
    <div id="harvester-now" class="stack" {...(busy ? { 'data-refresh': 'harvester-now' } : {})}>
      <section class="card stack" aria-label={t('datasets.status')}>
        <div class="row">
          <HarvesterStatus status={status} />
          <span class="muted">{fetcher.label}</span>
          <span class="grow" />
          <form method="post" class="inline" action={here}>
            <Csrf />
            {possible.map((order) => (
              <button
                key={order}
                class={`button ${order === 'start' ? '' : 'secondary'}`}
                type="submit"
                name={actionField}
                value={order}
              >
                {t(`harvesters.${order}`)}
              </button>
            ))}
          </form>
        </div>
        <dl class="facts">
          <dt>{t('office.datasets')}</dt>
          <dd>
            {format.number(counters.attached)} ·{' '}
            {t('harvesters.published_count', { count: counters.published })}
          </dd>
          <dt>{t('harvesters.last_run')}</dt>
          <dd>{last_started_at ? format.dateTime(last_started_at) : t('harvesters.never')}</dd>
          {active_job_id && (
            <>
              <dt>{t('jobs.what')}</dt>
              <dd>
                <a href={`/backoffice/jobs/${active_job_id}`}>{t('job.progress')}</a>
              </dd>
            </>
          )}
        </dl>
        {errors.harvester && <p class="notice bad">{errors.harvester}</p>}
        {last_report && (
          <p class="row tags">
            {changeNames.map((name) => (
              <span key={name} class={`tag ${last_report[name] > 0 ? tones[name] : ''}`}>
                {t(`harvested.${name}`)}: {format.number(last_report[name] ?? 0)}
              </span>
            ))}
          </p>
        )}
      </section>
      <Datasets datasets={datasets} />
      <Neighbours
        page={page}
        hasNext={datasets.length === rows}
        hrefOf={(to) => `${here}?page=${to}#datasets`}
      />
    </div>
  )
}

function Datasets({ datasets }: { readonly datasets: readonly Harvested[] }): VNode | null {
  const { t } = useEnv()
  if (datasets.length === 0) return null
  return (
    <section class="stack" aria-labelledby="datasets">
      <h2 id="datasets">{t('harvesters.found')}</h2>
      <div class="card flush">
        <table class="list cards-on-phone">
          <thead>
            <tr>
              <th scope="col">{t('datasets.dataset')}</th>
              <th scope="col">{t('harvesters.last_change')}</th>
              <th scope="col">{t('harvesters.details')}</th>
            </tr>
          </thead>
          <tbody>
            {datasets.map(({ remote_id, title, dataset_uid, dataset_id, change, details, reason }) => (
              <tr key={remote_id}>
                <td>
                  {dataset_uid && dataset_id ? (
                    <a class="strong" href={officePath(dataset_uid)}>
                      {title || dataset_id}
                    </a>
                  ) : (
                    <span class="strong">{title || remote_id}</span>
                  )}
                  <div class="muted small breakable">{remote_id}</div>
                </td>
                <td data-label={t('harvesters.last_change')}>
                  <span class={`tag ${tones[change]}`}>{t(`harvested.${change}`)}</span>
                </td>
                <td data-label={t('harvesters.details')}>
                  <span class="breakable">{reason ?? details.join(', ')}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

async function lookAt({ api }: PageContext, id: string) {
  try {
    const { results } = await api.get<{ results: readonly { id: string; title: string }[] }>(
      harvesterApi(id, '/preview'),
    )
    return { results, problem: null }
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem
    return { results: [], problem }
  }
}
