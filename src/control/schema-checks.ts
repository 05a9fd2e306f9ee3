/** Tables of the gates that hold publishes. Conventions: schema.ts. */
import type { Generated } from 'kysely'

/** A dataset's gates; no row: it has none. */
export interface GatesTable {
  dataset_uid: string
  /** `Gates` of the room `checks` */
  gates_json: string
  username: string
  changed_at: number
}

/** The publish of a dataset that waits for a human, at most one. */
export interface HeldPublishesTable {
  dataset_uid: string
  generation_uid: string
  job_uid: string
  /** The gates it failed */
  failures_json: string
  held_at: number
  kept_until_at: number
}

/** What came of the last judging of a generation: exposing it later need not look at its records again. */
export interface GateJudgementsTable {
  generation_uid: string
  /** What it was compared with */
  previous_uid: string | null
  gates_json: string
  failures_json: string
}

/** Who exposed what against a gate or a changed recipe. */
export interface PublishOverridesTable {
  seq: Generated<number>
  dataset_uid: string
  generation_uid: string
  job_uid: string
  username: string
  /** `["gates"]`, `["recipe"]` or both */
  overrides_json: string
  failures_json: string
  at: number
}
