/** Attachments and alternative exports as they are stored: by their editors, and in a publication. */
import type { AttachedFilesTable, ControlDb } from '../control/index.ts'
import { AppError, type JsonObject } from '../kernel/index.ts'

export const attachedKinds = ['attachment', 'alternative_export'] as const
export type AttachedKind = (typeof attachedKinds)[number]

/** As a publication keeps it, too. */
export interface AttachedFile {
  /** `at_...` or `ae_...` */
  readonly attached_uid: string
  readonly kind: AttachedKind
  readonly title: string
  readonly description: string
  /** `odsfile://<file_id>` of the upload it was made from, or an http(s) address of an alternative export. */
  readonly url: string
  /** Null: it is elsewhere, under `url`. */
  readonly file: StoredFile | null
  /** Milliseconds since the epoch. */
  readonly created_at: number
  readonly updated_at: number
}

export interface StoredFile {
  readonly filename: string
  readonly mimetype: string
  readonly bytes: number
  /** Names the blob. */
  readonly sha256: string
}

/** In the order in which they were added; `kind` undefined: of both. */
export async function listAttached(
  db: ControlDb,
  datasetUid: string,
  kind?: AttachedKind,
): Promise<AttachedFile[]> {
  const rows = await db
    .selectFrom('attached_files')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind!))
    .orderBy('kind', 'desc')
    .orderBy('position')
    .execute()
  return rows.map(toAttached)
}

/** Errors: catalog.unknown_attachment or unknown_alternative_export, also for one of another dataset. */
export async function findAttached(
  db: ControlDb,
  datasetUid: string,
  kind: AttachedKind,
  attachedUid: string,
): Promise<AttachedFile> {
  const row = await db
    .selectFrom('attached_files')
    .selectAll()
    .where('attached_uid', '=', attachedUid)
    .where('dataset_uid', '=', datasetUid)
    .where('kind', '=', kind)
    .executeTakeFirst()
  if (!row) throw unknownAttached(kind, attachedUid)
  return toAttached(row)
}

/** The error that says so, for whoever looks elsewhere. */
export function unknownAttached(kind: AttachedKind, attachedUid: string): AppError {
  return kind === 'attachment'
    ? new AppError('catalog.unknown_attachment', { attachment_uid: attachedUid.slice(0, 60) })
    : new AppError('catalog.unknown_alternative_export', { export_uid: attachedUid.slice(0, 60) })
}

/** Puts saved ones back, in their order. Part of the caller's transaction. */
export async function replaceAttached(
  trx: ControlDb,
  datasetUid: string,
  saved: readonly AttachedFile[],
): Promise<void> {
  await trx.deleteFrom('attached_files').where('dataset_uid', '=', datasetUid).execute()
  for (const [position, attached] of saved.entries())
    await insertAttached(trx, datasetUid, attached, position)
}

/** Part of the caller's transaction. */
export async function insertAttached(
  trx: ControlDb,
  datasetUid: string,
  { file, ...attached }: AttachedFile,
  position: number,
): Promise<void> {
  const { filename = null, mimetype = null, bytes = null, sha256 = null } = file ?? {}
  await trx
    .insertInto('attached_files')
    .values({ ...attached, dataset_uid: datasetUid, position, filename, mimetype, bytes, sha256 })
    .execute()
  if (!file) return
  await trx
    .insertInto('attached_blobs')
    .values({ dataset_uid: datasetUid, sha256: file.sha256, bytes: file.bytes })
    .onConflict((conflict) => conflict.columns(['dataset_uid', 'sha256']).doUpdateSet({ bytes: file.bytes }))
    .execute()
}

function toAttached(row: AttachedFilesTable): AttachedFile {
  const { attached_uid, title, description, url, filename, mimetype, bytes, sha256 } = row
  return {
    attached_uid,
    kind: row.kind as AttachedKind,
    title,
    description,
    url,
    file: sha256 === null ? null : { filename: filename!, mimetype: mimetype!, bytes: bytes!, sha256 },
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

/** What a publication shows of them; one that was saved by an earlier release has none. */
export function publishedAttached(
  row: { readonly attached_json?: string },
  kind: AttachedKind,
): AttachedFile[] {
  const all = JSON.parse(row.attached_json ?? '[]') as AttachedFile[]
  return all.filter((attached) => attached.kind === kind)
}

/** What a change entry tells of one: no times, which say nothing of it. */
export function attachedFacts({ title, description, url, file }: AttachedFile): JsonObject {
  return { title, description, url, sha256: file?.sha256 ?? null }
}
