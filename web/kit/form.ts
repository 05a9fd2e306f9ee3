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
  const all = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value)
  return { get: (name) => all(name)[0] ?? '', all, has: (name) => all(name).length > 0, file }
}
