import { join } from 'node:path'

/** Where the lasting things of a data directory lie; absolute when the root is. docs/operations.md lists them. */
export interface DataLayout {
  readonly root: string
  /** The embedded control database. */
  readonly control: string
  /** Ties the directory to its control database. */
  readonly directoryId: string
  /** The key of what is sealed in the control database; in no backup. */
  readonly secretKey: string
  readonly blobs: string
  readonly generations: string
  readonly serving: string
}

export function dataLayout(root: string): DataLayout {
  return {
    root,
    control: join(root, 'control.sqlite'),
    directoryId: join(root, 'directory-id'),
    secretKey: join(root, 'secret.key'),
    blobs: join(root, 'blobs'),
    generations: join(root, 'generations'),
    serving: join(root, 'serving'),
  }
}

/** A blob by its sha256, under the directory of blobs. */
export function blobPath(blobs: string, sha256: string): string {
  return join(blobs, sha256.slice(0, 2), sha256)
}

/** A generation's serving file, under their directory. */
export function servingPath(serving: string, generationUid: string): string {
  return join(serving, `${generationUid}.duckdb`)
}
