/** What a form of a page sent. */

/** A file on its way: it can be read once. The server knows how. */
export interface FormFile {
  readonly filename: string
  readonly mimetype: string
  readonly stream: unknown
}

export interface SentBody {
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The one file of a form, which has to be its last field. */
  readonly file: FormFile | null
}

export interface Form {
  /** Empty when there is no such field. */
  get(name: string): string
  all(name: string): readonly string[]
  has(name: string): boolean
  readonly file: FormFile | null
}

/** The field of every form that changes something; the API compares it with the session. */
export const csrfField = 'csrf_token'
/** The field that says which of a page's forms it is. */
export const actionField = 'action'

export function readForm({ fields, file }: SentBody): Form {
  // Looked up, not looked for: pages ask for hundreds of names, and a form may have a hundred thousand.
  const values = Map.groupBy(fields, ([name]) => name)
  const all = (name: string) => values.get(name)?.map(([, value]) => value) ?? []
  return { get: (name) => values.get(name)?.[0]?.[1] ?? '', all, has: (name) => values.has(name), file }
}
