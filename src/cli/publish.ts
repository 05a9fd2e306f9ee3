/** `broadsheet publish`: a file or an address becomes a published dataset, or the next publication of one. */

import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { titleOfFile } from '../../shared/title-of-file.ts'
import { ServerError } from './client-errors.ts'
import { describeCounts } from './diff.ts'
import { HeldError, UsageError } from './exit-codes.ts'
import { count } from './output.ts'
import { follow, type Session } from './session.ts'
import type { DatasetObject, JobObject, ResourceInput, ResourceObject } from './wire.ts'

export interface PublishOptions {
  readonly id?: string | undefined
  readonly title?: string | undefined
  /** Extractor; guessed from the source when left out. */
  readonly type?: string | undefined
  /** `name=value`, for the extractor. */
  readonly param: readonly string[]
  /** Which resource to replace, when the dataset has several. */
  readonly resource?: string | undefined
  /** Build and compare, show nothing. */
  readonly dryRun: boolean
  /** Show it although a gate would hold it. */
  readonly overrideGates: boolean
}

/** Errors: UsageError, JobFailedError, those of Client. */
export async function publish(session: Session, source: string, options: PublishOptions): Promise<void> {
  const { client, output } = session
  const isRemote = /^https?:\/\//i.test(source)
  const bytes = isRemote ? 0 : await sizeOf(source)
  const name = nameOf(source)
  const datasetId = options.id ?? datasetIdOf(name)
  const given = readParams(options.param)

  // First, so that wrong credentials and wrong names show before a long upload.
  const existing = await client.findDataset(datasetId)
  const replaced = existing ? await findReplaced(session, existing, options.resource) : null

  let url = source
  if (!isRemote) {
    const file = await client.uploadFile(source, (sent) => output.upload(name, Math.min(sent, bytes), bytes))
    output.endProgress()
    url = file.url
  }
  const type = options.type ?? (await client.guessExtractor(url))
  await checkParams(session, type, given)
  const dataset = existing ?? (await createDataset(session, datasetId, options.title ?? titleOfFile(name)))
  if (existing && options.title !== undefined) {
    await client.setMetadata(existing.dataset_uid, { default: { title: options.title } })
  }
  const order = async () => {
    // What was set for this format before still fits the next file of it.
    const kept = replaced?.type === type ? replaced.params : {}
    const resource: ResourceInput = { url, title: name, type, params: { ...kept, ...given } }
    if (replaced) await client.replaceResource(dataset.dataset_uid, replaced.resource_uid, resource)
    else await client.addResource(dataset.dataset_uid, resource)
    const jobId = await client.publish(dataset.dataset_uid, {
      isDryRun: options.dryRun,
      overridesGates: options.overrideGates,
    })
    return { jobId, job: session.waits ? await follow(session, jobId, dataset.dataset_id) : null }
  }
  const { jobId, job } = await order().catch((error) => {
    if (existing === null && error instanceof ServerError) error.next = whatNext(session, dataset)
    throw error
  })
  if (job === null) {
    output.result(jobId, {
      event: 'ordered',
      job_id: jobId,
      dataset_id: dataset.dataset_id,
      dataset_uid: dataset.dataset_uid,
    })
    return
  }
  const { result = {} } = job
  for (const line of describeSchemaChanges(job)) output.warn(line)
  if (result.held) throw new HeldError(dataset.dataset_id, job)
  if (options.dryRun && result.diff) {
    output.note(`Nothing is shown; ${result.generation_uid} is kept until ${result.kept_until}`)
    for (const { message } of result.gates ?? []) output.warn(`A gate would hold it: ${message}`)
    return output.result(describeCounts(result.diff.records), {
      event: 'dry_run',
      dataset_id: dataset.dataset_id,
      dataset_uid: dataset.dataset_uid,
      job_id: jobId,
      result,
    })
  }
  const lost = describeLoss(job, dataset.dataset_id)
  if (lost !== null) output.warn(lost)
  const exploreUrl = client.exploreUrl(dataset.dataset_id)
  output.note(describePublication(dataset.dataset_id, job))
  output.result(exploreUrl, {
    event: 'published',
    dataset_id: dataset.dataset_id,
    dataset_uid: dataset.dataset_uid,
    job_id: jobId,
    explore_url: exploreUrl,
    result: job.result,
  })
}

/** After a first publish that failed: the dataset is there, and the same command goes on with it. */
function whatNext({ client }: Session, { dataset_id: id, dataset_uid: uid }: DatasetObject): string {
  return `The dataset ${id} has been created and is not published. Mend the source, or say how it is read (--type, --param), and repeat the command with --id ${id}; or go on at ${client.officeUrl(uid)}`
}

