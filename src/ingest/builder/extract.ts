/**
 * Reads every source, slice by slice, into parts.
 *
 * Types are inferred optimistically: the first slice decides, and every later slice is checked over all its values. A
 * slice that contradicts them ends the writing; the rest is then only read, to learn the types that hold for all values,
 * and the whole is extracted again with them. Clean files, by far the most, are read once.
 *
 * Every part is noted in the journal. A build that is resumed starts with the parts that an earlier attempt noted: the
 * sources are cut again, but only what is behind those parts is loaded.
 */
import { rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, Engine } from '../../engine/index.ts'
import { crashPoint } from '../../faults/index.ts'
import type { BuildCounts, BuildPlan, BuildSource, JsonValue, ManifestPart } from '../../kernel/index.ts'
import { findExtractor } from '../extractors/extractors.ts'
import { validateParameters } from '../extractors/parameters.ts'
import type { SourceReader } from '../extractors/reader.ts'
import type { LookupHost } from '../processors/lookups.ts'
import type { Slice } from '../slices/slice.ts'
import { mergeColumns } from './columns.ts'
import { interruptOnStop } from './interrupt-on-stop.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { isAsWritten, type Knowledge, knowledgeOf, learn } from './knowledge.ts'
import { createMeter, type Meter } from './meter.ts'
import { partName, sealFile } from './part-file.ts'
import { compileProjection, type Projection } from './projection.ts'
import { prepareSlice, type SliceCounts } from './slice-work.ts'
import { createStepSupport, type StepSupport } from './step-support.ts'
import { lanes } from './threads.ts'

export interface SealedPart extends ManifestPart {
  readonly sourceIndex: number
  readonly counts: SliceCounts
}

export interface Extraction {
  readonly parts: SealedPart[]
  /** Every source was read to its end. */
  readonly isComplete: boolean
  readonly limitReached: boolean
  readonly projection: Projection
}

export interface ExtractHooks {
  onProgress(resourceUid: string | null, counts: BuildCounts): void
  onPart(part: ManifestPart): void
  /** Aborted: stop now and keep the parts sealed so far. */
  readonly stop: AbortSignal
  readonly host: LookupHost
}

/** A source is not cut as it was when the resumed parts were made. */
class CutDiffers extends Error {}

/** Errors: those of the extractors, processors and field specifications. */
export async function extract(
  engine: Engine,
  plan: BuildPlan,
  hooks: ExtractHooks,
  journal: Journal,
  inherited: readonly JournalEntry[],
): Promise<Extraction> {
  try {
    return await extractFrom(engine, plan, hooks, journal, inherited)
  } catch (error) {
    if (!(error instanceof CutDiffers)) throw error
    for (const { part } of inherited) await rm(join(plan.directory, part.file), { force: true })
    return extractFrom(engine, plan, hooks, journal, [])
  }
}

async function extractFrom(
  engine: Engine,
  plan: BuildPlan,
  hooks: ExtractHooks,
  journal: Journal,
  inherited: readonly JournalEntry[],
): Promise<Extraction> {
  const knowledge = knowledgeOf(plan, inherited)
  let entries = inherited
  // One repetition nearly always suffices. A further one happens when the type that all values of one slice seemed to
  // allow (double) turns out too narrow for what another slice holds (an int of 19 digits): types only ever widen, and
  // the longest way from the narrowest to text has two steps.
  for (let repetitions = 0; ; repetitions++) {
    journal.begin(entries)
    const extraction = await pass(engine, plan, hooks, knowledge, journal, entries)
    if (!extraction.mustRepeat || hooks.stop.aborted) return extraction
    if (repetitions === 4) throw new Error('the types of a source do not settle')
    for (const part of extraction.parts) await unlink(join(plan.directory, part.file))
    entries = []
  }
}

interface Pass extends Extraction {
  readonly mustRepeat: boolean
}

