/** What the Management API answers, as far as the back office reads it. Described in full at /api/docs. */

export const management = '/api/management/v2'

export type Metas = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>

export interface GateFailure {
  readonly gate: string
  readonly field?: string
  readonly message: string
}

export interface DatasetStatus {
  readonly name: string
  readonly published: boolean
  readonly since: string
  readonly user?: { readonly username: string }
  readonly job_id?: string
  readonly records_errors?: number
  readonly partial?: boolean
  readonly stale?: boolean
  readonly undo_unpublish_until?: string
  readonly held?: {
    readonly generation_uid: string
    readonly job_id: string
    readonly gates: readonly GateFailure[]
    readonly since: string
    readonly kept_until: string
  }
  readonly message?: string
  readonly error_id?: string
}

export interface Dataset {
  readonly dataset_uid: string
  readonly dataset_id: string
  readonly metas: Metas
  readonly last_modified: string
  readonly visibility: 'domain' | 'restricted'
  readonly created_at: string
  readonly owner: { readonly username: string }
  readonly status: DatasetStatus
  readonly publication: {
    readonly published_at: string
    readonly records_count: number
    readonly edited_since: boolean
  } | null
  /** What whoever is signed in may do to it. */
  readonly rights: readonly ('edit_dataset' | 'publish_dataset' | 'manage_dataset')[]
}

export interface JobPhase {
  readonly name: string
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped'
  readonly duration_ms?: number
  readonly rows_read?: number
  readonly rows_kept?: number
  readonly rows_rejected?: number
  readonly rows_filtered?: number
  readonly records_errors?: number
  readonly bytes_read?: number
  readonly bytes_total?: number
  readonly bytes_written?: number
  readonly rows_per_second?: number
}

export interface Diff {
  readonly records: {
    readonly added: number
    readonly removed: number
    readonly changed: number
    readonly unchanged: number
  }
  readonly fields: {
    readonly added: readonly { readonly name: string; readonly type: string }[]
    readonly removed: readonly { readonly name: string; readonly type: string }[]
    readonly retyped: readonly { readonly name: string; readonly from: string; readonly to: string }[]
    readonly relabelled: readonly { readonly name: string; readonly from: string; readonly to: string }[]
  }
  readonly samples?: readonly DiffRecord[] | Readonly<Record<string, readonly DiffRecord[]>>
}

export interface DiffRecord {
  readonly change: 'added' | 'removed' | 'changed'
  readonly _id: string
  readonly key: Readonly<Record<string, unknown>> | null
  readonly old: Readonly<Record<string, unknown>> | null
  readonly new: Readonly<Record<string, unknown>> | null
}

export interface JobResult {
  readonly dry_run?: boolean
  readonly generation_uid?: string
  readonly kept_until?: string
  readonly built_records_count?: number
  readonly built_records_errors?: number
  readonly rows_rejected?: number
  /** Of which a later row has the key. */
  readonly rows_replaced?: number
  readonly records_count?: number
  readonly gates?: readonly GateFailure[]
  readonly diff?: Diff
  readonly aborted?: boolean
  readonly held?: boolean
  readonly reused?: boolean
  readonly version_uid?: string
}

export interface ApiFault {
  readonly message: string
  readonly hint?: string
  readonly error_id?: string
}

export interface Job {
  readonly job_id: string
  readonly function: string
  readonly params: Readonly<Record<string, unknown>>
  readonly state: 'waiting' | 'started' | 'running' | 'done' | 'error'
  readonly result?: JobResult
  readonly error?: ApiFault
  readonly dataset_uid: string
  readonly dataset_id: string | null
  readonly phases?: readonly JobPhase[]
  readonly estimate?: { readonly basis: string; readonly seconds_left: number; readonly total_ms: number }
  readonly cause?: {
    readonly phase: string
    readonly what: string
    readonly what_to_do: string
    readonly transient: boolean
  }
  readonly attempt: number
  readonly max_attempts: number
  readonly attempts: readonly {
    readonly attempt: number
    readonly ended_at: string
    readonly error: ApiFault
  }[]
  readonly next_attempt_at?: string
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly user: { readonly username: string }
}

