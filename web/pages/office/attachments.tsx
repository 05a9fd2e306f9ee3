import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { apiPath, management, officePath } from '../../office/types.ts'

interface Attachment {
  readonly attachment_uid: string
  readonly title: string
  readonly description: string | null
}

const tab = 'attachments'

/** Files that readers get beside the records. */
export const attachments = definePage({
  path: '/backoffice/datasets/:uid/attachments',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const [dataset, found] = await Promise.all([
      loadDataset(context),
      context.api.get<readonly Attachment[]>(apiPath(context.params.uid!, '/attachments')),
    ])
    return { dataset, found }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const path = apiPath(uid, '/attachments')
    const one = `${path}/${encodeURIComponent(form.get('attachment'))}`
    const back = officePath(uid, tab)
    const said = { title: form.get('title').trim(), description: form.get('description').trim() }
    switch (form.get(actionField)) {
      case 'delete':
        await api.send('DELETE', one)
        return doneAt(back, 'deleted')
      case 'edit':
        await api.send('PUT', one, said)
        return doneAt(back, 'saved')
      default: {
        const { url } = await api.send<{ url: string }>('POST', `${management}/files`, form.file ?? undefined)
        await api.send('POST', path, { url, ...(said.title === '' ? {} : { title: said.title }) })
        return doneAt(back, 'saved')
      }
    }
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data }): VNode => {
    const { t } = useEnv()
    const { dataset, found } = data
    const back = officePath(dataset.dataset_uid, tab)
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <p class="lead">{t('attachments.lead')}</p>
        {found.map(({ attachment_uid: uid, title, description }) => (
          <section key={uid} class="card stack" aria-label={title}>
            <form method="post" class="stack" action={back}>
              <Csrf action="edit" />
              <input type="hidden" name="attachment" value={uid} />
              <div class="form-grid">
                <Field id={`${uid}-title`} label={t('start.name')}>
                  <input id={`${uid}-title`} name="title" required defaultValue={title} />
                </Field>
                <Field id={`${uid}-description`} label={t('fields.description')}>
                  <input id={`${uid}-description`} name="description" defaultValue={description ?? ''} />
                </Field>
              </div>
              <div class="row">
                <button class="button secondary" type="submit">
                  {t('office.save')}
                </button>
                <a
                  class="button quiet"
                  href={apiPath(dataset.dataset_uid, `/download_attachment/${uid}`)}
                  aria-label={`${t('attachments.download')}: ${title}`}
                >
                  {t('attachments.download')}
                </a>
              </div>
            </form>
            <form method="post" action={back}>
              <Csrf action="delete" />
              <input type="hidden" name="attachment" value={uid} />
              <button
                class="button secondary small"
                type="submit"
                aria-label={`${t('office.delete')}: ${title}`}
              >
                {t('office.delete')}
              </button>
            </form>
          </section>
        ))}
        <form method="post" class="card stack" action={back} encType="multipart/form-data">
          <Csrf action="add" />
          <h2>{t('attachments.add')}</h2>
          <Field id="title" label={`${t('start.name')} (${t('office.optional')})`}>
            <input id="title" name="title" />
          </Field>
          <Field id="file" label={t('sources.file')}>
            <input id="file" name="file" type="file" required />
          </Field>
          <div>
            <button class="button" type="submit">
              {t('create.upload')}
            </button>
          </div>
        </form>
      </DatasetFrame>
    )
  },
})
