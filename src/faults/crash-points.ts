/**
 * Crash points: named instants before and after each durable step, at which a test can end the process.
 *
 * In production nothing is armed and a point is a call that returns. Under test (`arm`) a point looks into the file of
 * orders; the one that is named there is carried out once. Points marked `before` lie inside the transaction or before
 * the write that makes the step true; those marked `after` lie where its caller has its answer.
 */
export const crashPoints = [
  'order.before',
  'order.after',
  'abort.before',
  'abort.after',
  'claim.before',
  'claim.after',
  'start.before',
  'start.after',
  'blob.before',
  'blob.after',
  'fetch.before',
  'fetch.after',
  'build.before',
  'build.after',
  'part.before',
  'part.after',
  'manifest.before',
  'manifest.after',
  'index.before',
  'index.after',
  'sealed.before',
  'sealed.after',
  'expose.before',
  'expose.after',
  'discard.before',
  'discard.after',
  'serving_file.before',
  'serving_file.after',
  'fail.before',
  'fail.after',
  'unpublish.before',
  'unpublish.after',
  'undo_unpublish.before',
  'undo_unpublish.after',
  'save_version.before',
  'save_version.after',
  'restore.before',
  'restore.after',
  'delete_version.before',
  'delete_version.after',
  'edit.before',
  'edit.after',
  'delete.before',
  'delete.after',
  'collect.before',
  'collect.after',
  'collect_files.before',
  'collect_files.after',
  'collect_blob.before',
  'collect_blob.after',
] as const
export type CrashPoint = (typeof crashPoints)[number]

let reached: ((point: CrashPoint) => void) | null = null

/** Marks an instant. Does nothing unless a test has armed it. */
export function crashPoint(point: CrashPoint): void {
  reached?.(point)
}

export function onCrashPoint(listener: (point: CrashPoint) => void): void {
  reached = listener
}
