/**
 * The contract between the server and the builder process, and the manifest of a generation.
 * All of it is plain JSON: the plan goes in on the builder's IPC channel, events come out, commands may follow.
 * The builder has no database and no network; it can be killed at any instant.
 */
import type { ErrorValue } from './errors.ts'
import type { Field } from './fields.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** A processor or a field specification as configured. Management API sections 14 and 15. */
export interface ConfiguredStep {
  /** `pr_...` */
  readonly processor_uid: string
  readonly name: string
  readonly args: JsonObject | readonly string[]
  readonly label?: string | null
}

/** One resource, already fetched into the blob store. */
export interface BuildSource {
  readonly resourceUid: string
  readonly title: string
  /** The source's own file name: tells the format apart when the extractor's parameters leave it open. */
  readonly filename: string
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** Name of the extractor, e.g. `csvfile`. */
  readonly extractor: string
  readonly params: JsonObject
  /** Of a resource that is another dataset; `path` is then the manifest of its generation. */
  readonly dataset?: SourceDataset
  /** Default: none. The source then has the column `orderColumn`. */
  readonly deleted?: readonly DeletedRecord[]
}

/** What the readers of another dataset had when the build was planned. */
export interface SourceDataset {
  readonly generationUid: string
  readonly fields: readonly Field[]
  /** In their order; paths are absolute. */
  readonly parts: readonly { readonly path: string; readonly rows: number; readonly bytes: number }[]
}

/**
 * A record that was deleted by its id: rows of it whose number in the column `orderColumn` lies in [from, before) are left
 * out. One that comes again later stays.
 */
export interface DeletedRecord {
  /** 32 hex digits. */
  readonly id: string
  readonly from: number
  readonly before: number
}

/** Holds, in sources of pushed records, which push a row came by. It is no field. */
export const orderColumn = 'broadsheet_push'

/** A published dataset that a processor joins: its records as its readers had them when the build was planned. */
export interface JoinedDataset {
  readonly datasetUid: string
  readonly datasetId: string
  readonly generationUid: string
  readonly contentHash: string
  readonly fields: readonly Field[]
  /** Absolute, in their order. */
  readonly parts: readonly string[]
}

export interface BuildLimits {
  readonly memoryLimitMb: number
  readonly threads: number
  /** Records beyond this stop the build with `limitReached`; null: no limit. */
  readonly maxRecords: number | null
  /** Uncompressed bytes of one source, against compression bombs. */
  readonly maxSourceBytes: number
  /** Bytes of source text that make one part: small, so that an abort loses at most a second of work. */
  readonly sliceBytes: number
  /** Record errors kept with their values (the count is always exact). */
  readonly maxErrorSamples: number
}

export interface BuildPlan {
  readonly datasetUid: string
  readonly generationUid: string
  readonly recipe: string
  /** Absolute. Parts, rejects, record errors and, last of all, manifest.json are written here. It exists and is empty. */
  readonly directory: string
  /** Absolute path of the serving file, written after the parts. */
  readonly servingFile: string
  /** Absolute, exists, belongs to this build alone. */
  readonly tmpDirectory: string
  readonly createdAt: string
  readonly sources: readonly BuildSource[]
  readonly processors: readonly ConfiguredStep[]
  readonly fieldSpecifications: readonly ConfiguredStep[]
  /** The datasets that processors name, by what they name them. Default: none. */
  readonly datasets?: Readonly<Record<string, JoinedDataset>>
  readonly limits: BuildLimits
  /** Absolute directories that earlier attempts at the same build left: what is whole in them need not be made again. */
  readonly resumeFrom?: readonly string[]
}

export const buildPhases = ['extract', 'write', 'index'] as const
export type BuildPhase = (typeof buildPhases)[number]

