/** Archives as sources: what they hold, and their members unpacked one after another, within limits. */
import { AppError } from '../../kernel/index.ts'

export interface ArchiveSource {
  readonly path: string
  readonly filename: string
  readonly bytes: number
  /** Most bytes that all wanted members may unpack to. */
  readonly maxBytes: number
  /** For a look at the beginning of members: no more than about so much of each is unpacked. Default: all. */
  readonly prefixBytes?: number
  /**
   * Of an archive that is listed by reading it: told each member as it comes, whether those so far suffice. Default: all are
   * listed.
   */
  readonly suffices?: (member: Member) => boolean
  readonly stop: AbortSignal
}

export interface Member {
  /** As the archive has it, with / between folders; only ever a name, never a path of this machine. */
  readonly name: string
  /** Unpacked, as the archive says. */
  readonly bytes: number
}

export interface Archive {
  readonly kind: 'zip' | 'tar'
  /** Files, in the archive's order: no folders, links or litter of operating systems. */
  readonly members: readonly Member[]
  /**
   * The members whose numbers are wanted, in the archive's order. Each is whole, and as long as was said, before the next
   * is begun. `pathOf`: where a member goes; what is there belongs to the caller.
   * Errors: ingest.truncated_archive, ingest.decompressed_too_large, ingest.archive_bomb, ingest.encrypted.
   */
  unpack(
    wanted: ReadonlySet<number>,
    pathOf: (index: number) => string,
  ): AsyncGenerator<{ readonly index: number; readonly path: string; readonly bytes: number }>
  close(): void
}

/** The first chunks, up to so many bytes of them; what follows is not read, and so not checked. */
export async function* prefixOf(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of chunks) {
    yield chunk
    total += chunk.length
    if (bytes !== undefined && total >= bytes) return
  }
}

/** Entries of any kind; a directory of them is held in memory. */
export const maxMembers = 50_000
/** Characters; a longer name is none that a file system has. */
export const maxNameLength = 1024

/** Reason for a person, from an error of a library: one line, no paths. */
export function damaged(filename: string, reason: unknown): AppError {
  if (reason instanceof AppError) return reason
  const text = reason instanceof Error ? reason.message : String(reason)
  return new AppError('ingest.truncated_archive', {
    filename,
    reason: text.replace(/\s+/g, ' ').slice(0, 200),
  })
}
