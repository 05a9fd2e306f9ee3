import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { holdDatasetSource, readySource } from '../../actions/index.ts'
import {
  type ConfiguredResource,
  datasetPrefix,
  type FileReader,
  filePrefix,
  findFile,
} from '../../catalog/index.ts'
import { extractorParams, fetchResource, guessExtractor, type Preview, stepsAt } from '../../ingest/index.ts'
import {
  AppError,
  type ConfiguredStep,
  type JsonObject,
  type SourceDataset,
  shown,
} from '../../kernel/index.ts'
import { realtimePrefix } from '../../realtime/index.ts'
import type { HttpServices } from '../services.ts'

export interface GatheredSource {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly filename: string
  /** Of a dataset:// address. */
  readonly dataset?: SourceDataset
  /** The extractor that fits best. */
  guess(): Promise<string>
  head(): Promise<Buffer>
  /** The last bytes. */
  tail(): Promise<Buffer>
  /** It may go again. */
  release(): void
}

/** Looked at on each end of a file. */
const endBytes = 64 << 10
const previewRows = 20

/**
 * The bytes behind a resource's address: an uploaded file, another dataset, or a remote one brought into the blob store
 * (of a paged one the first page). `params`: as stored. `reader`: whose files
 * may be read. Whether a dataset may be read has been asked before.
 * Errors: catalog.unknown_file, catalog.unknown_dataset, catalog.not_published, ingest.fetch_*,
 * ingest.source_too_large, those of readySource.
 */
export async function gatherSource(
  services: HttpServices,
  source: { readonly url: string; readonly params: JsonObject },
  reader: FileReader,
  signal: AbortSignal,
): Promise<GatheredSource> {
  const { url } = source
  if (url.startsWith(datasetPrefix)) return gatherDataset(services, url)
  if (url.startsWith(realtimePrefix))
    throw new AppError('http.invalid_parameter', {
      parameter: 'url',
      value: url,
      expected: 'records that are pushed are seen once they are published',
    })
  const found = url.startsWith(filePrefix)
    ? await findFile(services.catalogDeps, url.slice(filePrefix.length), reader)
    : await fetchRemote(services, source, signal)
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
    release: () => {},
  }
}

async function gatherDataset(services: HttpServices, url: string): Promise<GatheredSource> {
  const { control, generations, generationsDirectory } = services
  const { source, release } = await holdDatasetSource(control.db, generationsDirectory, generations, url)
  const { parts: _parts, ...facts } = source
  const nothing = async () => Buffer.alloc(0)
  return { ...facts, head: nothing, tail: nothing, guess: async () => 'dataset', release }
}

async function fetchRemote(
  services: HttpServices,
  source: { readonly url: string; readonly params: JsonObject },
  signal: AbortSignal,
) {
  const { url } = source
  const { params, connection } = await readySource(services.catalogDeps, source)
  const fetched = await fetchResource({
    url,
    conditional: null,
    params,
    connection,
    firstPages: 1,
    policy: services.fetchPolicy,
    blobs: services.blobs,
    signal,
  })
  if (fetched.kind !== 'fetched')
    throw new AppError('ingest.fetch_failed', { url: shown(url), reason: 'it gave no content' })
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
  /** Of `datasetUid`. */
  readonly processors?: readonly ConfiguredStep[]
  /** Whose processors they are: what they join is looked up for it. */
  readonly datasetUid?: string
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
  { processors = [], datasetUid, rows = previewRows }: PreviewOptions = {},
): Promise<Preview> {
  const joined =
    datasetUid === undefined ? null : await services.actions.gatherDatasets(datasetUid, processors)
  const source = await gatherSource(services, resource, null, signal).catch((error) => {
    joined?.release()
    throw error
  })
  const tmpDirectory = join(services.previewDirectory, `preview-${services.ids.hex(8)}`)
  try {
    await mkdir(tmpDirectory, { recursive: true })
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
          params: extractorParams(resource.params),
          ...(source.dataset ? { dataset: source.dataset } : {}),
        },
        processors: stepsAt(processors, new Date(services.clock.now()).toISOString()),
        fieldSpecifications: [],
        ...(joined ? { datasets: joined.datasets } : {}),
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
    joined?.release()
    source.release()
    await rm(tmpDirectory, { recursive: true, force: true })
  }
}
