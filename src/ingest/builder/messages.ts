import type { CheckOrder, CheckResult } from '../../checks/index.ts'
import type {
  BuilderEvent,
  BuildPlan,
  BuildSource,
  ConfiguredStep,
  Field,
  JsonValue,
  Manifest,
} from '../../kernel/index.ts'
import type { RecordError } from './slice-work.ts'

export interface ServingFilePlan {
  readonly manifest: Manifest
  readonly directory: string
  readonly servingFile: string
  readonly tmpDirectory: string
  readonly limits: { readonly memoryLimitMb: number; readonly threads: number }
}

export interface PreviewOrder {
  readonly source: BuildSource
  readonly processors: readonly ConfiguredStep[]
  readonly fieldSpecifications: readonly ConfiguredStep[]
  /** The datasets that processors name, by what they name them. Default: none. */
  readonly datasets?: BuildPlan['datasets']
  /** Most records wanted. */
  readonly rows: number
  readonly tmpDirectory: string
  readonly limits: {
    readonly memoryLimitMb: number
    readonly threads: number
    readonly maxSourceBytes: number
  }
}

export interface Preview {
  readonly fields: readonly Field[]
  readonly records: readonly Readonly<Record<string, JsonValue>>[]
  /** Of the sample that was read for it, which may be more than the records shown. */
  readonly sample: PreviewSample
}

export interface PreviewSample {
  readonly rowsRead: number
  readonly rowsKept: number
  readonly rowsRejected: number
  readonly rowsFiltered: number
  readonly rowsAdded: number
  /** Exact. */
  readonly recordErrors: number
  /** The first of them. */
  readonly errors: readonly RecordError[]
}

/** A built generation is looked at beside what readers have (checks/check.ts). */
export interface CheckPlan extends CheckOrder {
  /** Absolute, exists, belongs to this check alone. */
  readonly tmpDirectory: string
  readonly limits: { readonly memoryLimitMb: number; readonly threads: number }
}

/** What a builder process is started for. */
export type BuilderTask =
  | { readonly kind: 'build'; readonly plan: BuildPlan }
  | { readonly kind: 'serving_file'; readonly plan: ServingFilePlan }
  | { readonly kind: 'check'; readonly plan: CheckPlan }
  | { readonly kind: 'preview'; readonly order: PreviewOrder }

/** What a builder says: a build reports as it goes, the other tasks have one answer. */
export type BuilderMessage =
  | BuilderEvent
  /** The task ended well, and this process may have another one. It has nothing more to say of the first. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'previewed'; readonly preview: Preview }
  | { readonly kind: 'checked'; readonly result: CheckResult }
