/**
 * Sources as this API says them: what kind of server, which connection, which place on it. A resource is stored with one
 * address and parameters (Management API section 11); what this API has no words for stays an address. Its section 7.
 */
import {
  type ConfiguredResource,
  type Connection,
  datasetPrefix,
  filePrefix,
  findConnection,
  withoutSealed,
} from '../../catalog/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import type { HttpServices } from '../services.ts'
import { invalid, named } from './scope.ts'

/** Stands where a secret is kept: in addresses of sources it is shown, and sent back it keeps what is there. */
const mark = '***'

export interface PrintedSource {
  readonly datasource?: JsonObject
  readonly url?: string
  readonly origin: { readonly type: string; readonly label: string }
  /** What is left for `params`. */
  readonly params: JsonObject
}

/** `connection`: the saved one that the resource names. `expand`: print it in full instead of its uid. */
export function printSource(
  resource: ConfiguredResource,
  connection: Connection | null,
  printInFull: ((connection: Connection) => JsonObject) | null,
): PrintedSource {
  const { url } = resource
  const shown = withoutSealed(resource.params)
  if (url.startsWith(filePrefix)) {
    const file = { uid: url.slice(filePrefix.length) }
    return {
      datasource: { type: 'uploaded_file', file },
      origin: { type: 'uploaded_file', label: 'Uploaded file' },
      params: shown,
    }
  }
  const { connection: reference, headers, authentication, ...rest } = shown
  const saved =
    connection === null
      ? { uid: String(reference ?? '') }
      : printInFull === null
        ? { uid: connection.connectionUid }
        : printInFull(connection)
  const scheme = /^[a-z0-9]+/i.exec(url)![0].toLowerCase()
  const listed = listHeaders(headers)
  if (scheme === 'http' || scheme === 'https') {
    const isBasic = (authentication as JsonObject | undefined)?.type === 'basic'
    const inline = { type: 'http', url: new URL(url).origin, auth: printBasic(authentication, isBasic) }
    const source = { type: 'http', connection: reference === undefined ? inline : saved }
    return {
      datasource: { ...source, relative_url: relativeTo(url, connection), headers: listed },
      origin: { type: 'http', label: new URL(url).host },
      params: authentication === undefined || isBasic ? rest : { ...rest, authentication },
    }
  }
  if (scheme === 'ftp') {
    const inline = { type: 'ftp', url: `ftp://${new URL(url).host}`, auth: null }
    const source = { type: 'ftp', connection: reference === undefined ? inline : saved }
    return {
      datasource: { ...source, relative_url: relativeTo(url, connection) },
      origin: { type: 'ftp', label: new URL(url).host },
      params: rest,
    }
  }
  if (scheme === 's3') {
    const inline = { type: 'amazon_s3', auth: null }
    return {
      datasource: { type: 'amazon_s3', connection: reference === undefined ? inline : saved, url },
      origin: { type: 'amazon_s3', label: new URL(url).host },
      params: rest,
    }
  }
  const label = url.startsWith(datasetPrefix) ? 'Dataset of this server' : scheme
  return { url, origin: { type: scheme, label }, params: shown }
}

function printBasic(authentication: JsonValue | undefined, isBasic: boolean): JsonObject | null {
  if (!isBasic) return null
  return {
    type: 'basic_auth',
    username: String((authentication as JsonObject).username ?? ''),
    password: null,
  }
}

/** What of an address is beyond its connection. */
function relativeTo(url: string, connection: Connection | null): string {
  const base = connection === null ? new URL(url).origin : connection.url.replace(/\/+$/, '')
  if (base !== 'null' && url.startsWith(base)) return url.slice(base.length)
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}

function listHeaders(headers: JsonValue | undefined): JsonObject[] {
  return Object.entries((headers ?? {}) as JsonObject).map(([name, value]) => ({ name, value: value! }))
}

export interface ReadSource {
  readonly url: string
  /** Of those that say how the bytes are fetched. */
  readonly params: JsonObject
}

