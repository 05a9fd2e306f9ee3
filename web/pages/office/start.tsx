import type { VNode } from 'preact'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { PreviewTable } from '../../components/preview-table.tsx'
import { Problem } from '../../components/problem.tsx'
import { ApiError } from '../../kit/api.ts'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage, type PageContext } from '../../kit/page.ts'
import { ask } from '../../office/ask.ts'
import { loadDataset } from '../../office/dataset-page.tsx'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import {
  type FieldPlan,
  fieldTypes,
  likelyType,
  looksLikeFacet,
  planFields,
} from '../../office/field-plan.ts'
import { saveFields } from '../../office/save-fields.ts'
import { apiPath, officePath, type ProcessorPreview, type Step, titleOf } from '../../office/types.ts'

interface Licenses {
  readonly licenses: readonly { readonly label: string }[]
}

/** Between creating and publishing: the first records, types and facets as they are guessed, a title; then publish. */
export const start = definePage({
  path: '/backoffice/datasets/:uid/start',
  area: 'office',
  layout: 'office',
  load: async (context) => {
    const dataset = await loadDataset(context)
    const { licenses } = await context.api.get<Licenses>('/api/portal/v1/domain')
    const { plans, preview, problem } = await loadPlans(context)
    return {
      dataset,
      licenses,
      plans,
      preview,
      problem: problem && { message: problem.message, hint: problem.hint },
    }
  },
  act: async (context, form) => {
    const { api, params } = context
    const uid = params.uid!
    await saveMetadata(context, form)
    const { plans, columns, problem } = await loadPlans(context)
    if (problem) throw problem
    await saveFields(
      api,
      uid,
      columns,
      plans.map((plan) => changed(plan, form)),
    )
    if (form.get(actionField) !== 'publish') return doneAt(officePath(uid), 'saved')
    await api.send('PUT', apiPath(uid, '/publish'), {})
    return doneAt(officePath(uid), 'ordered')
  },
  head: ({ dataset }, { t }) => ({
    title: `${t('start.title')} · ${titleOf(dataset)}`,
    robots: 'noindex' as const,
  }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const { dataset, licenses, plans, preview } = data
    const form = context.sent?.form
    const meta = (name: string) => {
      const value = dataset.metas.default?.[name]
      return form?.get(name) ?? (Array.isArray(value) ? value.join(', ') : String(value ?? ''))
    }
    const mayPublish = context.session?.permissions.includes('publish_dataset')
    return (
      <form method="post" class="stack" {...draftOf(t, `start-${dataset.dataset_uid}`)}>
        <Csrf />
        <div class="row title-row">
          <h1 class="grow">{t('start.title')}</h1>
          <a class="button quiet" href={officePath(dataset.dataset_uid)}>
            {t('start.all_settings')}
          </a>
        </div>
        <Problem problem={data.problem} />
        <section class="card stack" aria-labelledby="about">
          <h2 id="about">{t('start.about')}</h2>
          <div class="form-grid">
            <Field id="title" label={t('start.name')} isRequired>
              <input id="title" name="title" required defaultValue={form?.get('title') ?? titleOf(dataset)} />
            </Field>
            <Field id="license" label={t('start.license')}>
              <input id="license" name="license" list="licenses" defaultValue={meta('license')} />
              <datalist id="licenses">
                {licenses.map(({ label }) => (
                  <option key={label} value={label} />
                ))}
              </datalist>
            </Field>
            <Field id="theme" label={t('start.theme')} hint={t('start.commas')}>
              <input id="theme" name="theme" defaultValue={meta('theme')} aria-describedby="theme-hint" />
            </Field>
            <Field id="keyword" label={t('start.keyword')} hint={t('start.commas')}>
              <input
                id="keyword"
                name="keyword"
                defaultValue={meta('keyword')}
                aria-describedby="keyword-hint"
              />
            </Field>
          </div>
          <Field id="description" label={t('start.description')}>
            <textarea id="description" name="description" rows={3} defaultValue={meta('description')} />
          </Field>
        </section>
        {preview && (
          <section class="card stack" aria-labelledby="fields">
            <div>
              <h2 id="fields">{t('start.fields', { count: plans.length })}</h2>
              <p class="muted">{t('start.fields_hint')}</p>
            </div>
            <FieldChoices plans={plans} preview={preview} form={form} />
            <h3>{t('start.first_records')}</h3>
            <PreviewTable
              caption={t('start.first_records')}
              {...preview}
              records={preview.records.slice(0, 10)}
            />
          </section>
        )}
        <div class="sticky-bar row end">
          <button class="button secondary" type="submit" name={actionField} value="save">
            {t('start.save_draft')}
          </button>
          {mayPublish && (
            <button class="button" type="submit" name={actionField} value="publish">
              <Icon name="upload" />
              {t('action.publish')}
            </button>
          )}
        </div>
      </form>
    )
  },
})

