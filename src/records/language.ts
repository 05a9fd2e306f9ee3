/** What can be asked of a dataset or of the catalog, for editors that complete queries. */
import { type DescribedField, describeLanguage, type LanguageDescription } from '../odsql/index.ts'
import { catalogSchema } from './catalog-table.ts'
import { type Publication, schemaOf } from './publication.ts'

/** Label and description of a field are the publisher's; the catalog's names and technical ones have none. */
interface Language extends Omit<LanguageDescription, 'fields'> {
  readonly fields: readonly (DescribedField & {
    readonly label: string
    readonly description: string | null
  })[]
}

export function languageOf(publication: Publication): Language {
  return labelled(describeLanguage(schemaOf(publication)), publication.fields)
}

export const catalogLanguage: Language = labelled(describeLanguage(catalogSchema), [])

function labelled(language: LanguageDescription, fields: Publication['fields']): Language {
  const byName = new Map(fields.map((field) => [field.name, field]))
  return {
    ...language,
    fields: language.fields.map((described) => {
      const { label = described.name, description = null } = byName.get(described.name) ?? {}
      return { ...described, label, description }
    }),
  }
}
