/**
 * What an earlier attempt at the same build left, checked and taken over. Files are linked into the new directory, never
 * shared with the old one by name: should a process of that attempt still be alive, it cannot reach them.
 */
import { constants } from 'node:fs'
import { copyFile, link, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildPlan, Manifest } from '../../kernel/index.ts'
import { pipelineVersion } from '../pipeline-version.ts'
import { type JournalEntry, readJournal } from './journal.ts'
import { describeFile } from './part-file.ts'

export type Inheritance =
  /** Everything but the serving file was finished. */
  | { readonly kind: 'whole'; readonly manifest: Manifest }
  /** The unbroken run of whole parts from the first on; may be none. */
  | { readonly kind: 'parts'; readonly entries: readonly JournalEntry[] }

/** Takes over the best of what `plan.resumeFrom` holds. Nothing is trusted that does not fit its size and hash. */
export async function inherit(plan: BuildPlan): Promise<Inheritance> {
  const directories = plan.resumeFrom ?? []
  for (const directory of directories) {
    const manifest = await readWhole(directory, plan)
    if (manifest && (await takeAll(plan, directory, filesOf(manifest)))) return { kind: 'whole', manifest }
  }
  let best: { directory: string; entries: readonly JournalEntry[] } = { directory: '', entries: [] }
  for (const directory of directories) {
    const entries = await readJournal(directory, plan)
    if (entries.length > best.entries.length) best = { directory, entries }
  }
  const taken: JournalEntry[] = []
  for (const entry of best.entries) {
    if (!(await take(plan, best.directory, entry.part))) break
    taken.push(entry)
  }
  return { kind: 'parts', entries: taken }
}

interface Described {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/** A manifest of the same sources and steps that was written to its end; null when there is none. */
async function readWhole(directory: string, plan: BuildPlan): Promise<Manifest | null> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as Manifest
    const isSame =
      manifest.recipe === plan.recipe &&
      manifest.pipeline_version === pipelineVersion &&
      !manifest.partial &&
      manifest.sources.length === plan.sources.length &&
      manifest.sources.every((source, index) => {
        const planned = plan.sources[index]!
        return source.resource_uid === planned.resourceUid && source.sha256 === planned.sha256
      })
    return isSame ? manifest : null
  } catch {
    return null
  }
}

function filesOf({ parts, rejects, record_errors }: Manifest): Described[] {
  const side = [rejects, record_errors].filter((entry) => entry.file !== null)
  return [...parts, ...side.map(({ file, bytes, sha256 }) => ({ file, bytes, sha256 }) as Described)]
}

async function takeAll(plan: BuildPlan, directory: string, files: readonly Described[]): Promise<boolean> {
  for (const file of files) {
    if (await take(plan, directory, file)) continue
    for (const { file: name } of files) await rm(join(plan.directory, name), { force: true })
    return false
  }
  return true
}

async function take(plan: BuildPlan, directory: string, expected: Described): Promise<boolean> {
  const target = join(plan.directory, expected.file)
  const source = join(directory, expected.file)
  try {
    await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_EXCL))
    const found = await describeFile(target)
    if (found.bytes === expected.bytes && found.sha256 === expected.sha256) return true
  } catch {
    // Not there, or not readable: not to be used.
  }
  await rm(target, { force: true })
  return false
}
