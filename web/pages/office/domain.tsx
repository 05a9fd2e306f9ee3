import type { VNode } from 'preact'
import { Choice } from '../../components/choice.tsx'
import { Csrf } from '../../components/csrf.tsx'
import { Field } from '../../components/field.tsx'
import {
  ChangedMeanwhile,
  isChangedMeanwhile,
  onlyIfUnchanged,
  Revision,
} from '../../components/revision.tsx'
import { RowInputs } from '../../components/row-inputs.tsx'
import { useEnv } from '../../kit/env.ts'
import { actionField, type Form } from '../../kit/form.ts'
import type { MessageKey } from '../../kit/i18n.ts'
import { definePage, type PageContext } from '../../kit/page.ts'
import {
  changesIn,
  type DomainForm,
  type DomainSettings,
  differencesFrom,
  formIn,
  formOf,
  themeColumns,
} from '../../office/domain-form.ts'
import { DomainTop } from '../../office/domain-tabs.tsx'
import { doneAt } from '../../office/done.ts'
import { draftOf } from '../../office/draft.ts'
import { requireRight } from '../../office/require-right.ts'
import { withSpareRows } from '../../office/rows.ts'
import { management } from '../../office/types.ts'

const here = '/backoffice/domain'
const api = `${management}/domain`
const images = ['logo_url', 'favicon_url'] as const

/** What holds for the whole domain: its name, languages, look, licences, themes, who sees new datasets. */
export const domain = definePage({
  path: here,
  area: 'office',
  layout: 'office',
  load: async (context) => {
    requireRight(context, 'edit_domain')
    return context.api.get<DomainSettings & { readonly revision: string }>(api)
  },
  act: async (context, form) => {
    if (form.get(actionField) === 'save') {
      const settings = await context.api.get<DomainSettings>(api)
      await context.api.send('PUT', api, changesIn(form, settings), onlyIfUnchanged(form))
    } else await changeImage(context, form)
    return doneAt(here, 'saved')
  },
  head: (_data, { t }) => ({ title: t('office.domain'), robots: 'noindex' as const }),
  View: ({ data, context }): VNode => {
    const { t } = useEnv()
    const saved = formOf(data)
    const sent = context.sent?.form
    const shown = sent?.get(actionField) === 'save' ? formIn(sent, saved) : saved
    return (
      <>
        <DomainTop place={here} />
        {isChangedMeanwhile(context) && sent && (
          <ChangedMeanwhile
            page={here}
            differences={differencesFrom(sent, data).map(({ label, saved: text }) => ({
              label: t(label),
              saved: text,
            }))}
          />
        )}
        <form method="post" class="stack" action={here} {...draftOf(t, 'domain')}>
          <Csrf action="save" />
          <Revision context={context} saved={data.revision} />
          <General shown={shown} />
          <Lists shown={shown} />
          <div class="sticky-bar row end">
            <button class="button" type="submit">
              {t('office.save')}
            </button>
          </div>
        </form>
        <section class="stack" aria-labelledby="images">
          <h2 id="images">{t('domain.images')}</h2>
          <div class="create-ways">
            {images.map((name) => (
              <ImageForm key={name} name={name} address={data.theme[name]} />
            ))}
          </div>
        </section>
      </>
    )
  },
})

function Text({
  name,
  shown,
  hint,
  label = `domain.${name}` as MessageKey,
}: {
  readonly name: string
  readonly shown: DomainForm
  readonly hint?: MessageKey
  readonly label?: MessageKey
}): VNode {
  const { t } = useEnv()
  return (
    <Field id={name} label={t(label)} hint={hint && t(hint)}>
      <input
        id={name}
        name={name}
        defaultValue={shown.texts[name]}
        aria-describedby={hint && `${name}-hint`}
      />
    </Field>
  )
}

