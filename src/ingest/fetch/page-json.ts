/** JSON of a page, its numbers as they were written: a long one would lose digits on its way through a double. */
import { AppError, type JsonValue, shown } from '../../kernel/index.ts'

const tooDeep = 'it is nested too deep'

interface RawJson {
  readonly rawJSON: string
}
/** Of ECMAScript 2026; TypeScript does not know them yet. */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: JsonValue, context: { source?: string }) => unknown,
  ): JsonValue
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}

/**
 * Digits that a double would change: whole numbers too long for it, exponents beyond it, and the `.0` that tells a
 * decimal number. Keeping numbers as written takes ten times as long, so that pages without any are parsed plainly.
 */
const unsafeNumber = /(?<![.\d])\d{16}|\d[eE][+-]?\d|\.0+(?!\d)/

/** Errors: ingest.page_unreadable. */
export function parsePage(text: string, url: string, page: number): JsonValue {
  const content = text.replace(/^\uFEFF/, '')
  try {
    if (!unsafeNumber.test(content)) return JSON.parse(content) as JsonValue
    return json.parse(content, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source
        ? json.rawJSON(source)
        : value,
    )
  } catch (error) {
    const reason =
      error instanceof RangeError
        ? tooDeep
        : /^\s*<(!doctype|html|\?xml)/i.test(content)
          ? 'it is a web page, not JSON'
          : 'it is not valid JSON'
    throw new AppError('ingest.page_unreadable', { url: shown(url), page, reason })
  }
}

/** A line each. Errors: ingest.page_unreadable. */
export function printLines(items: readonly JsonValue[], url: string, page: number): string {
  try {
    return items.map((item) => `${JSON.stringify(item)}\n`).join('')
  } catch {
    throw new AppError('ingest.page_unreadable', { url: shown(url), page, reason: tooDeep })
  }
}

/** The value at a path of member names; undefined: there is none. */
export function valueAt(body: JsonValue, path: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = body
  for (const name of path) {
    if (at === null || typeof at !== 'object' || json.isRawJSON(at) || !Object.hasOwn(at, name))
      return undefined
    at = (at as Record<string, JsonValue>)[name]
  }
  return at
}

/** A text or number as text; empty for anything else. */
export function plainText(value: JsonValue | undefined): string {
  if (json.isRawJSON(value)) return value.rawJSON
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
