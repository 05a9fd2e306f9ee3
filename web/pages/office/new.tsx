import type { VNode } from 'preact'
import CreateDataset from '../../islands/create-dataset.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { Island } from '../../kit/island.tsx'
import { definePage, type PageContext, Redirect } from '../../kit/page.ts'
import type { Connection } from '../../office/connection-form.ts'
import { createFrom } from '../../office/create.ts'
import { requireRight } from '../../office/require-right.ts'
import { sourceAddressIn } from '../../office/source-address.ts'
import { management, officePath } from '../../office/types.ts'

/** A dataset out of a file or an address. */
export const newDataset = definePage({
  path: '/backoffice/new',
  area: 'office',
  layout: 'office',
  islands: ['create-dataset'],
  load: async (context) => {
    requireRight(context, 'create_dataset')
    const { api, session, sent, url } = context
    const mayUse = session?.permissions.includes('edit_dataset') ?? false
    const found = mayUse ? await api.get<readonly Connection[]>(`${management}/connections`) : []
    return {
      url: sent?.form.get('url') ?? url.searchParams.get('url') ?? '',
      connection: sent?.form.get('connection') ?? '',
      connections: found.map(({ connection_uid, name }) => ({ connection_uid, name })),
    }
  },
  act: async (context, form) => {
    const source =
      form.get(actionField) === 'file'
        ? { url: await store(context, form), params: {} }
        : await sourceAddressIn(context.api, form)
    return new Redirect(officePath(await createFrom(context.api, [source], ''), 'start'))
  },
  head: (_data, { t }) => ({ title: t('datasets.new'), robots: 'noindex' as const }),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    return (
      <>
        <h1>{t('datasets.new')}</h1>
        <p class="lead">{t('create.lead')}</p>
        <Island name="create-dataset" of={CreateDataset} props={data} />
      </>
    )
  },
})

async function store({ api }: PageContext, form: Form): Promise<string> {
  const stored = await api.send<{ url: string }>('POST', `${management}/files`, form.file ?? undefined)
  return stored.url
}
