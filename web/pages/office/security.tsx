import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { useEnv } from '../../kit/env.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, officePath } from '../../office/types.ts'

const tab = 'security'
const policies = ['domain', 'restricted'] as const

/** Who may see the dataset. */
export const security = definePage({
  path: '/backoffice/datasets/:uid/security',
  area: 'office',
  layout: 'office',
  load: async (context) => ({ dataset: await loadDataset(context) }),
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const policy = policies.find((name) => name === form.get('policy')) ?? 'restricted'
    await api.send('PUT', apiPath(uid, '/security/access_policy'), policy)
    return doneAt(officePath(uid, tab), 'saved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset } = data
    const mayManage = context.session?.permissions.includes('manage_dataset')
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <form method="post" class="card stack" action={officePath(dataset.dataset_uid, tab)}>
          <Csrf />
          <fieldset class="plain-fieldset stack" disabled={!mayManage}>
            <legend>
              <h2>{t('security.who')}</h2>
            </legend>
            {policies.map((policy) => (
              <div key={policy} class="flag">
                <input
                  id={`policy-${policy}`}
                  name="policy"
                  type="radio"
                  value={policy}
                  defaultChecked={dataset.visibility === policy}
                  aria-describedby={`policy-${policy}-hint`}
                />
                <div>
                  <label for={`policy-${policy}`}>{t(`security.${policy}`)}</label>
                  <div class="small muted" id={`policy-${policy}-hint`}>
                    {t(`security.${policy}_hint`)}
                  </div>
                </div>
              </div>
            ))}
            <p class="small muted">{t('security.at_once')}</p>
            <div>
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </fieldset>
        </form>
      </DatasetFrame>
    )
  },
})
