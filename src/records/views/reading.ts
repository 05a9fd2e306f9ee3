/** A generation as a reader sees it: what every statement over its records reads from. */
import { AppError } from '../../kernel/index.ts'
import {
  compileView,
  type Grant,
  type Predicate,
  prepareQuery,
  type QuerySchema,
  type QueryTarget,
  type Value,
} from '../../odsql/index.ts'
import type { GenerationHandle } from '../generation-store.ts'
import { type SeenState, schemaOf, wholeSchemaOf } from '../publication.ts'

export interface Reading {
  readonly target: QueryTarget
  /** As of the generation; null where records are not found by them: without a serving file, or where ids are keyed. */
  readonly ids: string | null
  /** Whether each position from 0 to `positions` has a record. */
  readonly isDense: boolean
  readonly positions: number
}

/** `after`: what the statement is bound to already. Errors: records.data_not_visible. */
export function readingOf(
  publication: SeenState,
  handle: GenerationHandle,
  after: readonly Value[] = [],
): Reading {
  const { view } = publication
  const base: QueryTarget = { relation: handle.relation, search: handle.search, values: after }
  const { ids, recordsCount: positions } = handle
  if (view === null) return { target: base, ids, isDense: true, positions }
  requireData(publication)
  const whole = wholeSchemaOf(publication)
  const target = compileView({
    base,
    columns: schemaOf(publication).columns.filter(({ fieldIndex }) => fieldIndex !== null),
    grants: view.grants.map(
      ({ filters, names }): Grant => ({
        // Without a filter all records are admitted; with filters that say nothing, none.
        conditions: filters?.flatMap((filter) => conditionOf(filter, whole, view.nowMs)) ?? null,
        names,
      }),
    ),
    idKey: view.idKey,
  })
  return { target, ids: view.idKey === null ? ids : null, isDense: view.hasAllRecords, positions }
}

/** Errors: records.data_not_visible. */
export function requireData({ view }: Pick<SeenState, 'view'>): void {
  if (view !== null && !view.isDataVisible) throw new AppError('records.data_not_visible', {})
}

/** None where the filter says nothing to this generation, whose fields may be others than it was written for: it admits no record. */
function conditionOf(filter: string, schema: QuerySchema, nowMs: number): readonly Predicate[] {
  const query = prepareQuery({ where: [filter], now: nowMs }, schema)
  return query.ok && query.value.where !== null ? [query.value.where] : []
}
