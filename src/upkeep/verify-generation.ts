/** One generation's directory against its manifest. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../engine/index.ts'
import { type Manifest, quoteLiteral, type SideFile } from '../kernel/index.ts'
import { checkIds } from './content-hash.ts'
import type { Findings } from './findings.ts'
import { hashFile } from './hash-file.ts'
import { readManifest } from './manifest-schema.ts'

export interface CheckOptions {
  /** Sizes and row counts only: no file is read as a whole. */
  readonly isQuick: boolean
  readonly engine: Engine
}

/** Checks a directory on its own. Out: its manifest, if it has a readable one. */
export async function verifyGeneration(
  directory: string,
  subject: string,
  options: CheckOptions,
  findings: Findings,
): Promise<Manifest | null> {
  findings.counts.generations++
  const manifest = await readManifest(directory)
  if ('fault' in manifest) {
    findings.error('manifest_unreadable', subject, 'manifest.json', `manifest.json: ${manifest.fault}`)
    return null
  }
  checkBooks(manifest, subject, findings)
  let isWhole = true
  for (const part of manifest.parts) {
    findings.counts.parts++
    if (!(await checkFile(directory, subject, part, options, findings))) isWhole = false
    else if (!(await checkRows(directory, subject, part, options, findings))) isWhole = false
  }
  await checkSide(directory, subject, manifest.rejects, manifest.rejects.rows, options, findings)
  await checkSide(
    directory,
    subject,
    manifest.record_errors,
    manifest.record_errors.sampled,
    options,
    findings,
  )
  if (isWhole && !options.isQuick) await checkContent(directory, subject, manifest, options, findings)
  await findStrangers(directory, subject, manifest, findings)
  return manifest
}

function checkBooks(manifest: Manifest, subject: string, findings: Findings): void {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  for (const source of manifest.sources) {
    const { rows_added = 0, rows_kept, rows_rejected, rows_filtered, rows_replaced } = source
    const accounted = rows_kept + rows_rejected + rows_filtered + rows_replaced - rows_added
    if (accounted === source.rows_read) continue
    const message = `resource ${source.resource_uid}: ${source.rows_read} rows were read, ${accounted} are accounted for`
    findings.error('unbalanced', subject, 'manifest.json', message)
  }
  const totals: [what: string, said: number, found: number][] = [
    ['records', manifest.records_count, sum(manifest.parts.map((part) => part.rows))],
    ['bytes', manifest.bytes, sum(manifest.parts.map((part) => part.bytes))],
    ['rows kept', sum(manifest.sources.map((source) => source.rows_kept)), manifest.records_count],
    ['rows rejected', sum(manifest.sources.map((source) => source.rows_rejected)), manifest.rejects.rows],
  ]
  for (const [what, said, found] of totals) {
    if (said === found) continue
    findings.error(
      'counts_differ',
      subject,
      'manifest.json',
      `${what}: ${said} in one place, ${found} in another`,
    )
  }
}

type Expected = {
  readonly file: string
  readonly bytes?: number | undefined
  readonly sha256?: string | undefined
}

/** Size and hash. Out: whether the file is what it should be. */
async function checkFile(
  directory: string,
  subject: string,
  expected: Expected,
  options: CheckOptions,
  findings: Findings,
): Promise<boolean> {
  const { file } = expected
  const path = join(directory, file)
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) {
    findings.error('part_missing', subject, file, `${file} is missing`)
    return false
  }
  if (expected.bytes !== undefined && found.size !== expected.bytes) {
    const message = `${file} has ${found.size} bytes instead of ${expected.bytes}`
    findings.error('size_differs', subject, file, message)
    return false
  }
  if (options.isQuick || expected.sha256 === undefined) return true
  const sha256 = await hashFile(path).catch(() => null)
  findings.counts.bytesHashed += found.size
  if (sha256 === expected.sha256) return true
  const message =
    sha256 === null
      ? `${file} cannot be read`
      : `${file} does not have the content that was sealed (sha256 ${sha256})`
  findings.error(sha256 === null ? 'unreadable' : 'hash_differs', subject, file, message)
  return false
}

async function checkRows(
  directory: string,
  subject: string,
  expected: { readonly file: string; readonly rows: number },
  { engine }: CheckOptions,
  findings: Findings,
): Promise<boolean> {
  const { file } = expected
  const connection = await engine.connect()
  try {
    const path = quoteLiteral(join(directory, file))
    const [row] = await connection.all(`select num_rows as n from parquet_file_metadata(${path})`)
    if (Number(row?.n) === expected.rows) return true
    findings.error(
      'rows_differ',
      subject,
      file,
      `${file} has ${Number(row?.n)} rows instead of ${expected.rows}`,
    )
  } catch {
    findings.error('unreadable', subject, file, `${file} is not a readable Parquet file`)
  } finally {
    connection.close()
  }
  return false
}

async function checkSide(
  directory: string,
  subject: string,
  side: SideFile,
  rows: number,
  options: CheckOptions,
  findings: Findings,
): Promise<void> {
  if (side.file === null) {
    if (rows > 0) findings.error('counts_differ', subject, 'manifest.json', `${rows} rows are in no file`)
    return
  }
  const { file, bytes, sha256 } = side
  if (await checkFile(directory, subject, { file, bytes, sha256 }, options, findings))
    await checkRows(directory, subject, { file, rows }, options, findings)
}

async function checkContent(
  directory: string,
  subject: string,
  manifest: Manifest,
  { engine }: CheckOptions,
  findings: Findings,
): Promise<void> {
  if (manifest.parts.length === 0) return
  const connection = await engine.connect()
  try {
    const files = manifest.parts.map((part) => quoteLiteral(join(directory, part.file)))
    const { repeated, contentHash } = await checkIds(
      connection,
      `read_parquet([${files.join(', ')}])`,
      manifest,
    )
    if (repeated > 0) findings.error('ids_repeat', subject, null, `${repeated} record ids are not unique`)
    if (contentHash === null) return
    findings.counts.contentHashes++
    if (contentHash !== manifest.content_hash)
      findings.error('content_hash_differs', subject, null, 'the records do not make the content hash')
  } finally {
    connection.close()
  }
}

async function findStrangers(
  directory: string,
  subject: string,
  manifest: Manifest,
  findings: Findings,
): Promise<void> {
  const named = new Set<string | null>(['manifest.json', manifest.rejects.file, manifest.record_errors.file])
  for (const part of manifest.parts) named.add(part.file)
  for (const file of await readdir(directory))
    if (!named.has(file)) findings.warn('orphan', subject, file, `${file} is not named by the manifest`)
}
