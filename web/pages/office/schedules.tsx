import type { VNode } from 'preact'
import { changeSchedules, Schedules } from '../../components/schedules.tsx'
import { useEnv } from '../../kit/env.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, officePath, type Schedule } from '../../office/types.ts'

const tab = 'schedules'

/** When the dataset is published by itself. */
export const schedules = definePage({
  path: '/backoffice/datasets/:uid/schedules',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      context.api.get<readonly Schedule[]>(apiPath(context.params.uid!, '/schedules')),
    ])
    return { dataset, found }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    return doneAt(officePath(uid, tab), await changeSchedules(api, apiPath(uid, '/schedules'), form))
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, found } = data
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        {found.length === 0 && <p class="card empty">{t('schedules.none')}</p>}
        <Schedules
          found={found}
          back={officePath(dataset.dataset_uid, tab)}
          form={context.sent?.form}
          title={t('schedules.add')}
        />
      </DatasetFrame>
    )
  },
})
