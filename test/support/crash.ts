/** Ends the real server (or its builder) at a named crash point, starts it again, and looks at what is left. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { CrashOrder, CrashPoint } from '../../src/faults/index.ts'
import {
  createEditions,
  datasetPath,
  type EditionSource,
  readEdition,
  serveEditions,
  sourceEnv,
} from './editions.ts'
import type { CreatedDataset, JobAnswer } from './http-client.ts'
import { assertNoLeftovers, controlRows, endedJobs } from './invariants.ts'
import type { DatabaseName } from './postgres.ts'
import { until } from './processes.ts'
import { startServer, type TestServer } from './server.ts'

/** What readers may see: before the action and after it. */
interface Expectation {
  readonly before: number | null
  readonly after: number | null
}

/** One server after another on the same data, and what is known of it. */
export interface World {
  server: TestServer
  readonly source: EditionSource
  readonly faults: string
  dataset: CreatedDataset
  /** What readers see now. */
  visible: number | null
  lastEdition: number
  version: { readonly uid: string; readonly edition: number | null }
  versions: number
  /** Datasets made to be deleted. */
  others: number
}

type Scenario = (world: World, order: CrashOrder) => Promise<Expectation>

/** A dataset with a pinned version, a current publication and a replaced one that the collector may take. */
export async function createWorld(t: TestContext, database: DatabaseName): Promise<World> {
  const source = await serveEditions()
  t.after(() => source.close())
  const home = mkdtempSync(join(tmpdir(), 'broadsheet-faults-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const faults = join(home, 'order.json')
  const env = {
    ...sourceEnv,
    NODE_ENV: 'test',
    BROADSHEET_TEST_FAULTS: faults,
    BROADSHEET_RETENTION_HOURS: '0',
  }
  const server = await startServer(t, { database, env })
  const dataset = await createEditions(server, source, 'world')
  const world: World = {
    server,
    source,
    faults,
    dataset,
    visible: null,
    lastEdition: 0,
    version: { uid: '', edition: 1 },
    versions: 1,
    others: 0,
  }
  await publishNext(world)
  const saved = await server.jobDone(await server.order('PUT', `${datasetPath(dataset)}/save_version`))
  world.version = { uid: saved.result.version_uid, edition: 1 }
  await publishNext(world)
  return world
}

/** Arms a point, runs the action that passes it, and checks every invariant of what comes after. */
export async function crashAt(world: World, order: CrashOrder): Promise<void> {
  // Something to take back, to replace and to unpublish.
  if (world.visible === null) await publishNext(world)
  const jobsBefore = await jobIds(world)
  const expectation = await scenarioOf(order.point)(world, order)
  await until(
    () => !existsSync(world.faults),
    () => `${order.point} was never reached: ${world.server.stderr()}`,
  )
  if (order.mode === 'kill-both' || (order.mode === 'kill' && !isBuilderPoint(order.point))) {
    await world.server.kill()
    world.server = await world.server.startAgain()
  }
  await checkAfter(world, order, expectation, jobsBefore)
  if (order.point.startsWith('undo_unpublish')) await startWith(world, { BROADSHEET_RETENTION_HOURS: '0' })
}

async function checkAfter(
  world: World,
  order: CrashOrder,
  { before, after }: Expectation,
  jobsBefore: ReadonlySet<string>,
): Promise<void> {
  const { server, dataset } = world
  const seen = await readEdition(server, dataset.datasetId)
  assert.ok(seen === before || seen === after, `readers see ${seen}, not ${before} or ${after}`)

  const jobs = await endedJobs(server, dataset)
  const fresh = jobs.filter((job) => !jobsBefore.has(job.job_id) && job.function !== 'abort_processing')
  const outcome = fresh[0]
  const isDone = outcome?.state === 'done' && outcome.result.aborted !== true
  world.visible = await readEdition(server, dataset.datasetId)
  assert.equal(world.visible, isDone ? after : before, `what readers see is what the job says`)
  checkOutcome(order, outcome)
  const status = (await server.expect(200, 'GET', `${datasetPath(dataset)}/status`)).json
  assert.equal(status.name, outcome?.state === 'error' ? 'error' : 'idle')
  assert.equal(status.job_id, undefined, 'no job holds the dataset')
  assert.equal(status.published, world.visible !== null)

  if (outcome?.function === 'save_version' && isDone) world.versions++
  const { json: versions } = await server.expect(200, 'GET', `${datasetPath(dataset)}/versions?rows=100`)
  // A restore saves what it replaces by itself.
  const saved = versions.filter((version: { automatic: boolean }) => !version.automatic)
  assert.equal(saved.length, world.versions)
  if (world.visible !== null) {
    const pinned = await readEdition(server, dataset.datasetId, world.version.uid)
    assert.equal(pinned, world.version.edition, 'the version shows what it showed')
  }
  await publishNext(world)
  // What a sweep could not finish is for the next one.
  if (order.mode === 'throw') await deleteOther(world, null)
  await assertNoLeftovers(server)
}

/** A killed builder fails its job; a killed server, or an answer that is lost after its commit, does not. */
function checkOutcome({ point, mode }: CrashOrder, outcome: JobAnswer | undefined): void {
  if (point.startsWith('fail') || point.startsWith('discard'))
    return assert.equal(outcome?.state, 'error', JSON.stringify(outcome))
  if (isBuilderPoint(point) && mode === 'kill')
    return assert.equal(outcome?.error?.error_id, 'actions.builder_died')
  if (mode !== 'throw' && outcome) assert.equal(outcome.state, 'done', JSON.stringify(outcome))
  if (mode === 'throw' && point.endsWith('.after') && outcome && isCommitted.has(point))
    assert.equal(outcome.state, 'done', `a lost answer is not a failure: ${JSON.stringify(outcome)}`)
}

/** The commits that end an action: what they wrote is true, whether or not the answer arrived. */
const isCommitted: ReadonlySet<CrashPoint> = new Set([
  'order.after',
  'sealed.after',
  'expose.after',
  'unpublish.after',
  'undo_unpublish.after',
  'save_version.after',
  'restore.after',
])

const builderPoints = ['part', 'manifest', 'index'].flatMap((step) => [`${step}.before`, `${step}.after`])

export function isBuilderPoint(point: CrashPoint): boolean {
  return builderPoints.includes(point)
}

async function jobIds(world: World): Promise<ReadonlySet<string>> {
  return new Set((await endedJobs(world.server, world.dataset)).map((job) => job.job_id))
}

function arm(world: World, order: CrashOrder): void {
  writeFileSync(world.faults, JSON.stringify(order))
}

/** The server may die before it answers. */
async function tell(world: World, method: string, path: string): Promise<void> {
  await world.server.request(method, path).catch(() => {})
}

async function publishNext(world: World): Promise<void> {
  const { server, source, dataset } = world
  const edition = ++world.lastEdition
  source.set(dataset.datasetId, edition)
  await server.jobDone(await server.publish(dataset.datasetUid))
  assert.equal(await readEdition(server, dataset.datasetId), edition)
  world.visible = edition
}

const publish: Scenario = async (world, order) => {
  const after = ++world.lastEdition
  world.source.set(world.dataset.datasetId, after)
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/publish`)
  return { before: world.visible, after }
}

const failingPublish: Scenario = async (world, order) => {
  world.source.set(world.dataset.datasetId, 'broken')
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/publish`)
  return { before: world.visible, after: world.visible }
}

const abort: Scenario = async (world, order) => {
  world.source.set(world.dataset.datasetId, 'hanging')
  const jobId = await world.server.publish(world.dataset.datasetUid)
  await world.server.waitForJob(jobId, { until: (job) => job.progresses.length > 0 })
  const after = ++world.lastEdition
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/abort_processing`)
  // Should the order to abort be lost, the publish goes on.
  world.source.set(world.dataset.datasetId, after)
  if (order.mode === 'throw' && order.point === 'abort.before') {
    await world.server.order('PUT', `${datasetPath(world.dataset)}/abort_processing`)
  }
  return { before: world.visible, after }
}

/** A publication without its serving file gets one made by a job of its own. */
const derive: Scenario = async (world, order) => {
  const [row] = await controlRows<{ generation_uid: string }>(
    world.server,
    `select generation_uid from publications where dataset_uid = '${world.dataset.datasetUid}'`,
  )
  rmSync(join(world.server.dataDirectory, 'serving', `${row!.generation_uid}.duckdb`))
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/publish`)
  return { before: world.visible, after: world.visible }
}

