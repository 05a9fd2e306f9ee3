/**
 * Whether the parts of a generation are what was sealed, before a single one is read: Parquet as the engine writes it has
 * no checksums, and a flipped bit would be an answer. Every part is hashed once per process (some gigabyte a second),
 * and looked at (inode, size, times) each time a reader comes: one that has changed is hashed again. Queries read parts
 * only while a generation has no serving file; that one has checksums of its own, which the engine verifies.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type ManifestPart } from '../kernel/index.ts'

export interface PartCheck {
  /** Errors: records.generation_damaged, naming the first part that is not what it should be. */
  check(generationUid: string, parts: readonly ManifestPart[]): Promise<void>
  forget(generationUid: string): void
}

interface Verdict {
  /** What the part looked like when it was hashed. */
  readonly looks: string
  readonly isWhole: Promise<boolean>
}

export function createPartCheck(
  generationsDirectory: string,
  onDamage: (generationUid: string, file: string) => void,
): PartCheck {
  /** By generation, then by file. */
  const verdicts = new Map<string, Map<string, Verdict>>()

  async function lookAt(path: string): Promise<string> {
    const found = await stat(path).catch(() => null)
    return found ? `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}` : 'missing'
  }

  async function judge(generationUid: string, path: string, part: ManifestPart): Promise<boolean> {
    const isWhole = await isAsSealed(path, part)
    if (!isWhole) onDamage(generationUid, part.file)
    return isWhole
  }

  return {
    async check(generationUid, parts) {
      const known = verdicts.get(generationUid) ?? new Map<string, Verdict>()
      verdicts.set(generationUid, known)
      const pathOf = ({ file }: ManifestPart) => join(generationsDirectory, generationUid, file)
      const looks = await Promise.all(parts.map((part) => lookAt(pathOf(part))))
      for (const [at, part] of parts.entries()) {
        const earlier = known.get(part.file)
        const verdict =
          earlier && earlier.looks === looks[at]
            ? earlier
            : { looks: looks[at]!, isWhole: judge(generationUid, pathOf(part), part) }
        known.set(part.file, verdict)
        if (!(await verdict.isWhole))
          throw new AppError('records.generation_damaged', { generation_uid: generationUid, file: part.file })
      }
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
