/** What each kind of connection may say, in one table: validation and docs/sources.md come from the same words. */
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'

interface Kind {
  readonly protocols: readonly string[]
  readonly params: Readonly<Record<string, Check>>
}
/** What is expected instead, in words; null when the value will do. */
type Check = (value: JsonValue) => string | null

const oneOf =
  (...known: string[]): Check =>
  (value) =>
    known.includes(value as string) ? null : `it must be ${known.join(' or ')}`
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'it must be true or false')
const matching =
  (pattern: RegExp, expected: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? null : expected
const certificate = matching(
  /^-----BEGIN CERTIFICATE-----[\s\S]{1,60000}$/,
  'it must be a certificate in PEM',
)

const kinds: Readonly<Record<string, Kind>> = {
  http: {
    protocols: ['http:', 'https:'],
    params: {
      authentication: oneOf('basic', 'bearer', 'header', 'query'),
      parameter: matching(
        /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/,
        'it must be the name of a header or query parameter',
      ),
      ca: certificate,
    },
  },
  ftp: { protocols: ['ftp:'], params: {} },
  ftps: { protocols: ['ftps:'], params: { implicit: flag, ca: certificate } },
  sftp: {
    protocols: ['sftp:'],
    params: {
      authentication: oneOf('password', 'key'),
      host_key: matching(
        /^SHA256:[A-Za-z0-9+/]{43}=?$/,
        'it must be like SHA256:..., as ssh-keygen -l prints it',
      ),
    },
  },
  s3: {
    protocols: ['http:', 'https:'],
    params: {
      region: matching(/^[a-z0-9-]{1,60}$/, 'it must be the name of a region'),
      path_style: flag,
      ca: certificate,
    },
  },
}

/** Errors: catalog.invalid_connection. */
export function checkConnection(input: {
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly username: string | null
  readonly params: JsonObject
}): void {
  const { name, kind, params, username } = input
  // Not like a uid: a name is understood wherever a uid is.
  if (name.trim() !== name || name === '' || name.length > 100 || /^co_|[\p{Cc}]/u.test(name))
    throw invalid('name', 'it must be 1 to 100 characters, and not start with co_')
  const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!known) throw invalid('kind', `it must be one of ${Object.keys(kinds).join(', ')}`)
  checkUrl(input.url, known)
  if (username !== null && /[\p{Cc}]/u.test(username)) throw invalid('username', 'it has control characters')
  for (const [parameter, value] of Object.entries(params)) {
    const check = Object.hasOwn(known.params, parameter) ? known.params[parameter] : undefined
    const names = Object.keys(known.params).join(', ')
    if (!check) throw invalid(`params.${parameter}`, `kind ${kind} knows ${names === '' ? 'none' : names}`)
    const expected = check(value)
    if (expected !== null) throw invalid(`params.${parameter}`, expected)
  }
  const needsParameter = params.authentication === 'header' || params.authentication === 'query'
  if (kind === 'http' && needsParameter && params.parameter === undefined)
    throw invalid('params.parameter', `authentication ${params.authentication} needs it`)
}

function checkUrl(text: string, { protocols }: Kind): void {
  const url = URL.canParse(text) && text.length <= 2000 ? new URL(text) : null
  if (url === null || !protocols.includes(url.protocol) || url.host === '')
    throw invalid('url', `it must be a complete address with ${protocols.join(' or ')}`)
  if (url.username || url.password) throw invalid('url', 'user name and secret have their own properties')
  if (url.search || url.hash) throw invalid('url', 'it cannot have a query or a fragment')
}

function invalid(property: string, expected: string): AppError {
  return new AppError('catalog.invalid_connection', { property, expected })
}

/** Whether an address is one that the connection is for: the same server, and below its path. */
export function isWithin(connection: { readonly kind: string; readonly url: string }, text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  // Decoded only later, they would lead out of the connection's path.
  if (/%2f|%5c|%2e/i.test(url.pathname)) return false
  if (connection.kind === 's3') return url.protocol === 's3:'
  const base = new URL(connection.url)
  if (url.protocol !== base.protocol || url.host !== base.host) return false
  const path = base.pathname.replace(/\/+$/, '')
  return path === '' || url.pathname === path || url.pathname.startsWith(`${path}/`)
}
