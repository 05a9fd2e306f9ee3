/** A client of the management API: what the command line and the demo are made of. Nothing of the server's code. */
import { type Readable, Transform } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import { createIds } from '../kernel/index.ts'
import { NotBroadsheetError, ServerError, UnreachableError } from './client-errors.ts'
import { fileForm } from './file-form.ts'
import type {
  DatasetObject,
  DifferenceObject,
  DiffObject,
  ErrorEnvelope,
  FileObject,
  JobObject,
  PublishedField,
  RecordErrorObject,
  ResourceInput,
  ResourceObject,
  ScheduleObject,
  StatusObject,
  StepInput,
  VersionObject,
} from './wire.ts'

export type Credentials =
  | { readonly apikey: string }
  | { readonly username: string; readonly password: string }
  | null

export type DatasetAction = 'unpublish' | 'undo_unpublish' | 'save_version'
export type RestoreChoice = 'all' | 'data' | 'configuration'
export type StepStack = 'processors' | 'fields_specifications'
export type Metas = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/**
 * One method per call of the API. `dataset` is a uid or an id.
 * Errors: ServerError (the server said no), UnreachableError (there is none), NotBroadsheetError.
 */
export interface Client {
  readonly server: string
  /** Null when there is no such dataset. */
  findDataset(dataset: string): Promise<DatasetObject | null>
  /** By id, all of them. */
  listDatasets(): AsyncIterable<DatasetObject>
  createDataset(datasetId: string, metas: Metas): Promise<DatasetObject>
  deleteDataset(dataset: string): Promise<void>
  setMetadata(dataset: string, metas: Metas): Promise<void>
  listResources(dataset: string): Promise<ResourceObject[]>
  addResource(dataset: string, resource: ResourceInput): Promise<ResourceObject>
  replaceResource(dataset: string, resourceUid: string, resource: ResourceInput): Promise<ResourceObject>
  /** The extractor that fits a source best. */
  guessExtractor(url: string): Promise<string>
  /** Names; null for an extractor that the server does not have. */
  extractorParameters(type: string): Promise<string[] | null>
  /** The rows that did not become records. */
  readRejects(dataset: string, format: 'csv' | 'jsonl'): Promise<Readable>
  /** Gives them back, corrected: answers the resources that were added. */
  resubmitRejects(dataset: string, url: string): Promise<ResourceObject[]>
  /** Values that the last publish could not convert; the first `rows`, at most 100. */
  recordErrors(dataset: string, rows: number): Promise<RecordErrorObject[]>
  addStep(dataset: string, stack: StepStack, step: StepInput): Promise<void>
  listSteps(dataset: string, stack: StepStack): Promise<StepInput[]>
  /** Streams a file of any size; `onBytes` gets the running total that has been handed to the network. */
  uploadFile(path: string, onBytes?: (bytes: number) => void): Promise<FileObject>
  /** Orders an action; answers the job's id. */
  order(dataset: string, action: DatasetAction, body?: object): Promise<string>
  publish(
    dataset: string,
    options: { readonly isDryRun: boolean; readonly overridesGates: boolean },
  ): Promise<string>
  abort(dataset: string, records: 'keep' | 'discard'): Promise<string>
  restore(dataset: string, versionUid: string, choice: RestoreChoice): Promise<string>
  deleteVersion(dataset: string, versionUid: string): Promise<void>
  job(jobId: string): Promise<JobObject>
  /** Newest first. */
  jobs(rows: number): Promise<JobObject[]>
  status(dataset: string): Promise<StatusObject>
  /** Newest first, all of them. */
  versions(dataset: string): Promise<VersionObject[]>
  /** Of a dataset; null: all. */
  schedules(dataset: string | null): Promise<ScheduleObject[]>
  createSchedule(dataset: string, cron: string, timezone: string | null): Promise<ScheduleObject>
  deleteSchedule(dataset: string, scheduleUid: string): Promise<void>
  /** `from`, `to`: a version, a generation or `current`. */
  diff(dataset: string, from: string, to: string): Promise<DiffObject>
  /** The first `rows` records that differ, at most 100. */
  differences(dataset: string, from: string, to: string, rows: number): Promise<DifferenceObject[]>
  /** The fields of a published dataset. */
  publishedFields(datasetId: string): Promise<PublishedField[]>
  /** Where readers find the records. */
  exploreUrl(datasetId: string): string
  /** Where editors go on with it in a browser. */
  officeUrl(datasetUid: string): string
  close(): Promise<void>
}

