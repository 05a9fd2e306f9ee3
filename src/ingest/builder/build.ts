/** One build, from plan to sealed generation and serving file. Runs inside the builder process. */
import { createHash } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Engine, openEngine } from '../../engine/index.ts'
import { crashPoint } from '../../faults/index.ts'
import {
  AppError,
  type BuildCounts,
  type BuilderEvent,
  type BuildPlan,
  type Field,
  type Manifest,
  type ManifestSource,
} from '../../kernel/index.ts'
import { syncDirectory } from '../blobs/blob-store.ts'
import { pipelineVersion } from '../pipeline-version.ts'
import type { LookupHost } from '../processors/lookups.ts'
import { checkSteps } from './check-steps.ts'
import { cutParts } from './cut-parts.ts'
import { directoriesRead } from './directories-read.ts'
import { resolveDuplicates } from './duplicates.ts'
import { type ExtractHooks, type Extraction, extract } from './extract.ts'
import { createJournal, type Journal, type JournalEntry } from './journal.ts'
import { listMedia } from './media.ts'
import { syncFile } from './part-file.ts'
import { inherit } from './resume.ts'
import { buildServingFile } from './serving-file.ts'
import { writeRecordErrors, writeRejects } from './side-files.ts'
import type { SliceCounts } from './slice-work.ts'
import { threadsBesideLanes, threadsFor } from './threads.ts'

/** Runs the plan; a stop seals what there is. Errors are thrown, for the process's entry to report. */
export async function build(
  plan: BuildPlan,
  emit: (event: BuilderEvent) => void,
  host: LookupHost,
): Promise<void> {
  const { stop } = host
  const threads = threadsFor(plan, plan.limits)
  const engine = await openFor(plan, threads, 'spill')
  try {
    emit({ kind: 'phase', phase: 'extract' })
    await checkPlan(engine, plan)
    const inherited = await inherit(plan)
    const reused = inherited.kind === 'whole' ? inherited.manifest.parts : inherited.entries
    if (reused.length > 0) emit({ kind: 'resumed', parts: reused.length })
    const manifest =
      inherited.kind === 'whole'
        ? await adopt(plan, inherited.manifest)
        : await make(engine, threads, plan, inherited.entries, emit, host)
    for await (const ids of listMedia(engine, plan.directory, manifest)) emit({ kind: 'media', ids })
    emit({ kind: 'sealed', manifest })
    if (!stop.aborted) await index(engine, plan, manifest, emit, stop)
    emit({ kind: 'done' })
  } finally {
    engine.close()
  }
}

/** `spill`: the name of a directory that no other engine has. */
const openFor = (plan: BuildPlan, threads: number, spill: string): Promise<Engine> =>
  openEngine({
    memoryLimitMb: plan.limits.memoryLimitMb,
    threads,
    tempDirectory: join(plan.tmpDirectory, spill),
    allowedDirectories: [
      plan.directory,
      plan.tmpDirectory,
      dirname(plan.servingFile),
      ...directoriesRead(plan),
    ],
  })

/** The finished work of an earlier attempt as this generation's. */
async function adopt(plan: BuildPlan, finished: Manifest): Promise<Manifest> {
  const { datasetUid, generationUid, createdAt } = plan
  const manifest = {
    ...finished,
    dataset_uid: datasetUid,
    generation_uid: generationUid,
    created_at: createdAt,
  }
  await writeManifest(plan.directory, manifest)
  return manifest
}

async function make(
  engine: Engine,
  threads: number,
  plan: BuildPlan,
  inherited: readonly JournalEntry[],
  emit: (event: BuilderEvent) => void,
  host: LookupHost,
): Promise<Manifest> {
  const journal = createJournal(plan)
  let last: BuildCounts | null = null
  const hooks: ExtractHooks = {
    stop: host.stop,
    host,
    onPart: (part) => emit({ kind: 'part', part }),
    onProgress: (resourceUid, counts) => {
      last = counts
      emit({ kind: 'progress', phase: 'extract', resourceUid, counts })
    },
  }
  const extraction = await extractAlone(engine, threads, plan, (own) =>
    extract(own, plan, hooks, journal, inherited),
  )
  emit({ kind: 'phase', phase: 'write' })
  const manifest = await seal(engine, plan, extraction)
  if (last) emit({ kind: 'progress', phase: 'write', resourceUid: null, counts: finalCounts(last, manifest) })
  checkBalance(manifest)
  if (!manifest.partial) refuseNothing(manifest, extraction)
  await writeManifest(plan.directory, manifest, journal)
  return manifest
}

/** With an engine that has the threads that extracting can use; the other one has nothing to do meanwhile. */
async function extractAlone<T>(
  engine: Engine,
  threads: number,
  plan: BuildPlan,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const wanted = threadsBesideLanes(threads)
  if (wanted === threads) return work(engine)
  const own = await openFor(plan, wanted, 'spill-extract')
  try {
    return await work(own)
  } finally {
    own.close()
  }
}

async function checkPlan(engine: Engine, plan: BuildPlan): Promise<void> {
  const connection = await engine.connect()
  try {
    await checkSteps(connection, plan)
  } finally {
    connection.close()
  }
}

async function index(
  engine: Engine,
  plan: BuildPlan,
  manifest: Manifest,
  emit: (event: BuilderEvent) => void,
  stop: AbortSignal,
): Promise<void> {
  emit({ kind: 'phase', phase: 'index' })
  // Under its name once it is whole: readers may have the generation by now.
  const unfinished = join(plan.tmpDirectory, 'serving.duckdb')
  try {
    await buildServingFile(engine, { manifest, directory: plan.directory, servingFile: unfinished }, stop)
    crashPoint('index.before')
    const bytes = await syncFile(unfinished)
    await rename(unfinished, plan.servingFile)
    crashPoint('index.after')
    emit({ kind: 'indexed', bytes })
  } catch (error) {
    // Stopped while indexing: the generation is whole and is served from its parts.
    if (!stop.aborted) throw error
  }
}