const unpublish: Scenario = async (world, order) => {
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/unpublish`)
  return { before: world.visible, after: null }
}

const undoUnpublish: Scenario = async (world, order) => {
  const { visible } = world
  // There must be time for an undo.
  await startWith(world, { BROADSHEET_RETENTION_HOURS: '1' })
  await world.server.jobDone(await world.server.order('PUT', `${datasetPath(world.dataset)}/unpublish`))
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/undo_unpublish`)
  return { before: null, after: visible }
}

async function startWith(world: World, env: Readonly<Record<string, string>>): Promise<void> {
  await world.server.stop()
  world.server = await world.server.startAgain(env)
}

const saveVersion: Scenario = async (world, order) => {
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/save_version`)
  return { before: world.visible, after: world.visible }
}

const restore: Scenario = async (world, order) => {
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/versions/${world.version.uid}/restore`)
  return { before: world.visible, after: world.version.edition }
}

/** Deletes another dataset, which also makes the collector run. */
async function deleteOther(world: World, order: CrashOrder | null): Promise<Expectation> {
  const { server, source } = world
  const datasetId = `other-${world.others++}`
  source.set(datasetId, 3)
  const other = await createEditions(server, source, datasetId)
  await server.jobDone(await server.publish(other.datasetUid))
  await ageBlobs(server)
  if (order) arm(world, order)
  await tell(world, 'DELETE', datasetPath(other))
  return { before: world.visible, after: world.visible }
}

/** Blobs that are named soon after they are written are left alone: these are old. */
async function ageBlobs(server: TestServer): Promise<void> {
  const root = join(server.dataDirectory, 'blobs')
  for (const name of await readdir(root, { recursive: true })) await utimes(join(root, name), 0, 0)
}

const steps: Readonly<Record<string, Scenario>> = {
  order: publish,
  abort,
  claim: publish,
  start: publish,
  blob: publish,
  fetch: publish,
  build: publish,
  part: publish,
  manifest: publish,
  index: publish,
  sealed: publish,
  expose: publish,
  discard: failingPublish,
  serving_file: derive,
  fail: failingPublish,
  unpublish,
  undo_unpublish: undoUnpublish,
  save_version: saveVersion,
  restore,
  delete: deleteOther,
  collect: deleteOther,
  collect_files: deleteOther,
  collect_blob: deleteOther,
}

/** Errors: a point that no scenario passes. */
export function scenarioOf(point: CrashPoint): Scenario {
  const scenario = steps[point.split('.')[0]!]
  if (!scenario) throw new Error(`no scenario passes the crash point ${point}`)
  return scenario
}
