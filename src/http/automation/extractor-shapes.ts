import { extractorIn, extractors } from '../../ingest/index.ts'
import type { Field, JsonObject, Language } from '../../kernel/index.ts'

/** Defaults and choices are texts: clients refuse others. Automation API section 1, rule 11. */
export function printExtractor(type: string, language: Language): JsonObject {
  const extractor = extractorIn(language, extractors.get(type)!)
  return {
    type,
    label: extractor.label,
    parameters: extractor.parameters.map((parameter) => ({
      type: parameter.type,
      is_mandatory: parameter.is_mandatory,
      name: parameter.name,
      label: parameter.label,
      description: parameter.description,
      ...(parameter.default === null ? {} : { default: String(parameter.default) }),
      ...(parameter.choices ? { choices: parameter.choices.map(String) } : {}),
    })),
  }
}

/** A field of a preview. Arguments of annotations are texts here: rule 12. */
export function printPreviewField({ name, label, type, description, annotations }: Field): JsonObject {
  return {
    name,
    label,
    type,
    ...(description === null ? {} : { description }),
    original_name: label,
    annotations: Object.entries(annotations).map(([annotation, args]) => ({
      name: annotation,
      ...(args.length > 0 ? { args: args.map(String) } : {}),
    })),
  }
}
