/** The server under measurement: the real process, reached over HTTP, with its default settings where nothing is said. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CreatedDataset,
  explorePath,
  type JobAnswer,
  managementPath,
} from '../test/support/http-client.ts'
import { childrenOf, processorSecondsOf } from '../test/support/processes.ts'
import { launchServer, type TestServer } from '../test/support/server.ts'
import { type Input, workDirectory } from './inputs/inputs.ts'
import { builderMemoryMb, builderThreads, queryMemoryMb, queryThreads } from './limits.ts'
import { tidy } from './report.ts'

export async function withServer<T>(
  work: (server: TestServer) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const dataDirectory = join(workDirectory, 'data')
  rmSync(dataDirectory, { recursive: true, force: true })
  const { server, clear } = await launchServer({
    dataDirectory,
    env: {
      BROADSHEET_BUILDER_MEMORY_MB: String(builderMemoryMb),
      BROADSHEET_BUILDER_THREADS: String(builderThreads),
      BROADSHEET_QUERY_MEMORY_MB: String(queryMemoryMb),
      BROADSHEET_QUERY_THREADS: String(queryThreads),
      // Both sides read the serving file: it is there when the job is done.
      BROADSHEET_INDEX_LATER_MB: '0',
      // Some questions are asked twice: what is measured is answering them.
      BROADSHEET_RESPONSE_CACHE_MB: '0',
      // What is deleted between rounds is freed at once.
      BROADSHEET_RETENTION_HOURS: '0',
      ...env,
    },
  })
  try {
    return await work(server)
  } finally {
    await server.stop().catch(() => {})
    await clear()
    rmSync(dataDirectory, { recursive: true, force: true })
  }
}

export const facetFields = ['agency', 'complaint_type', 'borough', 'status', 'open_data_channel_type']

/** Uploads once; the datasets of all rounds take their records from the same file. */
export async function uploadInput(server: TestServer, input: Input): Promise<string> {
  return (await server.upload('requests.csv', { path: input.path })).url
}

/** A dataset of an uploaded file. Several of one file never share a generation: each is built. */
export async function createFrom(
  server: TestServer,
  datasetId: string,
  url: string,
): Promise<CreatedDataset> {
  return server.createDataset(datasetId, {
    filename: 'requests.csv',
    content: { url },
    extractor: 'csvfile',
    fieldSpecifications: facetFields.map((field) => ({
      name: 'annotate',
      args: { field, annotation: 'facet' },
    })),
  })
}

export interface PublishRun {
  /** From the order to the end of the job. */
  readonly ms: number
  /** Of the server and the builder together. */
  readonly processorSeconds: number
  readonly job: JobAnswer
}

/** Of the server, and of its builders: those that have ended, and those that wait for the next task. */
export function processorSecondsOfAll({ pid }: TestServer): number {
  return [pid, ...childrenOf(pid)].reduce((total, one) => total + processorSecondsOf(one), 0)
}

export async function publishOnce(
  server: TestServer,
  dataset: CreatedDataset,
  rows: number,
): Promise<PublishRun> {
  const usedBefore = processorSecondsOfAll(server)
  const startedAt = performance.now()
  const job = await server.jobDone(await server.publish(dataset.datasetUid), { timeoutMs: 3_600_000 })
  const ms = performance.now() - startedAt
  if (job.result.records_count !== rows)
    throw new Error(`${job.result.records_count} records instead of ${rows}`)
  return { ms, processorSeconds: processorSecondsOfAll(server) - usedBefore, job }
}

/** Where the time of a publish went, in words. */
export function phasesOf(job: JobAnswer): string {
  return job.progresses
    .map(({ step, duration_ms }) => `${step} ${tidy(Number(duration_ms) / 1000)}`)
    .join(', ')
}

export async function deleteDataset(server: TestServer, dataset: CreatedDataset): Promise<void> {
  await server.expect(204, 'DELETE', `${managementPath}/datasets/${dataset.datasetUid}`)
}

export const recordsPath = (datasetId: string): string => `${explorePath}/${datasetId}/records`