/** Errors: UsageError for a parameter that the extractor does not have. */
async function checkParams(
  { client }: Session,
  type: string,
  given: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (Object.keys(given).length === 0) return
  const known = await client.extractorParameters(type)
  if (known === null) return
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`${type} has no parameter '${unknown}'`, `It has: ${known.join(', ')}`)
}

async function createDataset(session: Session, datasetId: string, title: string): Promise<DatasetObject> {
  const dataset = await session.client.createDataset(datasetId, { default: { title } })
  session.output.note(`Created the dataset ${dataset.dataset_id}`)
  return dataset
}

async function findReplaced(
  session: Session,
  dataset: DatasetObject,
  wanted: string | undefined,
): Promise<ResourceObject | null> {
  const resources = await session.client.listResources(dataset.dataset_uid)
  const known = resources.map((resource) => `${resource.resource_uid} (${resource.title})`).join(', ')
  if (wanted !== undefined) {
    const found = resources.find((resource) => resource.resource_uid === wanted)
    if (!found)
      throw new UsageError(`${dataset.dataset_id} has no resource ${wanted}`, `It has: ${known || 'none'}`)
    return found
  }
  if (resources.length > 1) {
    throw new UsageError(
      `${dataset.dataset_id} has ${resources.length} resources; say with --resource which one to replace`,
      `It has: ${known}`,
    )
  }
  return resources[0] ?? null
}

/** What did not become a record, and where to look at it; null: nothing. */
function describeLoss({ result = {} }: JobObject, datasetId: string): string | null {
  const { rows_rejected: rejected = 0, records_count: kept = 0 } = result
  if (rejected > 0) {
    const rows = rejected === 1 ? '1 row was' : `${count(rejected)} rows were`
    return `${rows} rejected, ${count(kept)} kept; why: broadsheet rejects ${datasetId}`
  }
  return kept === 0 ? 'The source has no records: the dataset is published empty' : null
}

/** The fields are not those of the last publication: a line a kind of change. */
function describeSchemaChanges({ result = {} }: JobObject): string[] {
  const { schema_changes: changes } = result
  if (!changes) return []
  const list = (kind: 'added' | 'removed', what: string) =>
    changes[kind].length === 0 ? [] : [`${what}: ${changes[kind].map(({ name }) => name).join(', ')}`]
  const moves = (kind: 'retyped' | 'relabelled', what: string) =>
    changes[kind].length === 0
      ? []
      : [`${what}: ${changes[kind].map(({ name, from, to }) => `${name} (${from} to ${to})`).join(', ')}`]
  return [
    ...list('added', 'New fields'),
    ...list('removed', 'Fields that are gone'),
    ...moves('retyped', 'Fields of another type'),
    ...moves('relabelled', 'Fields of another label'),
  ]
}

/** One sentence about a finished publish job. */
export function describePublication(datasetId: string, job: JobObject): string {
  const { result = {} } = job
  const facts = [`${count(result.records_count ?? 0)} records`]
  if (result.records_errors) facts.push(`${count(result.records_errors)} values not converted`)
  if (result.rows_rejected) facts.push(`${count(result.rows_rejected)} rows rejected`)
  if (result.reused) facts.push('unchanged, nothing was rebuilt')
  if (result.partial) facts.push('partial: it was aborted')
  return `${datasetId}: ${facts.join(', ')}`
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  if (!found) throw new UsageError(`There is no file ${path}`)
  if (!found.isFile()) throw new UsageError(`${path} is not a file`)
  return found.size
}

function nameOf(source: string): string {
  if (!/^https?:\/\//i.test(source)) return basename(source)
  if (!URL.canParse(source)) throw new UsageError(`'${source}' is not an address`)
  const { hostname, pathname } = new URL(source)
  return decodeURIComponent(basename(pathname)) || hostname
}

/** "Cheese list.csv.gz" becomes `cheese-list`. Errors: UsageError when nothing is left. */
export function datasetIdOf(filename: string): string {
  const id = filename
    .replace(/\.(gz|zip)$/i, '')
    .replace(/\.\w{1,10}$/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
  if (id === '') throw new UsageError(`No dataset id can be made from '${filename}'`, 'Give one with --id')
  return id
}

/** `separator=;` is text, `first_row_no=3` a number, `doublequote=false` a boolean. Errors: UsageError. */
export function readParams(params: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const param of params) {
    const at = param.indexOf('=')
    if (at < 1) throw new UsageError(`--param takes name=value, not '${param}'`)
    const text = param.slice(at + 1)
    values[param.slice(0, at)] = /^(true|false|\d+)$/.test(text) ? JSON.parse(text) : text
  }
  return values
}
