/**
 * Secrets among a resource's parameters: passwords and tokens, values of headers, and what is called like a secret in a
 * body. They are sealed when they are stored, bound to the address they are for; `***` in an edit keeps what is there.
 * An address that changes loses them, so that nobody who may edit can have a secret sent elsewhere.
 */
import { AppError, isSealed, type JsonObject, type JsonValue, type SecretBox } from '../kernel/index.ts'
import { isSecretName, mark } from './secrets.ts'

/** Headers that say nothing secret, and are shown. */
const plainHeaders = new Set([
  'accept',
  'accept-charset',
  'accept-language',
  'content-type',
  'origin',
  'prefer',
  'referer',
  'user-agent',
])

type Place = 'headers' | 'authentication' | 'body'
const places: readonly Place[] = ['headers', 'authentication', 'body']

function isSecret(place: Place, path: readonly string[]): boolean {
  const name = path.at(-1)?.toLowerCase() ?? ''
  if (place === 'headers') return !plainHeaders.has(name)
  if (place === 'authentication') return name === 'password' || name === 'token'
  // A body that is one text may hold a secret anywhere.
  return path.length === 0 || isSecretName(name)
}

/**
 * `present`: the resource as it is stored, if there is one. Errors: catalog.secret_needed for a `***` that stands for
 * nothing any more.
 */
export function sealSourceParams(
  box: SecretBox,
  url: string,
  params: JsonObject,
  present: { readonly url: string; readonly params: JsonObject } | null,
): JsonObject {
  const context = contextOf(url)
  const kept = present !== null && contextOf(present.url) === context ? present.params : {}
  return mapSecrets(params, kept, (value, own, path) => {
    if (value !== mark) return box.seal(value, context)
    if (isSealed(own)) return own
    throw new AppError('catalog.secret_needed', { parameter: path })
  })
}

/** Errors: catalog.secret_unreadable. */
export function openSourceParams(box: SecretBox, url: string, params: JsonObject): JsonObject {
  return mapSecrets(params, {}, (value) => (isSealed(value) ? box.open(value, contextOf(url)) : value))
}

/** As shown: `***` for what is sealed. */
export function withoutSealed(params: JsonObject): JsonObject {
  return mapSecrets(params, {}, (value) => (isSealed(value) ? mark : value))
}

type Map = (value: string, own: JsonValue | undefined, path: string) => string

function mapSecrets(params: JsonObject, present: JsonObject, map: Map): JsonObject {
  const mapped = { ...params }
  for (const place of places) {
    if (params[place] !== undefined) mapped[place] = walk(place, params[place], present[place], [], map)
  }
  return mapped
}

function walk(
  place: Place,
  value: JsonValue,
  own: JsonValue | undefined,
  path: readonly string[],
  map: Map,
): JsonValue {
  if (typeof value === 'string') {
    return value !== '' && isSecret(place, path) ? map(value, own, [place, ...path].join('.')) : value
  }
  if (Array.isArray(value)) {
    const items = Array.isArray(own) ? own : []
    return value.map((item, index) => walk(place, item, items[index], [...path, String(index)], map))
  }
  if (value === null || typeof value !== 'object') return value
  const members = own !== null && typeof own === 'object' && !Array.isArray(own) ? own : {}
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      walk(place, inner, Object.hasOwn(members, name) ? members[name] : undefined, [...path, name], map),
    ]),
  )
}

/** Whom a secret of this address may be sent to. */
function contextOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  return parsed === null ? `resource ${url}` : `resource ${parsed.protocol}//${parsed.host}`
}
