/**
 * Files that records name by their address: fetched like sources are, kept by their content, asked for again only when
 * they may have changed.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { AppError, type Clock, type ErrorKey, type JsonObject } from '../../kernel/index.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { fetchResource } from '../fetch/fetch-resource.ts'
import type { FetchPolicy } from '../fetch/guarded-agent.ts'
import { headBytes, type MediaFacts, readFacts } from './media-facts.ts'

/** Why there is no file; part of the SQL of the processor `file`. */
export const mediaReasons = [
  'not an address of a file',
  'not a public address',
  'there is no file at the address',
  'the host answered with an error',
  'the file is too large',
  'the host took too long',
  'the file could not be fetched',
] as const
type MediaReason = (typeof mediaReasons)[number]

/** What is known of a file that was fetched before. */
export interface FetchedMedia {
  readonly source_key: string
  readonly resource_uid: string | null
  readonly sha256: string
  readonly bytes: number
  readonly filename: string
  readonly mimetype: string
  readonly etag: string | null
  readonly last_modified: string | null
  readonly fetched_at: number
}

interface FoundMedia {
  readonly media: FetchedMedia
  readonly facts?: MediaFacts
}

/** Where it is remembered. */
export interface MediaMemory {
  find(sourceKey: string): Promise<FetchedMedia | null>
  keep(media: FetchedMedia): Promise<void>
}

export interface MediaOptions {
  /** Of sources; a file has limits of its own. */
  readonly policy: FetchPolicy
  readonly blobs: BlobStore
  readonly memory: MediaMemory
  readonly clock: Clock
  /** Of one file. */
  readonly maxBytes: number
}

export interface Media {
  /** One answer an address: `{value}`, a file object, or `{error}` with one of `mediaReasons`. */
  answer(keys: readonly string[], request: JsonObject, signal: AbortSignal): Promise<JsonObject[]>
  /**
   * Keeps bytes that were pushed to a resource; answers their file object, and how many bytes more are kept now: none, if
   * the resource had them before. Errors: ingest.source_too_large.
   */
  keep(
    resourceUid: string,
    bytes: Readable,
    said: { mimetype: string; filename: string },
  ): Promise<{ readonly file: JsonObject; readonly addedBytes: number }>
}

const atOnce = 4
const fileTimeoutMs = 60_000
/** A file that was fetched within this time is not asked for again. */
const freshMs = 24 * 3600 * 1000
/** A host that has failed so often in a row is left alone for a while: a builder waits for its answers, and asks for thousands. */
const patience = 10
const pauseMs = 120_000
const maxHosts = 1000

