import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConfiguredResource, filePrefix, findFile } from '../../catalog/index.ts'
import { fetchResource, guessExtractor, type Preview, stepsAt } from '../../ingest/index.ts'
import { AppError, type ConfiguredStep } from '../../kernel/index.ts'
import type { HttpServices } from '../services.ts'

export interface GatheredSource {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly filename: string
  /** The extractor that fits best. */
  guess(): Promise<string>
  head(): Promise<Buffer>
  /** The last bytes. */
  tail(): Promise<Buffer>
}

/** Looked at on each end of a file. */
const endBytes = 64 << 10
const previewRows = 20

/**
 * The bytes behind a resource's address: an uploaded file, or a remote one brought into the blob store. `owner`: whose
 * files may be read; null for anybody's.
 * Errors: catalog.unknown_file, ingest.fetch_*, ingest.source_too_large.
 */
export async function gatherSource(
  services: HttpServices,
  url: string,
  owner: string | null,
  signal: AbortSignal,
): Promise<GatheredSource> {
  const found = url.startsWith(filePrefix)
    ? await findFile(services.catalogDeps, url.slice(filePrefix.length), owner)
    : await fetchRemote(services, url, signal)
  const path = services.blobs.path(found.sha256)
  const head = () => readAt(path, 0)
  const tail = () => readAt(path, Math.max(0, found.bytes - endBytes))
  return {
    path,
    sha256: found.sha256,
    bytes: found.bytes,
    filename: found.filename,
    head,
    tail,
    guess: async () => guessExtractor(found.filename, await head(), await tail()),
  }
}

async function fetchRemote(services: HttpServices, url: string, signal: AbortSignal) {
  const fetched = await fetchResource({
    url,
    conditional: null,
    policy: services.fetchPolicy,
    blobs: services.blobs,
    signal,
  })
  if (fetched.kind !== 'fetched')
    throw new AppError('ingest.fetch_failed', { url, reason: 'it gave no content' })
  return fetched
}

async function readAt(path: string, position: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(endBytes), 0, endBytes, position)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

interface PreviewOptions {
  readonly processors?: readonly ConfiguredStep[]
  readonly rows?: number
}

/**
 * The first records of a resource with its source types, behind the processors that are given. Errors: those of the
 * source and of the processors.
 */
export async function previewOf(
  services: HttpServices,
  resource: ConfiguredResource,
  signal: AbortSignal,
  { processors = [], rows = previewRows }: PreviewOptions = {},
): Promise<Preview> {
  const source = await gatherSource(services, resource.url, null, signal)
  const tmpDirectory = join(services.previewDirectory, `preview-${services.ids.hex(8)}`)
  await mkdir(tmpDirectory, { recursive: true })
  try {
    return await services.builders.preview(
      {
        source: {
          resourceUid: resource.resource_uid,
          title: resource.title,
          filename: source.filename,
          path: source.path,
          sha256: source.sha256,
          bytes: source.bytes,
          extractor: resource.type,
          params: resource.params,
        },
        processors: stepsAt(processors, new Date(services.clock.now()).toISOString()),
        fieldSpecifications: [],
        rows,
        tmpDirectory,
        limits: {
          memoryLimitMb: services.limits.builderMemoryMb,
          threads: services.limits.builderThreads,
          maxSourceBytes: services.limits.maxSourceBytes,
        },
      },
      signal,
    )
  } finally {
    await rm(tmpDirectory, { recursive: true, force: true })
  }
}
