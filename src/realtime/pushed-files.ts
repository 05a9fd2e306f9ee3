/** Files within pushed records: `{"content": base64, "content-type": media type}`. Management API section 20. */
import { Readable } from 'node:stream'
import { AppError, type JsonObject, type JsonValue } from '../kernel/index.ts'

/** Keeps the bytes of a file; answers its file object, which takes its place in the record. */
export type KeepFile = (
  resourceUid: string,
  bytes: Readable,
  said: { readonly mimetype: string; readonly filename: string },
) => Promise<{
  readonly file: JsonObject
  /** How much more is kept now; 0: it had come before. */
  readonly addedBytes: number
}>

const members = new Set(['content', 'content-type', 'filename'])

/**
 * The records with their files kept; nothing else of them is changed. `addedBytes`: of files that had not come before.
 * Errors: realtime.invalid_record, and those of `keep`.
 */
export async function keepFiles(
  records: readonly JsonObject[],
  resourceUid: string,
  keep: KeepFile,
): Promise<{ readonly items: JsonObject[]; readonly addedBytes: number }> {
  const kept: JsonObject[] = []
  let addedBytes = 0
  for (const [index, record] of records.entries()) {
    const files = Object.entries(record).filter(([, value]) => isPushedFile(value))
    if (files.length === 0) {
      kept.push(record)
      continue
    }
    const changed: Record<string, JsonValue> = { ...record }
    for (const [name, value] of files) {
      const { content, 'content-type': mimetype, filename } = value as Record<string, string>
      const said = { mimetype: mimetype!, filename: nameOf(filename ?? name) }
      const added = await keep(resourceUid, Readable.from([decode(content!, index + 1, name)]), said)
      changed[name] = added.file
      addedBytes += added.addedBytes
    }
    kept.push(changed)
  }
  return { items: kept, addedBytes }
}

/** Whether a value of a record is a file object, as `keepFiles` makes them. */
export function isFileObject(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  const { id, filename, mimetype } = value as JsonObject
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{64}$/.test(id) &&
    typeof filename === 'string' &&
    typeof mimetype === 'string'
  )
}

function isPushedFile(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  const file = value as JsonObject
  return (
    typeof file.content === 'string' &&
    typeof file['content-type'] === 'string' &&
    Object.entries(file).every(([name, part]) => members.has(name) && typeof part === 'string')
  )
}

/** Errors: realtime.invalid_record. Node itself passes over what is no base64. */
function decode(text: string, number: number, name: string): Buffer {
  const plain = text.replace(/\s/g, '')
  if (plain === '' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(plain))
    throw new AppError('realtime.invalid_record', {
      reason: `record ${number} has a file in ${name.slice(0, 100)} whose content is not base64`,
    })
  return Buffer.from(plain, 'base64')
}

function nameOf(text: string): string {
  const name = text
    .replaceAll('\\', '/')
    .split('/')
    .at(-1)!
    .replace(/\p{Cc}/gu, '')
    .slice(0, 200)
  return name === '' || name === '.' || name === '..' ? 'file' : name
}
