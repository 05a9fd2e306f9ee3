import type { MetadataField } from '../../catalog/index.ts'
import type { JsonObject, Language } from '../../kernel/index.ts'

type FormType = 'text' | 'multitext' | 'html' | 'date' | 'datetime'

/** The platform's five types of a form; what is none of them keeps its own name, which is ours. */
const formTypes: Readonly<Partial<Record<MetadataField['type'], FormType>>> = {
  text: 'text',
  longstring: 'text',
  enum: 'text',
  uri_enum: 'text',
  html: 'html',
  multitext: 'multitext',
  list: 'multitext',
  enumlist: 'multitext',
  uri_enumlist: 'multitext',
  geo_area: 'multitext',
  date: 'date',
  datetime: 'datetime',
}

/** The form object of a metadata field. Management API section 21. */
export function definitionOf(field: MetadataField, language: Language): JsonObject {
  const { name, type, label, choices, labels } = field
  const own = labels?.[language] ?? labels?.en ?? Object.values(labels ?? {})[0] ?? {}
  const printed = choices?.map((choice) => (Object.hasOwn(own, choice) ? [choice, own[choice]!] : choice))
  return {
    name,
    type: formTypes[type] ?? type,
    label,
    help_text: field.help_text ?? '',
    ...(printed ? { choices: printed } : {}),
    widget: widgetOf(field),
    requirement_level: field.requirement_level ?? 'optional',
    i18n: field.i18n ?? false,
  }
}

function widgetOf(field: MetadataField): JsonObject {
  const { type, choices, suggestions, suggest_url, self_suggest } = field
  const offers = {
    ...(suggest_url ? { suggest_url } : {}),
    ...(suggestions ? { suggest_values: [...suggestions] } : {}),
  }
  const isOffered = Object.keys(offers).length > 0 || self_suggest === true
  switch (type) {
    case 'html':
      return { type: 'richtextinput' }
    case 'date':
      return { type: 'dateinput' }
    case 'datetime':
      return { type: 'datetimeinput' }
    case 'geo_area':
    case 'geo_shape':
      return { type: 'geographicarea' }
    case 'multitext':
    case 'list':
    case 'enumlist':
    case 'uri_enumlist':
      if (choices) return { type: 'multiselect' }
      if (field.name === 'keyword') return { type: 'tags', ...offers }
      return { type: isOffered ? 'multidatalist' : 'multitextinput', ...offers }
    default:
      if (choices) return { type: 'select' }
      return { type: isOffered ? 'datalist' : 'textinput', ...offers }
  }
}
