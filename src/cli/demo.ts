/**
 * Fills a server with the demo datasets, through the same calls that everybody has.
 *
 * A dataset that this creates is marked as a draft until its publication is ordered, and again when that fails. So one
 * that is found half made (the program was stopped) is completed, and one that somebody unpublished on purpose is left
 * alone.
 */
import { fileURLToPath } from 'node:url'
import type { Client, StepStack } from './client.ts'
import { ServerError } from './client-errors.ts'
import { type DemoDataset, demoDatasets } from './demo-datasets.ts'
import { followJob } from './follow-job.ts'
import { describePublication } from './publish.ts'
import type { DatasetObject, JobObject, StepInput } from './wire.ts'

export interface SeedOptions {
  /** One line for each dataset that was published or could not be; none for those that were there. */
  readonly onProgress: (line: string, outcome: SeedOutcome) => void
  readonly signal?: AbortSignal
}

export interface SeedOutcome {
  readonly dataset_id: string
  readonly outcome: 'published' | 'present' | 'failed'
}

/**
 * Creates and publishes what is missing; one dataset's failure does not keep the others from coming.
 * Out: what became of each. Errors: UnreachableError, the signal's reason.
 */
export async function seedDemo(client: Client, options: SeedOptions): Promise<SeedOutcome[]> {
  const outcomes: SeedOutcome[] = []
  for (const demo of demoDatasets) {
    options.signal?.throwIfAborted()
    const startedAt = performance.now()
    let line: string | null
    let outcome: SeedOutcome['outcome']
    try {
      const job = await seedDataset(client, demo, options.signal)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      outcome = job === null ? 'present' : 'published'
      line = job === null ? null : `${describePublication(demo.datasetId, job)}, ${seconds} s`
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      outcome = 'failed'
      line = `${demo.datasetId}: not published: ${error.message}`
    }
    outcomes.push({ dataset_id: demo.datasetId, outcome })
    if (line !== null) options.onProgress(line, { dataset_id: demo.datasetId, outcome })
  }
  return outcomes
}

/** Out: the finished publish job; null when there was nothing to do. Errors: ServerError. */
async function seedDataset(
  client: Client,
  demo: DemoDataset,
  signal: AbortSignal | undefined,
): Promise<JobObject | null> {
  const existing = await client.findDataset(demo.datasetId)
  if (existing && !isDraft(existing)) return null
  const dataset = existing ?? (await client.createDataset(demo.datasetId, { ...demo.metas, ...draft(true) }))
  const { dataset_uid } = dataset

  const before = await client.status(dataset_uid)
  let jobId = before.job_id
  if (jobId === undefined && !before.published) {
    await configure(client, dataset_uid, demo)
    jobId = await client.publish(dataset_uid, { isDryRun: false, overridesGates: false })
  }
  // Not after the publication: it would be an edit that readers do not see yet.
  await client.setMetadata(dataset_uid, draft(null))
  const job = jobId === undefined ? null : await followJob(client, jobId, signal ? { signal } : {})
  if (!job?.error) return job
  await client.setMetadata(dataset_uid, draft(true))
  throw new ServerError(job.error)
}

function draft(value: true | null) {
  return { internal: { draft: value } }
}

function isDraft(dataset: DatasetObject): boolean {
  return dataset.metas.internal?.draft === true
}

/** Adds what is not there yet; a step counts as there when one of its place is. */
async function configure(client: Client, datasetUid: string, demo: DemoDataset): Promise<void> {
  if ((await client.listResources(datasetUid)).length === 0) {
    const { url } = await client.uploadFile(fileOf(demo))
    await client.addResource(datasetUid, { url, title: demo.file, type: demo.extractor, params: {} })
  }
  await addMissing(client, datasetUid, 'processors', demo.processors)
  await addMissing(client, datasetUid, 'fields_specifications', demo.fieldSpecifications)
}

async function addMissing(
  client: Client,
  datasetUid: string,
  stack: StepStack,
  steps: readonly StepInput[],
): Promise<void> {
  const present = await client.listSteps(datasetUid, stack)
  for (const step of steps.slice(present.length)) await client.addStep(datasetUid, stack, step)
}

function fileOf(demo: DemoDataset): string {
  return fileURLToPath(new URL(`../data/${demo.file}`, import.meta.resolve('vega-datasets')))
}
