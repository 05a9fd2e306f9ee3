/** The check of a built generation against what readers have: what the builder's child measures after a build. */
import type { Connection } from '../engine/index.ts'
import { type JsonObject, type Manifest, partsRelationSql } from '../kernel/index.ts'
import { type DiffSide, emptySide } from './diff-sql.ts'
import { compareFields } from './fields.ts'
import type { Gates } from './gates.ts'
import type { GateFacts } from './judge.ts'
import {
  countValues,
  type DiffCounts,
  listDifferences,
  measureGates,
  nullShares,
  sampleDifferences,
} from './measure.ts'

/** A generation's Parquet parts. */
export interface StoredGeneration {
  readonly manifest: Pick<Manifest, 'parts' | 'fields' | 'records_count'>
  /** Absolute. */
  readonly directory: string
}

export interface CheckOrder {
  readonly built: StoredGeneration
  /** What readers have; null: nothing. */
  readonly previous: StoredGeneration | null
  /** Null: only the diff is wanted. */
  readonly gates: Gates | null
  readonly wantsDiff: boolean
}

/** Plain JSON: it crosses a process boundary. */
export interface CheckResult {
  readonly facts: GateFacts | null
  readonly diff: DiffReport | null
}

/** What a dry run tells of the differences. */
export interface DiffReport {
  readonly records: DiffCounts
  readonly fields: JsonObject
  readonly samples: JsonObject
}

export async function runCheck(connection: Connection, order: CheckOrder): Promise<CheckResult> {
  const built = sideOf(order.built)
  const previous = order.previous ? sideOf(order.previous) : null
  const counts = await countValues(connection, built)
  const before = previous ? await countValues(connection, previous) : null
  const facts: GateFacts | null = order.gates && {
    built: { recordsCount: counts.records, fields: built.fields, known: counts.known },
    previous:
      previous && before
        ? { recordsCount: before.records, fields: previous.fields, known: before.known }
        : null,
    ...(await measureGates(connection, built, order.gates)),
  }
  if (!order.wantsDiff) return { facts, diff: null }
  const from = previous ?? emptySide
  // One and the same generation has no differences: an unchanged dry run need not look.
  const isSame = order.previous?.directory === order.built.directory
  const differences = isSame
    ? { added: 0, removed: 0, changed: 0 }
    : await listDifferences(connection, 'differences', from, built)
  const records = { ...differences, unchanged: counts.records - differences.added - differences.changed }
  const fields = describeFields(
    from,
    built,
    nullShares(
      { fields: from.fields, counts: before ?? { records: 0, known: {} } },
      { fields: built.fields, counts },
    ),
  )
  const samples = await sampleDifferences(connection, 'differences', { from, to: built }, differences)
  return { facts, diff: { records, fields, samples } }
}

/** The schema part of a diff: what happened to the fields, and their shares of nulls before and after. */
export function describeFields(
  from: Pick<DiffSide, 'fields'>,
  to: Pick<DiffSide, 'fields'>,
  shares: JsonObject[],
): JsonObject {
  return { ...compareFields(from.fields, to.fields), null_shares: shares } as unknown as JsonObject
}

function sideOf({ manifest, directory }: StoredGeneration): DiffSide {
  return { relation: `(${partsRelationSql(manifest, directory)})`, fields: manifest.fields }
}
