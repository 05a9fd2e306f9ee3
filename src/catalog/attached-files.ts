/**
 * Attachments and alternative exports: files that are offered beside a dataset's records. Two families of one shape.
 * Readers see them with the next publish. Management API sections 16 and 17, automation API section 11.
 */
import { AppError } from '../kernel/index.ts'
import {
  type AttachedFile,
  type AttachedKind,
  findAttached,
  insertAttached,
  type StoredFile,
} from './attached-rows.ts'
import { type EditorDeps, editDataset } from './edit-dataset.ts'
import { type FileReader, findFile } from './files.ts'
import { filePrefix } from './resources.ts'

export interface AttachedInput {
  readonly url: string
  readonly title?: string | undefined
  readonly description?: string | undefined
}

const prefixes: Readonly<Record<AttachedKind, string>> = { attachment: 'at', alternative_export: 'ae' }
/** Of one kind per dataset: all are part of every answer that shows the dataset. */
const maxAttached = 100
const maxTitleLength = 500
const maxDescriptionLength = 10_000

/**
 * Offers an uploaded file with a dataset; an alternative export may be an http(s) address instead. `reader`: whose
 * uploads may be taken. Errors: catalog.invalid_attached_url, catalog.unknown_file,
 * catalog.invalid_attached_text, catalog.too_many_attached, catalog.unknown_dataset.
 */
export async function attach(
  deps: EditorDeps,
  datasetUid: string,
  kind: AttachedKind,
  input: AttachedInput,
  reader: FileReader,
): Promise<AttachedFile> {
  return editDataset(deps, datasetUid, 'edit', async (trx, before) => {
    // Here and not before: until it is attached, the upload may be deleted, and its bytes with it.
    const file = await fileOf({ ...deps, db: trx }, kind, input.url, reader)
    const now = deps.clock.now()
    const attached: AttachedFile = {
      attached_uid: deps.ids.uid(prefixes[kind]),
      kind,
      ...checkTexts(
        input.title ?? file?.filename ?? input.url.slice(0, maxTitleLength),
        input.description ?? '',
      ),
      url: input.url,
      file,
      created_at: now,
      updated_at: now,
    }
    const own = (before.attached ?? []).filter((other) => other.kind === kind)
    if (own.length >= maxAttached) throw new AppError('catalog.too_many_attached', { max: maxAttached })
    const last = await trx
      .selectFrom('attached_files')
      .select((eb) => eb.fn.max('position').as('position'))
      .where('dataset_uid', '=', datasetUid)
      .executeTakeFirst()
    await insertAttached(trx, datasetUid, attached, Number(last?.position ?? -1) + 1)
    return attached
  })
}

async function fileOf(
  deps: EditorDeps,
  kind: AttachedKind,
  url: string,
  reader: FileReader,
): Promise<StoredFile | null> {
  if (url.startsWith(filePrefix)) {
    const { filename, mimetype, bytes, sha256 } = await findFile(deps, url.slice(filePrefix.length), reader)
    return { filename, mimetype, bytes, sha256 }
  }
  const isAddress =
    /^https?:\/\/[^/?#@\\\s]+(?:[/?#]\S*)?$/i.test(url) && url.length <= 2000 && URL.canParse(url)
  if (kind === 'alternative_export' && isAddress) return null
  throw new AppError('catalog.invalid_attached_url', { url: url.slice(0, 200) })
}

/** Changes what is said of it; what is left out stays. Errors: as `findAttached`, catalog.invalid_attached_text. */
export async function describeAttached(
  deps: EditorDeps,
  datasetUid: string,
  kind: AttachedKind,
  attachedUid: string,
  texts: { readonly title?: string | undefined; readonly description?: string | undefined },
): Promise<AttachedFile> {
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    const present = await findAttached(trx, datasetUid, kind, attachedUid)
    await trx
      .updateTable('attached_files')
      .set({
        ...checkTexts(texts.title ?? present.title, texts.description ?? present.description),
        updated_at: deps.clock.now(),
      })
      .where('attached_uid', '=', attachedUid)
      .execute()
  })
  return findAttached(deps.db, datasetUid, kind, attachedUid)
}

/** Errors: as `findAttached`. */
export async function detach(
  deps: EditorDeps,
  datasetUid: string,
  kind: AttachedKind,
  attachedUid: string,
): Promise<void> {
  await editDataset(deps, datasetUid, 'edit', async (trx) => {
    await findAttached(trx, datasetUid, kind, attachedUid)
    await trx.deleteFrom('attached_files').where('attached_uid', '=', attachedUid).execute()
  })
}

function checkTexts(title: string, description: string) {
  const check = (property: string, text: string, max: number) => {
    if (text.length <= max && (property !== 'title' || text.trim() !== '')) return text
    const expected = `it must be text of at most ${max} characters${property === 'title' ? ', not empty' : ''}`
    throw new AppError('catalog.invalid_attached_text', { property, expected })
  }
  return {
    title: check('title', title, maxTitleLength),
    description: check('description', description, maxDescriptionLength),
  }
}
