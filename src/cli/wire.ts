/** Objects of the management API, as far as the command line reads them. Names are the API's own. */

export interface DatasetObject {
  readonly dataset_uid: string
  readonly dataset_id: string
  readonly metas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly status: { readonly name: string }
  /** The published records are those of an aborted publish. */
  readonly partial?: boolean
}

export interface StatusObject {
  readonly name: string
  readonly published: boolean
  readonly since: string
  readonly records_errors?: number
  readonly partial?: boolean
  /** Of an unpublished dataset whose unpublish can be undone. */
  readonly undo_unpublish_until?: string
  /** Of status `error`. */
  readonly message?: string
  readonly job_id?: string
  /** A publish that waits for a human's word. */
  readonly held?: { readonly generation_uid: string; readonly gates: readonly GateFailure[] }
}

export interface RecordErrorObject {
  readonly record_id: string | null
  /** The field's name. */
  readonly field_uid: string | null
  readonly message: string
}

export interface GateFailure {
  readonly gate: string
  readonly message: string
}

export interface DiffCounts {
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly unchanged: number
}

export interface DiffObject {
  readonly records: DiffCounts
  readonly fields: Readonly<
    Record<string, readonly { readonly name: string; readonly from?: string; readonly to?: string }[]>
  >
}

/** `old` and `new` of a changed record hold the fields that differ. */
export interface DifferenceObject {
  readonly change: 'added' | 'removed' | 'changed'
  readonly _id: string
  readonly key: object | null
  readonly old: object | null
  readonly new: object | null
}

export interface ResourceInput {
  readonly url: string
  readonly title?: string
  /** Name of the extractor; guessed by the server when left out. */
  readonly type?: string
  readonly params?: Readonly<Record<string, unknown>>
}

export interface ResourceObject extends Required<ResourceInput> {
  readonly resource_uid: string
}

export interface FileObject {
  readonly file_id: string
  /** `odsfile://<file_id>` */
  readonly url: string
}

/** A processor or a field specification. */
export interface StepInput {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>> | readonly string[]
}

/** One phase of a job. Counts are running totals; bytes are of the sources as stored. */
export interface JobProgress {
  readonly step: string
  readonly resource_uid?: string | null
  readonly records_processed?: number
  readonly records_errors?: number
  readonly rows_read?: number
  readonly bytes_read?: number
  readonly bytes_total?: number
  readonly rows_per_second?: number
  readonly seconds_left?: number | null
  readonly duration_ms?: number
}

export interface JobObject {
  readonly job_id: string
  readonly function: string
  readonly state: 'waiting' | 'started' | 'running' | 'done' | 'error'
  readonly progresses: readonly JobProgress[]
  readonly result?: JobResult
  readonly error?: ErrorEnvelope
  readonly dataset_uid: string
  /** Null once the dataset has been deleted. */
  readonly dataset_id: string | null
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
}

/** Every function's result has some of these. */
export interface JobResult {
  readonly published?: boolean
  readonly records_count?: number
  readonly records_errors?: number
  readonly rows_rejected?: number
  readonly aborted?: boolean
  readonly partial?: boolean
  readonly reused?: boolean
  readonly version_uid?: string
  readonly automatic_version_uid?: string
  readonly generation_uid?: string
  /** A gate holds it: readers see what they saw before. */
  readonly held?: boolean
  readonly gates?: readonly GateFailure[]
  /** Of a dry run. */
  readonly diff?: { readonly records: DiffCounts }
  readonly kept_until?: string
  /** What differs in the fields from the last publication. */
  readonly schema_changes?: SchemaChanges
}

interface SchemaChanges {
  readonly added: readonly { readonly name: string }[]
  readonly removed: readonly { readonly name: string }[]
  readonly retyped: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  readonly relabelled: readonly { readonly name: string; readonly from: string; readonly to: string }[]
}

export interface VersionObject {
  readonly version_uid: string
  readonly label: string | null
  readonly note: string | null
  /** Taken by the server before a restore. */
  readonly automatic: boolean
  readonly records_count: number
  readonly partial: boolean
  readonly published: boolean
  readonly created_at: string
}

/** A field of a published dataset. Explore API section 2. */
export interface PublishedField {
  readonly name: string
  readonly type: string
  readonly annotations: Readonly<Record<string, readonly (string | number)[]>>
}

/** Management API section 6.2; `error_id` and `hint` are this server's. */
export interface ErrorEnvelope {
  readonly status_code: number
  readonly error_key: string
  readonly message: string
  readonly error_id?: string
  readonly hint?: string
  readonly errors?: readonly ErrorEnvelope[]
}

export interface ScheduleObject {
  readonly schedule_uid: string
  readonly dataset_id?: string | null
  readonly harvester_id?: string
  readonly cron_schedule: string
  readonly timezone: string
  readonly next_runs: readonly string[]
  readonly last_run: {
    readonly fired_at: string
    readonly outcome: 'ordered' | 'skipped'
    readonly state: string | null
    readonly reason: string | null
  } | null
}
