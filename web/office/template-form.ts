/** The fields of a metadata template as its form has them: `f.INDEX.NAME`. docs/metadata.md. */
import type { Form } from '../kit/form.ts'
import { moved } from './move.ts'

export interface TemplateField {
  readonly name: string
  readonly type: string
  readonly label: string
  readonly help_text: string | null
  readonly choices: readonly string[] | null
  readonly labels: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly requirement_level: string
  readonly suggest_url: string | null
  readonly is_filter: boolean
  readonly self_suggest: boolean
  readonly i18n: boolean
  readonly is_hidden: boolean
}

export interface Template {
  readonly name: string
  readonly revision: string
  readonly title: string
  readonly type: string
  readonly is_active: boolean
  readonly is_system: boolean
  readonly is_always_active: boolean
  readonly schema: readonly TemplateField[]
}

/** Automation API section 10. */
export const templateFieldTypes = [
  'text',
  'longstring',
  'html',
  'multitext',
  'list',
  'date',
  'datetime',
  'boolean',
  'int',
  'double',
  'enum',
  'enumlist',
  'uri_enum',
  'uri_enumlist',
  'geo_shape',
  'geo_area',
] as const

export const levels = ['optional', 'recommended', 'mandatory'] as const
export const fieldFlags = ['is_filter', 'self_suggest', 'i18n'] as const

/** What the form adds a field with. */
export const newField: TemplateField = {
  name: '',
  type: 'text',
  label: '',
  help_text: null,
  choices: null,
  labels: {},
  requirement_level: 'optional',
  suggest_url: null,
  is_filter: false,
  self_suggest: false,
  i18n: false,
  is_hidden: false,
}

/** As they stand in the form, in its order, also those without a name. */
export function fieldsIn(form: Form, saved: readonly TemplateField[]): TemplateField[] {
  const fields: TemplateField[] = []
  for (let index = 0; form.has(`f.${index}.name`); index++) fields.push(fieldIn(form, index, saved))
  const [direction = '', at] = form.get('move').split(' ')
  return direction === '' ? fields : moved(fields, Number(at), direction)
}

function fieldIn(form: Form, index: number, saved: readonly TemplateField[]): TemplateField {
  const text = (name: string) => form.get(`f.${index}.${name}`).trim()
  const choices = text('choices')
    .split('\n')
    .map((choice) => choice.trim())
    .filter((choice) => choice !== '')
  const name = text('name')
  return {
    ...newField,
    // What the form does not show: the labels of choices in other languages.
    labels: saved.find((field) => field.name === name)?.labels ?? {},
    name,
    type: text('type'),
    label: text('label'),
    help_text: text('help_text') || null,
    choices: choices.length === 0 ? null : choices,
    requirement_level: text('requirement_level'),
    suggest_url: text('suggest_url') || null,
    ...Object.fromEntries(fieldFlags.map((flag) => [flag, form.has(`f.${index}.${flag}`)])),
  }
}

/** What is sent to be saved: a field whose name has been emptied goes. */
export const schemaOf = (fields: readonly TemplateField[]): object[] =>
  fields.filter(({ name }) => name !== '').map(({ is_hidden: _own, ...field }) => field)

/** Fields that are other ones in the form than in what is saved, by label or name. */
export function differingFields(form: Form, saved: readonly TemplateField[]): readonly string[] {
  const sent = fieldsIn(form, saved)
  const textOf = (fields: readonly TemplateField[], name: string) => {
    const found = fields.find((field) => field.name === name)
    return found ? JSON.stringify(schemaOf([{ ...newField, ...found }])) : ''
  }
  const names = new Set([...sent, ...saved].map(({ name }) => name).filter((name) => name !== ''))
  return [...names]
    .filter((name) => textOf(sent, name) !== textOf(saved, name))
    .map((name) => [...saved, ...sent].find((field) => field.name === name)?.label || name)
}
