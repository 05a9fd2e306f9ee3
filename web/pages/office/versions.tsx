import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { DiffRecords } from '../../components/diff-records.tsx'
import { DiffSummary } from '../../components/diff-summary.tsx'
import { Field } from '../../components/field.tsx'
import { Neighbours } from '../../components/pagination.tsx'
import { Problem } from '../../components/problem.tsx'
import { ApiError, withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage, type PageContext, Redirect } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import {
  apiPath,
  type Dataset,
  type Diff,
  type DiffRecord,
  isWorking,
  officePath,
  type Version,
} from '../../office/types.ts'

const tab = 'versions'
const rows = 20
const shownRecords = 50

interface Compared {
  readonly from: string
  readonly to: string
  readonly diff: Diff | null
  readonly records: readonly DiffRecord[]
  readonly count: number
  readonly problem: { readonly message: string; readonly hint: string } | null
}

/** Saved states: made, labelled, compared, queried, restored, deleted. */
export const versions = definePage({
  path: '/backoffice/datasets/:uid/versions',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const uid = params.uid!
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      api.get<readonly Version[]>(apiPath(uid, '/versions'), { rows, page }),
    ])
    return { dataset, found, page, compared: await compare(context) }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const back = officePath(uid, tab)
    const text = (name: string) => form.get(name).trim() || null
    const path = apiPath(uid, `/versions/${encodeURIComponent(form.get('version'))}`)
    switch (form.get(actionField)) {
      case 'save':
        await api.send('PUT', apiPath(uid, '/save_version'), { label: text('label'), note: text('note') })
        return doneAt(back, 'version_saved')
      case 'label':
        await api.send('PUT', path, { label: text('label'), note: text('note') })
        return doneAt(back, 'saved')
      case 'restore':
        await api.send('PUT', `${path}/restore`, {}, { query: { restore: form.get('restore') } })
        return doneAt(officePath(uid), 'restore_ordered')
      case 'delete':
        await api.send('DELETE', path)
        return doneAt(back, 'deleted')
      default:
        return new Redirect(back)
    }
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, found, page, compared } = data
    const mayPublish = dataset.rights.includes('publish_dataset')
    const back = officePath(dataset.dataset_uid, tab)
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        {mayPublish && dataset.status.published && (
          <form method="post" class="card row save-version" action={back}>
            <Csrf action="save" />
            <Field id="label" label={`${t('versions.label')} (${t('office.optional')})`}>
              <input id="label" name="label" maxLength={200} defaultValue={context.sent?.form.get('label')} />
            </Field>
            <button class="button" type="submit" disabled={isWorking(dataset.status)}>
              {t('versions.save')}
            </button>
          </form>
        )}
        {found.length === 0 ? (
          <p class="card empty">{t('versions.none')}</p>
        ) : (
          <>
            <CompareForm dataset={dataset} found={found} compared={compared} />
            <ol class="plain stack">
              {found.map((version) => (
                <VersionCard
                  key={version.version_uid}
                  version={version}
                  dataset={dataset}
                  mayPublish={mayPublish}
                />
              ))}
            </ol>
          </>
        )}
        {compared && <Comparison compared={compared} dataset={dataset} found={found} />}
        <Neighbours
          page={page}
          hasNext={found.length === rows}
          hrefOf={(to) => withQuery(back, { page: to })}
        />
      </DatasetFrame>
    )
  },
})

const nameOf = ({ label, version_uid }: Version) => label || version_uid

