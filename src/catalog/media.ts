/** Files that records refer to: what is known of each, and which generation has which. */
import type { ControlDb, GenerationMediaTable, MediaTable } from '../control/index.ts'

export type KnownMedia = Omit<MediaTable, 'asked_at'>

/** Coarse: a build asks for thousands of files, and each note is a commit. */
const askedEveryMs = 3_600_000

/** What was fetched from an address before; `now`: it is wanted again. */
export async function findMedia(db: ControlDb, sourceKey: string, now: number): Promise<MediaTable | null> {
  const row = await db.selectFrom('media').selectAll().where('source_key', '=', sourceKey).executeTakeFirst()
  if (!row || now - row.asked_at < askedEveryMs) return row ?? null
  const noted = await db
    .updateTable('media')
    .set({ asked_at: now })
    .where('source_key', '=', sourceKey)
    .returningAll()
    .executeTakeFirst()
  return noted ?? null
}

export async function keepMedia(db: ControlDb, media: KnownMedia): Promise<void> {
  const row = { ...media, asked_at: media.fetched_at }
  await db
    .insertInto('media')
    .values(row)
    .onConflict((conflict) => conflict.column('source_key').doUpdateSet(row))
    .execute()
}

const rowsAtOnce = 500

/**
 * Notes which files a generation's records name. Only files that were fetched or pushed, or that another generation has:
 * what a source calls a file must not open other bytes of the store.
 */
export async function noteGenerationMedia(
  db: ControlDb,
  generationUid: string,
  hashes: readonly string[],
): Promise<void> {
  for (let from = 0; from < hashes.length; from += rowsAtOnce) {
    const some = hashes.slice(from, from + rowsAtOnce)
    const columns = ['sha256', 'bytes', 'filename', 'mimetype'] as const
    // The same bytes may have come under several names: the first of them stands for all.
    const known = await db
      .selectFrom('media')
      .select(columns)
      .where('sha256', 'in', some)
      .orderBy('filename', 'desc')
      .execute()
    const elsewhere = await db
      .selectFrom('generation_media')
      .select(columns)
      .where('sha256', 'in', some)
      .execute()
    const byHash = new Map([...elsewhere, ...known].map((row) => [row.sha256, row]))
    if (byHash.size === 0) continue
    await db
      .insertInto('generation_media')
      .values([...byHash.values()].map((row) => ({ generation_uid: generationUid, ...row })))
      .onConflict((conflict) => conflict.columns(['generation_uid', 'sha256']).doNothing())
      .execute()
  }
}

export async function findGenerationMedia(
  db: ControlDb,
  generationUid: string,
  sha256: string,
): Promise<GenerationMediaTable | null> {
  const row = await db
    .selectFrom('generation_media')
    .selectAll()
    .where('generation_uid', '=', generationUid)
    .where('sha256', '=', sha256)
    .executeTakeFirst()
  return row ?? null
}

/**
 * Forgets what no build has wanted since `before`, and what came with pushes of which none is kept; answers the bytes that
 * must stay: those of generations, and of what is still known.
 */
export async function settleMedia(db: ControlDb, before: number): Promise<Set<string>> {
  await db
    .deleteFrom('media')
    .where('resource_uid', 'is', null)
    .where('asked_at', '<', before - askedEveryMs)
    .execute()
  await forgetPushed(db, before)
  const named = new Set<string>()
  for (const table of ['media', 'generation_media'] as const)
    for (const row of await db.selectFrom(table).select('sha256').distinct().execute()) named.add(row.sha256)
  return named
}

/** Clocks are set back, though not by more than this. */
const clockSlackMs = 86_400_000

/** A file is noted anew, before the push is kept, with each push that brings it: one that is older than all of them came with none. */
async function forgetPushed(db: ControlDb, before: number): Promise<void> {
  await db
    .deleteFrom('media')
    .where('resource_uid', 'is not', null)
    .where('resource_uid', 'not in', (eb) => eb.selectFrom('realtime_resources').select('resource_uid'))
    .execute()
  const resources = await db
    .selectFrom('media')
    .select('resource_uid')
    .distinct()
    .where('resource_uid', 'is not', null)
    .execute()
  for (const { resource_uid } of resources) {
    const oldest = await db
      .selectFrom('realtime_pushes')
      .select('pushed_at')
      .where('resource_uid', '=', resource_uid!)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst()
    const since = oldest ? Math.min(before, oldest.pushed_at - clockSlackMs) : before
    await db
      .deleteFrom('media')
      .where('resource_uid', '=', resource_uid)
      .where('fetched_at', '<', since)
      .execute()
  }
}
