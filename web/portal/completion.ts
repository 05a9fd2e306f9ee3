/** Completion of ODSQL from what `/odsql` of a dataset says (docs/odsql.md). */

export interface QueryLanguage {
  readonly clauses: readonly { readonly name: string; readonly keywords: readonly string[] }[]
  readonly functions: readonly {
    readonly name: string
    readonly usage: string
    readonly description: string
    readonly clauses: readonly string[]
  }[]
  readonly fields: readonly {
    readonly name: string
    readonly text: string
    readonly type: string
    readonly label: string | null
    readonly is_technical: boolean
  }[]
}

export interface Proposal {
  /** Put in place of the word. */
  readonly text: string
  readonly note: string
  readonly kind: 'field' | 'function' | 'keyword'
}

export interface Completion {
  /** Where the word begins that is being written. */
  readonly from: number
  readonly proposals: readonly Proposal[]
}

const most = 8

/** What the word before the caret may become; nothing inside of a string. */
export function complete(language: QueryLanguage, clause: string, text: string, caret: number): Completion {
  const before = text.slice(0, caret)
  const word = /[`\w]*$/.exec(before)![0]
  const from = caret - word.length
  const nothing = { from, proposals: [] }
  const quotes = before.replaceAll(/\\./g, '').match(/"/g)?.length ?? 0
  const singles = before.replaceAll(/\\./g, '').match(/'/g)?.length ?? 0
  if (word === '' || quotes % 2 === 1 || singles % 2 === 1) return nothing
  const start = word.replace('`', '').toLowerCase()
  const fits = (name: string) => name.toLowerCase().startsWith(start) && name.toLowerCase() !== start
  const proposals: Proposal[] = [
    ...language.fields
      .filter(
        ({ name, label, is_technical: isTechnical }) =>
          !isTechnical && (fits(name) || (label ?? '').toLowerCase().startsWith(start)) && name !== start,
      )
      .map(({ text: written, label, type }) => ({
        text: written,
        note: label && label !== written ? `${label} · ${type}` : type,
        kind: 'field' as const,
      })),
    ...language.functions
      .filter(({ name, clauses }) => clauses.includes(clause) && fits(name))
      .map(({ name, usage }) => ({ text: `${name}(`, note: usage, kind: 'function' as const })),
    ...(language.clauses.find(({ name }) => name === clause)?.keywords ?? [])
      .filter(fits)
      .map((keyword) => ({ text: keyword, note: '', kind: 'keyword' as const })),
  ]
  return { from, proposals: proposals.slice(0, most) }
}
