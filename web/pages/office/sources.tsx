import type { VNode } from 'preact'
import { ArgumentFields, readArguments } from '../../components/argument-fields.tsx'
import { ConnectionField } from '../../components/connection-field.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { PreviewTable } from '../../components/preview-table.tsx'
import { Problem } from '../../components/problem.tsx'
import { ApiError } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import { definePage, type PageContext, Redirect } from '../../kit/page.ts'
import type { Connection } from '../../office/connection-form.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import { sourceAddressIn } from '../../office/source-address.ts'
import {
  apiPath,
  type Extractor,
  management,
  officePath,
  type Preview,
  type Resource,
} from '../../office/types.ts'

const tab = 'sources'

/** Where the records come from. */
export const sources = definePage({
  path: '/backoffice/datasets/:uid/sources',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const { api, params, url } = context
    const uid = params.uid!
    const [dataset, resources, extractors, connections] = await Promise.all([
      loadDataset(context),
      api.get<readonly Resource[]>(apiPath(uid, '/resources')),
      api.get<readonly Extractor[]>(`${management}/extractors`),
      api.get<readonly Connection[]>(`${management}/connections`),
    ])
    const shown = resources.find(({ resource_uid }) => resource_uid === url.searchParams.get('preview'))
    const looked = shown ? await lookAt(context, shown) : null
    return { dataset, resources, extractors, connections, looked }
  },
  act: async (context, form) => {
    const { api, params } = context
    const uid = params.uid!
    const path = apiPath(uid, '/resources')
    const back = officePath(uid, tab)
    const action = form.get(actionField)
    const resources = await api.get<readonly Resource[]>(path)
    const resource = resources.find(({ resource_uid }) => resource_uid === form.get('resource'))
    if (action === 'delete' && resource) {
      await api.send('DELETE', `${path}/${resource.resource_uid}`)
      return doneAt(back, 'deleted')
    }
    if (action === 'edit' && resource) {
      await api.send('PUT', `${path}/${resource.resource_uid}`, await edited(context, resource, form))
      return doneAt(back, 'saved')
    }
    if (action === 'file' || action === 'url') {
      const { url, params } =
        action === 'file' ? { url: await store(context, form), params: {} } : await sourceAddressIn(api, form)
      const found = await api.send<{ resource: { params: object } }>(
        'POST',
        `${management}/describe_source`,
        {
          url,
          params,
        },
      )
      if (resource) {
        const { title, type, params: given } = resource
        await api.send('PUT', `${path}/${resource.resource_uid}`, { url, title, type, params: given })
      } else
        await api.send('POST', path, { ...found.resource, params: { ...found.resource.params, ...params } })
      return doneAt(back, 'saved')
    }
    return new Redirect(back)
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, resources, extractors, connections, looked } = data
    const back = officePath(dataset.dataset_uid, tab)
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        {resources.map((resource) => (
          <ResourceCard
            key={resource.resource_uid}
            resource={resource}
            extractors={extractors}
            connections={connections}
            looked={looked?.uid === resource.resource_uid ? looked : null}
            back={back}
            context={context}
          />
        ))}
        <section class="stack" aria-labelledby="add">
          <h2 id="add">{t('sources.add')}</h2>
          <div class="create-ways">
            <form method="post" class="card stack" action={back} encType="multipart/form-data">
              <Csrf action="file" />
              <Field id="file" label={t('sources.file')}>
                <input id="file" name="file" type="file" required />
              </Field>
              <div>
                <button class="button" type="submit">
                  {t('create.upload')}
                </button>
              </div>
            </form>
            <form
              method="post"
              class="card stack"
              action={back}
              {...draftOf(t, `source-${dataset.dataset_uid}`)}
            >
              <Csrf action="url" />
              <Field id="url" label={t('create.url')} hint={t('sources.url_hint')}>
                <input
                  id="url"
                  name="url"
                  required
                  inputMode="url"
                  placeholder="https://"
                  defaultValue={context.sent?.form.get('url')}
                  aria-describedby="url-hint"
                />
              </Field>
              <ConnectionField
                id="connection"
                connections={connections}
                chosen={context.sent?.form.get('connection') ?? ''}
              />
              <div>
                <button class="button" type="submit">
                  {t('office.add')}
                </button>
              </div>
            </form>
          </div>
        </section>
      </DatasetFrame>
    )
  },
})

interface Looked {
  readonly uid: string
  readonly preview: Preview | null
  readonly problem: { readonly message: string; readonly hint: string } | null
}

