/** Connections as their forms have them: what each kind asks for. docs/sources.md. */
import type { Form } from '../kit/form.ts'

export interface Connection {
  readonly connection_uid: string
  readonly name: string
  readonly kind: Kind
  readonly url: string
  readonly username: string | null
  readonly has_secret: boolean
  readonly params: Readonly<Record<string, unknown>>
}

/** What came of trying one. */
export interface Tried {
  /** Of the connection; empty: one that is not saved. */
  readonly uid: string
  readonly outcome: 'ok' | 'unclear' | 'failed'
  /** What was looked at; null: it did not come to that. */
  readonly url: string | null
  readonly reached: boolean
  readonly sign_in: 'accepted' | 'refused' | 'not_asked' | 'unknown'
  readonly found:
    | {
        readonly kind: 'listing'
        readonly entries: readonly {
          readonly name: string
          readonly kind: 'file' | 'directory'
          readonly bytes: number | null
        }[]
        readonly has_more: boolean
      }
    | {
        readonly kind: 'content'
        readonly content_type: string | null
        readonly bytes: number | null
        readonly sample: string | null
      }
    | null
  readonly error: { readonly message: string; readonly hint?: string } | null
}

export const kinds = ['http', 'ftp', 'ftps', 'sftp', 's3'] as const
export type Kind = (typeof kinds)[number]
export const isKind = (value: string | null): value is Kind => kinds.includes(value as Kind)

/** A list of values: one of them; otherwise a text, some lines of it, or a box to tick. */
export type ParamShape = readonly string[] | 'text' | 'lines' | 'flag'

export const addresses: Readonly<Record<Kind, string>> = {
  http: 'https://data.example.org/private',
  ftp: 'ftp://files.example.org',
  ftps: 'ftps://files.example.org',
  sftp: 'sftp://files.example.org',
  s3: 'https://s3.example.org',
}

export const paramsOf = {
  http: { authentication: ['basic', 'bearer', 'header', 'query'], parameter: 'text', ca: 'lines' },
  ftp: {},
  ftps: { implicit: 'flag', ca: 'lines' },
  sftp: { authentication: ['password', 'key'], host_key: 'text' },
  s3: { region: 'text', path_style: ['true', 'false'], ca: 'lines' },
} as const satisfies Readonly<Record<Kind, Readonly<Record<string, ParamShape>>>>

export const paramName = (name: string) => `param.${name}`

/** What the form says of a connection of this kind. A secret that is left empty stays. */
export function connectionIn(form: Form, kind: Kind): Readonly<Record<string, unknown>> {
  const text = (name: string) => form.get(name).trim()
  const params = Object.entries(paramsOf[kind] as Readonly<Record<string, ParamShape>>).flatMap(
    ([name, shape]) => {
      const value = text(paramName(name))
      if (shape === 'flag') return form.has(paramName(name)) ? [[name, true] as const] : []
      if (value === '') return []
      return [[name, name === 'path_style' ? value === 'true' : value.replaceAll('\r\n', '\n')] as const]
    },
  )
  // Spaces may belong to a password; a key has its last line end.
  const secret = form.get('secret') || form.get('key').replaceAll('\r\n', '\n')
  const hasKey = form.get('secret') === '' && secret !== ''
  return {
    name: text('name'),
    kind,
    url: text('url'),
    username: text('username') || null,
    params: { ...Object.fromEntries(params), ...(hasKey ? { authentication: 'key' } : {}) },
    ...(form.has('no_secret') ? { secret: null } : secret === '' ? {} : { secret }),
  }
}
