/** The languages that the server and its pages speak, and which of them somebody wants. */
export const languages = ['en', 'fr'] as const
export type Language = (typeof languages)[number]

export const isLanguage = (value: unknown): value is Language => languages.includes(value as Language)

/**
 * The language of `Accept-Language` that there is and that is wanted most; of two wanted as much, the one named first (RFC 9110
 * section 12.5.4). English where none is: of `*`, and without the header.
 */
export function preferredLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .slice(0, 1000)
    .split(',')
    .map((item) => {
      const [range = '', ...rest] = item.trim().toLowerCase().split(';')
      const quality = rest.map((part) => /^\s*q=([\d.]+)/.exec(part)?.[1]).find(Boolean)
      const tag = range.trim()
      return { language: tag === '*' ? 'en' : tag.split('-')[0], quality: Number(quality ?? 1) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
  return wanted.map(({ language }) => language).find(isLanguage) ?? 'en'
}

/** French as it is set: no line ends before its double signs, nor inside its quotation marks. */
export function setFrench(text: string): string {
  return text.replace(/ (?=[:;!?»%](?![\p{L}\p{N}/]))/gu, '\u00a0').replaceAll('« ', '«\u00a0')
}
