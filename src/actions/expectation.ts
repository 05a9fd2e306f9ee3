/** What is known of a publish when it is ordered: how much there is to read, and how long the last one took. */
import { datasetPrefix, findPublication } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import type { JsonObject } from '../kernel/index.ts'
import { pushedBytes, realtimePrefix } from '../realtime/index.ts'

export interface Expectation {
  /** Bytes of all sources as stored: uploaded files, other datasets, and remote ones by their last fetch. Null: some were never fetched. */
  readonly source_bytes: number | null
  /** The last publish that built what it was asked to; null when there is none. */
  readonly last_run: {
    readonly job_id: string
    readonly source_bytes: number
    readonly duration_ms: number
    /** By step. */
    readonly steps: Readonly<Record<string, number>>
  } | null
}

/** More than some seconds of work is large: 32 MiB is about one on the machine of docs/performance.md. */
const smallBytes = 32 << 20

/** What cannot be judged counts as large: the slot for small work must not be taken by chance. */
export function isLarge(expectation: Expectation): boolean {
  return expectation.source_bytes === null || expectation.source_bytes > smallBytes
}

export async function expect(trx: ControlDb, datasetUid: string): Promise<Expectation> {
  return { source_bytes: await sourceBytes(trx, datasetUid), last_run: await lastRun(trx, datasetUid) }
}

const filePrefix = 'odsfile://'

async function sourceBytes(trx: ControlDb, datasetUid: string): Promise<number | null> {
  const resources = await trx
    .selectFrom('resources')
    .select(['resource_uid', 'url', 'fetched_json'])
    .where('dataset_uid', '=', datasetUid)
    .execute()
  let total = 0
  for (const { resource_uid, url, fetched_json } of resources) {
    if (url.startsWith(filePrefix)) {
      const file = await trx
        .selectFrom('files')
        .select('bytes')
        .where('file_id', '=', url.slice(filePrefix.length))
        .executeTakeFirst()
      total += file?.bytes ?? 0
      continue
    }
    if (url.startsWith(datasetPrefix)) {
      const bytes = await publishedBytes(trx, url.slice(datasetPrefix.length))
      if (bytes === null) return null
      total += bytes
      continue
    }
    if (url.startsWith(realtimePrefix)) {
      total += await pushedBytes(trx, resource_uid)
      continue
    }
    const fetched =
      fetched_json === null ? null : (JSON.parse(fetched_json) as { url: string; bytes: number })
    if (fetched?.url !== url) return null
    total += fetched.bytes
  }
  return total
}

async function publishedBytes(trx: ControlDb, reference: string): Promise<number | null> {
  const publication = await findPublication(trx, reference)
  if (!publication) return null
  const row = await trx
    .selectFrom('generations')
    .select('bytes')
    .where('generation_uid', '=', publication.generation_uid)
    .executeTakeFirst()
  return row?.bytes ?? null
}

/** One that reused a generation or was aborted says nothing of how long a whole one takes. */
async function lastRun(trx: ControlDb, datasetUid: string): Promise<Expectation['last_run']> {
  const rows = await trx
    .selectFrom('jobs')
    .select(['job_uid', 'result_json', 'progress_json'])
    .where('subject', '=', datasetUid)
    .where('function', '=', 'publish')
    .where('state', '=', 'done')
    .orderBy('seq', 'desc')
    .limit(5)
    .execute()
  for (const row of rows) {
    const result = JSON.parse(row.result_json ?? '{}') as JsonObject
    const progresses = JSON.parse(row.progress_json) as {
      step: string
      duration_ms?: number
      bytes_total?: number
    }[]
    const extract = progresses.find(({ step }) => step === 'extract')
    // A resumed one took as long as its last attempt, and an earlier one besides.
    const isWhole = result.reused !== true && result.aborted !== true && result.resumed_parts === undefined
    if (!isWhole || extract?.bytes_total === undefined) continue
    const steps: Record<string, number> = {}
    for (const { step, duration_ms = 0 } of progresses) steps[step] = (steps[step] ?? 0) + duration_ms
    return {
      job_id: row.job_uid,
      source_bytes: extract.bytes_total,
      duration_ms: Object.values(steps).reduce((total, ms) => total + ms, 0),
      steps,
    }
  }
  return null
}
