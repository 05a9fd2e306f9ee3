/** Saved access to servers of sources. Secrets go in and come out as null. Automation API section 8. */
import type { Connection, ConnectionInput } from '../../catalog/index.ts'
import { formatInstant, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import { readHeaders } from './datasource.ts'
import { invalid } from './scope.ts'

/** Types of this API and the kinds they are stored as. Others of ours no client could read: they are not shown. */
const kinds: Readonly<Record<string, string>> = { http: 'http', ftp: 'ftp', amazon_s3: 's3' }
const typeOf = (kind: string) => Object.keys(kinds).find((type) => kinds[type] === kind)

export const isShownConnection = ({ kind }: Connection): boolean => typeOf(kind) !== undefined

export function printConnection(
  connection: Connection,
  facts: { readonly datasets: number; readonly canManage: boolean },
): JsonObject {
  const type = typeOf(connection.kind) ?? connection.kind
  return {
    uid: connection.connectionUid,
    type,
    name: connection.name,
    is_reusable: true,
    can_reuse: true,
    can_manage: facts.canManage,
    dataset_count: facts.datasets,
    user_count: 0,
    group_count: 0,
    created_at: formatInstant(connection.createdAt),
    updated_at: formatInstant(connection.changedAt),
    url: connection.url,
    auth: printAuth(type, connection),
  }
}

function printAuth(type: string, { username, params }: Connection): JsonObject | null {
  if (username === null) return null
  if (type === 'amazon_s3')
    return {
      type: 'aws_signature_v4',
      access_key_id: username,
      secret_access_key: null,
      region: String(params.region ?? ''),
    }
  return { type: 'basic_auth', username, password: null }
}

/** `present`: what a body leaves out stays as it is there. Errors: http.invalid_parameter. */
export function readConnection(
  body: JsonObject,
  present: Connection | null,
  newName: (type: string, url: string) => string,
): ConnectionInput {
  const type = body.type ?? (present === null ? undefined : typeOf(present.kind))
  const kind = Object.hasOwn(kinds, String(type)) ? kinds[String(type)]! : undefined
  if (kind === undefined)
    throw invalid('type', type, `this server fetches from ${Object.keys(kinds).join(', ')}`)
  if (Object.keys(readHeaders(body.headers)).length > 0)
    throw invalid('headers', body.headers, 'a connection has none: give them with the datasource')
  const known = present !== null && present.kind === kind ? present : null
  const auth = readAuth(String(type), body.auth, known)
  const url = textOr('url', body.url, known?.url ?? urlOf(String(type), auth.params))
  const name = textOr('name', body.name, present?.name ?? newName(String(type), url))
  return { name, kind, url, ...auth }
}

/** The service itself, where no other endpoint is named. */
function urlOf(type: string, params: JsonObject): string | undefined {
  return type === 'amazon_s3' ? `https://s3.${params.region}.amazonaws.com` : undefined
}

function textOr(property: string, value: JsonValue | undefined, fallback: string | undefined): string {
  const chosen = value ?? fallback
  if (typeof chosen !== 'string' || chosen === '') throw invalid(property, value, 'it is needed, and a text')
  return chosen
}

type Auth = Pick<ConnectionInput, 'username' | 'secret' | 'params'>

/** A null secret keeps the one that is stored; no `auth` at all keeps all of it, null takes it away. */
function readAuth(type: string, value: JsonValue | undefined, present: Connection | null): Auth {
  // What this API cannot say of a connection, it cannot take away either.
  const isUnsaid = present !== null && present.username === null && present.hasSecret
  if (present !== null && (value === undefined || (value === null && isUnsaid)))
    return { username: present.username, secret: undefined, params: present.params }
  const kept = { ...present?.params }
  if (value === undefined || value === null) {
    const { authentication: _authentication, parameter: _parameter, ...params } = kept
    return { username: null, secret: null, params }
  }
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('auth', value, 'it must be an object with a type')
  if (type === 'amazon_s3') {
    if (value.type !== 'aws_signature_v4')
      throw invalid('auth.type', value.type, 'it must be aws_signature_v4')
    const region = textOr('auth.region', value.region, undefined)
    const username = textOr('auth.access_key_id', value.access_key_id, undefined)
    const secret = secretOf('auth.secret_access_key', value.secret_access_key, present)
    return { username, secret, params: { ...kept, region } }
  }
  if (value.type !== 'basic_auth') throw invalid('auth.type', value.type, 'it must be basic_auth')
  const username = textOr('auth.username', value.username, undefined)
  const secret = secretOf('auth.password', value.password, present)
  return { username, secret, params: type === 'http' ? { ...kept, authentication: 'basic' } : kept }
}

function secretOf(
  property: string,
  value: JsonValue | undefined,
  present: Connection | null,
): string | undefined {
  if (typeof value === 'string') return value
  if (value !== undefined && value !== null) throw invalid(property, value, 'it must be a text')
  if (present === null || !present.hasSecret) throw invalid(property, value, 'it is needed')
  return undefined
}
