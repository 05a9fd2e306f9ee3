import {
  formatTemplate,
  type JsonObject,
  type Language,
  reasonInFrench,
  setFrench,
} from '../../kernel/index.ts'

/** French by what a message is made of: `raw_message`. */
const french: Readonly<Record<string, string>> = {
  'Cannot convert "{value}" to "{type}"': '« {value} » ne se convertit pas en {type}',
  'Cannot handle "{value}": {reason}': '« {value} » ne peut être traité : {reason}',
}

/** A value that could not be handled, as `RecordErrors` lists it, in the language of whoever reads it. */
export function recordErrorIn(language: Language, error: JsonObject): JsonObject {
  const template = french[String(error.raw_message)]
  if (language === 'en' || template === undefined) return error
  const { value, type, reason } = error.raw_params as Record<string, string | null>
  const said = reason ? reasonInFrench(reason) : ''
  return {
    ...error,
    message: formatTemplate(setFrench(template), { value: value ?? '', type: type ?? '', reason: said }),
  }
}
