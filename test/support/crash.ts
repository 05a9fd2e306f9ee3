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
import { type CreatedDataset, explorePath, type JobAnswer } from './http-client.ts'
import { assertNoLeftovers, controlRows, endedJobs } from './invariants.ts'
import type { DatabaseName } from './postgres.ts'
import { until } from './processes.ts'
import { startServer, type TestServer } from './server.ts'

/** What readers may see: before the action and after it. */
interface Expectation {
  readonly before: number | null
  readonly after: number | null
  /** A job that made ready for the action. */
  readonly preparedBy?: string
  /** What else is true once all is at rest, by what the newest job says; leaves the world as other scenarios want it. */
  readonly settle?: (outcome: JobAnswer | undefined) => Promise<void>
}

/** A crash point in one of the scenarios that pass it. */
export interface CrashCase extends CrashOrder {
  readonly scenario: ScenarioName
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
  retentionHours: '0' | '1'
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
    BROADSHEET_RETENTION_HOURS: '1',
    BROADSHEET_RETRY_MS: '30',
    // Of two publishes, one waits.
    BROADSHEET_BUILDERS: '1',
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
    retentionHours: '1',
  }
  await publishNext(world)
  const saved = await server.jobDone(await server.order('PUT', `${datasetPath(dataset)}/save_version`))
  world.version = { uid: saved.result.version_uid, edition: 1 }
  await publishNext(world)
  return world
}

/** Arms a point, runs the action that passes it, and checks every invariant of what comes after. */
export async function crashAt(world: World, order: CrashCase): Promise<void> {
  const { run, retentionHours }: ScenarioFacts = scenarios[order.scenario]
  // Something to take back, to replace and to unpublish.
  if (world.visible === null) await publishNext(world)
  if (retentionHours !== undefined && retentionHours !== world.retentionHours) {
    await startWith(world, { BROADSHEET_RETENTION_HOURS: retentionHours })
    world.retentionHours = retentionHours
  }
  const jobsBefore = await jobIds(world)
  const expectation = await run(world, order)
  await until(
    () => !existsSync(world.faults),
    () => `${order.point} was never reached: ${world.server.stderr()}`,
  )
  if (order.mode === 'kill-both' || (order.mode === 'kill' && !isBuilderPoint(order.point))) {
    await world.server.kill()
    world.server = await world.server.startAgain()
  }
  await checkAfter(world, order, expectation, jobsBefore)
}

