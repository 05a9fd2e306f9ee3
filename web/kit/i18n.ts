/** Texts in the reader's language, typed by key: a key without a text in every language does not compile. */
import { type Language, setFrench } from '../../shared/languages.ts'
import type { Catalogue } from '../messages/en.ts'
import type { Message } from '../messages/message.ts'

export type Lang = Language

export type MessageKey = keyof Catalogue
export type Params = Readonly<Record<string, string | number>>

export type Translate = (key: MessageKey, params?: Params) => string

export function createTranslate(lang: Lang, catalogue: Catalogue): Translate {
  const plural = new Intl.PluralRules(lang)
  const number = new Intl.NumberFormat(lang)
  return (key, params = {}) => {
    const message: Message = catalogue[key]
    const text =
      typeof message === 'string'
        ? message
        : message[plural.select(Number(params.count ?? 0)) === 'one' ? 'one' : 'other']
    const set = lang === 'fr' ? setFrench(text) : text
    return set.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = params[name]
      if (value === undefined) return whole
      return typeof value === 'number' ? number.format(value) : value
    })
  }
}
