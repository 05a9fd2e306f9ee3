/** Calls a running server the way any client does: over HTTP, with nothing of the server's code. */
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

export type Auth =
  | 'admin'
  | 'none'
  | { readonly apikey: string }
  | { readonly username: string; readonly password: string }

export interface RequestOptions {
  /** Strings, buffers and forms go as they are, anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the admin under /api/management, nobody elsewhere. */
  readonly auth?: Auth
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly text: string
  /** The parsed body when it is JSON, else null. Loosely typed: tests assert what they expect. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer's shape is what a test is there to check
  readonly json: any
}

/** A job as `GET /jobs/{job_id}` prints it. Management API section 2. */
export interface JobAnswer {
  readonly job_id: string
  readonly function: string
  readonly state: 'waiting' | 'started' | 'running' | 'done' | 'error'
  readonly progresses: readonly Record<string, unknown>[]
  readonly created_at: string
  readonly finished_at: string | null
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly result?: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly error?: any
}

export interface WaitOptions {
  readonly timeoutMs?: number
  /** Between two looks at the job. */
  readonly pollMs?: number
  /** Called with every state that is seen. */
  readonly onState?: (job: JobAnswer) => void
  /** Stops waiting as soon as this holds; without it: when the job has ended. */
  readonly until?: (job: JobAnswer) => boolean
}

/** Text or bytes of a file, or the path of one that is too large to hold. */
export type Content = string | Buffer | { readonly path: string }
/** A file that has been uploaded before. */
type Uploaded = { readonly url: string }

export interface DatasetSpec {
  readonly filename: string
  readonly content: Content | Uploaded
  /** Guessed by the server when left out. */
  readonly extractor?: string
  readonly params?: Record<string, unknown>
  readonly processors?: readonly Step[]
  readonly fieldSpecifications?: readonly Step[]
  readonly metas?: Record<string, Record<string, unknown>>
}
interface Step {
  readonly name: string
  readonly args: unknown
}

export interface Client {
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** As `request`, and fails with the body in the message when the status is another. */
  expect(status: number, method: string, path: string, options?: RequestOptions): Promise<Answer>
  upload(filename: string, content: Content): Promise<{ file_id: string; url: string }>
  /** Creates a dataset with one uploaded file as its resource, not published. */
  createDataset(datasetId: string, spec: DatasetSpec): Promise<CreatedDataset>
  /** Gives the only resource of a dataset another file. */
  replaceFile(dataset: CreatedDataset, filename: string, content: Content): Promise<void>
  /** Orders an action and answers its job id. */
  order(method: string, path: string): Promise<string>
  publish(datasetUid: string): Promise<string>
  /** Polls until the job is final (or `until` holds). A job in `error` is returned, not thrown. */
  waitForJob(jobId: string, options?: WaitOptions): Promise<JobAnswer>
  /** As waitForJob, and fails unless the job ends `done`. */
  jobDone(jobId: string, options?: WaitOptions): Promise<JobAnswer>
  /** Creates, uploads, publishes and waits until the records are in the search API. */
  publishFile(datasetId: string, spec: DatasetSpec): Promise<CreatedDataset & { readonly job: JobAnswer }>
  createApiKey(permissions: readonly string[]): Promise<string>
}

export interface CreatedDataset {
  readonly datasetId: string
  readonly datasetUid: string
  readonly resourceUid: string
}

export const managementPath = '/api/management/v2'
export const explorePath = '/api/explore/v2.1/catalog/datasets'

/** Who waits for a state in passing looks as often as this; who waits for the end looks less often the longer it takes. */
const pollMs = { least: 15, most: 150, share: 0.1 }

export function createClient(url: string, admin: { username: string; password: string }): Client {
  async function request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const auth = options.auth ?? (path.startsWith('/api/management') ? 'admin' : 'none')
    const { body, type } = encodeBody(options.body)
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...type, ...authorization(auth, admin), ...options.headers },
      ...(body === undefined ? {} : { body }),
      ...(options.signal ? { signal: options.signal } : {}),
      redirect: 'manual',
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const text = bytes.toString('utf8')
    return { status: response.status, headers: response.headers, bytes, text, json: parseJson(text) }
  }

  async function expect(status: number, method: string, path: string, options?: RequestOptions) {
    const answer = await request(method, path, options)
    if (answer.status !== status) {
      throw new Error(
        `${method} ${path}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 1000)}`,
      )
    }
    return answer
  }

  async function upload(filename: string, content: Content) {
    const path = `${managementPath}/files`
    if (typeof content === 'object' && 'path' in content) {
      const boundary = 'a-form-of-the-tests-4f1d0c5e9b7a'
      const body = Readable.toWeb(Readable.from(formOf(basename(filename), content.path, boundary)))
      const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
      return (await expect(200, 'POST', path, { body, headers })).json
    }
    const form = new FormData()
    form.append('file', new Blob([content]), basename(filename))
    return (await expect(200, 'POST', path, { body: form })).json
  }

  async function createDataset(datasetId: string, spec: DatasetSpec): Promise<CreatedDataset> {
    const created = await expect(201, 'POST', `${managementPath}/datasets?strict=true`, {
      body: { dataset_id: datasetId, metas: spec.metas ?? { default: { title: datasetId } } },
    })
    const datasetUid = String(created.json.dataset_uid)
    const base = `${managementPath}/datasets/${datasetUid}`
    const { content } = spec
    const isUploaded = typeof content === 'object' && 'url' in content
    const file = isUploaded ? content : await upload(spec.filename, content)
    const resource = await expect(201, 'POST', `${base}/resources/`, {
      body: {
        url: file.url,
        title: spec.filename,
        ...(spec.extractor ? { type: spec.extractor } : {}),
        params: spec.params ?? {},
      },
    })
    for (const body of spec.processors ?? []) await expect(201, 'POST', `${base}/processors/`, { body })
    for (const body of spec.fieldSpecifications ?? []) {
      await expect(201, 'POST', `${base}/fields_specifications/`, { body })
    }
    return { datasetId, datasetUid, resourceUid: String(resource.json.resource_uid) }
  }

  async function replaceFile(dataset: CreatedDataset, filename: string, content: Content): Promise<void> {
    const path = `${managementPath}/datasets/${dataset.datasetUid}/resources/${dataset.resourceUid}`
    const { json: resource } = await expect(200, 'GET', path)
    const file = await upload(filename, content)
    const body = { url: file.url, title: filename, type: resource.type, params: resource.params }
    await expect(200, 'PUT', path, { body })
  }

  async function order(method: string, path: string): Promise<string> {
    return String((await expect(200, method, path)).json.job_id)
  }

  async function waitForJob(jobId: string, options: WaitOptions = {}): Promise<JobAnswer> {
    const isOver = options.until ?? (() => false)
    const isWatching = options.until !== undefined || options.onState !== undefined
    const startedAt = performance.now()
    const endsAt = startedAt + (options.timeoutMs ?? 120_000)
    for (;;) {
      const job: JobAnswer = (await expect(200, 'GET', `${managementPath}/jobs/${jobId}`)).json
      options.onState?.(job)
      if (isOver(job) || job.state === 'done' || job.state === 'error') return job
      if (performance.now() > endsAt) throw new Error(`job still going on: ${JSON.stringify(job)}`)
      const patient = Math.min(pollMs.most, (performance.now() - startedAt) * pollMs.share)
      await delay(options.pollMs ?? (isWatching ? pollMs.least : Math.max(pollMs.least, patient)))
    }
  }

  async function jobDone(jobId: string, options?: WaitOptions): Promise<JobAnswer> {
    const job = await waitForJob(jobId, options)
    if (job.state !== 'done') throw new Error(`job ended badly: ${JSON.stringify(job)}`)
    return job
  }

  const publish = (datasetUid: string) => order('PUT', `${managementPath}/datasets/${datasetUid}/publish`)

  return {
    request,
    expect,
    upload,
    createDataset,
    replaceFile,
    order,
    publish,
    waitForJob,
    jobDone,
    async publishFile(datasetId, spec) {
      const dataset = await createDataset(datasetId, spec)
      return { ...dataset, job: await jobDone(await publish(dataset.datasetUid)) }
    },
    async createApiKey(permissions) {
      const body = { label: 'test', permissions }
      return String((await expect(200, 'POST', `${managementPath}/apikeys`, { body })).json.key)
    },
  }
}

type RequestBody = NonNullable<RequestInit['body']>

/** A blob of a file knows its size modulo 4 GiB only (Node 24): large files are streamed. */
async function* formOf(filename: string, path: string, boundary: string): AsyncGenerator<Buffer> {
  yield Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n\r\n`,
  )
  yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

function encodeBody(body: unknown): { body?: RequestBody; type: Record<string, string> } {
  if (body === undefined) return { type: {} }
  if (
    typeof body === 'string' ||
    body instanceof Uint8Array ||
    body instanceof FormData ||
    body instanceof ReadableStream
  ) {
    return { body: body as RequestBody, type: {} }
  }
  return { body: JSON.stringify(body), type: { 'Content-Type': 'application/json' } }
}

function authorization(auth: Auth, admin: { username: string; password: string }): Record<string, string> {
  if (auth === 'none') return {}
  const who = auth === 'admin' ? admin : auth
  if ('apikey' in who) return { Authorization: `Apikey ${who.apikey}` }
  return { Authorization: `Basic ${Buffer.from(`${who.username}:${who.password}`).toString('base64')}` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
