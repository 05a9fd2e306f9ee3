/**
 * The control database's tables, as Kysely sees them. Migrations (`migrations/`) create them on SQLite and PostgreSQL
 * alike: text, integers (`bigint` on PostgreSQL, read as numbers), no engine-specific types. `*_at` are milliseconds
 * since the epoch; `is_*`/`has_*` are 0 or 1; `*_json` hold JSON text.
 */
import type { Generated, Selectable } from 'kysely'
import type {
  ApiKeysTable,
  CountedCallsTable,
  DailyCallsTable,
  DatasetRulesetsTable,
  GroupMembersTable,
  GroupsTable,
  UsersTable,
} from './schema-access.ts'
import type {
  GateJudgementsTable,
  GatesTable,
  HeldPublishesTable,
  PublishOverridesTable,
} from './schema-checks.ts'
import type {
  GenerationMediaTable,
  HarvestedDatasetsTable,
  HarvestersTable,
  MediaTable,
  RealtimePushesTable,
  RealtimeResourcesTable,
  ScheduleRunsTable,
  SchedulesTable,
} from './schema-feeds.ts'
import type { PeopleSchema } from './schema-people.ts'
import type {
  AttachedBlobsTable,
  AttachedFilesTable,
  ImagesTable,
  MetadataTemplatesTable,
  PageRightsTable,
  PagesTable,
} from './schema-surface.ts'

export interface ControlSchema extends PeopleSchema {
  datasets: DatasetsTable
  resources: ResourcesTable
  steps: StepsTable
  files: FilesTable
  users: UsersTable
  groups: GroupsTable
  group_members: GroupMembersTable
  api_keys: ApiKeysTable
  dataset_rulesets: DatasetRulesetsTable
  counted_calls: CountedCallsTable
  daily_calls: DailyCallsTable
  dataset_uses: DatasetUsesTable
  jobs: JobsTable
  generations: GenerationsTable
  publications: PublicationsTable
  publication_log: PublicationLogTable
  withdrawn_publications: WithdrawnPublicationsTable
  versions: VersionsTable
  changes: ChangesTable
  configuration_snapshots: ConfigurationSnapshotsTable
  settings: SettingsTable
  event_counters: EventCountersTable
  job_events: JobEventsTable
  idempotency_keys: IdempotencyKeysTable
  webhooks: WebhooksTable
  webhook_deliveries: WebhookDeliveriesTable
  gates: GatesTable
  held_publishes: HeldPublishesTable
  gate_judgements: GateJudgementsTable
  publish_overrides: PublishOverridesTable
  joined_datasets: JoinedDatasetsTable
  connections: ConnectionsTable
  harvesters: HarvestersTable
  harvested_datasets: HarvestedDatasetsTable
  schedules: SchedulesTable
  schedule_runs: ScheduleRunsTable
  realtime_resources: RealtimeResourcesTable
  realtime_pushes: RealtimePushesTable
  attached_files: AttachedFilesTable
  attached_blobs: AttachedBlobsTable
  metadata_templates: MetadataTemplatesTable
  pages: PagesTable
  page_rights: PageRightsTable
  images: ImagesTable
  media: MediaTable
  generation_media: GenerationMediaTable
}

export interface DatasetsTable {
  dataset_uid: string
  dataset_id: string
  /** `{template: {name: value}}` */
  metas_json: string
  /** `domain` or `restricted` */
  visibility: string
  owner: string
  created_at: number
  last_modified_at: number
  /** Counts configuration edits; part of what tells a stale read. */
  configuration_revision: number
  /** One of the eight names of the status machine (`actions/status.ts`); written by actions only. */
  status: string
  /** The one before; null: it has had no other. */
  previous_status: Generated<string | null>
  status_since_at: number
  status_user: string | null
  /** Error value of the failed action, else null. */
  status_error_json: string | null
  /** The job that moved the dataset out of rest; null at rest. */
  active_job_uid: string | null
  /** Exact number of values that the last publish could not handle. */
  record_errors_count: Generated<number>
  /** Which versions are kept (`actions/version-retention.ts`); null: all. */
  versions_retention_json: string | null
  /** Whether readers may see its labelled versions (docs/versions.md). */
  has_public_versions: Generated<number>
}