export interface Version {
  readonly version_uid: string
  readonly label: string | null
  readonly note: string | null
  readonly automatic: boolean
  readonly records_count: number
  readonly bytes: number
  readonly partial: boolean
  readonly published: boolean
  readonly created_at: string
  readonly user: { readonly username: string }
}

export interface Resource {
  readonly resource_uid: string
  readonly url: string
  readonly title: string
  readonly type: string
  readonly params: Readonly<Record<string, unknown>>
  readonly push_url?: string
  readonly push_key?: string
}

export interface Step {
  readonly processor_uid: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>> | readonly string[]
  readonly label?: string
}

export interface PreviewField {
  readonly name: string
  readonly label: string
  readonly type: string
}

export interface Preview {
  readonly fields: readonly PreviewField[]
  readonly records: readonly Readonly<Record<string, unknown>>[]
}

export interface ProcessorPreview extends Preview {
  readonly errors: readonly {
    readonly record_id: string
    readonly processor_uid: string
    readonly field: string
    readonly value: string
    readonly reason: string
  }[]
  readonly errors_count: number
  readonly rows: {
    readonly read: number
    readonly kept: number
    readonly rejected: number
    readonly filtered: number
    readonly added: number
  }
}

export interface Argument {
  readonly name: string
  readonly type: string
  readonly label?: string
  readonly description: string
  readonly is_mandatory: boolean
  readonly default?: unknown
  readonly choices?: readonly unknown[]
  /** Not of the API: what choices are called, where that is not what they are. */
  readonly choice_labels?: Readonly<Record<string, string>>
  readonly minimum?: number
  readonly maximum?: number
}

export interface ProcessorType {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly args: readonly Argument[]
  readonly examples: readonly {
    readonly args: unknown
    readonly record: unknown
    readonly records: readonly unknown[]
  }[]
}

export interface Extractor {
  readonly type: string
  readonly label: string
  readonly parameters: readonly Argument[]
}

export interface MetadataEntry {
  readonly name: string
  readonly template: { readonly name: string; readonly label: string; readonly purpose: string }
  readonly definition: {
    readonly type?: string
    readonly label?: string
    readonly help_text?: string
    readonly choices?: readonly unknown[]
    readonly values?: readonly unknown[]
  }
  readonly value: unknown
}

export interface Change {
  readonly change_uid: number
  readonly user: { readonly username: string }
  readonly timestamp: string
  readonly kind: string
  readonly job_id: string | null
  readonly sections: readonly string[]
  readonly diff: Readonly<
    Record<
      string,
      readonly {
        readonly path: readonly string[]
        readonly old_value: unknown
        readonly new_value: unknown
        readonly operation_type: 'create' | 'update' | 'delete'
      }[]
    >
  >
  readonly omitted_count: number
  readonly can_restore: boolean
}

export interface ScheduleRun {
  readonly due_at: string
  readonly outcome: string
  readonly state: string | null
  readonly reason: string | null
  readonly job_id: string | null
}

export interface Schedule {
  readonly schedule_uid: string
  readonly cron_schedule: string
  readonly timezone: string
  readonly next_runs: readonly string[]
  readonly last_run: ScheduleRun | null
  readonly user: { readonly username: string }
}

/** What the dataset is called, by its title if it has one. */
export function titleOf({ metas, dataset_id }: Pick<Dataset, 'metas' | 'dataset_id'>): string {
  const title = metas.default?.title
  return typeof title === 'string' && title !== '' ? title : dataset_id
}

const resting = new Set(['idle', 'error', 'limit_reached'])
export const isWorking = ({ name }: Pick<DatasetStatus, 'name'>): boolean => !resting.has(name)

export const officePath = (uid: string, tab = '') =>
  `/backoffice/datasets/${encodeURIComponent(uid)}${tab === '' ? '' : `/${tab}`}`

export const apiPath = (uid: string, rest = '') => `${management}/datasets/${encodeURIComponent(uid)}${rest}`
