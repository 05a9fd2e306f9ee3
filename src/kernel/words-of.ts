import { type Language, setFrench } from '../../shared/languages.ts'
import { type ErrorValue, errorSpec, formatTemplate } from './errors.ts'
import { frenchErrors } from './french/errors.ts'
import { booksOfParameters } from './french/phrases.ts'

export interface ErrorWords {
  readonly message: string
  /** Empty: there is none. */
  readonly hint: string
}

/** What an error says in a language. It is kept as key and parameters, so that everybody reads it in their own. */
export function wordsOf({ key, params }: ErrorValue, language: Language): ErrorWords {
  const { message, hint = '' } = errorSpec(key)
  if (language === 'en')
    return { message: formatTemplate(message, params), hint: formatTemplate(hint, params) }
  const [french, frenchHint = ''] = [frenchErrors[key]].flat()
  const told = Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const book = booksOfParameters[name]
      return [name, book && typeof value === 'string' ? book(value) : value]
    }),
  )
  return {
    message: formatTemplate(setFrench(french!), told),
    hint: formatTemplate(setFrench(frenchHint), told),
  }
}
