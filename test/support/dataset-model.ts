/** A dataset as its users understand it, small enough to be right by inspection, and what they can do to it. */
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { datasetPath, type EditionSource, readEdition, type SourceContent } from './editions.ts'
import { type CreatedDataset, explorePath, type JobAnswer } from './http-client.ts'
import { endedJobs } from './invariants.ts'
import type { TestServer } from './server.ts'

interface Visible {
  readonly edition: number
  readonly title: string
}

interface Version {
  readonly uid: string
  readonly visible: Visible | null
  readonly title: string
}

export interface DatasetModel {
  /** What the source has, and the title that the configuration has. */
  offered: number | 'broken'
  title: string
  visible: Visible | null
  /** What an undo would bring back. */
  withdrawn: Visible | null
  status: 'idle' | 'error'
  versions: Version[]
}

/** What readers see from now on; what is shown leaves nothing to undo, what is taken away does. */
function show(model: DatasetModel, visible: Visible | null): void {
  if (visible !== null) model.withdrawn = null
  else if (model.visible !== null) model.withdrawn = model.visible
  model.visible = visible
}

/** The real one. */
export interface DatasetUnderTest {
  readonly server: () => TestServer
  readonly restart: (how: 'stop' | 'kill') => Promise<void>
  readonly source: EditionSource
  readonly dataset: CreatedDataset
  readonly counts: { commands: number }
}

type Act = (model: DatasetModel, real: DatasetUnderTest) => Promise<void>

/** After every command, readers and editors are told what the model says. */
class DatasetCommand implements fc.AsyncCommand<DatasetModel, DatasetUnderTest> {
  readonly name: string
  readonly act: Act
  readonly isPossible: (model: Readonly<DatasetModel>) => boolean

  constructor(name: string, act: Act, isPossible: (model: Readonly<DatasetModel>) => boolean = () => true) {
    this.name = name
    this.act = act
    this.isPossible = isPossible
  }

  check(model: Readonly<DatasetModel>): boolean {
    return this.isPossible(model)
  }

  async run(model: DatasetModel, real: DatasetUnderTest): Promise<void> {
    real.counts.commands++
    await this.act(model, real)
    await assertAsModelled(model, real)
  }

  toString(): string {
    return this.name
  }
}

async function assertAsModelled(model: DatasetModel, real: DatasetUnderTest): Promise<void> {
  const server = real.server()
  const { datasetId } = real.dataset
  assert.equal(await readEdition(server, datasetId), model.visible?.edition ?? null, 'what readers see')
  const catalog = await server.request('GET', `${explorePath}/${datasetId}`)
  assert.equal(catalog.json.metas?.default?.title, model.visible?.title, 'the title that readers see')
  const status = (await server.expect(200, 'GET', `${datasetPath(real.dataset)}/status`)).json
  assert.equal(status.name, model.status)
  assert.equal(status.published, model.visible !== null)
  const versions = (await server.expect(200, 'GET', `${datasetPath(real.dataset)}/versions?rows=100`)).json
  assert.deepEqual(
    (versions as { version_uid: string; automatic: boolean }[])
      .filter(({ automatic }) => !automatic)
      .map(({ version_uid }) => version_uid)
      .reverse(),
    model.versions.map(({ uid }) => uid),
  )
}

async function act(real: DatasetUnderTest, path: string): Promise<JobAnswer> {
  const server = real.server()
  return server.waitForJob(await server.order('PUT', `${datasetPath(real.dataset)}/${path}`))
}

function offer(content: number | 'broken'): DatasetCommand {
  return new DatasetCommand(`offer ${content}`, async (model) => {
    model.offered = content
  })
}

const publish = new DatasetCommand('publish', async (model, real) => {
  real.source.set(real.dataset.datasetId, model.offered)
  const job = await act(real, 'publish')
  applyPublish(model, job)
})

function applyPublish(model: DatasetModel, job: JobAnswer): void {
  if (model.offered === 'broken') {
    assert.equal(job.error?.error_id, 'ingest.looks_like_html')
    model.status = 'error'
    return
  }
  assert.equal(job.state, 'done', JSON.stringify(job))
  show(model, { edition: model.offered, title: model.title })
  model.status = 'idle'
}

