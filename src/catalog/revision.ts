/** Which state of something that several people edit: a change may name the one that it was made to. */
import { createHash } from 'node:crypto'
import { AppError } from '../kernel/index.ts'

/** Of its content: the same again is the same revision. */
export function revisionOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 20)
}

/** Revisions that a change is for; null: for whatever there is. */
export type ExpectedRevisions = readonly string[] | null

/** Errors: catalog.changed_meanwhile. */
export function requireRevision(present: unknown, expected: ExpectedRevisions): void {
  if (expected !== null && !expected.includes(revisionOf(present)))
    throw new AppError('catalog.changed_meanwhile', {})
}