/** What readers without an account have read of a dataset. Written now and then: a crash forgets the last reads. */
export interface DatasetUsesTable {
  dataset_uid: string
  calls: number
  downloads: number
  /** Thousandths of a reader, as they weighed at `counted_at`. */
  popularity_milli: number
  counted_at: number
}

/** A dataset as read. */
export type DatasetRecord = Selectable<DatasetsTable>

export interface ResourcesTable {
  resource_uid: string
  dataset_uid: string
  position: number
  url: string
  title: string
  type: string
  params_json: string
  /** What the last fetch learned: `{sha256, bytes, filename, etag, last_modified}` or null. */
  fetched_json: string | null
}

/** Where sources are fetched from, with what they ask for. */
export interface ConnectionsTable {
  connection_uid: string
  name: string
  /** `http`, `ftp`, `ftps`, `sftp` or `s3` */
  kind: string
  url: string
  username: string | null
  /** Sealed (kernel/secret-box.ts), or null. */
  secret_sealed: string | null
  params_json: string
  owner: string
  created_at: number
  changed_at: number
}

/** Processors and field specifications: two ordered stacks of the same shape. */
export interface StepsTable {
  processor_uid: string
  dataset_uid: string
  /** `processor` or `field_specification` */
  stack: string
  position: number
  name: string
  args_json: string
  label: string | null
}

export interface FilesTable {
  file_id: string
  filename: string
  mimetype: string
  bytes: number
  /** Names the blob. */
  sha256: string
  owner: string
  created_at: number
}

export interface JobsTable {
  /** 40 hex */
  job_uid: string
  /** Insertion order: the queue is first in, first out. */
  seq: Generated<number>
  function: string
  /** What the job is about: the dataset_uid. At most one unfinished job per subject. */
  subject: string
  params_json: string
  username: string
  /** waiting, started, running, done, error */
  state: string
  priority: number
  attempt: number
  max_attempts: number
  /** Earliest start. */
  run_after_at: number
  lease_owner: string | null
  lease_expires_at: number | null
  /** Set by another process or request: `keep` or `discard` records, or null. */
  cancel_requested: string | null
  progress_json: string
  result_json: string | null
  error_json: string | null
  created_at: number
  started_at: number | null
  finished_at: number | null
  /** 1: not for the slot that is kept for small work. */
  is_large: Generated<number>
  /** 0: work of the server's own that nobody follows. */
  has_events: Generated<number>
  /** 1: it ended in a way that people are told of, and nobody has been told yet. */
  is_untold: Generated<number>
  /** Attempts that ended without an outcome: `[{attempt, ended_at, error}]`. */
  attempts_json: Generated<string>
  /** What was known of the work when it was ordered; read by whoever inserted it. */
  expectation_json: Generated<string | null>
}

export interface GenerationsTable {
  generation_uid: string
  dataset_uid: string
  job_uid: string
  /** building, sealed, collected */
  state: string
  recipe: string
  /** Null while building. */
  manifest_json: string | null
  records_count: number
  bytes: number
  is_partial: number
  created_at: number
  /** When nothing has pointed at it any more since; null while it is current or pinned. */
  retired_at: number | null
  /** Of the configuration it was built or last found with; null: unknown. `actions/recipe.ts`. */
  configuration_digest: string | null
  /** The manifest's; null while building. */
  content_hash: string | null
}

/** What the generation that a dataset's readers have was made of beside its resources. */
export interface JoinedDatasetsTable {
  dataset_uid: string
  /** A dataset that processors join; it may be gone. */
  joined_uid: string
  /** Of the generation that was joined. */
  content_hash: string
  /** Of the generation for which the dataset was last ordered to be published again; null: none. */
  ordered_hash: string | null
}