const management = '/api/management/v2'
const catalog = '/api/explore/v2.1/catalog/datasets'
const connectMs = 10_000
/** The most that a list gives at once. */
const pageRows = 100

export function createClient(options: {
  readonly server: string
  readonly credentials: Credentials
}): Client {
  const server = options.server.replace(/\/+$/, '')
  // A large upload is answered when its last byte is stored: no limit on waiting for an answer.
  const dispatcher = new Agent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 })

  type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

  interface Outgoing {
    readonly json?: unknown
    readonly body?: Readable
    readonly headers?: Readonly<Record<string, string>>
  }

  async function call(method: Method, path: string, outgoing: Outgoing = {}): Promise<unknown> {
    const answer = await send(method, path, outgoing)
    const value = await readJson(answer)
    if (answer.statusCode >= 400) throw toServerError(answer.statusCode, value, server)
    return value
  }

  function send(method: Method, path: string, outgoing: Outgoing): Promise<Dispatcher.ResponseData> {
    const hasJson = outgoing.json !== undefined
    return request(`${server}${path}`, {
      method,
      dispatcher,
      headers: {
        accept: 'application/json',
        ...authorization(options.credentials),
        ...(hasJson ? { 'content-type': 'application/json' } : {}),
        ...outgoing.headers,
      },
      body: hasJson ? JSON.stringify(outgoing.json) : (outgoing.body ?? null),
    }).catch((cause) => {
      throw new UnreachableError(server, cause)
    })
  }

  async function readJson(answer: Dispatcher.ResponseData): Promise<unknown> {
    const text = await answer.body.text().catch((cause) => {
      throw new UnreachableError(server, cause)
    })
    return text === '' ? null : parseJson(text, server)
  }

  async function* pages<T>(path: string): AsyncGenerator<T> {
    for (let page = 1; ; page++) {
      const list = await get<T[]>(`${path}${path.includes('?') ? '&' : '?'}rows=${pageRows}&page=${page}`)
      yield* list
      if (list.length < pageRows) return
    }
  }

  async function get<T>(path: string): Promise<T> {
    return (await call('GET', path)) as T
  }
  const of = (dataset: string) => `${management}/datasets/${encodeURIComponent(dataset)}`
  const versionOf = (dataset: string, versionUid: string) =>
    `${of(dataset)}/versions/${encodeURIComponent(versionUid)}`
  const jobIdOf = (answer: unknown) => (answer as { job_id: string }).job_id

  return {
    server,
    async findDataset(dataset) {
      try {
        return await get<DatasetObject>(of(dataset))
      } catch (error) {
        if (error instanceof ServerError && error.envelope.error_key === 'UnknownDatasetException')
          return null
        throw error
      }
    },
    schedules: (dataset) => get<ScheduleObject[]>(`${dataset === null ? management : of(dataset)}/schedules`),
    async createSchedule(dataset, cron_schedule, timezone) {
      const json = { cron_schedule, ...(timezone === null ? {} : { timezone }) }
      return (await call('POST', `${of(dataset)}/schedules`, { json })) as ScheduleObject
    },
    async deleteSchedule(dataset, scheduleUid) {
      await call('DELETE', `${of(dataset)}/schedules/${encodeURIComponent(scheduleUid)}`)
    },
    listDatasets: () => pages<DatasetObject>(`${management}/datasets?sort=dataset_id`),
    async createDataset(datasetId, metas) {
      const json = { dataset_id: datasetId, metas }
      return (await call('POST', `${management}/datasets?strict=true`, { json })) as DatasetObject
    },
    async deleteDataset(dataset) {
      await call('DELETE', of(dataset))
    },
    async setMetadata(dataset, metas) {
      const entries = Object.entries(metas).flatMap(([template_name, values]) =>
        Object.entries(values).map(([metadata_name, value]) => ({ template_name, metadata_name, value })),
      )
      await call('PUT', `${of(dataset)}/metadata/`, { json: { metas: entries } })
    },
    listResources: (dataset) => get<ResourceObject[]>(`${of(dataset)}/resources/`),
    async addResource(dataset, resource) {
      return (await call('POST', `${of(dataset)}/resources/`, { json: resource })) as ResourceObject
    },
    async replaceResource(dataset, resourceUid, resource) {
      return (await call('PUT', `${of(dataset)}/resources/${resourceUid}`, {
        json: resource,
      })) as ResourceObject
    },
    async guessExtractor(url) {
      const answer = await call('POST', `${management}/guess_extractors/`, { json: { url } })
      return (answer as { recommended_extractors: string[] }).recommended_extractors[0]!
    },
    async extractorParameters(type) {
      const all = await get<{ type: string; parameters: { name: string }[] }[]>(`${management}/extractors`)
      return all.find((one) => one.type === type)?.parameters.map(({ name }) => name) ?? null
    },
    async readRejects(dataset, format) {
      const answer = await send('GET', `${of(dataset)}/rejects?format=${format}`, {})
      if (answer.statusCode >= 400) throw toServerError(answer.statusCode, await readJson(answer), server)
      return answer.body
    },
    async resubmitRejects(dataset, url) {
      return (await call('POST', `${of(dataset)}/rejects`, { json: { url } })) as ResourceObject[]
    },
    recordErrors: (dataset, rows) => get<RecordErrorObject[]>(`${of(dataset)}/records_errors?rows=${rows}`),
    async addStep(dataset, stack, step) {
      await call('POST', `${of(dataset)}/${stack}/`, { json: step })
    },
    listSteps: (dataset, stack) => get<StepInput[]>(`${of(dataset)}/${stack}/`),
    async uploadFile(path, onBytes) {
      const { contentType, body: form } = fileForm(path, `broadsheet-${createIds().hex(16)}`)
      const headers = { 'content-type': contentType }
      const body = form.compose(countBytes(onBytes)) as unknown as Readable
      return (await call('POST', `${management}/files`, { body, headers })) as FileObject
    },
    async order(dataset, action, body) {
      return jobIdOf(await call('PUT', `${of(dataset)}/${action}`, body === undefined ? {} : { json: body }))
    },
    async publish(dataset, { isDryRun, overridesGates }) {
      const query = [...(isDryRun ? ['dry_run=true'] : []), ...(overridesGates ? ['override=gates'] : [])]
      return jobIdOf(
        await call('PUT', `${of(dataset)}/publish${query.length > 0 ? '?' : ''}${query.join('&')}`),
      )
    },
    async abort(dataset, records) {
      return jobIdOf(await call('PUT', `${of(dataset)}/abort_processing?records=${records}`))
    },
    async restore(dataset, versionUid, choice) {
      return jobIdOf(await call('PUT', `${versionOf(dataset, versionUid)}/restore?restore=${choice}`))
    },
    async deleteVersion(dataset, versionUid) {
      await call('DELETE', versionOf(dataset, versionUid))
    },
    job: (jobId) => get<JobObject>(`${management}/jobs/${encodeURIComponent(jobId)}`),
    jobs: (rows) => get<JobObject[]>(`${management}/jobs?rows=${rows}`),
    status: (dataset) => get<StatusObject>(`${of(dataset)}/status`),
    async versions(dataset) {
      const all: VersionObject[] = []
      for await (const version of pages<VersionObject>(`${of(dataset)}/versions`)) all.push(version)
      return all
    },
    diff: (dataset, from, to) => get<DiffObject>(`${of(dataset)}/diff?${new URLSearchParams({ from, to })}`),
    async differences(dataset, from, to, rows) {
      const query = new URLSearchParams({ from, to, limit: String(rows) })
      return (await get<{ results: DifferenceObject[] }>(`${of(dataset)}/diff/records?${query}`)).results
    },
    async publishedFields(datasetId) {
      const answer = await get<{ fields: PublishedField[] }>(`${catalog}/${encodeURIComponent(datasetId)}`)
      return answer.fields
    },
    exploreUrl: (datasetId) => `${server}${catalog}/${encodeURIComponent(datasetId)}/records`,
    officeUrl: (datasetUid) => `${server}/backoffice/datasets/${encodeURIComponent(datasetUid)}`,
    close: () => dispatcher.close(),
  }
}

function authorization(credentials: Credentials): Record<string, string> {
  if (credentials === null) return {}
  if ('apikey' in credentials) return { authorization: `Apikey ${credentials.apikey}` }
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

function countBytes(onBytes: ((bytes: number) => void) | undefined): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      onBytes?.(bytes)
      done(null, chunk)
    },
  })
}

function parseJson(text: string, server: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotBroadsheetError(server)
  }
}

/** The management envelope, or the search API's, as one. */
function toServerError(status: number, value: unknown, server: string): Error {
  const body = (value ?? {}) as Partial<ErrorEnvelope> & { error_code?: string; key?: string }
  if (typeof body.message !== 'string') return new NotBroadsheetError(server)
  return new ServerError({
    ...body,
    status_code: status,
    error_key: body.error_key ?? body.error_code ?? 'Error',
    message: body.message,
    ...(body.error_id === undefined && body.key !== undefined ? { error_id: body.key } : {}),
  })
}