function ResourceCard({
  resource,
  extractors,
  connections,
  looked,
  back,
  context,
}: {
  readonly resource: Resource
  readonly extractors: readonly Extractor[]
  readonly connections: readonly Connection[]
  readonly looked: Looked | null
  readonly back: string
  readonly context: PageContext
}): VNode {
  const { t } = useEnv()
  const { resource_uid: uid, title, url, type } = resource
  const extractor = extractors.find((one) => one.type === type)
  const isSent = context.sent?.form.get('resource') === uid
  return (
    <section class="card stack" id={uid} aria-labelledby={`${uid}-title`}>
      <div class="row">
        <div class="grow">
          <h2 id={`${uid}-title`}>{title || url}</h2>
          <p class="small muted source-address">
            {extractor?.label ?? type} · {url}
          </p>
        </div>
        <a
          class="button secondary small"
          href={`${back}?preview=${uid}#${uid}`}
          aria-label={`${t('sources.preview')}: ${title}`}
        >
          {t('sources.preview')}
        </a>
        <details class="confirm">
          <summary class="button secondary small">
            <Icon name="trash" />
            {t('office.delete')}
          </summary>
          <form method="post" class="card stack" action={back}>
            <Csrf action="delete" />
            <input type="hidden" name="resource" value={uid} />
            <p>{t('sources.delete_text')}</p>
            <button class="button danger" type="submit">
              {t('office.delete')}
            </button>
          </form>
        </details>
      </div>
      <Problem problem={looked?.problem} />
      {looked?.preview && <PreviewTable caption={t('sources.preview')} {...looked.preview} />}
      {url.startsWith('odsfile:') && (
        <form method="post" class="row spaced" action={back} encType="multipart/form-data">
          <Csrf action="file" />
          <input type="hidden" name="resource" value={uid} />
          <label for={`${uid}-file`}>{t('sources.replace')}</label>
          <input id={`${uid}-file`} name="file" type="file" required />
          <button class="button secondary" type="submit">
            {t('create.upload')}
          </button>
        </form>
      )}
      {extractor && (
        <details open={isSent}>
          <summary>{t('sources.settings')}</summary>
          <form method="post" class="stack spaced" action={back} {...draftOf(t, `resource-${uid}`)}>
            <Csrf action="edit" />
            <input type="hidden" name="resource" value={uid} />
            <div class="form-grid">
              <Field id={`${uid}-name`} label={t('sources.title')}>
                <input id={`${uid}-name`} name="title" defaultValue={title} />
              </Field>
              {!url.startsWith('odsfile:') && (
                <Field id={`${uid}-url`} label={t('create.url')}>
                  <input id={`${uid}-url`} name="url" defaultValue={url} required />
                </Field>
              )}
              {!url.startsWith('odsfile:') && (
                <ConnectionField
                  id={`${uid}-connection`}
                  connections={connections}
                  chosen={String(resource.params.connection ?? '')}
                />
              )}
              <Field id={`${uid}-type`} label={t('sources.extractor')}>
                <select id={`${uid}-type`} name="type">
                  {extractors.map((one) => (
                    <option key={one.type} value={one.type} selected={one.type === type}>
                      {one.label}
                    </option>
                  ))}
                </select>
              </Field>
            </div>
            <ArgumentFields id={uid} args={extractor.parameters} values={resource.params} fieldNames={[]} />
            <div>
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </form>
        </details>
      )}
    </section>
  )
}

/** What the form does not show (credentials, paging) stays as it is; another extractor has other parameters. */
async function edited({ api }: PageContext, resource: Resource, form: Form): Promise<object> {
  const type = form.get('type') || resource.type
  const extractors = await api.get<readonly Extractor[]>(`${management}/extractors`)
  const parametersOf = (name: string) => extractors.find((one) => one.type === name)?.parameters ?? []
  const known = new Set(parametersOf(resource.type).map(({ name }) => name))
  const others = Object.fromEntries(Object.entries(resource.params).filter(([name]) => !known.has(name)))
  const own = type === resource.type ? readArguments(parametersOf(type), form) : {}
  if (form.has('connection')) {
    delete others.connection
    if (form.get('connection') !== '') others.connection = form.get('connection')
  }
  const { url } = await sourceAddressIn(api, form)
  return {
    url: url || resource.url,
    title: form.get('title').trim() || resource.title,
    type,
    params: { ...others, ...own },
  }
}

async function store({ api }: PageContext, form: Form): Promise<string> {
  const stored = await api.send<{ url: string }>('POST', `${management}/files`, form.file ?? undefined)
  return stored.url
}

async function lookAt({ api, params }: PageContext, { resource_uid: uid }: Resource): Promise<Looked> {
  try {
    const preview = await api.get<Preview>(apiPath(params.uid!, `/resources/${uid}/preview`))
    return { uid, preview, problem: null }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { uid, preview: null, problem: { message: error.message, hint: error.hint } }
  }
}
