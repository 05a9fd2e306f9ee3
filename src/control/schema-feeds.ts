/** Tables of what keeps datasets up to date by itself, and of the files that records refer to. Conventions: schema.ts. */

export interface HarvestersTable {
  /** `ha_...` */
  harvester_uid: string
  name: string
  /** Of what it reads: ckan, datajson, ods, ... */
  type: string
  params_json: string
  /** new, idle, queued, processing, aborting, deleting */
  status: string
  /** While it is being deleted: 1 with its datasets, 0 without; null: it is not, or by an earlier release. */
  deletes_datasets: number | null
  active_job_uid: string | null
  username: string
  created_at: number
  last_modified_at: number
  last_modified_by: string
  last_started_at: number | null
  last_success_at: number | null
  /** Why the last run failed as a whole. */
  last_error_json: string | null
  /** What the last run that ended well did, in numbers. */
  last_report_json: string | null
}

/** What a harvester has found at its source, and what it made of it. */
export interface HarvestedDatasetsTable {
  harvester_uid: string
  /** As the source calls it. */
  remote_id: string
  /** Null: none could be made of it. */
  dataset_uid: string | null
  title: string
  /** What was taken from the source: metadata and resources; null: nothing yet. */
  applied_json: string | null
  /** Of the last run that saw or missed it: created, updated, unchanged, gone, removed, failed */
  change: string
  /** Names of what has changed, or why. */
  details_json: string
  error_json: string | null
  job_uid: string
  seen_at: number
}

export interface SchedulesTable {
  /** `sc_...` */
  schedule_uid: string
  /** One of the two. */
  dataset_uid: string | null
  harvester_uid: string | null
  cron_schedule: string
  timezone: string
  /** Whose runs these are. */
  username: string
  created_at: number
  /** The next run: of several processes that see it pass, the one that moves it fires. */
  due_at: number
}

/** What came of the runs of a schedule, the latest ones. */
export interface ScheduleRunsTable {
  schedule_uid: string
  /** When it should have been. */
  due_at: number
  fired_at: number
  /** ordered, skipped */
  outcome: string
  job_uid: string | null
  /** Why it was skipped. */
  reason_json: string | null
  /** Later runs that it stands for: nobody was there to fire them. */
  missed_count: number
}

/**
 * A resource that takes pushed records. Not tied to the row in `resources`, which a restore writes anew: what was pushed
 * stays until it is scratched or the dataset goes.
 */
export interface RealtimeResourcesTable {
  resource_uid: string
  dataset_uid: string
  /** sha256 of the push key, hex; the key is shown once. */
  key_hash: string
  is_enabled: number
  /** Whose publishes they are that follow pushes. */
  username: string
  /** Of the last push; raised in the transaction that keeps the push, so that it orders commits. */
  last_seq: number
  /** Pushes up to this one are kept and not published: an unpublish has dropped them. */
  live_after_seq: number
  /** What `live_after_seq` was before the last unpublish; null: none, or it has been settled. */
  dropped_after_seq: number | null
  /** Up to where the last publish took it. */
  gathered_seq: number
  /** Up to where readers see it. */
  published_seq: number
  /** No automatic publish before. */
  next_order_at: number
  last_push_at: number | null
  /** Of all its pushes together. */
  kept_bytes: number
}

/** Every push, as it came. */
export interface RealtimePushesTable {
  resource_uid: string
  /** Rises by one with every push to the resource. */
  seq: number
  /** push, delete (by values), delete_id */
  kind: string
  /** Array of records, array of values to match, or array of record ids */
  body_json: string
  records_count: number
  /** With the files that came first with it. */
  bytes: number
  pushed_at: number
}

/** A file that a record refers to: by the address it was fetched from, or by what was pushed. */
export interface MediaTable {
  /** sha256 of the address, or of the resource and the bytes that were pushed to it; hex. */
  source_key: string
  /** That it was pushed to: kept while that takes pushes. Null: fetched. */
  resource_uid: string | null
  /** Of its bytes: names the blob, and is the id of the file. */
  sha256: string
  bytes: number
  filename: string
  mimetype: string
  etag: string | null
  last_modified: string | null
  fetched_at: number
  /** When a build last wanted it. */
  asked_at: number
}

/** The files of a generation's records: what the search API serves for it. */
export interface GenerationMediaTable {
  generation_uid: string
  sha256: string
  bytes: number
  filename: string
  mimetype: string
}
