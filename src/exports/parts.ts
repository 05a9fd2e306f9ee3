import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type Manifest, type ManifestPart } from '../kernel/index.ts'

/** The Parquet parts of a generation, as they are on disk. Whoever asks holds a lease of the generation. */
export interface Parts {
  /** Errors: records.generation_gone. */
  list(generationUid: string): Promise<readonly ManifestPart[]>
  /** The part of that name, open; the caller closes it. Errors: exports.unknown_part, records.generation_gone. */
  open(
    generationUid: string,
    file: string,
  ): Promise<{ readonly part: ManifestPart; readonly handle: FileHandle }>
}

export function createParts(deps: { generationsDirectory: string }): Parts {
  const pathOf = (generationUid: string, file: string) => join(deps.generationsDirectory, generationUid, file)

  async function list(generationUid: string): Promise<readonly ManifestPart[]> {
    try {
      const text = await readFile(pathOf(generationUid, 'manifest.json'), 'utf8')
      return (JSON.parse(text) as Manifest).parts
    } catch {
      throw new AppError('records.generation_gone', {})
    }
  }

  return {
    list,
    async open(generationUid, file) {
      // A name that the manifest does not have is no path.
      const part = (await list(generationUid)).find((candidate) => candidate.file === file)
      if (!part) throw new AppError('exports.unknown_part', { file: file.slice(0, 100) })
      return { part, handle: await open(pathOf(generationUid, part.file), 'r') }
    },
  }
}
