/**
 * The journal of a build: what another attempt needs to use the parts that this one has written. One line per part,
 * behind the digest of the line; the first line names the plan.
 *
 * It is only ever a hint. A line that is torn does not fit its digest, a part that did not reach the disk does not fit
 * its hash, and either ends the run of parts that can be used: nothing of it has to be durable to be safe. Lines are
 * appended synchronously, so that none comes behind the discovery that the types do not hold (`begin` starts afresh).
 */
import { createHash } from 'node:crypto'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildPlan, JsonValue, ManifestPart } from '../../kernel/index.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { pipelineVersion } from '../pipeline-version.ts'
import type { InferredType } from '../types/types.ts'
import type { SliceCounts } from './slice-work.ts'

/** One part, with all that is known when it is written. */
export interface JournalEntry {
  readonly sequence: number
  readonly part: ManifestPart
  readonly sourceIndex: number
  /** How its slice was cut: a source that is cut otherwise now has other parts. */
  readonly slice: { readonly bytes: number; readonly firstLine: number; readonly sourceBytesRead: number }
  readonly counts: SliceCounts
  /** Columns and types that the part was written with. */
  readonly columns: readonly RawColumn[]
  readonly types: ReadonlyMap<string, InferredType>
  /** What the reader of the source had learnt. */
  readonly memory: JsonValue | null
}

export interface Journal {
  /** Forgets what is there and starts with these. */
  begin(entries: readonly JournalEntry[]): void
  add(entry: JournalEntry): void
  /** For good: the generation is sealed. */
  remove(): void
}

export const journalName = 'journal.jsonl'
const format = 2

export function createJournal(plan: BuildPlan): Journal {
  const path = join(plan.directory, journalName)
  return {
    begin(entries) {
      const lines = [{ format, plan: digestPlan(plan) }, ...entries.map(storedEntry)]
      writeFileSync(path, lines.map(line).join(''))
    },
    add: (entry) => appendFileSync(path, line(storedEntry(entry))),
    remove: () => rmSync(path, { force: true }),
  }
}

/** The unbroken run of entries from the first part on; none when the journal is of another plan or cannot be read. */
export async function readJournal(directory: string, plan: BuildPlan): Promise<JournalEntry[]> {
  const text = await readFile(join(directory, journalName), 'utf8').catch(() => '')
  const [header, ...rest] = text.split('\n').map(readLine) as [unknown, ...(StoredEntry | null)[]]
  const { format: found, plan: of } = (header ?? {}) as { format?: number; plan?: string }
  if (found !== format || of !== digestPlan(plan)) return []
  const bySequence = new Map(rest.flatMap((entry) => (entry === null ? [] : [[entry.sequence, entry]])))
  const entries: JournalEntry[] = []
  for (let next = bySequence.get(0); next; next = bySequence.get(entries.length)) entries.push(restored(next))
  return entries
}

/** Everything that decides what the parts hold and how sources are cut into them. */
function digestPlan(plan: BuildPlan): string {
  const { recipe, processors, fieldSpecifications } = plan
  const { sliceBytes, maxRecords, maxErrorSamples } = plan.limits
  const sources = plan.sources.map(({ path: _path, ...source }) => source)
  return digest(
    JSON.stringify([
      pipelineVersion,
      recipe,
      sources,
      processors,
      fieldSpecifications,
      plan.datasets ?? null,
      sliceBytes,
      maxRecords,
      maxErrorSamples,
    ]),
  )
}

type StoredEntry = Omit<JournalEntry, 'types' | 'counts'> & {
  readonly types: readonly (readonly [string, InferredType])[]
  readonly counts: Omit<SliceCounts, 'contentSum'> & { readonly contentSum: string }
}

function storedEntry(entry: JournalEntry): StoredEntry {
  const counts = { ...entry.counts, contentSum: String(entry.counts.contentSum) }
  return { ...entry, counts, types: [...entry.types] }
}

function restored(stored: StoredEntry): JournalEntry {
  const counts = { ...stored.counts, contentSum: BigInt(stored.counts.contentSum) }
  return { ...stored, counts, types: new Map(stored.types) }
}

function line(value: unknown): string {
  const text = JSON.stringify(value)
  return `${digest(text)} ${text}\n`
}

function readLine(text: string): unknown {
  const at = text.indexOf(' ')
  const json = text.slice(at + 1)
  return at > 0 && text.slice(0, at) === digest(json) ? JSON.parse(json) : null
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
