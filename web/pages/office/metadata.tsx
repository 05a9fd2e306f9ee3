import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { useEnv } from '../../kit/env.ts'
import type { Form } from '../../kit/form.ts'
import { definePage } from '../../kit/page.ts'
import { DatasetFrame, datasetHead, loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { autosaveOf, draftOf } from '../../office/draft.ts'
import { apiPath, type MetadataEntry, officePath } from '../../office/types.ts'

const tab = 'metadata'
/** Typed as it is written: one on each line would be as good, but people paste lists with commas. */
const separator = ', '

/** What is said of the dataset: a form out of the templates, saved by itself. */
export const metadata = definePage({
  path: '/backoffice/datasets/:uid/metadata',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const path = apiPath(context.params.uid!, '/metadata')
    const [dataset, entries] = await Promise.all([
      loadDataset(context),
      context.api.get<readonly MetadataEntry[]>(path, { expand: 'definition' }),
    ])
    return { dataset, entries }
  },
  act: async ({ api, params }, form) => {
    const uid = params.uid!
    const path = apiPath(uid, '/metadata')
    const entries = await api.get<readonly MetadataEntry[]>(path, { expand: 'definition' })
    const metas = entries
      .filter((entry) => form.has(`is.${nameOf(entry)}`))
      .map((entry) => ({ entry, value: readValue(entry, form) }))
      .filter(({ entry, value }) => JSON.stringify(value) !== JSON.stringify(entry.value ?? null))
      .map(({ entry, value }) => ({
        template_name: entry.template.name,
        metadata_name: entry.name,
        value,
      }))
    if (metas.length > 0) await api.send('PUT', path, { metas })
    return doneAt(officePath(uid, tab), 'saved')
  },
  head: ({ dataset }, context) => datasetHead(tab, dataset, context),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, entries } = data
    const templates = [...new Map(entries.map(({ template }) => [template.name, template])).values()]
    return (
      <DatasetFrame dataset={dataset} tab={tab}>
        <form
          method="post"
          class="stack"
          action={officePath(dataset.dataset_uid, tab)}
          {...draftOf(t, `metadata-${dataset.dataset_uid}`)}
          {...autosaveOf(t)}
        >
          <Csrf />
          {templates.map(({ name, label }, index) => (
            <details key={name} class="card" open={index === 0}>
              <summary>
                <h2>{label}</h2>
              </summary>
              <div class="stack spaced">
                {entries
                  .filter(({ template }) => template.name === name)
                  .map((entry) => (
                    <MetadataField key={entry.name} entry={entry} form={context.sent?.form} />
                  ))}
              </div>
            </details>
          ))}
          <div class="sticky-bar row end">
            <span class="grow muted small" data-save-state role="status">
              {t('metadata.lead')}
            </span>
            <button class="button" type="submit">
              {t('office.save')}
            </button>
          </div>
        </form>
      </DatasetFrame>
    )
  },
})

const nameOf = ({ template, name }: MetadataEntry) => `${template.name}.${name}`

function MetadataField({
  entry,
  form,
}: {
  readonly entry: MetadataEntry
  readonly form: Form | undefined
}): VNode {
  const { t } = useEnv()
  const { definition } = entry
  const name = nameOf(entry)
  const id = `meta-${name.replaceAll('.', '-')}`
  const label = definition.label ?? entry.name
  const options = choicesOf(entry)
  const text = form ? form.get(name) : textOf(entry.value)
  const hints = [definition.type === 'multitext' ? t('start.commas') : '', definition.help_text ?? '']
  const hint = hints.filter((one) => one !== '').join('. ')
  const common = { id, name, ...(hint === '' ? {} : { 'aria-describedby': `${id}-hint` }) }
  return (
    <>
      <input type="hidden" name={`is.${name}`} value="" />
      {definition.type === 'boolean' ? (
        <Field id={id} label={label} hint={hint || undefined}>
          <select {...common}>
            {['', 'true', 'false'].map((value) => (
              <option key={value} value={value} selected={value === text}>
                {value === '' ? '' : t(value === 'true' ? 'yes' : 'no')}
              </option>
            ))}
          </select>
        </Field>
      ) : (
        <Field id={id} label={label} hint={hint || undefined}>
          {definition.type === 'html' || definition.type === 'object' ? (
            <textarea {...common} rows={5} defaultValue={text} />
          ) : options.length > 0 && definition.type !== 'multitext' ? (
            <select {...common}>
              <option value="" />
              {[...new Set([...options, ...(text === '' ? [] : [text])])].map((value) => (
                <option key={value} value={value} selected={value === text}>
                  {value}
                </option>
              ))}
            </select>
          ) : (
            <>
              <input
                {...common}
                type={definition.type === 'date' ? 'date' : 'text'}
                defaultValue={text}
                {...(options.length > 0 ? { list: `${id}-choices` } : {})}
              />
              {options.length > 0 && (
                <datalist id={`${id}-choices`}>
                  {options.map((value) => (
                    <option key={value} value={value} />
                  ))}
                </datalist>
              )}
            </>
          )}
        </Field>
      )}
    </>
  )
}

function choicesOf({ definition }: MetadataEntry): readonly string[] {
  const all = definition.choices ?? definition.values ?? []
  return all.flatMap((item) => {
    if (typeof item === 'string') return [item]
    const value = (item as { value?: unknown; name?: unknown } | null)?.value
    return typeof value === 'string' ? [value] : []
  })
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join(separator)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function readValue(entry: MetadataEntry, form: Form): unknown {
  const text = form.get(nameOf(entry)).trim()
  if (text === '') return null
  switch (entry.definition.type) {
    case 'boolean':
      return text === 'true'
    case 'multitext': {
      const items = text.split(',').map((item) => item.trim())
      return items.filter((item) => item !== '')
    }
    case 'int':
    case 'double':
      return Number.isNaN(Number(text)) ? text : Number(text)
    case 'object':
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
    default:
      return text
  }
}
