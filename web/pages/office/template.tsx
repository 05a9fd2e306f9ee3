import type { VNode } from 'preact'
import { Choice } from '../../components/choice.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import { Flag } from '../../components/flag.tsx'
import { Icon } from '../../components/icon.tsx'
import { MoveButtons } from '../../components/move-buttons.tsx'
import {
  ChangedMeanwhile,
  isChangedMeanwhile,
  onlyIfUnchanged,
  Revision,
} from '../../components/revision.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage, ShowAgain } from '../../kit/page.ts'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import { requireRight } from '../../office/require-right.ts'
import {
  differingFields,
  fieldFlags,
  fieldsIn,
  levels,
  newField,
  schemaOf,
  type Template,
  type TemplateField,
  templateFieldTypes,
} from '../../office/template-form.ts'
import { management } from '../../office/types.ts'

const all = '/backoffice/templates'
const apiOf = (name: string) => `${management}/metadata/templates/${encodeURIComponent(name)}`

/** One metadata template: its fields, put in order, with their types, labels and choices. */
export const template = definePage({
  path: `${all}/:name`,
  area: 'office',
  layout: 'office',
  load: async (context) => {
    requireRight(context, 'edit_domain')
    return context.api.get<Template>(apiOf(context.params.name!))
  },
  act: async ({ api, params }, form) => {
    if (form.get(actionField) === 'add_field') return new ShowAgain()
    const path = apiOf(params.name!)
    const { schema } = await api.get<Template>(path)
    const said = {
      title: form.get('title').trim(),
      is_active: form.has('is_active'),
      schema: schemaOf(fieldsIn(form, schema)),
    }
    await api.send('PUT', path, said, onlyIfUnchanged(form))
    const here = `${all}/${encodeURIComponent(params.name!)}`
    return doneAt(here, form.get('move') === '' ? 'saved' : 'moved')
  },
  head: ({ title }, { t }) => ({
    title: `${title} · ${t('office.templates')}`,
    robots: 'noindex' as const,
  }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const form = context.sent?.form
    const sent = form ? fieldsIn(form, data.schema) : data.schema
    const wantsMore = form?.get(actionField) === 'add_field' || sent.length === 0
    const fields = wantsMore ? [...sent, newField] : sent
    return (
      <>
        <div class="dataset-top">
          <nav class="small" aria-label={t('dataset.breadcrumb')}>
            <a href={all}>{t('office.templates')}</a>
          </nav>
          <h1>{data.title}</h1>
        </div>
        {isChangedMeanwhile(context) && form && (
          <ChangedMeanwhile
            page={`${all}/${encodeURIComponent(data.name)}`}
            differences={[
              ...(form.get('title').trim() === data.title
                ? []
                : [{ label: t('start.name'), saved: data.title }]),
              ...differingFields(form, data.schema).map((label) => ({ label })),
            ]}
          />
        )}
        {data.is_system ? (
          <SystemFields template={data} />
        ) : (
          <form
            method="post"
            class="stack"
            action={`${all}/${encodeURIComponent(data.name)}`}
            {...draftOf(t, `template-${data.name}`)}
          >
            <Csrf />
            <Revision context={context} saved={data.revision} />
            {/* The first button is what Enter presses. */}
            <button class="visually-hidden" type="submit" tabIndex={-1} aria-hidden="true" />
            <section class="card stack" aria-label={t('templates.about')}>
              <Field id="title" label={t('start.name')}>
                <input id="title" name="title" required defaultValue={form?.get('title') ?? data.title} />
              </Field>
              <Flag
                id="is_active"
                name="is_active"
                isSet={form ? form.has('is_active') : data.is_active}
                label={t('templates.is_active')}
                hint={t('templates.is_active_hint')}
              />
            </section>
            <ol class="plain stack">
              {fields.map((field, index) => (
                <FieldCard key={index} field={field} index={index} count={fields.length} />
              ))}
            </ol>
            <div class="sticky-bar row end">
              <span class="grow">
                <button class="button secondary" type="submit" name={actionField} value="add_field">
                  <Icon name="plus" />
                  {t('templates.add_field')}
                </button>
              </span>
              <button class="button" type="submit">
                {t('office.save')}
              </button>
            </div>
          </form>
        )}
      </>
    )
  },
})