/** Errors: http.invalid_parameter for what is not there or not offered here. */
export async function readDatasource(services: HttpServices, datasource: JsonObject): Promise<ReadSource> {
  const { type } = datasource
  switch (type) {
    case 'uploaded_file': {
      const { uid } = objectAt('datasource.file', datasource.file)
      return { url: `${filePrefix}${textAt('datasource.file.uid', uid)}`, params: {} }
    }
    case 'http':
    case 'ftp':
      return readPlace(services, type, datasource)
    case 'amazon_s3': {
      const { connection } = await readConnectionOf(services, datasource.connection)
      const url = textAt('datasource.url', datasource.url)
      return { url, params: connection === null ? {} : { connection: connection.connectionUid } }
    }
    case 'federated': {
      const { domain_id } = objectAt('datasource.domain', datasource.domain ?? { domain_id: ownDomain })
      if (domain_id !== ownDomain)
        throw invalid('datasource.domain', domain_id, `only datasets of ${ownDomain} itself can be read`)
      const dataset = objectAt('datasource.dataset', datasource.dataset)
      const reference = textAt('datasource.dataset.dataset_id', dataset.dataset_id ?? dataset.uid)
      return { url: `${datasetPrefix}${reference}`, params: {} }
    }
    default:
      throw invalid(
        'datasource.type',
        type,
        'this server fetches from uploaded_file, http, ftp, amazon_s3 and federated',
      )
  }
}

/** How this server calls itself in the management API. */
const ownDomain = 'broadsheet'

async function readPlace(
  services: HttpServices,
  type: 'http' | 'ftp',
  datasource: JsonObject,
): Promise<ReadSource> {
  const { connection, inline } = await readConnectionOf(services, datasource.connection)
  const base = connection === null ? textAt('datasource.connection.url', inline.url) : connection.url
  const relative = datasource.relative_url ?? ''
  if (typeof relative !== 'string') throw invalid('datasource.relative_url', relative, 'it must be a text')
  const scheme = type === 'http' ? /^https?:\/\//i : /^ftp:\/\//i
  if (!scheme.test(base))
    throw invalid('datasource.connection', base, `it must be an ${type} address with its scheme`)
  const headers = { ...readHeaders(inline.headers), ...readHeaders(datasource.headers) }
  const authentication = connection === null ? readBasic(inline.auth) : null
  if (type === 'ftp' && authentication !== null)
    throw invalid('datasource.connection.auth', null, 'of ftp it belongs into a saved connection')
  return {
    url: joined(base, relative),
    params: {
      ...(connection === null ? {} : { connection: connection.connectionUid }),
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(authentication === null ? {} : { authentication }),
    },
  }
}

function joined(base: string, relative: string): string {
  if (relative === '') return base
  return `${base.replace(/\/+$/, '')}${/^[/?]/.test(relative) ? '' : '/'}${relative}`
}

/** A saved one goes by its uid; whatever comes beside that is what clients echo. */
async function readConnectionOf(
  services: HttpServices,
  value: JsonValue | undefined,
): Promise<{ readonly connection: Connection | null; readonly inline: JsonObject }> {
  const inline = objectAt('datasource.connection', value)
  if (inline.uid === undefined || inline.uid === null) return { connection: null, inline }
  const uid = textAt('datasource.connection.uid', inline.uid)
  return {
    connection: await named('datasource.connection', findConnection(services.catalogDeps, uid)),
    inline,
  }
}

/** `[{name, value}]` as `{name: value}`. Errors: http.invalid_parameter. */
export function readHeaders(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return {}
  const property = 'datasource.headers'
  if (!Array.isArray(value)) throw invalid(property, value, 'it must be an array of {name, value}')
  return Object.fromEntries(
    value.map((header) => {
      const { name, value: text } = objectAt(property, header)
      return [textAt(`${property}.name`, name), text === null ? mark : textAt(`${property}.value`, text)]
    }),
  )
}

function readBasic(value: JsonValue | undefined): JsonObject | null {
  if (value === undefined || value === null) return null
  const property = 'datasource.connection.auth'
  const auth = objectAt(property, value)
  if (auth.type !== 'basic_auth') throw invalid(`${property}.type`, auth.type, 'it must be basic_auth')
  return {
    type: 'basic',
    username: textAt(`${property}.username`, auth.username),
    // Read back, a password is null: that keeps it.
    password: typeof auth.password === 'string' ? auth.password : mark,
  }
}

function objectAt(property: string, value: JsonValue | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid(property, value, 'it is needed, and an object')
  return value
}

function textAt(property: string, value: JsonValue | undefined): string {
  if (typeof value !== 'string' || value === '') throw invalid(property, value, 'it is needed, and a text')
  return value
}

/** The saved connection that a resource names; null: none, or it is gone. */
export async function connectionOf(
  { catalogDeps }: HttpServices,
  { params }: ConfiguredResource,
): Promise<Connection | null> {
  if (typeof params.connection !== 'string') return null
  return findConnection(catalogDeps, params.connection).catch((error: unknown) => {
    if (error instanceof AppError && error.key === 'catalog.unknown_connection') return null
    throw error
  })
}