async function checkAfter(
  world: World,
  order: CrashCase,
  { before, after, preparedBy, settle }: Expectation,
  jobsBefore: ReadonlySet<string>,
): Promise<void> {
  const { server, dataset } = world
  const seen = await readEdition(server, dataset.datasetId)
  assert.ok(seen === before || seen === after, `readers see ${seen}, not ${before} or ${after}`)

  const jobs = await endedJobs(server, dataset)
  const fresh = jobs.filter(
    (job) => !jobsBefore.has(job.job_id) && job.job_id !== preparedBy && job.function !== 'abort_processing',
  )
  assert.ok(fresh.length <= 1, `one order made ${JSON.stringify(fresh)}`)
  const outcome = fresh[0]
  const isDone = outcome?.state === 'done' && outcome.result.held !== true && !wasDiscarded(outcome)
  world.visible = await readEdition(server, dataset.datasetId)
  assert.equal(world.visible, isDone ? after : before, `what readers see is what the job says`)
  checkOutcome(order, outcome)
  const status = (await server.expect(200, 'GET', `${datasetPath(dataset)}/status`)).json
  // A dry run leaves the dataset as it found it.
  const isFailed = outcome?.state === 'error' && order.scenario !== 'dry run'
  assert.equal(status.name, isFailed ? 'error' : 'idle')
  assert.equal(status.job_id, undefined, 'no job holds the dataset')
  assert.equal(status.published, world.visible !== null)
  await settle?.(outcome)

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

/** Aborted with nothing to show. */
function wasDiscarded({ result }: JobAnswer): boolean {
  return result.aborted === true && result.generation_uid === undefined
}

/**
 * What is acknowledged or committed has a job, and the job ends well: a killed server's is taken over, a killed builder's
 * is tried again, and an answer that is lost after its commit is no failure.
 */
function checkOutcome({ point, mode, scenario }: CrashCase, outcome: JobAnswer | undefined): void {
  if (!scenarios[scenario].isOrdered) return assert.equal(outcome, undefined)
  // The order itself was lost: nobody was told of it.
  if (point === 'order.before' && mode === 'kill') return assert.equal(outcome, undefined)
  assert.ok(outcome, 'the order is lost')
  if (scenario === 'failing publish') return assert.equal(outcome.state, 'error', JSON.stringify(outcome))
  // Nobody wants it tried again: it says that what was to be kept is lost.
  if (isKilledInAbort({ point, mode, scenario }))
    return assert.equal(outcome.error?.error_id, 'actions.builder_died', JSON.stringify(outcome))
  if (mode !== 'throw' || isCommitted.has(point)) {
    assert.equal(outcome.state, 'done', JSON.stringify(outcome))
  }
  const { attempt } = outcome as JobAnswer & { readonly attempt: number }
  if (isBuilderPoint(point)) assert.equal(attempt, 2, 'a killed builder is replaced')
  if (isSwitched.has(point)) assert.ok(attempt <= 1, 'what is written down is not done again')
}

function isKilledInAbort({ point, mode, scenario }: CrashCase): boolean {
  return scenario === 'abort behind the first part' && mode === 'kill' && isBuilderPoint(point)
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
  'abort.after',
])
/** Behind these the job has ended. */
const isSwitched: ReadonlySet<CrashPoint> = new Set(
  [...isCommitted].filter((point) => !['order.after', 'sealed.after', 'abort.after'].includes(point)),
)

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
  const preparedBy = await world.server.order('PUT', `${datasetPath(world.dataset)}/unpublish`)
  await world.server.jobDone(preparedBy)
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(world.dataset)}/undo_unpublish`)
  return { before: null, after: visible, preparedBy }
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

/** A queued order is taken back: another dataset's publish has the only builder. */
const cancel: Scenario = async (world, order) => {
  const { server, source, dataset } = world
  const blockerId = `blocker-${world.others++}`
  const blocker = await createEditions(server, source, blockerId)
  source.set(blockerId, 'hanging')
  const blocking = await server.publish(blocker.datasetUid)
  await server.waitForJob(blocking, { until: (job) => job.progresses.length > 0 })
  const after = ++world.lastEdition
  source.set(dataset.datasetId, after)
  await server.publish(dataset.datasetUid)
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(dataset)}/abort_processing`)
  // Where the server still stands, the builder is let go of; where it does not, the next one finds an answer.
  source.set(blockerId, 1)
  await tell(world, 'PUT', `${datasetPath(blocker)}/abort_processing`)
  return {
    before: world.visible,
    after,
    async settle(outcome) {
      const isCancelled = outcome?.result.aborted === true
      assert.equal(isCancelled, order.point === 'abort.after', JSON.stringify(outcome))
      await endedJobs(world.server, blocker)
      await world.server.expect(204, 'DELETE', datasetPath(blocker))
    },
  }
}

/**
 * An abort keeps the first of two sources. The builder stands still behind the first one's part until it has been told
 * to seal, and goes on into the crash.
 */
