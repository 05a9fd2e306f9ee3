import type { Control } from '../control/index.ts'
import type { BlobStore, BuilderHost, FetchPolicy } from '../ingest/index.ts'
import type { Clock, Ids, ManifestPart, SecretBox } from '../kernel/index.ts'
import type { GenerationLender } from './dataset-source.ts'

/** Directories of the data directory that actions write to; absolute. */
export interface DataLayout {
  readonly generations: string
  readonly serving: string
  readonly tmp: string
}

export type ActionEvent =
  | {
      readonly kind: 'publication_switched'
      readonly datasetUid: string
      readonly change: PublicationChange
      readonly jobUid: string
    }
  | {
      readonly kind: 'versions_expired'
      readonly datasetUid: string
      readonly versionUids: readonly string[]
    }
  | { readonly kind: 'generation_collected'; readonly generationUid: string; readonly bytes: number }
  | { readonly kind: 'builder_started'; readonly jobUid: string; readonly generationUid: string }
  | { readonly kind: 'builder_ended'; readonly jobUid: string; readonly generationUid: string }
  | { readonly kind: 'indexing_failed'; readonly generationUid: string; readonly cause: unknown }
  | { readonly kind: 'cleanup_failed'; readonly cause: unknown }
  /** What joins a dataset that has changed could not be ordered; the next sweep tries again. */
  | { readonly kind: 'republish_failed'; readonly cause: unknown }

export type PublicationChange =
  | 'publish'
  | 'abort'
  | 'unpublish'
  | 'undo_unpublish'
  | 'restore'
  | 'delete'
  | 'metadata'

/** What the actions are made of; all of it handed in by `app.ts`. */
export interface ActionDeps {
  readonly control: Control
  readonly clock: Clock
  readonly ids: Ids
  readonly blobs: BlobStore
  readonly layout: DataLayout
  readonly fetchPolicy: FetchPolicy
  readonly secrets: SecretBox
  readonly builders: BuilderHost
  readonly builder: {
    readonly memoryLimitMb: number
    readonly threads: number
    readonly maxSourceBytes: number
    readonly sliceBytes: number
    readonly maxErrorSamples: number
  }
  /** Of each dataset, whoever owns it; null: no limit. */
  readonly maxRecordsByDataset: number | null
  /** Generations of at most this many bytes are exposed before their serving file is made. */
  readonly indexLaterBytes: number
  /** Generations that are exposed and whose serving file is being made by their builder: none is to be ordered. */
  readonly indexing: Set<string>
  /** How long a generation that nothing points at is kept. */
  readonly retentionMs: number
  /** Readers' side of a generation: a serving file has appeared, or the generation is about to be deleted. */
  readonly readers: GenerationLender & {
    refresh(generationUid: string): Promise<void>
    retire(generationUid: string): Promise<void>
    /** A lease: it stays on disk until it is released. Errors: records.generation_gone, records.generation_damaged. */
    acquire(generationUid: string): Promise<{ release(): void }>
    /** Errors: records.generation_damaged. */
    checkPart(generationUid: string, part: ManifestPart): Promise<void>
    /** Damage of its files has been met: it is not to be published again. */
    isDamaged(generationUid: string): boolean
  }
  readonly onEvent: (event: ActionEvent) => void
}
