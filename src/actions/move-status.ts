import type { ControlDb, DatasetRecord } from '../control/index.ts'
import { AppError, type ErrorValue } from '../kernel/index.ts'
import { nextStatus, type Status, type StatusEvent } from './status.ts'

export interface StatusMove {
  readonly event: StatusEvent
  readonly now: number
  /** Who ordered; kept until the next order. */
  readonly username?: string
  readonly jobUid?: string | null
  readonly error?: ErrorValue
  readonly recordErrorsCount?: number
  readonly restsAs?: Status
}

/**
 * Moves a dataset through the status machine by check-and-set: of two callers that saw the same status, one wins and the
 * other gets actions.invalid_status. Runs in the caller's transaction.
 * Out: the dataset as it is now, with the status that it had before.
 * Errors: catalog.unknown_dataset, actions.invalid_status.
 */
export async function moveStatus(
  db: ControlDb,
  datasetUid: string,
  move: StatusMove,
): Promise<DatasetRecord> {
  const dataset = await db
    .selectFrom('datasets')
    .selectAll()
    .where('dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!dataset) throw new AppError('catalog.unknown_dataset', { dataset_uid: datasetUid })
  const next = nextStatus(dataset.status as Status, move.event, move.restsAs)
  const updated = await db
    .updateTable('datasets')
    .set({
      status: next,
      previous_status: dataset.status,
      status_since_at: move.now,
      ...(move.username === undefined ? {} : { status_user: move.username }),
      ...(move.jobUid === undefined ? {} : { active_job_uid: move.jobUid }),
      ...(move.recordErrorsCount === undefined ? {} : { record_errors_count: move.recordErrorsCount }),
      ...errorColumn(move),
    })
    .where('dataset_uid', '=', datasetUid)
    .where('status', '=', dataset.status)
    .returningAll()
    .executeTakeFirst()
  if (!updated) {
    // Somebody moved it between the two statements (PostgreSQL only): judge again by what it is now.
    return moveStatus(db, datasetUid, move)
  }
  // Of the row as written: who may see it may have changed since it was looked at (PostgreSQL only).
  return { ...updated, status: dataset.status }
}

/** The error of the last action stays while an order waits or a dry run runs: what changed nothing finds it again. */
const keepsError: ReadonlySet<StatusEvent> = new Set(['order', 'cancel', 'abort', 'start_dry_run', 'return'])

function errorColumn(move: StatusMove): { status_error_json?: string | null } {
  if (move.error) return { status_error_json: JSON.stringify(move.error) }
  if (keepsError.has(move.event)) return {}
  return { status_error_json: null }
}
