/** Pages of the portal. Management API section 21, automation API section 15 (code editor pages). */
import type { Principal } from '../access/index.ts'
import { readDomain, slug as slugOf } from '../catalog/index.ts'
import type { ControlDb, PagesTable } from '../control/index.ts'
import { AppError, type Clock, type JsonValue } from '../kernel/index.ts'
import { checkPage, checkSlug, type PageText } from './check-page.ts'
import { type OwnRights, ownRights, type PageRights, requireDomainPermission, rightsTo } from './rights.ts'

export interface Page extends PageText {
  readonly slug: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly author: string
  readonly lastModifiedAt: number
  readonly lastModifiedBy: string
}

export interface PageDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly principal: Principal
}

const maxPages = 10_000

/**
 * Pages that whoever asks may see, or with `edits` may edit, ordered and filtered by words in their texts. Their contents
 * are read for those of the page of the list, and not at all without `hasContent`: all together they may be gigabytes.
 * Errors: http.invalid_parameter for a sort that is not offered.
 */
export async function listPages(
  deps: Pick<PageDeps, 'db' | 'principal'>,
  asked: {
    readonly isToEdit: boolean
    readonly search: string
    readonly sort: string
    readonly limit: number
    readonly offset: number
    readonly hasContent: boolean
  },
): Promise<{ readonly pages: Page[]; readonly total: number }> {
  const own = await ownRights(deps.db, deps.principal)
  const rows = await deps.db.selectFrom('pages').select(headColumns).execute()
  const wanted = asked.search.trim().toLowerCase()
  const pages = rows
    .filter((row) => {
      const rights = rightsTo(row, deps.principal, own)
      return asked.isToEdit ? rights.edits : rights.sees
    })
    .map((row) => toPage({ ...row, content_json: noContent }))
    .filter((page) => wanted === '' || wordsOf(page).includes(wanted))
    .sort(orderOf(asked.sort))
  const shown = pages.slice(asked.offset, asked.offset + asked.limit)
  return { pages: asked.hasContent ? await withContents(deps.db, shown) : shown, total: pages.length }
}

const headColumns = [
  'slug',
  'title_json',
  'description',
  'template',
  'tags_json',
  'is_restricted',
  'is_archived',
  'created_at',
  'author',
  'last_modified_at',
  'last_modified_by',
] as const satisfies readonly (keyof PagesTable)[]

const noContent = JSON.stringify({ html: {}, css: {} })

/** One that has gone meanwhile has none. */
async function withContents(db: ControlDb, pages: readonly Page[]): Promise<Page[]> {
  if (pages.length === 0) return []
  const slugs = pages.map(({ slug }) => slug)
  const rows = await db
    .selectFrom('pages')
    .select(['slug', 'content_json'])
    .where('slug', 'in', slugs)
    .execute()
  const contents = new Map(rows.map(({ slug, content_json }) => [slug, content_json]))
  return pages.map((page) => ({ ...page, content: JSON.parse(contents.get(page.slug) ?? noContent) }))
}

const wordsOf = ({ slug, title, description, tags }: Page) =>
  [slug, ...Object.values(title), description, ...tags].join('\n').toLowerCase()

const sorts: Readonly<Record<string, (page: Page) => string | number>> = {
  slug: ({ slug }) => slug,
  title: ({ title, slug }) => Object.values(title)[0] ?? slug,
  created_at: ({ createdAt }) => createdAt,
  last_modified: ({ lastModifiedAt }) => lastModifiedAt,
}

function orderOf(sort: string): (a: Page, b: Page) => number {
  const name = sort.replace(/^-/, '')
  if (!Object.hasOwn(sorts, name)) {
    const expected = `it must be one of ${Object.keys(sorts).join(', ')}, with - in front to descend`
    throw new AppError('http.invalid_parameter', { parameter: 'sort', value: name.slice(0, 100), expected })
  }
  const of = sorts[name]!
  const sign = sort.startsWith('-') ? -1 : 1
  const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)
  return (a, b) => sign * compare(of(a), of(b)) || compare(a.slug, b.slug)
}

/** Errors: pages.unknown_page, also for one that whoever asks may not see; access.permission_denied. */
export async function findPage(
  deps: Pick<PageDeps, 'db' | 'principal'>,
  slug: string,
  needed: keyof PageRights,
): Promise<Page> {
  const row = await deps.db.selectFrom('pages').selectAll().where('slug', '=', slug).executeTakeFirst()
  const own: OwnRights = row ? await ownRights(deps.db, deps.principal) : new Map()
  const rights = row ? rightsTo(row, deps.principal, own) : null
  if (!row || !rights?.sees) throw new AppError('pages.unknown_page', { slug: slug.slice(0, 100) })
  if (!rights[needed])
    throw new AppError('access.permission_denied', {
      permission: needed === 'manages' ? 'edit_page and manage_page' : 'edit_page',
    })
  return toPage(row)
}

