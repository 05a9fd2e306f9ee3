/**
 * What a switch costs readers, and actions that must not depend on size: the longest wait of a reader while a dataset is
 * published again, beside truncate-and-load in one transaction and a swap of tables in PostgreSQL; how soon an abort acts;
 * save_version, restore, unpublish and its undo of 1 thousand, 1 million and 10 million records.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeVisits } from '../../test/support/fixtures.ts'
import { type CreatedDataset, managementPath } from '../../test/support/http-client.ts'
import type { TestServer } from '../../test/support/server.ts'
import { actionTimes, flatness } from '../action-times.ts'
import { workDirectory } from '../inputs/inputs.ts'
import { openSwitchPeer } from '../peers/postgresql-switch.ts'
import { atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { recordsPath, withServer } from '../server.ts'
import { median, quantile } from '../stats.ts'

const section = 'switch'
const readers = 2
const idleMs = 3_000
const tries = 7
const aborts = 20
const withUndo = { BROADSHEET_RETENTION_HOURS: '1' }

export async function switchSection({ scale, rounds }: SectionOptions): Promise<Finding[]> {
  const counts = scale === 'full' ? [1_000, 1_000_000, 10_000_000] : [1_000, 20_000, 100_000]
  const [, middle] = counts
  const findings = await withServer(async (server) => {
    const datasets: CreatedDataset[] = []
    for (const count of counts) datasets.push(await publishVisits(server, count))
    const parts = [
      () => waits(server, datasets[1]!, middle!, rounds),
      () => peerWaits(middle!),
      () => flatTimes(server, datasets, counts),
      // Last: it leaves sources that have not been published.
      () => abortTimes(server, datasets[2]!, counts[2]!),
    ]
    const found: Finding[] = []
    for (const part of parts) {
      const some = await part()
      for (const { name, measured } of some) say(`${name}: ${measured}`)
      found.push(...some)
    }
    return found
  }, withUndo)
  for (const path of made) rmSync(path, { force: true })
  made.clear()
  return findings
}

/** Made when it is first asked for, gone when the section is over. */
async function visitsFile(count: number, edition: number): Promise<string> {
  const path = join(workDirectory, `visits-${count}-${edition}.csv`)
  if (!made.has(path)) await writeVisits(path, count, { edition })
  made.add(path)
  return path
}

const made = new Set<string>()

async function publishVisits(server: TestServer, count: number): Promise<CreatedDataset> {
  const content = { path: await visitsFile(count, 1) }
  const dataset = await server.createDataset(`visits-${count}`, {
    filename: 'visits.csv',
    content,
    extractor: 'csvfile',
  })
  await server.jobDone(await server.publish(dataset.datasetUid), { timeoutMs: 3_600_000 })
  return dataset
}

/** Runs `work` under readers; answers how long each read took. */
async function readDuring(read: () => Promise<unknown>, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  let isOver = false
  const reading = Promise.all(
    Array.from({ length: readers }, async () => {
      while (!isOver) {
        const startedAt = performance.now()
        await read()
        times.push(performance.now() - startedAt)
        await delay(5)
      }
    }),
  )
  try {
    await work()
  } finally {
    isOver = true
  }
  await reading
  return times
}

async function waits(
  server: TestServer,
  dataset: CreatedDataset,
  count: number,
  rounds: number,
): Promise<Finding[]> {
  const read = () => server.expect(200, 'GET', `${recordsPath(dataset.datasetId)}?limit=20`)
  const idle = await readDuring(read, () => delay(idleMs))
  const busy: number[] = []
  for (let round = 0; round < rounds; round++) {
    await server.replaceFile(dataset, 'visits.csv', { path: await visitsFile(count, 2 + round) })
    const jobId = await server.publish(dataset.datasetUid)
    busy.push(...(await readDuring(read, () => server.jobDone(jobId, { timeoutMs: 3_600_000 }))))
  }
  return [
    record(
      `a reader's wait, idle: median ${tidy(median(idle))} ms, 99 % ${tidy(quantile(idle, 0.99))} ms`,
      `longest ${tidy(Math.max(...idle))} ms`,
    ),
    record(
      `a reader's wait while ${tidy(count)} records are replaced: median ${tidy(median(busy))} ms, 99 % ${tidy(quantile(busy, 0.99))} ms`,
      `longest ${tidy(Math.max(...busy))} ms`,
    ),
  ]
}

async function peerWaits(count: number): Promise<Finding[]> {
  const peer = await openSwitchPeer()
  if (peer === null) return [record('PostgreSQL', 'not installed')]
  try {
    await peer.load(await visitsFile(count, 1))
    const next = await visitsFile(count, 2)
    const findings: Finding[] = []
    for (const [name, publish] of [
      ['truncate and load in one transaction', peer.truncateAndLoad],
      ['load a table beside and swap', peer.swap],
    ] as const) {
      const times = await readDuring(peer.read, () => publish(next))
      findings.push(
        record(
          `a reader's wait in PostgreSQL, ${name}: median ${tidy(median(times))} ms`,
          `longest ${tidy(Math.max(...times))} ms`,
        ),
      )
    }
    return findings
  } finally {
    await peer.stop()
  }
}

/** From the call to the end of the publish, at an instant spread over its length. */
async function abortTimes(server: TestServer, dataset: CreatedDataset, count: number): Promise<Finding[]> {
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const times: number[] = []
  for (let round = 0; round < aborts; round++) {
    await server.replaceFile(dataset, 'visits.csv', { path: await visitsFile(count, 10 + (round % 2)) })
    const jobId = await server.publish(dataset.datasetUid)
    await server.waitForJob(jobId, { until: (job) => job.progresses.length > 0 })
    await delay((round * 4000) / aborts)
    const startedAt = performance.now()
    const abort = await server.request('PUT', `${base}/abort_processing`)
    const job = await server.waitForJob(jobId, { pollMs: 2 })
    if (abort.status === 200 && job.result?.aborted === true) times.push(performance.now() - startedAt)
  }
  if (times.length === 0) return [record('abort', 'every publish ended before it could be aborted')]
  const spread = `of ${times.length}: 50 % ${tidy(median(times))} ms, 90 % ${tidy(quantile(times, 0.9))} ms; longest`
  return [
    { section, name: `abort to the end of the job, ${spread}`, ...atMost(1000, Math.max(...times), 'ms') },
  ]
}

async function flatTimes(
  server: TestServer,
  datasets: readonly CreatedDataset[],
  counts: readonly number[],
): Promise<Finding[]> {
  return [...(await actionTimes(server, datasets, tries))].map(([action, lists]) => ({
    section,
    name: `${action} of ${counts.map(tidy).join(', ')} records: ${lists.map((list) => tidy(median(list))).join(', ')} ms`,
    ...flatness(lists),
  }))
}

function record(name: string, measured: string): Finding {
  return { section, name, goal: '', measured, isMet: null }
}
