import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Icon } from '../../components/icon.tsx'
import { Neighbours } from '../../components/pagination.tsx'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, type Change, officePath } from '../../office/types.ts'

const tab = 'changes'
const rows = 30

/** Who changed what, when; each edit can be undone. */
export const changes = definePage({
  path: '/backoffice/datasets/:uid/changes',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      api.get<readonly Change[]>(apiPath(params.uid!, '/changes'), { rows, page }),
    ])
    return { dataset, found, page }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    await api.send('PUT', apiPath(uid, '/restore_change'), { change_uid: form.get('change') })
    return doneAt(officePath(uid, tab), 'restored')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data }): VNode => {
    const { dataset, found, page } = data
    const back = officePath(dataset.dataset_uid, tab)
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <ol class="plain card flush changes">
          {found.map((change) => (
            <ChangeLine key={change.change_uid} change={change} back={back} />
          ))}
        </ol>
        <Neighbours
          page={page}
          hasNext={found.length === rows}
          hrefOf={(to) => withQuery(back, { page: to })}
        />
      </DatasetFrame>
    )
  },
})

const kinds = new Set([
  'create',
  'edit',
  'restore_change',
  'publish',
  'abort',
  'unpublish',
  'undo_unpublish',
  'restore',
  'save_version',
  'delete_version',
])

/** A line; what it changed is folded. */
function ChangeLine({ change, back }: { readonly change: Change; readonly back: string }): VNode {
  const { t, format } = useEnv()
  const { change_uid: uid, kind, sections, diff } = change
  const title = kinds.has(kind) ? t(`change.${kind}` as MessageKey) : kind
  const entries = Object.values(diff).flat()
  const count = entries.length + change.omitted_count
  const line = (
    <>
      <strong>{title}</strong>{' '}
      {sections.map((section) => (
        <span key={section} class="tag">
          {t(`section.${section}` as MessageKey)}
        </span>
      ))}{' '}
      <span class="muted small">
        <time dateTime={change.timestamp}>{format.dateTime(change.timestamp)}</time> ·{' '}
        {t('office.by', { name: change.user.username })}
        {entries.length > 0 && <> · {t('changes.differences', { count })}</>}
      </span>
    </>
  )
  return (
    <li class="change row">
      <div class="grow">
        {entries.length === 0 ? (
          <p>{line}</p>
        ) : (
          <details>
            <summary>{line}</summary>
            <ul class="change-diff small">
              {entries.map((entry) => (
                <li key={entry.path.join('/')}>
                  <code>{entry.path.join(' › ')}</code>{' '}
                  {entry.old_value !== null && <del>{printed(entry.old_value)}</del>}{' '}
                  {entry.new_value !== null && <ins>{printed(entry.new_value)}</ins>}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {change.job_id && (
        <a
          class="small"
          href={`/backoffice/jobs/${change.job_id}`}
          aria-label={`${t('jobs.what')}: ${title} ${uid}`}
        >
          {t('jobs.what')}
        </a>
      )}
      {change.can_restore && (
        <form method="post" class="inline" action={back}>
          <Csrf />
          <input type="hidden" name="change" value={uid} />
          <button
            class="button secondary small"
            type="submit"
            aria-label={`${t('changes.undo')}: ${title} ${uid}`}
          >
            <Icon name="undo" />
            {t('changes.undo')}
          </button>
        </form>
      )}
    </li>
  )
}

const printed = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 300)
