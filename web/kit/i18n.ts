/** Texts in the reader's language, typed by key: a key without a text in every language does not compile. */
import type { Catalogue } from '../messages/en.ts'
import type { Message } from '../messages/message.ts'

export const langs = ['en', 'fr'] as const
export type Lang = (typeof langs)[number]

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
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = params[name]
      if (value === undefined) return whole
      return typeof value === 'number' ? number.format(value) : value
    })
  }
}

/** The first language of `Accept-Language` that there is. */
export function preferredLang(header: string | undefined): Lang {
  const wanted = (header ?? '')
    .split(',')
    .map((item) => {
      const [tag = '', ...rest] = item.trim().split(';')
      const quality = rest.map((part) => /^\s*q=([\d.]+)/.exec(part)?.[1]).find(Boolean)
      return { lang: tag.toLowerCase().split('-')[0], quality: Number(quality ?? 1) }
    })
    .sort((one, other) => other.quality - one.quality)
  return wanted.map(({ lang }) => lang).find(isLang) ?? 'en'
}

export const isLang = (value: unknown): value is Lang => langs.includes(value as Lang)