function FieldChoices({
  plans,
  preview,
  form,
}: {
  readonly plans: readonly FieldPlan[]
  readonly preview: ProcessorPreview
  readonly form: Form | undefined
}): VNode {
  const { t } = useEnv()
  // As long as nothing has been said of the fields, what looks like a facet or a type is proposed.
  const isNew = plans.every(({ annotations, type }) => type === null && Object.keys(annotations).length === 0)
  return (
    <div class="scroll-x">
      <table class="list cards-on-phone">
        <thead>
          <tr>
            <th scope="col">{t('fields.field')}</th>
            <th scope="col">{t('fields.type')}</th>
            <th scope="col">{t('fields.facet')}</th>
            <th scope="col">{t('start.keep')}</th>
          </tr>
        </thead>
        <tbody>
          {plans.map((plan) => {
            const { source, name, label, inferredType } = plan
            const column = preview.fields.find((field) => field.name === source)!
            const proposed = isNew ? likelyType(column, preview.records) : null
            const type = form ? form.get(`type.${source}`) : (plan.type ?? proposed ?? '')
            const isFacet = form
              ? form.has(`facet.${source}`)
              : 'facet' in plan.annotations || (isNew && looksLikeFacet(column, preview.records))
            const isKept = form ? form.has(`keep.${source}`) : !plan.isDeleted
            return (
              <tr key={source}>
                <td>
                  <span class="strong">{label}</span>
                  {label !== name && <div class="muted small">{name}</div>}
                  {proposed && <div class="muted small">{t('start.proposed')}</div>}
                </td>
                <td data-label={t('fields.type')}>
                  <select name={`type.${source}`} aria-label={t('fields.type_of', { name: label })}>
                    <option value="" selected={type === ''}>
                      {t('fields.suggested', { type: t(`type.${inferredType}` as MessageKey) })}
                    </option>
                    {fieldTypes
                      .filter((one) => one !== inferredType)
                      .map((one) => (
                        <option key={one} value={one} selected={one === type}>
                          {t(`type.${one}` as MessageKey)}
                        </option>
                      ))}
                  </select>
                </td>
                <td data-label={t('fields.facet')}>
                  <input
                    type="checkbox"
                    name={`facet.${source}`}
                    defaultChecked={isFacet}
                    aria-label={t('fields.facet_of', { name: label })}
                  />
                </td>
                <td data-label={t('start.keep')}>
                  <input
                    type="checkbox"
                    name={`keep.${source}`}
                    defaultChecked={isKept}
                    aria-label={t('start.keep_of', { name: label })}
                  />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function changed(plan: FieldPlan, form: Form): FieldPlan {
  const { facet: _facet, ...others } = plan.annotations
  return {
    ...plan,
    type: form.get(`type.${plan.source}`) || null,
    annotations: form.has(`facet.${plan.source}`) ? { ...others, facet: [] } : others,
    isDeleted: !form.has(`keep.${plan.source}`),
  }
}

/** The problem is that of the source: a page without a preview is still a page. */
async function loadPlans(context: PageContext): Promise<{
  plans: readonly FieldPlan[]
  columns: ProcessorPreview['fields']
  preview: ProcessorPreview | null
  problem: ApiError | null
}> {
  const uid = context.params.uid!
  try {
    const preview = await ask<ProcessorPreview>(context, apiPath(uid, '/processors/preview'), { rows: 50 })
    const steps = await context.api.get<readonly Step[]>(apiPath(uid, '/fields_specifications'))
    return { plans: planFields(preview.fields, steps), columns: preview.fields, preview, problem: null }
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem
    return { plans: [], columns: [], preview: null, problem }
  }
}

const listOf = (text: string) => {
  const items = text.split(',').map((item) => item.trim())
  return items.filter((item) => item !== '')
}

async function saveMetadata({ api, params }: PageContext, form: Form): Promise<void> {
  const text = (name: string) => form.get(name).trim() || null
  const list = (name: string) => (text(name) === null ? null : listOf(form.get(name)))
  const values = {
    title: text('title'),
    license: text('license'),
    description: text('description'),
    theme: list('theme'),
    keyword: list('keyword'),
  }
  const metas = Object.entries(values).map(([name, value]) => ({
    template_name: 'default',
    metadata_name: name,
    value,
  }))
  await api.send('PUT', apiPath(params.uid!, '/metadata'), { metas })
}
