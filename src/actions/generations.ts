import type { ControlDb } from '../control/index.ts'
import { AppError, type Manifest } from '../kernel/index.ts'

/** Of a sealed generation. Errors: actions.generation_lost. */
export async function readManifest(db: ControlDb, generationUid: string): Promise<Manifest> {
  const row = await db
    .selectFrom('generations')
    .select('manifest_json')
    .where('generation_uid', '=', generationUid)
    .where('state', '=', 'sealed')
    .executeTakeFirst()
  if (!row || row.manifest_json === null) {
    throw new AppError('actions.generation_lost', { generation_uid: generationUid })
  }
  return JSON.parse(row.manifest_json)
}
