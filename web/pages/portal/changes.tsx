import type { VNode } from 'preact'
import { DiffRecords } from '../../components/diff-records.tsx'
import { DiffSummary } from '../../components/diff-summary.tsx'
import { Field } from '../../components/field.tsx'
import { Pagination } from '../../components/pagination.tsx'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { definePage, NotFound, Redirect } from '../../kit/page.ts'
import type { Diff, DiffRecord } from '../../office/types.ts'
import { type Dataset, datasetPath, pagePath, titleOf } from '../../portal/dataset.ts'
import { pageOf } from '../../portal/load-dataset.ts'
import { loadPublic, type Version, versionsPath } from '../../portal/version-list.ts'

interface ChangesData {
  readonly dataset: Dataset
  readonly versions: readonly Version[]
  readonly from: string
  readonly to: string
  readonly diff: Diff
  readonly records: readonly DiffRecord[]
  readonly count: number
  readonly page: number
}

const pageSize = 50
/** As many as one answer has. */
const mostVersions = 100

export const changesPath = (id: string, from: string, to: string, page = 1) =>
  withQuery(`/explore/dataset/${encodeURIComponent(id)}/changes/`, {
    from,
    to,
    page: page > 1 ? page : null,
  })

/** What differs between two versions, or since one, record by record. */
export const changes = definePage<ChangesData>({
  path: '/explore/dataset/:id/changes',
  area: 'portal',
  layout: 'portal',
  async load(context) {
    const { api, params, url, lang } = context
    const id = params.id!
    const dataset = await api.get<Dataset>(datasetPath(id), { lang })
    const versions = await loadPublic(context, dataset, mostVersions)
    if (versions.length === 0) throw new NotFound()
    const to = url.searchParams.get('to') || 'current'
    const from = url.searchParams.get('from') || versions[0]!.version_uid
    if (dataset.dataset_id !== id) throw new Redirect(changesPath(dataset.dataset_id, from, to), 308)
    const path = `${versionsPath(id)}/diff`
    const diff = await api.get<Diff>(path, { from, to })
    const { added, removed, changed } = diff.records
    const count = added + removed + changed
    const page = pageOf(url, Math.ceil(count / pageSize))
    const { results } = await api.get<{ results: readonly DiffRecord[] }>(`${path}/records`, {
      from,
      to,
      limit: pageSize,
      offset: (page - 1) * pageSize,
    })
    return { dataset, versions, from, to, diff, records: results, count, page }
  },
  head: ({ dataset }, { t }) => ({
    title: t('named', { name: titleOf(dataset), value: t('versions.differences') }),
    robots: 'noindex',
  }),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    const { dataset, versions, from, to, diff, records, count, page } = data
    const id = dataset.dataset_id
    const nameOf = (uid: string) =>
      versions.find(({ version_uid }) => version_uid === uid)?.label ?? t('versions.now')
    return (
      <div class="page stack">
        <header>
          <nav class="small crumbs" aria-label={t('nav.crumbs')}>
            <a href="/explore">{t('nav.explore')}</a>
            <a href={pagePath(id)}>{titleOf(dataset)}</a>
          </nav>
          <h1>{t('versions.differences')}</h1>
          <p class="muted">{`${nameOf(from)} → ${nameOf(to)}`}</p>
        </header>
        <PairForm data={data} />
        <section class="card stack" aria-label={t('versions.differences')}>
          <DiffSummary diff={diff} />
          {records.length > 0 && <DiffRecords caption={t('dry_run.records')} records={records} />}
        </section>
        <Pagination
          page={page}
          pages={Math.ceil(count / pageSize)}
          hrefOf={(number) => changesPath(id, from, to, number)}
        />
      </div>
    )
  },
})

function PairForm({ data }: { readonly data: ChangesData }): VNode {
  const { t, format } = useEnv()
  const { dataset, versions } = data
  const choose = (name: 'from' | 'to') => (
    <Field id={name} label={t(`versions.${name}`)}>
      <select id={name} name={name}>
        <option value="current" selected={data[name] === 'current'}>
          {t('versions.now')}
        </option>
        {versions.map(({ version_uid: uid, label, created_at: at }) => (
          <option key={uid} value={uid} selected={data[name] === uid}>
            {`${label} (${format.date(at)})`}
          </option>
        ))}
      </select>
    </Field>
  )
  return (
    <form
      class="card row compare-form"
      action={`/explore/dataset/${encodeURIComponent(dataset.dataset_id)}/changes/`}
    >
      {choose('from')}
      {choose('to')}
      <button class="button secondary" type="submit">
        {t('versions.compare')}
      </button>
    </form>
  )
}