export function createMedia({ policy, blobs, memory, clock, maxBytes }: MediaOptions): Media {
  const limits = { ...policy, maxBytes, timeoutMs: Math.min(fileTimeoutMs, policy.timeoutMs) }
  const failures = new Map<string, { count: number; at: number }>()

  function isLeftAlone(host: string): boolean {
    const failed = failures.get(host)
    return failed !== undefined && failed.count >= patience && clock.now() - failed.at < pauseMs
  }

  function noteFailure(host: string): void {
    const count = (failures.get(host)?.count ?? 0) + 1
    failures.delete(host)
    failures.set(host, { count, at: clock.now() })
    if (failures.size > maxHosts) failures.delete(failures.keys().next().value!)
  }

  async function find(url: string, signal: AbortSignal): Promise<FoundMedia> {
    const sourceKey = hash(url)
    const row = await memory.find(sourceKey)
    const known = row && (await blobs.has(row.sha256)) ? row : null
    if (known && clock.now() - known.fetched_at < freshMs) return { media: known }
    const conditional = known ? { etag: known.etag, lastModified: known.last_modified } : null
    const found = await fetchResource({ url, conditional, policy: limits, blobs, signal })
    const now = clock.now()
    if (found.kind !== 'fetched') {
      const media = { ...known!, fetched_at: now }
      await memory.keep(media)
      return { media }
    }
    const { sha256, bytes, filename } = found
    const facts = await factsOf(sha256, found.contentType)
    const media: FetchedMedia = {
      source_key: sourceKey,
      resource_uid: null,
      sha256,
      bytes,
      filename,
      mimetype: facts.mimetype,
      etag: found.etag,
      last_modified: found.lastModified,
      fetched_at: now,
    }
    await memory.keep(media)
    return { media, facts }
  }

  async function factsOf(sha256: string, said: string | null): Promise<MediaFacts> {
    const file = await open(blobs.path(sha256))
    try {
      const head = Buffer.alloc(headBytes)
      const { bytesRead } = await file.read(head, 0, headBytes, 0)
      return readFacts(head.subarray(0, bytesRead), said)
    } finally {
      await file.close()
    }
  }

  /** A file object. Explore API section 1.4. `facts`: those of a file whose start has been looked at just now. */
  async function describe({ media, facts }: FoundMedia, hasMetadata: boolean): Promise<JsonObject> {
    const { sha256: id, filename, mimetype, bytes } = media
    const base = { filename, mimetype, id }
    if (!hasMetadata) return base
    const { width, height } = facts ?? (await factsOf(id, mimetype))
    const format = formatOf(mimetype)
    return {
      ...base,
      ...(format === null ? {} : { format }),
      ...(width === undefined || height === undefined ? {} : { width, height }),
      bytes,
    }
  }

  return {
    async answer(keys, request, signal) {
      const answers: JsonObject[] = []
      let next = 0
      async function work(): Promise<void> {
        for (let at = next++; at < keys.length; at = next++) {
          signal.throwIfAborted()
          answers[at] = await answerOne(keys[at]!, request.extract_metadata === true)
        }
      }
      async function answerOne(key: string, hasMetadata: boolean): Promise<JsonObject> {
        const host = hostOf(key)
        if (host === null) return failed('not an address of a file')
        if (isLeftAlone(host)) return failed('the host took too long')
        try {
          const found = await find(key, signal)
          failures.delete(host)
          return { value: await describe(found, hasMetadata) }
        } catch (error) {
          const reason = reasonFor(error)
          if (reason === null) throw error
          if (lasting.has(reason)) noteFailure(host)
          return failed(reason)
        }
      }
      await Promise.all(Array.from({ length: Math.min(atOnce, keys.length) }, work))
      return answers
    },
    async keep(resourceUid, content, { mimetype: said, filename }) {
      const { sha256, bytes } = await blobs.put(content, { maxBytes })
      const facts = await factsOf(sha256, said)
      const sourceKey = hash(`${resourceUid} ${sha256}`)
      const isKnown = (await memory.find(sourceKey)) !== null
      const media: FetchedMedia = {
        source_key: sourceKey,
        resource_uid: resourceUid,
        sha256,
        bytes,
        filename,
        mimetype: facts.mimetype,
        etag: null,
        last_modified: null,
        fetched_at: clock.now(),
      }
      await memory.keep(media)
      return { file: await describe({ media, facts }, true), addedBytes: isKnown ? 0 : bytes }
    },
  }
}

const failed = (reason: MediaReason): JsonObject => ({ error: reason })
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** Failures that cost time, and will cost it again. */
const lasting: ReadonlySet<MediaReason> = new Set(['the host took too long', 'the file could not be fetched'])

function hostOf(text: string): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  return new URL(text).host
}

const reasons: Partial<Record<ErrorKey, MediaReason>> = {
  'ingest.fetch_invalid_url': 'not an address of a file',
  'ingest.fetch_refused': 'not a public address',
  'ingest.fetch_not_found': 'there is no file at the address',
  'ingest.source_too_large': 'the file is too large',
  'ingest.fetch_timed_out': 'the host took too long',
  'ingest.fetch_failed': 'the file could not be fetched',
  'ingest.fetch_too_many_redirects': 'the file could not be fetched',
}

/** Null: no fault of the file's. */
function reasonFor(error: unknown): MediaReason | null {
  if (!(error instanceof AppError)) return null
  if (error.key === 'ingest.fetch_status')
    return [404, 410].includes(Number(error.params.status))
      ? 'there is no file at the address'
      : 'the host answered with an error'
  return reasons[error.key as ErrorKey] ?? null
}

/** What people call the format of an image: `png`, `jpeg`, ... */
function formatOf(mimetype: string): string | null {
  return /^image\/([a-z]+)/.exec(mimetype)?.[1] ?? null
}