/** Exact running totals; bytes are of the source as stored (compressed, if it is). */
export interface BuildCounts {
  readonly rowsRead: number
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly rowsKept: number
  readonly rowsRejected: number
  readonly rowsFiltered: number
  readonly rowsReplaced: number
  readonly rowsAdded: number
  readonly recordErrors: number
  readonly bytesWritten: number
}

export type BuilderEvent =
  | { readonly kind: 'phase'; readonly phase: BuildPhase }
  | {
      readonly kind: 'progress'
      readonly phase: BuildPhase
      readonly resourceUid: string | null
      readonly counts: BuildCounts
    }
  | { readonly kind: 'part'; readonly part: ManifestPart }
  /** Parts of an earlier attempt were found whole and are used. */
  | { readonly kind: 'resumed'; readonly parts: number }
  /** Ids of files that the records have: some of them, before the generation is sealed. */
  | { readonly kind: 'media'; readonly ids: readonly string[] }
  /** `manifest.json` and everything it names is on disk, fsynced. */
  | { readonly kind: 'sealed'; readonly manifest: Manifest }
  /** The serving file is complete. Absent after a `seal` command: an aborted generation is served from its parts. */
  | { readonly kind: 'indexed'; readonly bytes: number }
  /** What the builder cannot find out itself: an `answer` command with the same `id` is waited for. */
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly service: string
      readonly request: JsonObject
      readonly keys: readonly string[]
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: ErrorValue }

/** Parent to builder. */
export type BuilderCommand =
  /** Stop now, seal the parts written so far as a partial generation, skip the index. */
  | { readonly kind: 'seal' }
  /** To an `ask`: one answer a key, or why there is none. */
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly answers: readonly (JsonValue | null)[]
      readonly error?: ErrorValue
    }

export interface ManifestPart {
  readonly file: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** A file beside the parts; `file` null: there is none. Manifests of the first releases do not say its size and hash. */
export interface SideFile {
  readonly file: string | null
  readonly bytes?: number
  readonly sha256?: string
}

export interface ManifestSource {
  readonly resource_uid: string
  readonly filename: string
  readonly sha256: string
  readonly bytes: number
  /** read + added = kept + rejected + filtered + replaced, always (the check phase asserts it). */
  readonly rows_read: number
  readonly rows_kept: number
  readonly rows_rejected: number
  readonly rows_filtered: number
  /** Earlier records replaced by a later one of the same id. */
  readonly rows_replaced: number
  /** Records beyond the first that processors made of one row. Manifests of the first releases do not say it: none. */
  readonly rows_added?: number
}

/** A generation of another dataset whose records went into this one. */
export interface ManifestJoined {
  readonly dataset_uid: string
  readonly dataset_id: string
  readonly generation_uid: string
  readonly content_hash: string
}

/** `manifest.json`: says everything about a generation; `verify` needs nothing else. */
export interface Manifest {
  readonly format: 1
  readonly pipeline_version: number
  readonly dataset_uid: string
  readonly generation_uid: string
  readonly recipe: string
  readonly created_at: string
  /** The build was aborted before every source was read to its end. */
  readonly partial: boolean
  /** The licence's or the user's maximum of records stopped the build. */
  readonly limit_reached: boolean
  readonly sources: readonly ManifestSource[]
  /** The datasets that processors joined. Absent: none. */
  readonly joined?: readonly ManifestJoined[]
  readonly fields: readonly Field[]
  readonly parts: readonly ManifestPart[]
  /** `rejects.parquet`: source rows that could not be read (resource_uid, line, reason, raw). */
  readonly rejects: SideFile & { readonly rows: number }
  /** `record-errors.parquet`: values that could not be converted (record_id, processor_uid, field, value, type, reason). */
  readonly record_errors: SideFile & { readonly count: number; readonly sampled: number }
  readonly records_count: number
  /** Bytes of all parts. */
  readonly bytes: number
  /** Hex digest of the records' content, the same on any machine and for any cut into parts. */
  readonly content_hash: string
}
