/** Rights on one page. Management API section 21; whoever changes them may edit the page and manage its security. */
import type { PageRightsTable } from '../control/index.ts'
import { AppError } from '../kernel/index.ts'
import { findPage, type PageDeps } from './pages.ts'
import { pagePermissions } from './rights.ts'

export type SubjectKind = 'user' | 'group'

export interface PageRight {
  readonly slug: string
  readonly kind: SubjectKind
  /** Username or id of the group. */
  readonly subject: string
  readonly permissions: readonly string[]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** In the order of their names. Errors: those of `findPage`. */
export async function listPageRights(deps: PageDeps, slug: string, kind: SubjectKind): Promise<PageRight[]> {
  await findPage(deps, slug, 'manages')
  const rows = await rightsOf(deps, slug, kind).orderBy('subject').execute()
  return rows.map(toRight)
}

/** Errors: those of `findPage`, pages.unknown_page_right. */
export async function findPageRight(
  deps: PageDeps,
  slug: string,
  kind: SubjectKind,
  subject: string,
): Promise<PageRight> {
  await findPage(deps, slug, 'manages')
  const row = await rightsOf(deps, slug, kind).where('subject', '=', subject).executeTakeFirst()
  if (!row) throw new AppError('pages.unknown_page_right', { subject: subject.slice(0, 200) })
  return toRight(row)
}

function rightsOf({ db }: PageDeps, slug: string, kind: SubjectKind) {
  return db.selectFrom('page_rights').selectAll().where('slug', '=', slug).where('subject_kind', '=', kind)
}

/**
 * `isNew`: there must be none yet, else there must be one. Errors: those of `findPage`, pages.unknown_page_right,
 * pages.page_right_taken, pages.unknown_subject, pages.invalid_page.
 */
export async function writePageRight(
  deps: PageDeps,
  right: { slug: string; kind: SubjectKind; subject: string; permissions: readonly string[] },
  isNew: boolean,
): Promise<PageRight> {
  const { slug, kind, subject } = right
  await findPage(deps, slug, 'manages')
  const permissions = [...new Set(right.permissions)]
  if (permissions.some((permission) => !pagePermissions.includes(permission as never))) {
    const expected = `it must be a list of ${pagePermissions.join(', ')}`
    throw new AppError('pages.invalid_page', { property: 'permissions', expected })
  }
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (trx) => {
    const within = { ...deps, db: trx }
    const present = await rightsOf(within, slug, kind).where('subject', '=', subject).executeTakeFirst()
    if (present && isNew) throw new AppError('pages.page_right_taken', { subject })
    if (!present && !isNew) throw new AppError('pages.unknown_page_right', { subject: subject.slice(0, 200) })
    if (!(await isKnown(within, kind, subject)))
      throw new AppError('pages.unknown_subject', { subject: subject.slice(0, 200) })
    const row = {
      slug,
      subject_kind: kind,
      subject,
      permissions_json: JSON.stringify(permissions),
      created_at: present?.created_at ?? now,
      updated_at: now,
    }
    await trx
      .insertInto('page_rights')
      .values(row)
      .onConflict((conflict) => conflict.columns(['slug', 'subject_kind', 'subject']).doUpdateSet(row))
      .execute()
  })
  return findPageRight(deps, slug, kind, subject)
}

async function isKnown({ db }: PageDeps, kind: SubjectKind, subject: string): Promise<boolean> {
  const found =
    kind === 'user'
      ? await db.selectFrom('users').select('username').where('username', '=', subject).executeTakeFirst()
      : await db.selectFrom('groups').select('group_id').where('group_id', '=', subject).executeTakeFirst()
  return found !== undefined
}

/** Errors: those of `findPageRight`. */
export async function deletePageRight(
  deps: PageDeps,
  slug: string,
  kind: SubjectKind,
  subject: string,
): Promise<void> {
  await findPageRight(deps, slug, kind, subject)
  await deps.db
    .deleteFrom('page_rights')
    .where('slug', '=', slug)
    .where('subject_kind', '=', kind)
    .where('subject', '=', subject)
    .execute()
}

function toRight(row: PageRightsTable): PageRight {
  return {
    slug: row.slug,
    kind: row.subject_kind as SubjectKind,
    subject: row.subject,
    permissions: JSON.parse(row.permissions_json),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