function VersionCard({
  version,
  dataset,
  mayPublish,
}: {
  readonly version: Version
  readonly dataset: Dataset
  readonly mayPublish: boolean
}): VNode {
  const { t, format } = useEnv()
  const uid = version.version_uid
  const back = officePath(dataset.dataset_uid, tab)
  const name = nameOf(version)
  const records = `/api/explore/v2.1/catalog/datasets/${encodeURIComponent(dataset.dataset_id)}/records`
  return (
    <li class="card stack" id={uid}>
      <div class="row">
        <div class="grow">
          <h2>
            {name} {version.automatic && <span class="tag">{t('versions.automatic')}</span>}{' '}
            {version.partial && <span class="tag warn">{t('status.partial')}</span>}
          </h2>
          <p class="muted small">
            {format.dateTime(version.created_at)} · {t('office.by', { name: version.user.username })} ·{' '}
            {version.published
              ? t('records.count', { count: version.records_count })
              : t('status.unpublished')}
            {version.published && ` · ${format.bytes(version.bytes)}`}
          </p>
          {version.note && <p>{version.note}</p>}
        </div>
        <div class="row">
          {version.published && (
            <a
              class="button secondary small"
              href={`${back}?from=${uid}&to=current#compare`}
              aria-label={`${t('versions.compare_now')}: ${name}`}
            >
              {t('versions.compare_now')}
            </a>
          )}
          {version.published && dataset.status.published && (
            <a
              class="button quiet small"
              href={`${records}?version=${uid}`}
              aria-label={`${t('versions.query')}: ${name}`}
            >
              {t('versions.query')}
            </a>
          )}
          {mayPublish && (
            <details class="confirm">
              <summary class="button secondary small" aria-label={`${t('versions.restore')}: ${name}`}>
                {t('versions.restore')}
              </summary>
              <form method="post" class="card stack" action={back}>
                <Csrf action="restore" />
                <input type="hidden" name="version" value={uid} />
                <p>{t('versions.restore_text')}</p>
                <label for={`${uid}-restore`}>{t('versions.restore_what')}</label>
                <select id={`${uid}-restore`} name="restore">
                  <option value="all">{t('versions.restore_all')}</option>
                  {version.published && <option value="data">{t('versions.restore_data')}</option>}
                  <option value="configuration">{t('versions.restore_configuration')}</option>
                </select>
                <button class="button" type="submit">
                  {t('versions.restore')}
                </button>
              </form>
            </details>
          )}
          <details class="confirm">
            <summary class="button quiet small" aria-label={`${t('office.edit')}: ${name}`}>
              {t('office.edit')}
            </summary>
            <div class="card stack">
              <form method="post" class="stack" action={back}>
                <Csrf action="label" />
                <input type="hidden" name="version" value={uid} />
                <Field id={`${uid}-label`} label={t('versions.label')}>
                  <input
                    id={`${uid}-label`}
                    name="label"
                    maxLength={200}
                    defaultValue={version.label ?? ''}
                  />
                </Field>
                <Field id={`${uid}-note`} label={t('versions.note')}>
                  <textarea id={`${uid}-note`} name="note" rows={2} defaultValue={version.note ?? ''} />
                </Field>
                <button class="button" type="submit">
                  {t('office.save')}
                </button>
              </form>
              {mayPublish && (
                <form method="post" action={back}>
                  <Csrf action="delete" />
                  <input type="hidden" name="version" value={uid} />
                  <button class="button danger small" type="submit">
                    {t('versions.delete')}
                  </button>
                </form>
              )}
            </div>
          </details>
        </div>
      </div>
    </li>
  )
}

function CompareForm({
  dataset,
  found,
  compared,
}: {
  readonly dataset: Dataset
  readonly found: readonly Version[]
  readonly compared: Compared | null
}): VNode {
  const { t } = useEnv()
  const states = found.filter(({ published }) => published)
  const choose = (id: 'from' | 'to', chosen: string | undefined) => (
    <Field id={id} label={t(`versions.${id}`)}>
      <select id={id} name={id}>
        {dataset.status.published && (
          <option value="current" selected={chosen === 'current'}>
            {t('versions.current')}
          </option>
        )}
        {states.map((version) => (
          <option
            key={version.version_uid}
            value={version.version_uid}
            selected={chosen === version.version_uid}
          >
            {nameOf(version)}
          </option>
        ))}
      </select>
    </Field>
  )
  return (
    <form class="card row compare-form" action={`${officePath(dataset.dataset_uid, tab)}#compare`}>
      {choose('from', compared?.from ?? states[0]?.version_uid)}
      {choose('to', compared?.to ?? 'current')}
      <button class="button secondary" type="submit">
        {t('versions.compare')}
      </button>
    </form>
  )
}

function Comparison({
  compared,
  dataset,
  found,
}: {
  readonly compared: Compared
  readonly dataset: Dataset
  readonly found: readonly Version[]
}): VNode {
  const { t } = useEnv()
  const { diff, records, count, from, to } = compared
  const stateName = (state: string) => {
    if (state === 'current') return t('versions.current')
    const version = found.find(({ version_uid }) => version_uid === state)
    return version ? nameOf(version) : state
  }
  const exported = (format: string) =>
    withQuery(apiPath(dataset.dataset_uid, '/diff/export'), { from, to, format })
  return (
    <section class="card stack" id="compare" aria-labelledby="compare-title">
      <h2 id="compare-title">
        {t('versions.differences')} <span class="muted small">{`${stateName(from)} → ${stateName(to)}`}</span>
      </h2>
      <Problem problem={compared.problem} />
      {diff && <DiffSummary diff={diff} />}
      {records.length > 0 && (
        <>
          <DiffRecords caption={t('dry_run.records')} records={records} />
          <p class="small">
            {records.length < count && `${t('versions.more_records', { count: count - records.length })} `}
            <a href={exported('csv')}>CSV</a> · <a href={exported('jsonl')}>JSON lines</a>
          </p>
        </>
      )}
    </section>
  )
}

async function compare({ api, params, url }: PageContext): Promise<Compared | null> {
  const from = url.searchParams.get('from')
  const to = url.searchParams.get('to') ?? 'current'
  if (from === null) return null
  const path = apiPath(params.uid!, '/diff')
  try {
    const [diff, page] = await Promise.all([
      api.get<Diff>(path, { from, to }),
      api.get<{ results: readonly DiffRecord[]; total_count: number }>(`${path}/records`, {
        from,
        to,
        limit: shownRecords,
      }),
    ])
    return { from, to, diff, records: page.results, count: page.total_count, problem: null }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const problem = { message: error.message, hint: error.hint }
    return { from, to, diff: null, records: [], count: 0, problem }
  }
}
