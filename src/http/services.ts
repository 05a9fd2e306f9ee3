import type { Access, CallCounts, CallHistory, DomainQuota } from '../access/index.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Actions } from '../actions/index.ts'
import type { Audit } from '../audit/index.ts'
import type { CatalogDeps, SecretDeps } from '../catalog/index.ts'
import type { Gates } from '../checks/index.ts'
import type { Control } from '../control/index.ts'
import type { Exports, Parts } from '../exports/index.ts'
import type { Harvesters } from '../harvest/index.ts'
import type { BlobStore, BuilderHost, FetchPolicy } from '../ingest/index.ts'
import type { EventBell } from '../jobs/index.ts'
import type { Clock, Ids } from '../kernel/index.ts'
import type { Realtime } from '../realtime/index.ts'
import type {
  Catalog,
  Cursors,
  Diffs,
  Facets,
  GenerationStore,
  RecordErrors,
  Records,
  Rejects,
  Tiles,
  Uses,
  WorkingCatalog,
} from '../records/index.ts'
import type { Schedules } from '../schedules/index.ts'
import type { Feedbacks, Subscriptions } from '../subscriptions/index.ts'
import type { Webhooks } from '../webhooks/index.ts'
import type { ResponseCache } from './explore/response-cache.ts'
import type { LogEvent } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { WebSettings } from './web/index.ts'

/** What the routes are served from; handed in by `app.ts`. */
export interface HttpServices {
  readonly control: Control
  readonly clock: Clock
  readonly ids: Ids
  /** Monotonic milliseconds, for durations only. */
  readonly stopwatch: () => number
  readonly access: Access
  readonly callCounts: CallCounts
  readonly callHistory: CallHistory
  readonly domainQuota: DomainQuota
  readonly accounts: Accounts
  readonly audit: Audit
  readonly catalogDeps: CatalogDeps & SecretDeps
  readonly actions: Actions
  readonly webhooks: Webhooks
  readonly subscriptions: Subscriptions
  readonly feedbacks: Feedbacks
  readonly schedules: Schedules
  readonly realtime: Realtime
  readonly harvesters: Harvesters
  readonly eventBell: EventBell
  /** Longest silence of an event stream. */
  readonly heartbeatMs: number
  readonly blobs: BlobStore
  readonly fetchPolicy: FetchPolicy
  readonly builders: BuilderHost
  readonly records: Records
  readonly uses: Uses
  readonly cursors: Cursors
  /** What record ids are keyed with for readers who do not see every field. */
  readonly recordIdSecret: string
  readonly responseCache: ResponseCache
  readonly facets: Facets
  readonly tiles: Tiles
  readonly recordErrors: RecordErrors
  readonly diffs: Diffs
  /** Errors: checks.invalid_gate. */
  checkPatterns(gates: Gates): Promise<void>
  readonly rejects: Rejects
  readonly catalog: Catalog
  readonly workingCatalog: WorkingCatalog
  readonly exports: Exports
  readonly parts: Parts
  readonly generations: GenerationStore
  readonly limits: {
    readonly maxUploadBytes: number
    readonly maxSourceBytes: number
    readonly builderMemoryMb: number
    readonly builderThreads: number
    /** Calls of the search API by one client in a day; 0: without a limit. */
    readonly dailyCalls: number
    /** Of the whole domain; null: without a limit. */
    readonly maxDatasets: number | null
    readonly maxRecordsByDataset: number | null
    readonly stalledMs: number
    /** How long browsers are to ask by https only; 0: they are not told. */
    readonly hstsSeconds: number
  }
  /** Whether the peer at this address is believed in what it says of a request (BROADSHEET_TRUSTED_PROXIES). */
  readonly isTrustedProxy: (address: string, hop: number) => boolean
  readonly previewDirectory: string
  readonly generationsDirectory: string
  readonly metrics: Metrics
  readonly web: WebSettings
  readonly log: (event: LogEvent) => void
  isDraining(): boolean
}
