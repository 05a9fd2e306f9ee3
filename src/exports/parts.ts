import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type ManifestPart } from '../kernel/index.ts'
import type { GenerationStore } from '../records/index.ts'

/** The Parquet parts of a generation, as they are on disk. Whoever asks holds a lease of the generation. */
export interface Parts {
  /** Errors: records.generation_gone, records.generation_damaged. */
  list(generationUid: string): Promise<readonly ManifestPart[]>
  /** The part of that name, open; the caller closes it. Errors: exports.unknown_part; those of `list`. */
  open(
    generationUid: string,
    file: string,
  ): Promise<{ readonly part: ManifestPart; readonly handle: FileHandle }>
}

export function createParts(deps: {
  readonly generationsDirectory: string
  readonly store: Pick<GenerationStore, 'listParts' | 'checkPart'>
}): Parts {
  const { store } = deps
  return {
    list: store.listParts,
    async open(generationUid, file) {
      // A name that the manifest does not have is no path.
      const part = (await store.listParts(generationUid)).find((candidate) => candidate.file === file)
      if (!part) throw new AppError('exports.unknown_part', { file: file.slice(0, 100) })
      await store.checkPart(generationUid, part)
      return { part, handle: await open(join(deps.generationsDirectory, generationUid, part.file), 'r') }
    },
  }
}