/** Aborted while the source does not answer: there is nothing to keep, and everything else is refused meanwhile. */
function abort(records: 'keep' | 'discard'): DatasetCommand {
  return new DatasetCommand(`abort, ${records}`, async (model, real) => {
    const server = real.server()
    const waiting: SourceContent = 'hanging'
    real.source.set(real.dataset.datasetId, waiting)
    const jobId = await server.publish(real.dataset.datasetUid)
    await server.waitForJob(jobId, { until: (job) => job.progresses.length > 0 })
    for (const path of ['publish', 'unpublish', 'save_version']) {
      const refused = await server.request('PUT', `${datasetPath(real.dataset)}/${path}`)
      assert.equal(refused.json.error_id, 'actions.invalid_status')
    }
    const aborting = await act(real, `abort_processing?records=${records}`)
    assert.equal(aborting.result?.aborted_job_id, jobId)
    assert.equal((await server.jobDone(jobId)).result.aborted, true)
    model.status = 'idle'
  })
}

/** Whichever comes first: the job says which. */
const abortAtOnce = new DatasetCommand('publish and abort at once', async (model, real) => {
  const server = real.server()
  real.source.set(real.dataset.datasetId, model.offered)
  const before = model.status
  const jobId = await server.publish(real.dataset.datasetUid)
  const path = `${datasetPath(real.dataset)}/abort_processing`
  const answer = await server.request('PUT', path)
  const job = await server.waitForJob(jobId)
  if (answer.status === 200) await server.jobDone(answer.json.job_id)
  else assert.equal(answer.json.error_id, 'actions.invalid_status')
  const wasExposed = job.result?.generation_uid !== undefined && job.result.records_count > 0
  if (job.result?.aborted !== true || wasExposed) return applyPublish(model, job)
  // Cancelled while it waited: the dataset rests as before. Aborted while it ran: it rests.
  model.status = job.progresses.length === 0 && job.result.status === undefined ? before : 'idle'
})

const unpublish = new DatasetCommand('unpublish', async (model, real) => {
  assert.equal((await act(real, 'unpublish')).state, 'done')
  show(model, null)
  model.status = 'idle'
})

const undoUnpublish = new DatasetCommand('undo_unpublish', async (model, real) => {
  const path = `${datasetPath(real.dataset)}/undo_unpublish`
  if (model.visible !== null || model.withdrawn === null) {
    const refused = await real.server().request('PUT', path)
    assert.deepEqual([refused.status, refused.json.error_id], [400, 'actions.nothing_to_undo'])
    return
  }
  assert.equal((await act(real, 'undo_unpublish')).state, 'done')
  show(model, model.withdrawn)
  model.status = 'idle'
})

/** The server dies at any instant of a publish; the next one finishes it, or never heard of it. */
function publishAndDie(afterMs: number): DatasetCommand {
  return new DatasetCommand(`publish and kill -9 after ${afterMs} ms`, async (model, real) => {
    real.source.set(real.dataset.datasetId, model.offered)
    const before = new Set((await endedJobs(real.server(), real.dataset)).map((job) => job.job_id))
    const ordered = real.server().publish(real.dataset.datasetUid)
    // Refused connections and lost answers are what is wanted.
    const jobId = await Promise.race([ordered.catch(() => null), delay(afterMs, undefined)])
    if (jobId) await delay(afterMs)
    const known = ordered.catch(() => null)
    await real.restart('kill')
    const [job, ...others] = (await endedJobs(real.server(), real.dataset)).filter(
      ({ job_id }) => !before.has(job_id),
    )
    assert.deepEqual(others, [])
    const acknowledged = await known
    if (acknowledged !== null) assert.equal(job?.job_id, acknowledged, 'an acknowledged job is lost')
    if (job) applyPublish(model, job)
  })
}

const saveVersion = new DatasetCommand('save_version', async (model, real) => {
  const job = await act(real, 'save_version')
  assert.equal(job.state, 'done')
  model.versions.push({ uid: job.result.version_uid, visible: model.visible, title: model.title })
  model.status = 'idle'
})

