import type { Configuration } from '../catalog/index.ts'
import type { ControlDb } from '../control/index.ts'
import { type Field, formatInstant, type JsonObject, type JsonValue, type Manifest } from '../kernel/index.ts'
import type { BuildOutcome } from './build-generation.ts'
import type { Verdict } from './judge-generation.ts'
import type { PublishOrder } from './publish-order.ts'

/** A whole or partial generation, built or found. */
export type FoundOutcome = Extract<BuildOutcome, { kind: 'sealed' }> & { readonly isReused: boolean }

export type PublishOutcome =
  | (FoundOutcome & {
      /** As readers get them. */
      readonly fields: readonly Field[]
    })
  | { readonly kind: 'discarded' }

/** All that decides how a publish ends. */
export interface PublishEnd {
  readonly configuration: Configuration
  readonly order: PublishOrder
  readonly outcome: PublishOutcome
  /** Null: there was nothing to judge. */
  readonly verdict: Verdict | null
}

/**
 * The result of a publish job. Management API section 2.1; keys beyond the first four are ours. A dry run and a held
 * publish tell what is published, and beside it what was built.
 */
export async function describePublish(
  trx: ControlDb,
  end: PublishEnd,
  facts: {
    readonly wasAborting: boolean
    readonly isHeld: boolean
    readonly keptUntil: number
    readonly schemaChanges: JsonObject | null
  },
): Promise<JsonObject> {
  const { order, outcome, verdict } = end
  const datasetUid = end.configuration.dataset.dataset_uid
  const publication = await trx
    .selectFrom('publications')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  const dataset = await trx
    .selectFrom('datasets')
    .select(['status', 'record_errors_count'])
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirstOrThrow()
  const base: JsonObject = {
    dataset_uid: datasetUid,
    status: dataset.status,
    published: publication !== undefined,
    records_count: publication?.records_count ?? 0,
    records_errors: dataset.record_errors_count,
    aborted: facts.wasAborting,
    ...(order.isDryRun ? { dry_run: true } : {}),
  }
  if (outcome.kind === 'discarded') return { ...base, partial: publication?.is_partial === 1 }
  const failures = (verdict?.failures ?? []) as unknown as JsonValue[]
  return {
    ...base,
    partial: outcome.manifest.partial,
    generation_uid: outcome.generationUid,
    reused: outcome.isReused,
    ...(outcome.resumedParts > 0 ? { resumed_parts: outcome.resumedParts } : {}),
    rows_read: sum(outcome.manifest, 'rows_read'),
    rows_rejected: sum(outcome.manifest, 'rows_rejected'),
    rows_filtered: sum(outcome.manifest, 'rows_filtered'),
    rows_replaced: sum(outcome.manifest, 'rows_replaced'),
    rows_added: sum(outcome.manifest, 'rows_added'),
    content_hash: outcome.manifest.content_hash,
    ...(facts.schemaChanges ? { schema_changes: facts.schemaChanges } : {}),
    ...(failures.length > 0 || order.isDryRun ? { gates: failures } : {}),
    ...(facts.isHeld || order.isDryRun
      ? {
          held: facts.isHeld,
          built_records_count: outcome.manifest.records_count,
          built_records_errors: outcome.manifest.record_errors.count,
          kept_until: formatInstant(facts.keptUntil),
        }
      : {}),
    ...(verdict?.diff
      ? { diff: { from: verdict.previousUid, to: outcome.generationUid, ...verdict.diff } as JsonObject }
      : {}),
  }
}

function sum(
  manifest: Manifest,
  key: 'rows_read' | 'rows_rejected' | 'rows_filtered' | 'rows_replaced' | 'rows_added',
): number {
  return manifest.sources.reduce((total, source) => total + (source[key] ?? 0), 0)
}
