import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import DatasetActions, { shownJobs } from '../../islands/dataset-actions.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { Island } from '../../kit/island.tsx'
import { definePage, type PageContext, Redirect } from '../../kit/page.ts'
import { isAction, runAction } from '../../office/actions.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, type Dataset, isWorking, type Job, officePath, type Resource } from '../../office/types.ts'

/** One dataset: its status, its actions, what was done last. */
export const overview = definePage({
  path: '/backoffice/datasets/:uid',
  area: 'office',
  layout: 'office',
  islands: ['dataset-actions'],
  load: async (context) => {
    const uid = context.params.uid!
    const [dataset, jobs, resources] = await Promise.all([
      loadDataset(context),
      context.api.get<readonly Job[]>(apiPath(uid, '/jobs'), { rows: shownJobs }),
      context.api.get<readonly Resource[]>(apiPath(uid, '/resources')),
    ])
    return { dataset, jobs, resources }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const action = form.get(actionField)
    if (isAction(action)) {
      await runAction(api, uid, action, (name) => form.get(name))
      return doneAt(officePath(uid), action === 'save_version' ? 'version_saved' : 'ordered')
    }
    if (action === 'delete') {
      await api.send('DELETE', apiPath(uid))
      return doneAt('/backoffice/datasets', 'deleted')
    }
    if (action === 'rename') {
      await api.send('PUT', apiPath(uid), { dataset_id: form.get('dataset_id').trim() })
      return doneAt(officePath(uid), 'saved')
    }
    return new Redirect(officePath(uid))
  },
  head: (data, context) => ({
    ...datasetHead('', data.dataset, context),
    // Without JavaScript the page looks again by itself while something is under way.
    ...(isWorking(data.dataset.status) ? { refreshSeconds: 3 } : {}),
  }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, jobs, resources } = data
    const mayPublish = dataset.rights.includes('publish_dataset')
    return (
      <DatasetFrame dataset={dataset} tab="">
        {resources.length === 0 ? (
          <p class="notice warn">
            <span>
              {t('overview.no_source')}{' '}
              <a href={officePath(dataset.dataset_uid, 'sources')}>{t('overview.add_source')}</a>
            </span>
          </p>
        ) : null}
        <Island name="dataset-actions" of={DatasetActions} props={{ dataset, jobs, mayPublish }} />
        <Housekeeping dataset={dataset} context={context} />
      </DatasetFrame>
    )
  },
})

function Housekeeping({
  dataset,
  context,
}: {
  readonly dataset: Dataset
  readonly context: PageContext
}): VNode {
  const { t, format } = useEnv()
  return (
    <details class="card">
      <summary class="strong">{t('overview.identity')}</summary>
      <div class="stack spaced">
        <p class="muted">
          {dataset.dataset_uid} ·{' '}
          {t('overview.created', {
            date: format.dateTime(dataset.created_at),
            name: dataset.owner.username,
          })}
        </p>
        <form method="post" class="row">
          <Csrf action="rename" />
          <Field id="dataset_id" label={t('overview.id')} hint={t('overview.id_hint')}>
            <input
              id="dataset_id"
              name="dataset_id"
              required
              defaultValue={context.sent?.form.get('dataset_id') || dataset.dataset_id}
              aria-describedby="dataset_id-hint"
              disabled={dataset.status.published}
            />
          </Field>
          <button class="button secondary" type="submit" disabled={dataset.status.published}>
            {t('overview.rename')}
          </button>
        </form>
        <details class="confirm">
          <summary class="button danger">{t('overview.delete')}</summary>
          <form method="post" class="card stack">
            <Csrf action="delete" />
            <p>{t('overview.delete_text')}</p>
            <button class="button danger" type="submit">
              {t('overview.delete_sure')}
            </button>
          </form>
        </details>
      </div>
    </details>
  )
}
