import { isDeepStrictEqual } from 'node:util'
import { isSealed, type JsonObject, type JsonValue } from '../kernel/index.ts'

/** Stands where a secret was. */
export const mark = '***'
const secretName =
  /^(pass(word|wd|phrase)?|secret|token|credentials?|authorization|auth|cookie|signature|sig|api[_-]?key|(access|secret|private|client|account|shared)[_-]?(key|token|secret)|.*[_-](password|secret|token|api[_-]?key))$/i

export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/**
 * A value without what may be a secret in it: values of properties called like one, and user names, passwords and
 * parameters called like a secret in addresses, and whatever is sealed.
 */
export function withoutSecrets(value: JsonValue): JsonValue {
  if (typeof value === 'string') return isSealed(value) ? mark : withoutUrlSecrets(value)
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      secretName.test(name) && isText(inner) ? mark : withoutSecrets(inner),
    ]),
  )
}

function isText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value !== ''
}

function withoutUrlSecrets(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${mark}@`)
    .replace(/([?&;#])([^=&;#]+)=([^&;#]+)/g, (whole, before: string, name: string) =>
      name === 'key' || secretName.test(name) ? `${before}${name}=${mark}` : whole,
    )
}

/** Under these any text may have been a secret (source-secrets.ts), so that a mark is no text. */
const secretPlaces = new Set(['headers', 'authentication', 'body'])

/**
 * A kept value with its secrets put back from the present one. Null when the present one does not have them: what is
 * left would look whole and not work.
 */
export function withSecretsOf(
  kept: JsonValue,
  present: JsonValue | undefined,
  isPlace = false,
): JsonValue | null {
  if (present !== undefined && isDeepStrictEqual(kept, withoutSecrets(present))) return present
  if (isObject(kept)) {
    const whole: JsonObject = {}
    for (const [name, value] of Object.entries(kept)) {
      const own = isObject(present) ? present[name] : undefined
      const isMarked = value === mark && (secretName.test(name) || isSealed(own))
      const filled = isMarked
        ? isText(own)
          ? own!
          : null
        : withSecretsOf(value, own, isPlace || secretPlaces.has(name))
      if (filled === null && value !== null) return null
      whole[name] = filled
    }
    return whole
  }
  return hasMark(kept, isPlace) ? null : kept
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function hasMark(value: JsonValue, isPlace: boolean): boolean {
  if (typeof value === 'string')
    return (isPlace && value === mark) || (value.includes('://') && value.includes(mark))
  if (Array.isArray(value)) return value.some((item) => hasMark(item, isPlace))
  if (!isObject(value)) return false
  return Object.entries(value).some(
    ([name, inner]) => (secretName.test(name) && inner === mark) || hasMark(inner, isPlace),
  )
}
