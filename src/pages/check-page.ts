import { AppError, type JsonValue } from '../kernel/index.ts'

/** Texts by language. */
export type Texts = Readonly<Record<string, string>>

/** A page as it is written. */
export interface PageText {
  readonly title: Texts
  readonly description: string
  readonly template: string
  readonly content: { readonly html: Texts; readonly css: Texts }
  readonly tags: readonly string[]
  readonly isRestricted: boolean
  readonly isArchived: boolean
}

const maxContentLength = 1_000_000
const language = /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}$/

/** Errors: pages.invalid_page. */
export function checkSlug(slug: string): string {
  if (/^[a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?$/.test(slug)) return slug
  throw invalid('slug', 'it must be lower-case letters, digits, hyphens and underscores, at most 100')
}

/** What is sent of a page: what is left out stays as `present` has it. Errors: pages.invalid_page. */
export function checkPage(
  sent: Readonly<Record<string, JsonValue | undefined>>,
  present: PageText,
  defaultLanguage: string,
): PageText {
  const { title, description, template, content, tags, restricted, is_archived } = sent
  const given = content === undefined ? {} : asObject('content', content)
  const texts = (property: string, value: JsonValue | undefined, fallback: Texts, max: number): Texts =>
    value === undefined ? fallback : checkTexts(property, value, defaultLanguage, max)
  return {
    title: texts('title', title, present.title, 500),
    description: description === undefined ? present.description : text('description', description, 10_000),
    template: template === undefined ? present.template : text('template', template, 100),
    content: {
      html: texts('content.html', given.html, present.content.html, maxContentLength),
      css: texts('content.css', given.css, present.content.css, maxContentLength),
    },
    tags: tags === undefined ? present.tags : checkTags(tags),
    isRestricted: restricted === undefined ? present.isRestricted : flag('restricted', restricted),
    isArchived: is_archived === undefined ? present.isArchived : flag('is_archived', is_archived),
  }
}

/** A text alone is that of the domain's language. */
function checkTexts(property: string, value: JsonValue, defaultLanguage: string, max: number): Texts {
  if (typeof value === 'string') return { [defaultLanguage]: text(property, value, max) }
  const entries = Object.entries(asObject(property, value))
  if (entries.length > 50 || entries.some(([key]) => !language.test(key)))
    throw invalid(property, 'its keys must be languages, such as en or pt-BR, at most 50')
  return Object.fromEntries(entries.map(([key, inner]) => [key, text(`${property}.${key}`, inner, max)]))
}

function checkTags(value: JsonValue): string[] {
  const isTag = (tag: JsonValue) => typeof tag === 'string' && tag.trim() !== '' && tag.length <= 100
  if (Array.isArray(value) && value.length <= 100 && value.every(isTag)) return value as string[]
  throw invalid('tags', 'it must be a list of at most 100 texts of at most 100 characters')
}

function text(property: string, value: JsonValue, max: number): string {
  if (typeof value === 'string' && value.length <= max) return value
  throw invalid(property, `it must be text of at most ${max} characters`)
}

function flag(property: string, value: JsonValue): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(property, 'it must be true or false')
}

function asObject(property: string, value: JsonValue): { [key: string]: JsonValue } {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value
  throw invalid(property, 'it must be an object')
}

function invalid(property: string, expected: string): AppError {
  return new AppError('pages.invalid_page', { property, expected })
}
