/** What may be pushed: judged before anything is kept, so that what is acknowledged can be published. */
import { AppError, type JsonObject, type JsonValue, orderColumn } from '../kernel/index.ts'

export const maxPushBytes = 5 * 1000 * 1000
const maxRecords = 50_000
const maxMembers = 500
const maxDepth = 64
const maxNameLength = 300

/** The records of a push, one or many. Errors: realtime.invalid_record. */
export function readRecords(body: unknown): JsonObject[] {
  const records = Array.isArray(body) ? body : [body]
  if (records.length === 0) throw invalid('it has no records')
  if (records.length > maxRecords) throw invalid(`it has more than ${maxRecords} records`)
  for (const [index, record] of records.entries()) checkRecord(record, index + 1)
  return records as JsonObject[]
}

function checkRecord(record: unknown, number: number): void {
  if (record === null || typeof record !== 'object' || Array.isArray(record))
    throw invalid(`record ${number} is not an object`)
  const names = Object.keys(record)
  if (names.length === 0) throw invalid(`record ${number} has no members`)
  if (names.length > maxMembers) throw invalid(`record ${number} has more than ${maxMembers} members`)
  for (const name of names) {
    if (name.trim() === '') throw invalid(`record ${number} has a member without a name`)
    if (name.length > maxNameLength) throw invalid(`record ${number} has a member with an endless name`)
    if (name === orderColumn) throw invalid(`record ${number} has the member ${orderColumn}, which is taken`)
  }
  if (hasChangedNumber(record as JsonObject))
    throw invalid(`record ${number} has a number that would not be kept as it is: send it as text`)
  if (isDeeper(record as JsonObject))
    throw invalid(`record ${number} is nested deeper than ${maxDepth} levels`)
}

/** Without recursion: the depth is what is not known yet. */
function isDeeper(record: JsonObject): boolean {
  let level: JsonValue[] = [record]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true
    level = level.flatMap((value) =>
      value !== null && typeof value === 'object'
        ? Object.values(value).filter((inner) => inner !== null && typeof inner === 'object')
        : [],
    )
  }
  return false
}

/** Whole numbers beyond 2^53 and numbers beyond what a double holds are others when they have been read. */
function hasChangedNumber(record: JsonObject): boolean {
  const open: JsonValue[] = [record]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'number') {
      if (
        !Number.isFinite(value) ||
        (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)
      )
        return true
    } else if (value !== null && typeof value === 'object')
      for (const inner of Object.values(value)) open.push(inner)
  }
  return false
}

function invalid(reason: string): AppError {
  return new AppError('realtime.invalid_record', { reason })
}