function FieldCard({
  field,
  index,
  count,
}: {
  readonly field: TemplateField
  readonly index: number
  readonly count: number
}): VNode {
  const { t } = useEnv()
  const id = `f-${index}`
  const called = field.label || field.name || t('templates.new_field')
  const input = (name: string) => ({ id: `${id}-${name}`, name: `f.${index}.${name}` })
  return (
    <li class="card stack field-card">
      <div class="row">
        <h2 class="grow">{called}</h2>
        <MoveButtons
          label={called}
          index={index}
          count={count}
          field="move"
          orderOf={(direction) => `${direction} ${index}`}
        />
      </div>
      <div class="form-grid">
        <Field id={`${id}-label`} label={t('fields.label')}>
          <input {...input('label')} defaultValue={field.label} />
        </Field>
        <Field id={`${id}-name`} label={t('fields.name')} hint={t('templates.remove_hint')}>
          <input
            {...input('name')}
            defaultValue={field.name}
            spellcheck={false}
            aria-describedby={`${id}-name-hint`}
          />
        </Field>
        <Field id={`${id}-type`} label={t('fields.type')}>
          <Choice
            {...input('type')}
            among={templateFieldTypes}
            chosen={field.type}
            textOf={(type) => t(`metadata_type.${type}`)}
          />
        </Field>
        <Field id={`${id}-requirement_level`} label={t('templates.level')}>
          <Choice
            {...input('requirement_level')}
            among={levels}
            chosen={field.requirement_level}
            textOf={(level) => t(`level.${level}`)}
          />
        </Field>
        <Field id={`${id}-help_text`} label={t('templates.help_text')}>
          <input {...input('help_text')} defaultValue={field.help_text ?? ''} />
        </Field>
        <Field id={`${id}-suggest_url`} label={t('templates.suggest_url')}>
          <input
            {...input('suggest_url')}
            defaultValue={field.suggest_url ?? ''}
            inputMode="url"
            placeholder="https://"
          />
        </Field>
      </div>
      <Field id={`${id}-choices`} label={t('templates.choices')} hint={t('templates.choices_hint')}>
        <textarea
          {...input('choices')}
          rows={Math.min(8, 2 + (field.choices?.length ?? 0))}
          defaultValue={field.choices?.join('\n') ?? ''}
          aria-describedby={`${id}-choices-hint`}
        />
      </Field>
      <div class="row flags">
        {fieldFlags.map((flag) => (
          <Flag key={flag} {...input(flag)} isSet={field[flag]} label={t(`templates.${flag}`)} />
        ))}
      </div>
    </li>
  )
}

function SystemFields({ template }: { readonly template: Template }): VNode {
  const { t } = useEnv()
  return (
    <>
      <p class="notice">{t('templates.system_text')}</p>
      <div class="card flush">
        <table class="list cards-on-phone">
          <thead>
            <tr>
              <th scope="col">{t('fields.label')}</th>
              <th scope="col">{t('fields.name')}</th>
              <th scope="col">{t('fields.type')}</th>
              <th scope="col">{t('templates.level')}</th>
            </tr>
          </thead>
          <tbody>
            {template.schema.map(({ name, label, type, requirement_level, help_text }) => (
              <tr key={name}>
                <td>
                  <span class="strong">{label}</span>
                  {help_text && <div class="small muted">{help_text}</div>}
                </td>
                <td data-label={t('fields.name')}>
                  <code>{name}</code>
                </td>
                <td data-label={t('fields.type')}>{t(`metadata_type.${type}` as MessageKey)}</td>
                <td data-label={t('templates.level')}>{t(`level.${requirement_level}` as MessageKey)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