function General({ shown }: { readonly shown: DomainForm }): VNode {
  const { t } = useEnv()
  return (
    <section class="card stack" aria-labelledby="general">
      <h2 id="general">{t('domain.general')}</h2>
      <Text name="name" shown={shown} hint="domain.name_hint" />
      {shown.languages.map((language) => {
        const id = `description_${language}`
        return (
          <Field key={language} id={id} label={`${t('domain.description')} (${language})`}>
            <textarea id={id} name={id} rows={2} defaultValue={shown.texts[id]} />
          </Field>
        )
      })}
      <div class="form-grid">
        <Text name="languages" shown={shown} hint="domain.languages_hint" />
        <Text name="default_language" shown={shown} />
        <Text name="timezone" shown={shown} hint="domain.timezone_hint" />
      </div>
      <div class="form-grid">
        <Text name="contact_name" shown={shown} />
        <Text name="contact_email" shown={shown} />
        <Text name="contact_url" shown={shown} />
      </div>
      <Field id="visibility" label={t('domain.visibility')} hint={t('domain.visibility_hint')}>
        <Choice
          id="visibility"
          name="visibility"
          among={['domain', 'restricted'] as const}
          chosen={shown.texts.visibility!}
          textOf={(value) => t(`security.${value}`)}
          hint="visibility-hint"
        />
      </Field>
      <Field id="feedback" label={t('domain.feedback')} hint={t('domain.feedback_hint')}>
        <Choice
          id="feedback"
          name="feedback"
          among={['false', 'true'] as const}
          chosen={shown.texts.feedback!}
          textOf={(value) => t(value === 'true' ? 'yes' : 'no')}
          hint="feedback-hint"
        />
      </Field>
    </section>
  )
}

function Lists({ shown }: { readonly shown: DomainForm }): VNode {
  const { t } = useEnv()
  const { languages, licenses, themes, colors } = shown
  const id = { name: 'id', label: t('domain.id') }
  const lists = [
    {
      name: 'license',
      rows: licenses,
      columns: [
        id,
        { name: 'label', label: t('domain.label') },
        { name: 'url', label: t('domain.url'), placeholder: 'https://' },
      ],
    },
    {
      name: 'theme',
      rows: themes,
      columns: themeColumns(languages).map((name, index) =>
        index === 0 ? id : { name, label: `${t('domain.label')} (${languages[index - 1]})` },
      ),
    },
    {
      name: 'color',
      rows: colors,
      columns: [
        { name: 'role', label: t('domain.role'), placeholder: 'accent' },
        { name: 'color', label: t('domain.color'), placeholder: '#0b57d0', isColor: true },
      ],
    },
  ] as const
  return (
    <>
      {lists.map(({ name, rows, columns }) => (
        <details key={name} class="card" open={name === 'theme' && rows.length > 0}>
          <summary>
            <h2>{t(`domain.${name}s`)}</h2> <span class="muted small">{rows.length}</span>
          </summary>
          <div class="stack spaced">
            <p class="muted">{t(`domain.${name}s_hint`)}</p>
            <RowInputs
              id={name}
              caption={t(`domain.${name}s`)}
              columns={columns}
              rows={withSpareRows(rows)}
            />
          </div>
        </details>
      ))}
    </>
  )
}

function ImageForm({
  name,
  address,
}: {
  readonly name: (typeof images)[number]
  readonly address: string
}): VNode {
  const { t } = useEnv()
  return (
    <section class="card stack" aria-labelledby={`${name}-title`}>
      <h3 id={`${name}-title`}>{t(`domain.${name}`)}</h3>
      {address !== '' && <img class="logo" src={address} alt={t(`domain.${name}`)} />}
      <form method="post" class="stack" action={here} encType="multipart/form-data">
        <Csrf action="image" />
        <input type="hidden" name="image" value={name} />
        <Field id={`${name}-file`} label={t('sources.file')} hint={t('domain.image_hint')}>
          <input
            id={`${name}-file`}
            name="file"
            type="file"
            accept="image/*"
            required
            aria-describedby={`${name}-file-hint`}
          />
        </Field>
        <div>
          <button
            class="button secondary"
            type="submit"
            aria-label={`${t('create.upload')}: ${t(`domain.${name}`)}`}
          >
            {t('create.upload')}
          </button>
        </div>
      </form>
      {address !== '' && (
        <form method="post" action={here}>
          <Csrf action="no_image" />
          <input type="hidden" name="image" value={name} />
          <button
            class="button secondary small"
            type="submit"
            aria-label={`${t('office.delete')}: ${t(`domain.${name}`)}`}
          >
            {t('office.delete')}
          </button>
        </form>
      )}
    </section>
  )
}

/** Errors: ApiError. */
async function changeImage(context: PageContext, form: Form): Promise<void> {
  const name = images.find((one) => one === form.get('image')) ?? images[0]
  const url =
    form.get(actionField) === 'image'
      ? (await context.api.send<{ url: string }>('POST', `${management}/images`, form.file ?? undefined)).url
      : ''
  // The address that it is served by is complete or a path; the settings take the path.
  const path = url === '' ? '' : new URL(url, context.origin).pathname
  await context.api.send('PUT', api, { theme: { [name]: path } })
}
