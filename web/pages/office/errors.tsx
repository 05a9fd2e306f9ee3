import type { VNode } from 'preact'
import { Neighbours } from '../../components/pagination.tsx'
import { withQuery } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { apiPath, officePath } from '../../office/types.ts'

const rows = 50

interface RecordError {
  readonly record_id: string | null
  readonly field_uid: string | null
  readonly message: string
  readonly raw_params: Readonly<Record<string, unknown>>
  readonly reason: string | null
}

/** Values that the last publish could not handle, or the dry run whose `generation` is asked for. */
export const errors = definePage({
  path: '/backoffice/datasets/:uid/errors',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const page = Math.max(1, Number.parseInt(url.searchParams.get('page') ?? '1', 10) || 1)
    const generation = url.searchParams.get('generation') || undefined
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      api.get<readonly RecordError[]>(apiPath(params.uid!, '/records_errors'), { rows, page, generation }),
    ])
    return { dataset, found, page, generation }
  },
  head: ({ dataset }, context) => datasetHead('', dataset, context),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    const { dataset, found, page, generation } = data
    const back = officePath(dataset.dataset_uid, 'errors')
    return (
      <DatasetFrame dataset={dataset} tab="">
        <h2>{t('errors.title')}</h2>
        <p class="lead">{t(generation ? 'errors.lead_dry_run' : 'errors.lead')}</p>
        {found.length === 0 ? (
          <p class="card empty">{t('errors.none')}</p>
        ) : (
          <div class="card flush">
            <table class="list cards-on-phone">
              <thead>
                <tr>
                  <th scope="col">{t('diff.record')}</th>
                  <th scope="col">{t('errors.field')}</th>
                  <th scope="col">{t('errors.what')}</th>
                </tr>
              </thead>
              <tbody>
                {found.map((error, index) => (
                  <tr key={index}>
                    <td>
                      <code>{error.record_id?.slice(0, 10) ?? '–'}</code>
                    </td>
                    <td>{error.field_uid ?? '–'}</td>
                    <td>
                      {error.message}
                      {error.reason && error.reason !== 'conversion' && (
                        <div class="small muted">{error.reason}</div>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        <Neighbours
          page={page}
          hasNext={found.length === rows}
          hrefOf={(to) => withQuery(back, { generation, page: to })}
        />
      </DatasetFrame>
    )
  },
})
