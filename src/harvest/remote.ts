/** What a source gives: datasets as they are there, in our words. Everything in it is a stranger's: nothing is believed. */
import { readFile } from 'node:fs/promises'
import { type BlobStore, type FetchConnection, type FetchPolicy, fetchResource } from '../ingest/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'

export interface RemoteResource {
  readonly url: string
  readonly title: string
  /** Name of the extractor. */
  readonly type: string
  readonly params: JsonObject
}

/** One dataset of a source. Values are as they came: `apply.ts` fits them to what metadata may be. */
export interface RemoteDataset {
  readonly remoteId: string
  readonly title: string
  /** `{template: {name: value}}` */
  readonly metas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly resources: readonly RemoteResource[]
}

/** A record that is broken by itself, and no reason to stop. */
export interface BrokenDataset {
  readonly remoteId: string
  readonly title: string
  readonly broken: string
}

export type Found = RemoteDataset | BrokenDataset

export interface SourceParameter {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'boolean'
  readonly description: string
  readonly isMandatory: boolean
}

/** One protocol. A new one is one new file and a line in sources.ts. */
export interface HarvestSource {
  readonly type: string
  readonly label: string
  readonly description: string
  readonly parameters: readonly SourceParameter[]
  /** Page by page; ends when the source has given all. Errors: harvest.*, ingest.fetch_*. */
  list(params: JsonObject, http: SourceHttp): AsyncGenerator<readonly Found[]>
}

export interface SourceHttp {
  /** Errors: harvest.not_understood, too_large, ingest.fetch_*. */
  json(url: URL): Promise<JsonValue>
  text(url: URL): Promise<string>
}

/** Of one answer: all datasets of a large data.json. */
const maxAnswerBytes = 64 << 20
const timeoutMs = 120_000

export function createSourceHttp(deps: {
  readonly policy: FetchPolicy
  readonly blobs: BlobStore
  readonly signal: AbortSignal
  /** The connection that its secrets come from, for an address; null: none. Errors: catalog.*. */
  readonly connectionFor?: (url: URL) => Promise<FetchConnection | null>
}): SourceHttp {
  async function text(url: URL): Promise<string> {
    const { blobs, signal } = deps
    const policy = { ...deps.policy, maxBytes: maxAnswerBytes, timeoutMs }
    try {
      const connection = (await deps.connectionFor?.(url)) ?? null
      const answer = await fetchResource({
        url: url.href,
        conditional: null,
        connection,
        policy,
        blobs,
        signal,
      })
      if (answer.kind !== 'fetched') throw notUnderstood(url, 'it says that nothing has changed')
      return await readFile(blobs.path(answer.sha256), 'utf8')
    } catch (error) {
      if (error instanceof AppError && error.key === 'ingest.source_too_large')
        throw new AppError('harvest.too_large', { url: shown(url), max_bytes: maxAnswerBytes })
      throw error
    }
  }
  return {
    text,
    async json(url) {
      const body = await text(url)
      try {
        return JSON.parse(body) as JsonValue
      } catch {
        throw notUnderstood(url, 'it is not JSON')
      }
    },
  }
}

const shown = (url: URL): string => `${url.origin}${url.pathname}`.slice(0, 300)

/**
 * A source that gives nothing more although it has announced more has not given all: what is missing must not be taken for
 * gone. `total`: as announced; what is no number announces nothing. Errors: harvest.not_understood.
 */
export function requireAll(url: URL, total: number, given: number): void {
  if (Number.isFinite(total) && total > given)
    throw notUnderstood(url, `it has ${total} datasets and gives none from ${given} on`)
}

export function notUnderstood(url: URL, reason: string): AppError {
  return new AppError('harvest.not_understood', { url: shown(url), reason })
}

