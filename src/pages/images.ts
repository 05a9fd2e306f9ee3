/** Images of pages and of the theme. Automation API section 15; management API section 21 has pages alone. */
import type { Principal } from '../access/index.ts'
import type { ControlDb, ImagesTable } from '../control/index.ts'
import { AppError, type Clock, type Ids, mediaTypeOf } from '../kernel/index.ts'
import { ownRights, requireDomainPermission } from './rights.ts'

export interface ImageDeps {
  readonly db: ControlDb
  readonly clock: Clock
  readonly ids: Ids
  readonly principal: Principal
}

export const maxImageBytes = 10 << 20
/** What browsers show; what somebody calls a file says nothing. */
const kinds: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/x-icon',
  'image/svg+xml',
])

/** Who may upload: whoever may make or edit pages, or set the look of the domain. Errors: access.permission_denied. */
export async function requireImageRight({
  db,
  principal,
}: Pick<ImageDeps, 'db' | 'principal'>): Promise<void> {
  const own = await ownRights(db, principal)
  if ([...own.values()].some((held) => held.has('edit_page'))) return
  requireDomainPermission(principal, 'create_page', 'edit_page', 'edit_theme', 'edit_domain')
}

/** `file` is a blob already, `head` its start. Errors: access.permission_denied, pages.invalid_image. */
export async function addImage(
  deps: ImageDeps,
  file: { readonly filename: string; readonly bytes: number; readonly sha256: string },
  head: Buffer,
): Promise<ImagesTable> {
  await requireImageRight(deps)
  const mimetype = mediaTypeOf(head)
  if (mimetype === null || !kinds.has(mimetype) || file.bytes > maxImageBytes) throw invalidImage()
  const image: ImagesTable = {
    image_uid: deps.ids.uid('im', 16),
    filename: file.filename,
    mimetype,
    bytes: file.bytes,
    sha256: file.sha256,
    created_at: deps.clock.now(),
    username: deps.principal.kind === 'user' ? deps.principal.username : '',
  }
  await deps.db.insertInto('images').values(image).execute()
  return image
}

export function invalidImage(): AppError {
  return new AppError('pages.invalid_image', { max_bytes: maxImageBytes })
}

/** Newest first. Errors: access.permission_denied. */
export async function listImages(
  deps: Pick<ImageDeps, 'db' | 'principal'>,
  page: { readonly limit: number; readonly offset: number },
): Promise<ImagesTable[]> {
  await requireImageRight(deps)
  return deps.db
    .selectFrom('images')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('image_uid')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
}

export async function countImages(db: ControlDb): Promise<number> {
  const counted = await db
    .selectFrom('images')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(counted.count)
}

/** Anybody's who has the address: there is nothing in an image that a page would not show. Errors: pages.unknown_image. */
export async function findImage(db: ControlDb, imageUid: string): Promise<ImagesTable> {
  const image = await db.selectFrom('images').selectAll().where('image_uid', '=', imageUid).executeTakeFirst()
  if (!image) throw new AppError('pages.unknown_image', { image_uid: imageUid.slice(0, 60) })
  return image
}

/** One's own, or any for whoever may edit all pages. Errors: pages.unknown_image, access.permission_denied. */
export async function deleteImage(
  deps: Pick<ImageDeps, 'db' | 'principal'>,
  imageUid: string,
): Promise<void> {
  await requireImageRight(deps)
  const { username } = await findImage(deps.db, imageUid)
  if (deps.principal.kind !== 'user' || deps.principal.username !== username)
    requireDomainPermission(deps.principal, 'edit_page', 'edit_domain')
  await deps.db.deleteFrom('images').where('image_uid', '=', imageUid).execute()
}
