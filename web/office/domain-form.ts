/** The settings of the domain as its form has them. docs/metadata.md. */
import type { Form } from '../kit/form.ts'
import type { MessageKey } from '../kit/i18n.ts'
import { listIn, type Row, readRows } from './rows.ts'

/** What can be set here. */
export interface DomainSettings {
  readonly name: string
  readonly description: Readonly<Record<string, string>>
  readonly default_language: string
  readonly languages: readonly string[]
  readonly timezone: string
  readonly contact: { readonly name: string; readonly email: string; readonly url: string }
  readonly theme: {
    readonly colors: Readonly<Record<string, string>>
    readonly logo_url: string
    readonly favicon_url: string
  }
  readonly licenses: readonly { readonly id: string; readonly label: string; readonly url: string | null }[]
  readonly themes: readonly { readonly id: string; readonly labels: Readonly<Record<string, string>> }[]
  readonly default_security: { readonly visibility: string }
  readonly feedback: boolean
}

/** Begins the names of what is there once a language. */
const label = (language: string) => `label_${language}`
const licenseColumns = ['id', 'label', 'url'] as const
const colorColumns = ['role', 'color'] as const

/** What the form shows, ready for its controls. */
export interface DomainForm {
  readonly texts: Readonly<Record<string, string>>
  /** Those that texts are asked for in. */
  readonly languages: readonly string[]
  readonly licenses: readonly Row[]
  readonly themes: readonly Row[]
  readonly colors: readonly Row[]
}

const flat = ['name', 'default_language', 'timezone'] as const
const contact = ['name', 'email', 'url'] as const

export function formOf(settings: DomainSettings): DomainForm {
  const { languages, default_security, licenses, themes, theme } = settings
  return {
    texts: {
      ...Object.fromEntries(flat.map((name) => [name, settings[name]])),
      ...Object.fromEntries(contact.map((name) => [`contact_${name}`, settings.contact[name]])),
      ...Object.fromEntries(
        languages.map((language) => [`description_${language}`, settings.description[language] ?? '']),
      ),
      languages: languages.join(', '),
      visibility: default_security.visibility,
      feedback: String(settings.feedback),
    },
    languages,
    licenses: licenses.map(({ id, label: text, url }) => ({ id, label: text, url: url ?? '' })),
    themes: themes.map(({ id, labels }) => ({
      id,
      ...Object.fromEntries(languages.map((language) => [label(language), labels[language] ?? ''])),
    })),
    colors: Object.entries(theme.colors).map(([role, color]) => ({ role, color })),
  }
}

export const themeColumns = (languages: readonly string[]): readonly string[] => [
  'id',
  ...languages.map(label),
]

/** What was sent, in place of what is saved. `languages`: those that it was shown with. */
export function formIn(form: Form, saved: DomainForm): DomainForm {
  const { languages } = saved
  return {
    texts: Object.fromEntries(Object.keys(saved.texts).map((name) => [name, form.get(name)])),
    languages,
    licenses: readRows(form, 'license', licenseColumns),
    themes: readRows(form, 'theme', themeColumns(languages)),
    colors: readRows(form, 'color', colorColumns),
  }
}

/** What `PUT /domain` is to change. Texts in languages that the form did not ask for stay. */
export function changesIn(form: Form, settings: DomainSettings): Readonly<Record<string, unknown>> {
  const { texts, languages, ...sent } = formIn(form, formOf(settings))
  const said = (name: string) => texts[name]!.replaceAll('\r\n', '\n').trim()
  const textsBy = (present: Readonly<Record<string, string>>, read: (language: string) => string) =>
    Object.fromEntries(
      Object.entries({
        ...present,
        ...Object.fromEntries(languages.map((language) => [language, read(language)])),
      }).filter(([, text]) => text !== ''),
    )
  const wanted: DomainSettings = {
    name: said('name'),
    default_language: said('default_language'),
    timezone: said('timezone'),
    languages: listIn(texts.languages!),
    description: textsBy(settings.description, (language) => said(`description_${language}`)),
    contact: { name: said('contact_name'), email: said('contact_email'), url: said('contact_url') },
    theme: {
      ...settings.theme,
      colors: Object.fromEntries(sent.colors.map(({ role, color }) => [role, color!])),
    },
    licenses: sent.licenses.map(({ id, label: text, url }) => ({
      id: id!,
      label: text || id!,
      url: url || null,
    })),
    themes: sent.themes.map(({ id, ...row }) => ({
      id: id!,
      labels: textsBy(
        settings.themes.find((theme) => theme.id === id)?.labels ?? {},
        (language) => row[label(language)] ?? '',
      ),
    })),
    default_security: { visibility: texts.visibility! },
    feedback: texts.feedback === 'true',
  }
  const names = Object.keys(wanted) as (keyof DomainSettings)[]
  const changed = names.filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(settings[name]))
  return Object.fromEntries(
    // A list of licences that somebody has emptied is the common one again, and no time zone the operator's.
    changed.map((name) => {
      const isEmptied =
        (name === 'licenses' && wanted.licenses.length === 0) ||
        (name === 'timezone' && wanted.timezone === '')
      return [name, isEmptied ? null : wanted[name]]
    }),
  )
}

const labels = {
  name: 'domain.name',
  default_language: 'domain.default_language',
  timezone: 'domain.timezone',
  languages: 'domain.languages',
  description: 'domain.description',
  contact: 'domain.contact_name',
  theme: 'domain.colors',
  licenses: 'domain.licenses',
  themes: 'domain.themes',
  default_security: 'domain.visibility',
  feedback: 'domain.feedback',
} as const satisfies Readonly<Record<keyof DomainSettings, MessageKey>>

/** Where a form differs from what is saved; texts with what is saved. */
export function differencesFrom(
  form: Form,
  settings: DomainSettings,
): readonly { readonly label: MessageKey; readonly saved?: string }[] {
  return (Object.keys(changesIn(form, settings)) as (keyof DomainSettings)[]).map((name) => {
    const saved = settings[name]
    const text =
      name === 'description' || name === 'contact'
        ? Object.values(saved).filter(Boolean).join(' / ')
        : name === 'languages'
          ? settings.languages.join(', ')
          : saved
    return { label: labels[name], ...(typeof text === 'string' ? { saved: text } : {}) }
  })
}