async function pass(
  engine: Engine,
  plan: BuildPlan,
  hooks: ExtractHooks,
  knowledge: Knowledge,
  journal: Journal,
  inherited: readonly JournalEntry[],
): Promise<Pass> {
  const connections = await Promise.all(Array.from({ length: lanes }, () => engine.connect()))
  const looker = await engine.connect()
  const release = interruptOnStop([...connections, looker], hooks.stop)
  const state = startState(plan, knowledge, inherited)
  const meter = createMeter(plan, hooks)
  const support = createStepSupport(hooks.host)
  for (const { sourceIndex, slice, counts, part } of inherited)
    meter.add(sourceIndex, plan.sources[sourceIndex]!.resourceUid, slice.sourceBytesRead, counts, part.bytes)
  try {
    let isComplete = true
    let limitReached = false
    for (const [sourceIndex, source] of plan.sources.entries()) {
      if (inherited.some((entry) => entry.sourceIndex > sourceIndex)) continue
      const skipped = inherited.filter((entry) => entry.sourceIndex === sourceIndex)
      const reader = await openReader(looker, plan, source, sourceIndex, {
        knowledge,
        skipSlices: skipped.length,
        stop: hooks.stop,
      }).catch((error) => {
        if (hooks.stop.aborted) return null
        throw error
      })
      if (reader === null) {
        isComplete = false
        break
      }
      if (mergeColumns(knowledge, reader.columns()) && state.hasWritten) startLearning(state, journal)
      try {
        const work = {
          connections,
          plan,
          hooks,
          knowledge,
          state,
          reader,
          source,
          sourceIndex,
          meter,
          journal,
          support,
        }
        await readSource({ ...work, skipped })
      } finally {
        reader.close()
      }
      if (hooks.stop.aborted) isComplete = false
      limitReached = plan.limits.maxRecords !== null && state.kept > plan.limits.maxRecords
      if (hooks.stop.aborted || limitReached) break
    }
    const parts = contiguous(state.parts)
    // Behind the unbroken run: parts that came out of order, and one that an interrupted statement left unfinished.
    for (let sequence = parts.length; sequence < state.sequence; sequence++) {
      await rm(join(plan.directory, partName(sequence)), { force: true })
    }
    const projection = compileProjection(knowledge.columns, plan, knowledge.types)
    // Parts written before a contradiction came up have the types of their time; only they are consistent.
    const written = state.isLearning && state.projection ? state.projection : projection
    return { parts, isComplete, limitReached, projection: written, mustRepeat: state.isLearning }
  } finally {
    release()
    for (const connection of [...connections, looker]) connection.close()
  }
}

interface PassState {
  /** By sequence; holes while slices are in flight. */
  readonly parts: (SealedPart | undefined)[]
  isLearning: boolean
  hasWritten: boolean
  kept: number
  projection: Projection | null
  sequence: number
}

function startState(plan: BuildPlan, knowledge: Knowledge, inherited: readonly JournalEntry[]): PassState {
  const parts = inherited.map(({ part, sourceIndex, counts }) => ({ ...part, sourceIndex, counts }))
  const hasWritten = parts.length > 0
  return {
    parts,
    isLearning: false,
    hasWritten,
    kept: parts.reduce((total, part) => total + part.counts.rowsKept, 0),
    projection: hasWritten ? compileProjection(knowledge.columns, plan, knowledge.types) : null,
    sequence: parts.length,
  }
}

/** The types do not hold for all values: what has been written will be written again, and nothing of it resumed. */
function startLearning(state: PassState, journal: Journal): void {
  if (!state.isLearning) journal.begin([])
  state.isLearning = true
}

interface SourceWork {
  readonly connections: readonly Connection[]
  readonly plan: BuildPlan
  readonly hooks: ExtractHooks
  readonly knowledge: Knowledge
  readonly state: PassState
  readonly reader: SourceReader
  readonly source: BuildSource
  readonly sourceIndex: number
  readonly meter: Meter
  readonly journal: Journal
  readonly support: StepSupport
  /** Slices whose parts are there already, from the first on. */
  readonly skipped: readonly JournalEntry[]
}

/** Runs slices through the lanes: the first one alone, because it decides the types the others are checked against. */
async function readSource(work: SourceWork): Promise<void> {
  const { connections, hooks, state } = work
  const slices = work.reader.slices()[Symbol.asyncIterator]()
  let gate: Promise<unknown> = Promise.resolve()
  const next = (): Promise<IteratorResult<Slice>> => {
    const taken = gate.then(() => slices.next())
    gate = taken.catch(() => {})
    return taken
  }
  const failures: unknown[] = []
  async function skip(): Promise<void> {
    for (const { slice: known } of work.skipped) {
      const { done, value } = await next()
      if (done || value.bytes !== known.bytes || value.firstLine !== known.firstLine) throw new CutDiffers()
    }
  }
  async function runLane(connection: Connection, mostSlices: number): Promise<void> {
    for (let done = 0; done < mostSlices && !hooks.stop.aborted && failures.length === 0; done++) {
      if (isFull(work)) return
      const item = await next()
      if (item.done) return
      await runSlice(work, connection, item.value, state.sequence++)
    }
  }
  const runLaneSafely = (connection: Connection, mostSlices: number) =>
    runLane(connection, mostSlices).catch((error) => failures.push(error))
  try {
    await skip()
    await runLaneSafely(connections[0]!, 1)
    // All lanes are awaited, also when one fails: its connection must not be closed under a running statement.
    await Promise.all(connections.map((connection) => runLaneSafely(connection, Number.POSITIVE_INFINITY)))
  } finally {
    await slices.return?.(undefined)
  }
  // A stop interrupts the statements that run; what they report is not an error of the source.
  if (failures.length > 0 && !hooks.stop.aborted) throw failures[0]
}

