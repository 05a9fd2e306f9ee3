import type { VNode } from 'preact'
import { Choice } from '../../components/choice.tsx'
import { ConfirmForm } from '../../components/confirm-form.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage } from '../../kit/page.ts'
import { DomainTop } from '../../office/domain-tabs.tsx'
import { doneAt } from '../../office/done.ts'
import { requireRight } from '../../office/require-right.ts'
import type { Template } from '../../office/template-form.ts'
import { management } from '../../office/types.ts'

const here = '/backoffice/templates'
const api = `${management}/metadata/templates`
const types = ['basic', 'admin'] as const

/** Forms that datasets are described with: those that come with the server, and the domain's own. */
export const templates = definePage({
  path: here,
  area: 'office',
  layout: 'office',
  load: async (context) => {
    requireRight(context, 'edit_domain')
    return context.api.get<readonly Template[]>(api)
  },
  act: async (context, form) => {
    const name = form.get('name').trim()
    const one = `${api}/${encodeURIComponent(name)}`
    switch (form.get(actionField)) {
      case 'delete':
        await context.api.send('DELETE', one)
        return doneAt(here, 'deleted')
      case 'activate':
      case 'deactivate':
        await context.api.send('PUT', one, { is_active: form.get(actionField) === 'activate' })
        return doneAt(here, 'saved')
      default: {
        const body = { name, title: form.get('title').trim() || name, type: form.get('type'), schema: [] }
        const made = await context.api.send<Template>('POST', api, body)
        return doneAt(`${here}/${encodeURIComponent(made.name)}`, 'created')
      }
    }
  },
  head: (_data, { t }) => ({ title: t('office.templates'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const form = context.sent?.form
    const sent = form?.get(actionField) === 'add' ? form : undefined
    return (
      <>
        <DomainTop place={here} />
        <p class="lead">{t('templates.lead')}</p>
        <ul class="plain stack">
          {data.map((template) => (
            <TemplateCard key={template.name} template={template} />
          ))}
        </ul>
        <form method="post" class="card stack" action={here}>
          <Csrf action="add" />
          <h2>{t('templates.new')}</h2>
          <div class="form-grid">
            <Field id="title" label={t('start.name')}>
              <input id="title" name="title" required defaultValue={sent?.get('title')} />
            </Field>
            <Field id="name" label={t('fields.name')} hint={t('templates.name_hint')}>
              <input
                id="name"
                name="name"
                required
                defaultValue={sent?.get('name')}
                spellcheck={false}
                aria-describedby="name-hint"
              />
            </Field>
            <Field id="type" label={t('templates.type')}>
              <Choice
                id="type"
                name="type"
                among={types}
                chosen={sent?.get('type') ?? ''}
                textOf={(type) => t(`template_type.${type}_long`)}
              />
            </Field>
          </div>
          <div>
            <button class="button" type="submit">
              {t('office.add')}
            </button>
          </div>
        </form>
      </>
    )
  },
})

function TemplateCard({ template }: { readonly template: Template }): VNode {
  const { t } = useEnv()
  const { name, title, type, schema, is_active, is_system, is_always_active } = template
  return (
    <li class="card row">
      <div class="grow">
        <h2>
          <a href={`${here}/${encodeURIComponent(name)}`}>{title}</a>
        </h2>
        <p class="row tags">
          <code class="muted small">{name}</code>
          <span class="tag">{t(`template_type.${type}` as MessageKey)}</span>
          <span class="tag">{t('start.fields', { count: schema.length })}</span>
          {is_system && <span class="tag">{t('templates.system')}</span>}
          {!is_active && <span class="tag warn">{t('templates.inactive')}</span>}
        </p>
      </div>
      {!is_always_active && (
        <form method="post" action={here}>
          <Csrf action={is_active ? 'deactivate' : 'activate'} />
          <input type="hidden" name="name" value={name} />
          <button
            class="button secondary small"
            type="submit"
            aria-label={`${t(is_active ? 'templates.deactivate' : 'templates.activate')}: ${title}`}
          >
            {t(is_active ? 'templates.deactivate' : 'templates.activate')}
          </button>
        </form>
      )}
      {!is_system && (
        <ConfirmForm
          back={here}
          action="delete"
          sent={{ name }}
          label={t('office.delete')}
          text={t('templates.delete_text')}
        />
      )}
    </li>
  )
}