/** Of the versions there are; which one is left to the number. */
function ofVersion(
  name: string,
  number: number,
  actOn: (version: Version, ...rest: Parameters<Act>) => Promise<void>,
): DatasetCommand {
  return new DatasetCommand(
    `${name} version ${number}`,
    (model, real) => actOn(model.versions[number % model.versions.length]!, model, real),
    (model) => model.versions.length > 0,
  )
}

type RestoreChoice = 'all' | 'data' | 'configuration'

function restore(choice: RestoreChoice, number: number): DatasetCommand {
  return ofVersion(`restore ${choice} of`, number, async (version, model, real) => {
    const path = `versions/${version.uid}/restore?restore=${choice}`
    if (choice === 'data' && version.visible === null) {
      const refused = await real.server().request('PUT', `${datasetPath(real.dataset)}/${path}`)
      assert.deepEqual([refused.status, refused.json.error_id], [400, 'actions.version_without_data'])
      return
    }
    assert.equal((await act(real, path)).state, 'done')
    if (choice === 'all') show(model, version.visible)
    // Readers keep the metadata that they see, if they see any.
    if (choice === 'data')
      show(model, { ...version.visible!, ...(model.visible && { title: model.visible.title }) })
    if (choice !== 'data') model.title = version.title
    model.status = 'idle'
  })
}

function deleteVersion(number: number): DatasetCommand {
  return ofVersion('delete', number, async (version, model, real) => {
    const path = `${datasetPath(real.dataset)}/versions/${version.uid}`
    await real.server().expect(204, 'DELETE', path)
    model.versions = model.versions.filter((other) => other !== version)
    await real.server().expect(404, 'GET', path)
    assert.equal(await readEdition(real.server(), real.dataset.datasetId, version.uid), null)
  })
}

function readVersion(number: number): DatasetCommand {
  return ofVersion('read', number, async (version, model, real) => {
    const seen = await readEdition(real.server(), real.dataset.datasetId, version.uid)
    // A version of a dataset that readers do not see is not seen either.
    assert.equal(seen, model.visible === null ? null : (version.visible?.edition ?? null))
  })
}

function editTitle(title: string): DatasetCommand {
  return new DatasetCommand(`title ${title}`, async (model, real) => {
    const path = `${datasetPath(real.dataset)}/metadata/default/title/`
    await real.server().expect(200, 'PUT', path, { body: { value: title } })
    model.title = title
  })
}

function restart(how: 'stop' | 'kill'): DatasetCommand {
  return new DatasetCommand(how === 'kill' ? 'kill -9, start' : 'stop, start', (_model, real) =>
    real.restart(how),
  )
}

/**
 * Up to `longest` of them. Restarts are rare: they take as long as twenty other commands. `kills`: the server may die at any
 * instant, too.
 */
export function datasetCommands({
  kills,
  longest,
}: {
  kills: boolean
  longest: number
}): fc.Arbitrary<Iterable<DatasetCommand>> {
  const number = fc.nat({ max: 3 })
  const often = [
    fc.constantFrom(1, 2).map(offer),
    fc.constant(publish),
    fc.constant(publish),
    fc.constant(unpublish),
    fc.constant(undoUnpublish),
    fc.constant(saveVersion),
    fc.constant(saveVersion),
    number.map((index) => restore('all', index)),
    fc
      .tuple(fc.constantFrom('data' as const, 'configuration' as const), number)
      .map(([choice, index]) => restore(choice, index)),
    number.map(readVersion),
    number.map(deleteVersion),
    fc.constantFrom('A', 'B').map(editTitle),
    fc.constantFrom('keep' as const, 'discard' as const).map(abort),
  ]
  const rarely = [
    fc.constant(abortAtOnce),
    fc.constant(offer('broken')),
    fc.constantFrom('stop' as const, ...(kills ? ['kill' as const] : [])).map(restart),
    ...(kills ? [fc.nat({ max: 1500 }).map(publishAndDie)] : []),
  ]
  return fc.commands([...often, ...often, ...often, ...rarely], {
    maxCommands: longest,
    size: 'max',
  }) as fc.Arbitrary<Iterable<DatasetCommand>>
}