function isFull({ plan, state }: SourceWork): boolean {
  return plan.limits.maxRecords !== null && state.kept > plan.limits.maxRecords
}

async function runSlice(
  work: SourceWork,
  connection: Connection,
  slice: Slice,
  sequence: number,
): Promise<void> {
  const { plan, hooks, knowledge, state, reader, source, sourceIndex, meter, journal } = work
  try {
    for (;;) {
      const id = `${sourceIndex}_${slice.index}`
      let known: Pick<JournalEntry, 'columns' | 'types'> = knowledge
      const table = await prepareSlice(
        connection,
        reader,
        slice,
        id,
        (columns) => {
          mergeColumns(knowledge, columns)
          // Another lane may add to the knowledge before this slice is written: its part has what is known now.
          known = { columns: knowledge.columns, types: knowledge.types }
          return compileProjection(knowledge.columns, plan, knowledge.types)
        },
        work.support,
      )
      try {
        const contradictions = [...table.findings].filter(
          ([name, type]) => !isAsWritten(knowledge, name, type),
        )
        for (const [name, type] of table.findings) learn(knowledge, name, type)
        if (contradictions.length > 0 || (table.hasNewColumns && state.hasWritten)) {
          if (state.hasWritten) startLearning(state, journal)
          else continue
        }
        if (state.isLearning) return
        const name = partName(sequence)
        const path = join(plan.directory, name)
        const counts = await table.counts(plan.limits.maxErrorSamples)
        if (state.isLearning) return
        state.hasWritten = true
        state.projection = table.projection
        await table.writePart(path)
        crashPoint('part.before')
        const sealed = await sealFile(path)
        crashPoint('part.after')
        const part: SealedPart = { file: name, rows: counts.rowsKept, ...sealed, sourceIndex, counts }
        state.parts[sequence] = part
        if (!state.isLearning) journal.add(entryOf(part, sequence, slice, { ...known, memory: table.memory }))
        state.kept += counts.rowsKept
        hooks.onPart({ file: part.file, rows: part.rows, bytes: part.bytes, sha256: part.sha256 })
        meter.add(sourceIndex, source.resourceUid, slice.sourceBytesRead, counts, sealed.bytes)
        return
      } finally {
        if (!hooks.stop.aborted) await table.drop()
      }
    }
  } finally {
    if (slice.bytes > 0) await rm(slice.path, { force: true })
  }
}

function entryOf(
  { sourceIndex, counts, ...part }: SealedPart,
  sequence: number,
  { bytes, firstLine, sourceBytesRead }: Slice,
  known: Pick<JournalEntry, 'columns' | 'types'> & { readonly memory: JsonValue | null },
): JournalEntry {
  return { sequence, part, sourceIndex, slice: { bytes, firstLine, sourceBytesRead }, counts, ...known }
}

function openReader(
  connection: Connection,
  plan: BuildPlan,
  source: BuildSource,
  sourceIndex: number,
  how: { readonly knowledge: Knowledge; readonly skipSlices: number; readonly stop: AbortSignal },
): Promise<SourceReader> {
  const extractor = findExtractor(source.extractor)
  validateParameters(extractor, source.params)
  return extractor.open({
    source,
    connection,
    tmpDirectory: plan.tmpDirectory,
    prefix: `s${sourceIndex}`,
    sliceBytes: plan.limits.sliceBytes,
    maxSourceBytes: plan.limits.maxSourceBytes,
    stop: how.stop,
    skipSlices: how.skipSlices,
    isPreview: false,
    memory: how.knowledge.memory[sourceIndex]!,
  })
}

/** The unbroken run of parts from the start: what an abort keeps. */
function contiguous(parts: readonly (SealedPart | undefined)[]): SealedPart[] {
  const run: SealedPart[] = []
  for (const part of parts) {
    if (!part) break
    run.push(part)
  }
  return run
}