const sealPartial: Scenario = async (world, order) => {
  const { server, source, dataset, visible } = world
  const after = ++world.lastEdition
  source.set(dataset.datasetId, after)
  source.set('second', 7)
  const resources = `${datasetPath(dataset)}/resources`
  const second = await server.expect(201, 'POST', `${resources}/`, {
    body: { url: source.url('second'), title: 'second', type: 'csvfile' },
  })
  arm(world, { point: 'part.after', mode: 'hold' })
  await server.publish(dataset.datasetUid)
  await until(
    () => !existsSync(world.faults),
    () => 'no part was written',
  )
  await server.order('PUT', `${datasetPath(dataset)}/abort_processing`)
  arm(world, order)
  writeFileSync(`${world.faults}.release`, '')
  return {
    before: visible,
    after,
    async settle(outcome) {
      const isShown = outcome?.state === 'done' && !wasDiscarded(outcome)
      if (outcome?.state === 'done') assert.equal(outcome.result.aborted, true, JSON.stringify(outcome))
      if (order.point === 'expose.after') assert.ok(isShown, 'the switch was written')
      const records = `${explorePath}/${dataset.datasetId}/records?limit=1`
      const { headers } = await world.server.expect(200, 'GET', records)
      assert.equal(headers.get('broadsheet-partial'), isShown ? 'true' : null)
      await world.server.expect(204, 'DELETE', `${resources}/${second.json.resource_uid}`)
    },
  }
}

/** What was built and is not shown is there for whoever wants it shown. */
async function showBuilt(world: World, outcome: JobAnswer, edition: number, query: string): Promise<void> {
  const { server, dataset } = world
  const uid = outcome.result.generation_uid
  const path = `${datasetPath(dataset)}/publish?generation=${uid}${query}`
  await server.jobDone(await server.order('PUT', path))
  assert.equal(await readEdition(server, dataset.datasetId), edition)
  world.visible = edition
}

