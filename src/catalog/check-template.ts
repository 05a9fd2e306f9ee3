/** The check of a metadata template's fields as somebody sends them. Automation API section 10. */
import { AppError } from '../kernel/index.ts'
import {
  isLanguageTag,
  type MetadataField,
  type MetadataType,
  metadataTypes,
  requirementLevels,
} from './metadata-templates.ts'

const maxFields = 200
const maxChoices = 5000
const flags = ['self_suggest', 'is_filter', 'i18n'] as const

type Given = Readonly<Record<string, unknown>>

/** Errors: catalog.invalid_metadata_template; catalog.invalid_request wrapping several. */
export function checkFields(given: readonly unknown[]): MetadataField[] {
  const faults: AppError[] = []
  const fields: MetadataField[] = []
  if (given.length > maxFields) throw fault('schema', `it must be at most ${maxFields} fields`)
  for (const [index, item] of given.entries()) {
    try {
      fields.push(checkField(item, index))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      faults.push(error)
    }
  }
  const names = fields.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) faults.push(fault(`schema.${twice}`, 'it is there twice'))
  if (faults.length > 1) throw new AppError('catalog.invalid_request', {}, faults)
  if (faults.length === 1) throw faults[0]
  return fields
}

function checkField(item: unknown, index: number): MetadataField {
  const at = `schema[${index}]`
  if (item === null || typeof item !== 'object' || Array.isArray(item))
    throw fault(at, 'it must be an object')
  const given = item as Given
  const { name, type = 'text' } = given
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(name) || name in {})
    throw fault(`${at}.name`, 'it must be letters, digits and underscores, starting with a letter')
  if (!metadataTypes.includes(type as never))
    throw fault(`${name}.type`, `it must be one of ${metadataTypes.join(', ')}`)
  const choices = choicesOf(given, name)
  const level = given.requirement_level ?? 'optional'
  if (!requirementLevels.includes(level as never))
    throw fault(`${name}.requirement_level`, `it must be one of ${requirementLevels.join(', ')}`)
  return {
    name,
    type: type as MetadataType,
    label: textOf(given, name, 'label', 500) ?? name,
    ...optional('help_text', textOf(given, name, 'help_text', 5000)),
    ...optional('suggest_url', addressOf(given, name)),
    ...optional('choices', choices),
    ...optional('labels', labelsOf(given, name)),
    ...Object.fromEntries(flags.flatMap((flag) => flagOf(given, name, flag))),
    ...(level === 'optional'
      ? {}
      : { requirement_level: level as MetadataField['requirement_level'] & string }),
  }
}

function optional<K extends string, T>(key: K, value: T | undefined): { [key in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: T })
}

function textOf(given: Given, name: string, property: string, max: number): string | undefined {
  const value = given[property]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' && value.length <= max) return value
  throw fault(`${name}.${property}`, `it must be text of at most ${max} characters`)
}

/** People's browsers ask it, the server never does. */
function addressOf(given: Given, name: string): string | undefined {
  const address = textOf(given, name, 'suggest_url', 2000)
  if (address === undefined || (/^https?:\/\/[^\s/]/i.test(address) && URL.canParse(address))) return address
  throw fault(`${name}.suggest_url`, 'it must be an http or https address')
}

/** Texts. Labels of choices are apart, by language. */
function choicesOf(given: Given, name: string): string[] | undefined {
  const { choices } = given
  const needed = ['enum', 'enumlist', 'uri_enum', 'uri_enumlist'].includes(String(given.type))
  if (choices === undefined || choices === null) {
    if (!needed) return undefined
    throw fault(`${name}.choices`, 'this type needs them')
  }
  const isText = (value: unknown) => typeof value === 'string' && value.length <= 1000
  if (!Array.isArray(choices) || choices.length > maxChoices || !choices.every(isText))
    throw fault(`${name}.choices`, `it must be a list of at most ${maxChoices} texts`)
  return choices
}

function labelsOf(given: Given, name: string): MetadataField['labels'] | undefined {
  const { labels } = given
  if (labels === undefined || labels === null) return undefined
  const isTexts = (value: unknown) =>
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.values(value).every((label) => typeof label === 'string' && label.length <= 1000)
  if (
    typeof labels === 'object' &&
    !Array.isArray(labels) &&
    Object.entries(labels).every(([language, own]) => isLanguageTag(language) && isTexts(own))
  )
    return labels as MetadataField['labels']
  throw fault(`${name}.labels`, 'it must be {language: {choice: label}}')
}

function flagOf(given: Given, name: string, flag: string): [string, boolean][] {
  const value = given[flag]
  if (value === undefined || value === null || value === false) return []
  if (value === true) return [[flag, true]]
  throw fault(`${name}.${flag}`, 'it must be true or false')
}

function fault(property: string, expected: string): AppError {
  return new AppError('catalog.invalid_metadata_template', { property, expected })
}