/** `path` below the address of a source, which may have a path itself. Errors: harvest.invalid_parameter. */
export function addressOf(params: JsonObject, name: string, path: string): URL {
  const text = String(params[name] ?? '').trim()
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`
  if (text === '' || !URL.canParse(whole))
    throw new AppError('harvest.invalid_parameter', { parameter: name, reason: 'it is not an address' })
  const url = new URL(whole)
  if (url.username || url.password) {
    const reason = 'a user name or password in an address is not supported'
    throw new AppError('harvest.invalid_parameter', { parameter: name, reason })
  }
  url.search = ''
  url.hash = ''
  if (path !== '') url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`
  return url
}

export function objectOf(value: unknown): JsonObject | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : null
}

/** Own members only: what is asked for may be called like something that every object has. */
export function member(value: unknown, ...path: readonly string[]): JsonValue | undefined {
  let at: unknown = value
  for (const name of path) {
    const object = objectOf(at)
    if (!object || !Object.hasOwn(object, name)) return undefined
    at = object[name]
  }
  return at as JsonValue | undefined
}

/** A text, if it is one that says something. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

export function listOf(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

export function textsOf(value: unknown): string[] | undefined {
  const texts = listOf(value).flatMap((item) => textOf(item) ?? [])
  return texts.length > 0 ? texts : undefined
}

/** By what sources call a format: in words, as a file extension or as a media type. */
const types: Readonly<Record<string, string>> = {
  parquet: 'parquet',
  'application/vnd.apache.parquet': 'parquet',
  csv: 'csvfile',
  tsv: 'csvfile',
  'text/csv': 'csvfile',
  'text/tab-separated-values': 'csvfile',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  'application/x-ndjson': 'jsonl',
  geojson: 'geojson',
  'application/geo+json': 'geojson',
  'application/vnd.geo+json': 'geojson',
  json: 'jsonfile',
  'application/json': 'jsonfile',
}
/** Of one dataset in several formats, the first of these is taken. */
const preferred = ['parquet', 'csvfile', 'jsonl', 'geojson', 'jsonfile']

export interface OfferedResource {
  readonly url: string | undefined
  readonly title: string | undefined
  readonly formats: readonly (string | undefined)[]
}

/**
 * What is taken of a dataset's resources: mostly they are the same records in several formats, and put together they
 * would be no dataset. The first of the best format that can be read; with `all`, all of that format.
 */
export function chooseResources(offered: readonly OfferedResource[], all: boolean): RemoteResource[] {
  const readable = offered.flatMap(({ url, title, formats }): RemoteResource[] => {
    if (url === undefined || !/^https?:\/\//i.test(url) || !URL.canParse(url) || url.length > 8000) return []
    const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(new URL(url).pathname)?.[1]
    const type = [...formats, extension]
      .flatMap((format) => {
        const [name = ''] = (format ?? '').toLowerCase().replace(/^\./, '').split(/\s*;/)
        return Object.hasOwn(types, name) ? [types[name]!] : []
      })
      .at(0)
    if (type === undefined) return []
    return [{ url, title: (title ?? '').slice(0, 300), type, params: {} }]
  })
  const best = preferred.find((type) => readable.some((resource) => resource.type === type))
  const chosen = readable.filter((resource) => resource.type === best)
  return all ? chosen : chosen.slice(0, 1)
}

export const common = {
  allResources: {
    name: 'all_resources',
    label: 'All resources',
    type: 'boolean',
    description: 'Take all resources of the best format, and not the first alone',
    isMandatory: false,
  },
  connection: {
    name: 'connection',
    label: 'Connection',
    type: 'text',
    description:
      'Uid or name of a connection whose secrets the source and its files are asked with, as far as they are on its server',
    isMandatory: false,
  },
  metadataOnly: {
    name: 'metadata_only',
    label: 'Metadata only',
    type: 'boolean',
    description: 'Take no resources',
    isMandatory: false,
  },
} as const satisfies Record<string, SourceParameter>

export const isTrue = (value: unknown): boolean => value === true || value === 'true' || value === 1
