/** What parameters of errors say in words, and in which of them words stand. */
import { errorCatalogue } from '../errors.ts'
import { frenchErrors } from './errors.ts'
import { createPhrasebook, type Phrasebook, type Phrases } from './phrasebook.ts'
import { ingestPhrases } from './phrases-ingest.ts'
import { odsqlPhrases } from './phrases-odsql.ts'
import { alternativePhrases, settingPhrases, targetPhrases, unitPhrases } from './phrases-settings.ts'

/** Errors tell of others in their own words: `{name}` of the one table is `{0}` of the other. */
function messagesOfErrors(): Phrases {
  return Object.fromEntries(
    Object.entries(errorCatalogue).map(([key, { message }]) => {
      const names = [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const numbered = (text: string) =>
        text.replaceAll(/\{(\w+)\}/g, (_whole, name) => `{${names.indexOf(name)}}`)
      return [numbered(message), numbered([frenchErrors[key as keyof typeof frenchErrors]].flat()[0]!)]
    }),
  )
}

const reasons = createPhrasebook({
  ...messagesOfErrors(),
  ...ingestPhrases,
  ...odsqlPhrases,
  ...settingPhrases,
})
/** Of a list the rest is a phrase in the phrase: one more for each alternative. */
const alternatives = createPhrasebook(alternativePhrases, 10)

/** The reasons that errors give, also where they are kept without their error: with values that could not be handled. */
export const reasonInFrench: Phrasebook = reasons

/** Parameters with words in them, by name; all others are somebody's own: names, addresses, values. */
export const booksOfParameters: Readonly<Record<string, Phrasebook>> = {
  cause: reasons,
  expected: reasons,
  features: reasons,
  format: reasons,
  kind: reasons,
  layer: reasons,
  limit: reasons,
  member: reasons,
  msg: reasons,
  reason: reasons,
  root: reasons,
  subject: reasons,
  suggestion: reasons,
  permission: alternatives,
  types: alternatives,
  target: createPhrasebook(targetPhrases),
  unit: createPhrasebook(unitPhrases),
  value: createPhrasebook({
    'as given': settingPhrases['as given']!,
    'an array': settingPhrases['an array']!,
  }),
}
