import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'

/**
 * Whether a sealed generation can be published again without building it: no damage of it is known, and its files have
 * their sizes. Hashing them would take longer than milliseconds; readers of parts do it, and `verify`.
 */
export async function isUsable(
  deps: Pick<ActionDeps, 'layout' | 'readers'>,
  generationUid: string,
  manifest: Pick<Manifest, 'parts'>,
): Promise<boolean> {
  if (deps.readers.isDamaged(generationUid)) return false
  const sizeOf = async (file: string) =>
    (await stat(join(deps.layout.generations, generationUid, file)).catch(() => null))?.size
  if ((await sizeOf('manifest.json')) === undefined) return false
  for (const { file, bytes } of manifest.parts) if ((await sizeOf(file)) !== bytes) return false
  return true
}
