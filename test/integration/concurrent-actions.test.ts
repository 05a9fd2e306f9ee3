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

test('a history that no order explains is found out', () => {
  const at = (ms: number) => new Date(ms).toISOString()
  const job = (job_id: string, name: string, finishedAt: number, result: object) =>
    ({ job_id, function: name, state: 'done', finished_at: at(finishedAt), result }) as unknown as JobAnswer
  const call = (name: OrderName, sentAt: number, outcome: Partial<Call>): Call => ({
    client: 0,
    datasetUid: 'da_1',
    name,
    sentAt,
    answeredAt: sentAt + 2,
    status: 200,
    ...outcome,
  })
  const refused = (name: OrderName, sentAt: number, status: string, allowed: string) =>
    call(name, sentAt, { status: 400, refusal: { key: 'actions.invalid_status', status, allowed } })
  const rest = 'idle, error, limit_reached'
  const calls = [
    call('publish', 0, { jobId: 'a', seenEndedAt: 101 }),
    refused('unpublish', 10, 'processing', rest),
    call('unpublish', 200, { jobId: 'b' }),
    refused('abort_processing', 300, 'idle', 'queued, processing'),
  ]
  const jobs = [
    job('a', 'publish', 100, { generation_uid: 'ge_2', published: true, records_count: 22 }),
    job('b', 'unpublish', 210, { published: false }),
  ]
  const shown = { published: true, recordsCount: 21 }
  const judge = (someCalls: readonly Call[], someJobs = jobs) =>
    assertExplained(someCalls, someJobs, { start: shown, restored: shown })
  judge(calls)
  const wrong: Readonly<Record<string, () => void>> = {
    'two at once': () =>
      judge(
        [...calls, call('save_version', 50, { jobId: 'c' })],
        [jobs[0]!, job('c', 'save_version', 60, { records_count: 21 }), jobs[1]!],
      ),
    'an abort refused at rest beside a publish': () =>
      judge([...calls, refused('abort_processing', 50, 'idle', 'queued, processing')]),
    'refused by what nobody ordered': () => judge([...calls, refused('publish', 50, 'saving_version', rest)]),
    'refused by what was over': () => judge([...calls, refused('publish', 150, 'processing', rest)]),
    'aborting what nobody aborts': () =>
      judge([...calls, refused('publish', 50, 'aborting_processing', rest)]),
    'refused in what is allowed': () => judge([...calls, refused('publish', 250, 'idle', rest)]),
    'a job that is lost': () => judge(calls, jobs.slice(0, 1)),
    'out of order': () => judge(calls, [...jobs].reverse()),
    'aborted by nobody': () =>
      judge(calls, [
        job('a', 'publish', 100, { aborted: true, published: true, records_count: 21 }),
        jobs[1]!,
      ]),
    'a result that does not follow': () =>
      judge(calls, [jobs[0]!, job('b', 'unpublish', 210, { published: true })]),
  }
  for (const [what, judgeIt] of Object.entries(wrong)) assert.throws(judgeIt, assert.AssertionError, what)
})