const blank: PageText = {
  title: {},
  description: '',
  template: '',
  content: { html: {}, css: {} },
  tags: [],
  isRestricted: false,
  isArchived: false,
}

/** Members of a page as they were sent: checked here. */
export type SentPage = Readonly<Record<string, JsonValue | undefined>>

/** Errors: access.permission_denied, pages.invalid_page, pages.slug_taken, pages.too_many_pages. */
export async function createPage(deps: PageDeps, sent: SentPage): Promise<Page> {
  const { username, permissions } = requireDomainPermission(deps.principal, 'create_page', 'edit_page')
  const { default_language } = await readDomain(deps.db)
  const text = checkPage(sent, blank, default_language)
  const slug = checkSlug(
    typeof sent.slug === 'string' ? sent.slug : slugOf(Object.values(text.title)[0] ?? '') || 'page',
  )
  const now = deps.clock.now()
  const page: Page = {
    ...text,
    slug,
    createdAt: now,
    author: username,
    lastModifiedAt: now,
    lastModifiedBy: username,
  }
  await deps.db.transaction().execute(async (trx) => {
    const counted = await trx
      .selectFrom('pages')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    if (Number(counted.count) >= maxPages) throw new AppError('pages.too_many_pages', { max: maxPages })
    const inserted = await trx
      .insertInto('pages')
      .values(toRow(page))
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .returning('slug')
      .executeTakeFirst()
    if (!inserted) throw new AppError('pages.slug_taken', { slug })
    // Whoever may make pages and not edit all of them edits their own.
    if (!permissions.has('edit_page') || !permissions.has('manage_page'))
      await trx
        .insertInto('page_rights')
        .values({
          slug,
          subject_kind: 'user',
          subject: username,
          permissions_json: JSON.stringify(['edit_page', 'manage_page']),
          created_at: now,
          updated_at: now,
        })
        .execute()
  })
  return page
}

/** What is left out stays. Errors: those of `findPage`, pages.invalid_page, pages.slug_taken. */
export async function changePage(deps: PageDeps, slug: string, sent: SentPage): Promise<Page> {
  const present = await findPage(deps, slug, 'edits')
  const { default_language } = await readDomain(deps.db)
  const text = checkPage(sent, present, default_language)
  // Who may see the page is security, which not everybody who edits it may change.
  if (text.isRestricted !== present.isRestricted) await findPage(deps, slug, 'manages')
  const renamed = typeof sent.slug === 'string' && sent.slug !== slug ? checkSlug(sent.slug) : slug
  const page: Page = {
    ...present,
    ...text,
    slug: renamed,
    lastModifiedAt: deps.clock.now(),
    lastModifiedBy: deps.principal.kind === 'user' ? deps.principal.username : '',
  }
  await deps.db.transaction().execute(async (trx) => {
    if (renamed !== slug) {
      const taken = await trx
        .selectFrom('pages')
        .select('slug')
        .where('slug', '=', renamed)
        .executeTakeFirst()
      if (taken) throw new AppError('pages.slug_taken', { slug: renamed })
    }
    await trx.updateTable('pages').set(toRow(page)).where('slug', '=', slug).execute()
  })
  return page
}

/** All or none; answers what they were. Errors: those of `findPage`. */
export async function deletePages(deps: PageDeps, slugs: readonly string[]): Promise<Page[]> {
  return deps.db.transaction().execute(async (trx) => {
    const gone: Page[] = []
    for (const slug of new Set(slugs)) {
      gone.push(await findPage({ ...deps, db: trx }, slug, 'edits'))
      await trx.deleteFrom('pages').where('slug', '=', slug).execute()
    }
    return gone
  })
}

function toPage(row: PagesTable): Page {
  return {
    slug: row.slug,
    title: JSON.parse(row.title_json),
    description: row.description,
    template: row.template,
    content: JSON.parse(row.content_json),
    tags: JSON.parse(row.tags_json),
    isRestricted: row.is_restricted === 1,
    isArchived: row.is_archived === 1,
    createdAt: row.created_at,
    author: row.author,
    lastModifiedAt: row.last_modified_at,
    lastModifiedBy: row.last_modified_by,
  }
}

function toRow(page: Page): PagesTable {
  return {
    slug: page.slug,
    title_json: JSON.stringify(page.title),
    description: page.description,
    template: page.template,
    content_json: JSON.stringify(page.content),
    tags_json: JSON.stringify(page.tags),
    is_restricted: page.isRestricted ? 1 : 0,
    is_archived: page.isArchived ? 1 : 0,
    created_at: page.createdAt,
    author: page.author,
    last_modified_at: page.lastModifiedAt,
    last_modified_by: page.lastModifiedBy,
  }
}
