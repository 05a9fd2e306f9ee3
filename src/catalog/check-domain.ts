/** The check of domain settings that somebody sends. */
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'
import { isLanguageTag } from './metadata-templates.ts'

const maxListed = 500
const maxText = 10_000

type Check = (value: JsonValue) => string | null

const text =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max ? null : `it must be text of at most ${max} characters`

const texts: Check = (value) =>
  isPlain(value) &&
  Object.entries(value).every(
    ([language, label]) => isLanguageTag(language) && typeof label === 'string' && label.length <= maxText,
  )
    ? null
    : 'it must be an object of texts by language'

const language: Check = (value) =>
  typeof value === 'string' && isLanguageTag(value) ? null : 'it must be a language, such as en or pt-BR'

const webAddress: Check = (value) =>
  value === '' ||
  (typeof value === 'string' &&
    /^https?:\/\/[^\s/]/i.test(value) &&
    value.length <= 2000 &&
    URL.canParse(value))
    ? null
    : 'it must be an http or https address, or empty'

/** The portal shows what is here under its own address: pictures of elsewhere would tell others who reads it. */
const imageAddress: Check = (value) =>
  value === '' || (typeof value === 'string' && /^\/api\/portal\/v1\/images\/im_[a-z0-9]+$/.test(value))
    ? null
    : 'it must be the address of an image of this server (/api/portal/v1/images/...), or empty'

const color: Check = (value) =>
  typeof value === 'string' && /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(value)
    ? null
    : 'it must be a colour, such as #1a2b3c'

const members =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!isPlain(value)) return 'it must be an object'
    for (const [name, inner] of Object.entries(value)) {
      if (!Object.hasOwn(checks, name)) return `it has no ${name.slice(0, 60)}`
      const fault = checks[name]!(inner)
      if (fault !== null) return `${name}: ${fault}`
    }
    return null
  }

const colors: Check = (value) => {
  if (!isPlain(value) || Object.keys(value).length > 50) return 'it must be an object of at most 50 colours'
  for (const [role, inner] of Object.entries(value)) {
    if (!/^[a-z][a-z0-9_-]{0,59}$/.test(role)) return `${role.slice(0, 60)} is not the name of a colour`
    const fault = color(inner)
    if (fault !== null) return `${role}: ${fault}`
  }
  return null
}

const identified =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > maxListed) return `it must be a list of at most ${maxListed}`
    const seen = new Set<string>()
    for (const item of value) {
      const id = isPlain(item) ? item.id : undefined
      if (typeof id !== 'string' || !/^[\w.:/-]{1,200}$/.test(id)) return 'each needs an id'
      if (seen.has(id)) return `${id} is there twice`
      seen.add(id)
      const fault = members({ id: () => null, ...checks })(item)
      if (fault !== null) return `${id}: ${fault}`
      const missing = Object.keys(checks).find(
        (name) => name !== 'url' && !Object.hasOwn(item as object, name),
      )
      if (missing) return `${id}: it has no ${missing}`
    }
    return null
  }

const timezone: Check = (value) => {
  try {
    if (typeof value !== 'string' || value === '') throw new RangeError()
    new Intl.DateTimeFormat('en', { timeZone: value })
    return null
  } catch {
    return 'it must be a time zone, such as Europe/Paris'
  }
}

const email: Check = (value) =>
  value === '' ||
  (typeof value === 'string' && /^[^\s<>"@,;]+@[^\s<>"@,;]+$/.test(value) && value.length <= 254)
    ? null
    : 'it must be an e-mail address, or empty'

const checks: Readonly<Record<string, Check>> = {
  name: text(200),
  description: texts,
  default_language: language,
  languages: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 50 &&
    value.every((item) => language(item) === null)
      ? null
      : 'it must be a list of codes of languages, such as en or pt-BR, and not empty',
  timezone,
  contact: members({ name: text(200), email, url: webAddress }),
  theme: members({ colors, logo_url: imageAddress, favicon_url: imageAddress }),
  licenses: identified({ label: text(500), url: (value) => (value === null ? null : webAddress(value)) }),
  themes: identified({ labels: texts }),
  default_security: members({
    visibility: (value) =>
      value === 'domain' || value === 'restricted' ? null : 'it must be domain or restricted',
  }),
  feedback: (value) => (typeof value === 'boolean' ? null : 'it must be true or false'),
  quotas: (value) => {
    const isQuota =
      isPlain(value) && value.unit === 'day' && Number.isSafeInteger(value.limit) && Number(value.limit) >= 0
    const names = isPlain(value) ? Object.keys(value).length : 0
    if (isPlain(value) && (names === 0 || (isQuota && names === 2))) return null
    return 'it must be {"limit": calls of everybody, "unit": "day"}, or {}'
  },
}

/** `whole`: as it would be. Errors: catalog.invalid_domain; catalog.invalid_request wrapping several. */
export function checkDomain(
  changes: JsonObject,
  whole: { readonly default_language?: unknown; readonly languages?: unknown },
): void {
  const faults: AppError[] = []
  for (const [setting, value] of Object.entries(changes)) {
    const check = Object.hasOwn(checks, setting) ? checks[setting]! : () => 'there is no such setting'
    const expected = value === null && Object.hasOwn(checks, setting) ? null : check(value)
    if (expected !== null)
      faults.push(new AppError('catalog.invalid_domain', { setting: setting.slice(0, 60), expected }))
  }
  if (faults.length > 1) throw new AppError('catalog.invalid_request', {}, faults)
  if (faults.length === 1) throw faults[0]
  if (!(whole.languages as string[]).includes(whole.default_language as string)) {
    const expected = 'it must be one of the languages'
    throw new AppError('catalog.invalid_domain', { setting: 'default_language', expected })
  }
}

function isPlain(value: JsonValue): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