/** A gate looks into the records, and holds them. */
const held: Scenario = async (world, order) => {
  const { server, source, dataset, visible } = world
  const gates = `${datasetPath(dataset)}/gates`
  const edition = ++world.lastEdition
  source.set(dataset.datasetId, edition)
  await server.expect(200, 'PUT', gates, { body: { ranges: { edition: { max: edition - 1 } } } })
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(dataset)}/publish`)
  return {
    before: visible,
    after: visible,
    async settle(outcome) {
      assert.equal(outcome?.result?.held, true, JSON.stringify(outcome))
      const { json: status } = await world.server.expect(200, 'GET', `${datasetPath(dataset)}/status`)
      assert.equal(status.held.generation_uid, outcome!.result.generation_uid)
      assert.equal(status.held.job_id, outcome!.job_id)
      await showBuilt(world, outcome!, edition, '&override=gates')
      await world.server.expect(204, 'DELETE', gates)
    },
  }
}

const dryRun: Scenario = async (world, order) => {
  const { source, dataset, visible } = world
  const edition = ++world.lastEdition
  source.set(dataset.datasetId, edition)
  arm(world, order)
  await tell(world, 'PUT', `${datasetPath(dataset)}/publish?dry_run=true`)
  return {
    before: visible,
    after: visible,
    async settle(outcome) {
      if (outcome?.state === 'error') return
      assert.equal(outcome?.result.dry_run, true, JSON.stringify(outcome))
      assert.ok(outcome!.result.diff.records.added > 0)
      await showBuilt(world, outcome!, edition, '')
    },
  }
}

/** Done or not, and told or not: both or neither. */
const deleteVersion: Scenario = async (world, order) => {
  const { server, dataset, visible } = world
  const saved = await server.jobDone(await server.order('PUT', `${datasetPath(dataset)}/save_version`))
  const path = `${datasetPath(dataset)}/versions/${saved.result.version_uid}`
  arm(world, order)
  await tell(world, 'DELETE', path)
  return {
    before: visible,
    after: visible,
    preparedBy: saved.job_id,
    async settle() {
      const isDeleted = order.point === 'delete_version.after'
      const { status } = await world.server.request('GET', path)
      assert.equal(status, isDeleted ? 404 : 200)
      const newest = await newestChange(world)
      assert.equal(newest.kind, isDeleted ? 'delete_version' : 'save_version')
      if (!isDeleted) await world.server.expect(204, 'DELETE', path)
    },
  }
}

interface ChangeEntry {
  readonly change_uid: number
  readonly kind: string
  readonly diff: { readonly metadata?: readonly { readonly new_value: unknown }[] }
}

async function newestChange({ server, dataset }: World): Promise<ChangeEntry> {
  return (await server.expect(200, 'GET', `${datasetPath(dataset)}/changes?rows=1`)).json[0]
}

/** The configuration and the entry that tells of it change together. */
const edit =
  (kind: 'edit' | 'restore_change'): Scenario =>
  async (world, order) => {
    const { server, dataset, visible } = world
    const path = `${datasetPath(dataset)}/metadata/default/title`
    const [old, changed] = [`Title ${world.others++}`, `Title ${world.others++}`]
    const write = (value: string) => server.expect(200, 'PUT', path, { body: { value } })
    await write(old)
    if (kind === 'restore_change') await write(changed)
    const before = await newestChange(world)
    arm(world, order)
    if (kind === 'edit') await server.request('PUT', path, { body: { value: changed } }).catch(() => {})
    else await tell(world, 'PUT', `${datasetPath(dataset)}/restore_change/${before.change_uid}`)
    const isChanged = (order.point === 'edit.after') === (kind === 'edit')
    return {
      before: visible,
      after: visible,
      async settle() {
        const { json } = await world.server.expect(200, 'GET', path)
        assert.equal(json.value, isChanged ? changed : old)
        const newest = await newestChange(world)
        if (order.point === 'edit.before') return assert.deepEqual(newest, before)
        assert.equal(newest.kind, kind)
        assert.equal(newest.diff.metadata?.[0]?.new_value, json.value)
      },
    }
  }

interface ScenarioFacts {
  readonly run: Scenario
  /** First words of the points it passes. */
  readonly steps: readonly string[]
  /** Whether it orders an action on the dataset. */
  readonly isOrdered: boolean
  /** Of what is not shown, where it matters: another one costs a restart. */
  readonly retentionHours?: '0' | '1'
}

const scenarios = {
  publish: {
    run: publish,
    steps: 'order claim start blob fetch build part manifest index sealed expose'.split(' '),
    isOrdered: true,
  },
  'failing publish': { run: failingPublish, steps: ['discard', 'fail'], isOrdered: true },
  abort: { run: abort, steps: ['abort'], isOrdered: true },
  'abort of a queued order': { run: cancel, steps: ['abort'], isOrdered: true },
  'abort behind the first part': {
    run: sealPartial,
    steps: ['manifest', 'sealed', 'expose'],
    isOrdered: true,
  },
  'held publish': { run: held, steps: ['sealed', 'expose'], isOrdered: true, retentionHours: '1' },
  'dry run': {
    run: dryRun,
    steps: ['build', 'part', 'sealed', 'expose'],
    isOrdered: true,
    retentionHours: '1',
  },
  'derived serving file': { run: derive, steps: ['serving_file'], isOrdered: true },
  unpublish: { run: unpublish, steps: ['unpublish'], isOrdered: true },
  undo_unpublish: { run: undoUnpublish, steps: ['undo_unpublish'], isOrdered: true, retentionHours: '1' },
  save_version: { run: saveVersion, steps: ['save_version'], isOrdered: true },
  restore: { run: restore, steps: ['restore'], isOrdered: true },
  'deleted version': { run: deleteVersion, steps: ['delete_version'], isOrdered: false },
  edit: { run: edit('edit'), steps: ['edit'], isOrdered: false },
  restore_change: { run: edit('restore_change'), steps: ['edit'], isOrdered: false },
  'deleted dataset': {
    run: deleteOther,
    steps: ['delete', 'collect', 'collect_files', 'collect_blob'],
    isOrdered: false,
    retentionHours: '0',
  },
} as const satisfies Record<string, ScenarioFacts>
export type ScenarioName = keyof typeof scenarios

/** The scenarios that pass a point. */
export function scenariosOf(point: CrashPoint): ScenarioName[] {
  const step = point.split('.')[0]!
  return (Object.entries(scenarios) as [ScenarioName, ScenarioFacts][])
    .filter(([, { steps }]) => steps.includes(step))
    .map(([name]) => name)
}
