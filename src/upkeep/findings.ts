/** What a check found. An error means that something published, saved or uploaded is not what it should be. */
export type Severity = 'error' | 'warning'

export const findingKeys = [
  'manifest_unreadable',
  'manifest_differs',
  'part_missing',
  'size_differs',
  'hash_differs',
  'rows_differ',
  'unreadable',
  'unbalanced',
  'counts_differ',
  'ids_repeat',
  'content_hash_differs',
  'generation_missing',
  'control_damaged',
  'control_reference',
  'directory_mismatch',
  'blob_missing',
  'serving_unusable',
  'orphan',
  'backup_incomplete',
] as const

export interface Finding {
  readonly severity: Severity
  readonly key: (typeof findingKeys)[number]
  /** What it is about, e.g. `generation ge_x`, `blob 3fa...`, `control database`. */
  readonly subject: string
  /** Relative to what was checked. */
  readonly file: string | null
  /** A sentence for people. */
  readonly message: string
}

export interface Counts {
  generations: number
  parts: number
  blobs: number
  servingFiles: number
  /** Bytes whose hash was computed. */
  bytesHashed: number
  /** Generations whose content hash was computed again from their records. */
  contentHashes: number
}

/** Gathers findings and counts of one check. */
export interface Findings {
  readonly list: Finding[]
  readonly counts: Counts
  error(key: Finding['key'], subject: string, file: string | null, message: string): void
  warn(key: Finding['key'], subject: string, file: string | null, message: string): void
}

export function createFindings(): Findings {
  const list: Finding[] = []
  const add =
    (severity: Severity): Findings['error'] =>
    (key, subject, file, message) => {
      list.push({ severity, key, subject, file, message })
    }
  return {
    list,
    counts: { generations: 0, parts: 0, blobs: 0, servingFiles: 0, bytesHashed: 0, contentHashes: 0 },
    error: add('error'),
    warn: add('warning'),
  }
}

export function hasErrors(findings: Findings): boolean {
  return findings.list.some((finding) => finding.severity === 'error')
}
