/** Many clients order what they like on a few datasets: whatever was answered is explained by one order of the jobs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createEditions,
  datasetPath,
  type EditionSource,
  readEdition,
  serveEditions,
  sourceEnv,
} from '../support/editions.ts'
import { assertExplained, type Call, type OrderName } from '../support/history.ts'
import { type CreatedDataset, type JobAnswer, managementPath } from '../support/http-client.ts'
import { assertNoLeftovers, endedJobs } from '../support/invariants.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { type Chance, createChance, isSoak } from '../support/seed.ts'
import { startServer, type TestServer } from '../support/server.ts'

const clients = 16
const actions = isSoak ? 1000 : 100
const datasets = 4
const names: readonly OrderName[] = [
  'publish',
  'publish',
  'publish',
  'unpublish',
  'save_version',
  'restore',
  'abort_processing',
]

interface Shared {
  readonly dataset: CreatedDataset
  /** Saved before the clients begin. */
  readonly versionUid: string
}

forEachDatabase(
  (database, options) => {
    test(
      `actions of sixteen clients at once have an order that explains every answer (${database})`,
      options,
      async (t) => {
        const chance = createChance(t)
        const source = await serveEditions()
        t.after(() => source.close())
        const server = await startServer(t, { database, env: sourceEnv })
        const shared: Shared[] = []
        for (let index = 0; index < datasets; index++)
          shared.push(await share(server, source, `shared-${index}`))

        const calls: Call[] = []
        let left = actions
        await Promise.all(
          Array.from({ length: clients }, async (_, client) => {
            while (left-- > 0) {
              const call = await callOnce(server, chance, client, source, chance.pick(shared))
              // Without a pause nearly all calls would be refused: the work takes longer than the asking.
              if (call.jobId) {
                await assertOneAtATime(server, call.datasetUid)
                await server.waitForJob(call.jobId)
                calls.push({ ...call, seenEndedAt: Date.now() })
              } else calls.push(call)
              await delay(chance.below(200))
            }
          }),
        )
        for (const { dataset, versionUid } of shared) {
          const jobs = (await endedJobs(server, dataset, actions + 10)).reverse()
          // The first two made the dataset what it was when the clients came.
          const own = calls.filter((call) => call.datasetUid === dataset.datasetUid)
          const first = { published: true, recordsCount: jobs[0]!.result.records_count }
          assertExplained(own, jobs.slice(2), { start: first, restored: first })
          await assertContents(server, dataset, versionUid, jobs)
        }
        await assertNoLeftovers(server)
        const refused = calls.filter((call) => call.status !== 200).length
        assert.ok(refused > 0 && refused < calls.length, `${refused} of ${calls.length} were refused`)
        t.diagnostic(`${calls.length} calls, ${refused} refused`)
      },
    )
  },
  { isLong: true },
)

/** Whenever one looks. */
async function assertOneAtATime(server: TestServer, datasetUid: string): Promise<void> {
  const { json } = await server.expect(200, 'GET', `${managementPath}/datasets/${datasetUid}/jobs`)
  const running = (json as JobAnswer[]).filter(
    (job) => job.function !== 'abort_processing' && job.state !== 'done' && job.state !== 'error',
  )
  assert.ok(running.length <= 1, JSON.stringify(running))
}

async function share(server: TestServer, source: EditionSource, datasetId: string): Promise<Shared> {
  const dataset = await createEditions(server, source, datasetId)
  source.set(datasetId, 1)
  await server.jobDone(await server.publish(dataset.datasetUid))
  const saved = await server.jobDone(await server.order('PUT', `${datasetPath(dataset)}/save_version`))
  return { dataset, versionUid: saved.result.version_uid }
}

async function callOnce(
  server: TestServer,
  chance: Chance,
  client: number,
  source: EditionSource,
  { dataset, versionUid }: Shared,
): Promise<Call> {
  const name = chance.pick(names)
  // Three editions: some publishes build, most find what is there.
  if (name === 'publish') source.set(dataset.datasetId, 1 + chance.below(3))
  const path = name === 'restore' ? `versions/${versionUid}/restore` : name
  const sentAt = Date.now()
  const { status, json } = await server.request('PUT', `${datasetPath(dataset)}/${path}`)
  const call = { client, datasetUid: dataset.datasetUid, name, sentAt, answeredAt: Date.now(), status }
  if (status === 200) return { ...call, jobId: json.job_id }
  const { status: refusedIn, allowed } = json.raw_params ?? {}
  return { ...call, refusal: { key: json.error_id, status: refusedIn, allowed } }
}

/** What readers see is what the last job that changed it says; the version shows what it was saved of. */
async function assertContents(
  server: TestServer,
  dataset: CreatedDataset,
  versionUid: string,
  jobs: readonly JobAnswer[],
): Promise<void> {
  const changes = jobs.filter(
    (job) =>
      job.state === 'done' &&
      (job.function === 'unpublish' || job.function === 'restore_version' || job.function === 'publish') &&
      // Aborted before there was a record to keep, or taken back while it waited: nothing was changed.
      !(job.result.aborted === true && job.result.generation_uid === undefined),
  )
  const last = changes.at(-1)
  const seen = await readEdition(server, dataset.datasetId)
  assert.equal(seen !== null, last?.result.published, JSON.stringify(last))
  if (seen === null) return
  const records = await server.expect(
    200,
    'GET',
    `/api/explore/v2.1/catalog/datasets/${dataset.datasetId}/records`,
  )
  assert.equal(records.json.total_count, last?.result.records_count, JSON.stringify(last))
  assert.equal(await readEdition(server, dataset.datasetId, versionUid), 1)
}
