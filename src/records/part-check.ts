/**
 * Whether the parts of a generation are what was sealed, before a single one is read: Parquet as the engine writes it has
 * no checksums, and a flipped bit would be an answer. Every part is hashed once per process (some gigabyte a second),
 * and looked at (inode, size, times) each time a reader comes: one that has changed is hashed again. Parts are read
 * only while a generation has no serving file; that one has checksums of its own, which the engine verifies.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type Manifest } from '../kernel/index.ts'

export interface PartCheck {
  /** Errors: records.generation_damaged, naming the first part that is not what it should be. */
  check(generationUid: string, manifest: Pick<Manifest, 'parts'>): Promise<void>
  forget(generationUid: string): void
}

interface Verdict {
  /** What the parts looked like when they were hashed. */
  readonly looks: string
  readonly damaged: Promise<string | null>
}

export function createPartCheck(
  generationsDirectory: string,
  onDamage: (generationUid: string, file: string) => void,
): PartCheck {
  const verdicts = new Map<string, Verdict>()

  async function look(generationUid: string, { parts }: Pick<Manifest, 'parts'>): Promise<string> {
    const looks = await Promise.all(
      parts.map(async ({ file }) => {
        const found = await stat(join(generationsDirectory, generationUid, file)).catch(() => null)
        return found ? `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}` : 'missing'
      }),
    )
    return looks.join()
  }

  async function findDamaged(
    generationUid: string,
    { parts }: Pick<Manifest, 'parts'>,
  ): Promise<string | null> {
    for (const { file, bytes, sha256 } of parts) {
      const path = join(generationsDirectory, generationUid, file)
      if (await isAsSealed(path, { bytes, sha256 })) continue
      onDamage(generationUid, file)
      return file
    }
    return null
  }

  return {
    async check(generationUid, manifest) {
      const looks = await look(generationUid, manifest)
      let verdict = verdicts.get(generationUid)
      if (verdict?.looks !== looks) {
        verdict = { looks, damaged: findDamaged(generationUid, manifest) }
        verdicts.set(generationUid, verdict)
      }
      const file = await verdict.damaged
      if (file !== null)
        throw new AppError('records.generation_damaged', { generation_uid: generationUid, file })
    },
    forget: (generationUid) => void verdicts.delete(generationUid),
  }
}

/** Size and hash of a file; false also when it cannot be read. */
export async function isAsSealed(
  path: string,
  expected: { readonly bytes?: number | undefined; readonly sha256?: string | undefined },
): Promise<boolean> {
  try {
    const { size } = await stat(path)
    if (expected.bytes !== undefined && size !== expected.bytes) return false
    if (expected.sha256 === undefined) return true
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
    return hash.digest('hex') === expected.sha256
  } catch {
    return false
  }
}