/** What readers see of a dataset: exactly one row per published dataset. The switch is one write to this table. */
export interface PublicationsTable {
  dataset_uid: string
  dataset_id: string
  generation_uid: string
  metas_json: string
  fields_json: string
  visibility: string
  records_count: number
  is_partial: number
  published_at: number
  data_processed_at: number
  metadata_processed_at: number
  /** Attachments and alternative exports as they were published: `AttachedFile[]` of the room `catalog`. */
  attached_json: string
}

/** Every switch, in order. `max(seq)` is the revision that caches of the catalog compare. */
export interface PublicationLogTable {
  seq: Generated<number>
  dataset_uid: string
  job_uid: string
  /** publish, abort, unpublish, undo_unpublish, restore, delete, metadata, security */
  change: string
  generation_uid: string | null
  at: number
}

export interface VersionsTable {
  /** `ch_...` */
  version_uid: string
  dataset_uid: string
  /** Null: the dataset was not published when the version was saved. */
  generation_uid: string | null
  /** The publication row and the configuration at that moment. */
  publication_json: string | null
  configuration_json: string
  label: string | null
  note: string | null
  records_count: number
  bytes: number
  /** Null without a generation. */
  content_hash: string | null
  is_partial: number
  /** Taken by the server before a restore. */
  is_automatic: number
  created_at: number
  username: string
}

/** The last publication of an unpublished dataset, as it was: what undo_unpublish puts back. */
export interface WithdrawnPublicationsTable {
  dataset_uid: string
  generation_uid: string
  publication_json: string
  withdrawn_at: number
  expires_at: number
}

/** What was done to a dataset, in order. */
export interface ChangesTable {
  change_uid: Generated<number>
  dataset_uid: string
  username: string
  at: number
  /** create, edit, restore_change, or what an action did: publish, abort, unpublish, ... */
  kind: string
  /** The action's job; null for an edit. */
  job_uid: string | null
  sections_json: string
  /** `{section: [{path, old_value, new_value, operation_type}]}`, long values cut, secrets left out. */
  diff_json: string
  /** Differences that the entry has no room for. */
  omitted_count: number
  /** Snapshot of the configuration right before; null: the change cannot be restored. */
  before_digest: string | null
}

/** Configurations that changes may be restored to, each kept once per dataset; secrets left out. */
export interface ConfigurationSnapshotsTable {
  dataset_uid: string
  digest: string
  configuration_json: string
}

export interface SettingsTable {
  key: string
  value: string
}

/** The number of the last event of a subject: raised in the transaction that writes the event, so that it orders commits. */
export interface EventCountersTable {
  subject: string
  last_number: number
}

/** What happened, in order: read by event streams and fanned out to webhooks. */
export interface JobEventsTable {
  /** The dataset_uid. */
  subject: string
  /** Rises by one with every event of the subject. */
  number: number
  /** Empty when no job did it. */
  job_uid: string
  kind: string
  data_json: string
  /** 1: a state in passing; the job's next event of the kind takes its place. */
  is_superseded: number
  at: number
}

export interface IdempotencyKeysTable {
  username: string
  idempotency_key: string
  dataset_uid: string
  action: string
  params_json: string
  job_uid: string
  created_at: number
}

export interface WebhooksTable {
  /** `wh_...` */
  webhook_uid: string
  dataset_uid: string
  url: string
  events_json: string
  label: string | null
  /** `whsec_...`: signing needs the secret itself. */
  secret: string
  is_active: number
  /** The last event of the dataset that has been considered for this webhook. */
  last_number: number
  created_at: number
  username: string
}

export interface WebhookDeliveriesTable {
  /** `de_...` */
  delivery_uid: string
  webhook_uid: string
  /** Of the event: deliveries of a webhook go out in this order. */
  number: number
  kind: string
  payload_json: string
  /** pending, delivered, dead */
  state: string
  /** `[{at, status, error, duration_ms}]` */
  attempts_json: string
  attempts: number
  next_attempt_at: number
  lease_owner: string | null
  lease_expires_at: number | null
  created_at: number
  settled_at: number | null
}