async function seal(engine: Engine, plan: BuildPlan, whole: Extraction): Promise<Manifest> {
  const connection = await engine.connect()
  try {
    const { projection, limitReached } = whole
    const { maxRecords } = plan.limits
    const { hasIdFields } = projection
    const cut = await cutParts(connection, plan.directory, whole.parts, { maxRecords, hasIdFields })
    const extraction = { ...whole, parts: cut }
    const unique = await resolveDuplicates(connection, plan.directory, extraction.parts, {
      hasIdFields,
      hasDeletions: projection.hasDeletions,
      sourceCount: plan.sources.length,
    })
    const parts = unique.parts.map(({ file, rows, bytes, sha256 }) => ({ file, rows, bytes, sha256 }))
    const sources = plan.sources.map((source, sourceIndex): ManifestSource => {
      const own = extraction.parts
        .filter((part) => part.sourceIndex === sourceIndex)
        .map((part) => part.counts)
      const sum = (pick: (counts: (typeof own)[number]) => number) =>
        own.reduce((total, counts) => total + pick(counts), 0)
      const replaced = unique.rowsReplaced[sourceIndex]!
      return {
        resource_uid: source.resourceUid,
        filename: source.filename,
        sha256: source.sha256,
        bytes: source.bytes,
        rows_read: sum((counts) => counts.rowsRead),
        rows_kept: unique.parts
          .filter((part) => part.sourceIndex === sourceIndex)
          .reduce((total, part) => total + part.rows, 0),
        rows_rejected: sum((counts) => counts.rejects.length),
        rows_filtered: sum((counts) => counts.rowsFiltered),
        rows_replaced: replaced,
        rows_added: sum((counts) => counts.rowsAdded),
      }
    })
    const counts = extraction.parts.map((part) => part.counts)
    const fields = projection.fields.map(({ field }) => field)
    const records = parts.reduce((total, part) => total + part.rows, 0)
    return {
      format: 1,
      pipeline_version: pipelineVersion,
      dataset_uid: plan.datasetUid,
      generation_uid: plan.generationUid,
      recipe: plan.recipe,
      created_at: plan.createdAt,
      partial: !extraction.isComplete,
      limit_reached: limitReached,
      sources,
      ...joinedOf(plan),
      fields,
      parts,
      rejects: await writeRejects(connection, plan, extraction.parts),
      record_errors: await writeRecordErrors(connection, plan, counts),
      records_count: records,
      bytes: parts.reduce((total, part) => total + part.bytes, 0),
      content_hash: contentHash(counts, fields, records),
    }
  } finally {
    connection.close()
  }
}

function joinedOf({ datasets = {} }: BuildPlan): Pick<Manifest, 'joined'> {
  // A dataset may go by its id in one step and by its uid in another.
  const joined = new Map(Object.values(datasets).map((dataset) => [dataset.datasetUid, dataset]))
  if (joined.size === 0) return {}
  return {
    joined: [...joined.values()].map(({ datasetUid, datasetId, generationUid, contentHash }) => ({
      dataset_uid: datasetUid,
      dataset_id: datasetId,
      generation_uid: generationUid,
      content_hash: contentHash,
    })),
  }
}

/**
 * A digest of the records' content that does not depend on how they were cut into parts or how the engine encodes them:
 * the sum of 60-bit digests of the records' text, their number, and the fields they became.
 */
function contentHash(counts: readonly SliceCounts[], fields: readonly Field[], records: number): string {
  const sum = counts.reduce((total, slice) => total + slice.contentSum, 0n)
  const schema = fields.map((field) => [field.name, field.type, field.annotations])
  return createHash('sha256')
    .update(JSON.stringify([sum.toString(), records, schema]))
    .digest('hex')
}

/** A wrong separator must not replace what readers have by nothing. Errors: ingest.every_row_rejected. */
function refuseNothing({ records_count, rejects, sources }: Manifest, { parts }: Extraction): void {
  const isFiltered = sources.some((source) => source.rows_filtered > 0)
  if (records_count > 0 || rejects.rows === 0 || isFiltered) return
  const first = parts.find((part) => part.counts.rejects.length > 0)!.counts.rejects[0]!
  throw new AppError('ingest.every_row_rejected', {
    rows: rejects.rows,
    line: first.line,
    reason: first.reason,
  })
}

function checkBalance(manifest: Manifest): void {
  for (const source of manifest.sources) {
    const { rows_added = 0, rows_kept, rows_rejected, rows_filtered, rows_replaced } = source
    const accounted = rows_kept + rows_rejected + rows_filtered + rows_replaced - rows_added
    if (accounted !== source.rows_read) {
      throw new AppError('ingest.unbalanced', {
        resource_uid: source.resource_uid,
        read: source.rows_read,
        accounted,
      })
    }
  }
}

/** The manifest makes the generation; the journal has had its day. */
async function writeManifest(directory: string, manifest: Manifest, journal?: Journal): Promise<void> {
  const path = join(directory, 'manifest.json')
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  crashPoint('manifest.before')
  await rename(`${path}.new`, path)
  journal?.remove()
  await syncDirectory(directory)
  await syncDirectory(dirname(directory))
  crashPoint('manifest.after')
}

function finalCounts(last: BuildCounts, manifest: Manifest): BuildCounts {
  const rowsReplaced = manifest.sources.reduce((total, source) => total + source.rows_replaced, 0)
  return { ...last, rowsKept: manifest.records_count, rowsReplaced, bytesWritten: manifest.bytes }
}
