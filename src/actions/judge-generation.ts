/**
 * Judges a built generation before it is exposed: gates, and the diff of a dry run.
 *
 * What the manifests tell (records, fields, types) is judged here, at no cost. What needs the records is measured by a
 * child process of the builders' kind: with a memory and threads of its own, so that a join of two large generations
 * takes nothing from the engine that serves readers, and can be killed at once by an abort.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findGates } from '../catalog/index.ts'
import {
  type CheckResult,
  type DiffReport,
  type GateFacts,
  type GateFailure,
  type Gates,
  judge,
  needsRecords,
  type StoredGeneration,
} from '../checks/index.ts'
import type { JobContext } from '../jobs/index.ts'
import type { Field, Manifest } from '../kernel/index.ts'
import type { ActionDeps } from './deps.ts'
import type { ProgressBoard } from './progress.ts'

export interface JudgedGeneration {
  readonly generationUid: string
  readonly manifest: Manifest
  /** As readers would see them. */
  readonly fields: readonly Field[]
  /** Built earlier: its check is a phase of this job only when its records are measured. */
  readonly isReused: boolean
}

export interface Verdict {
  readonly failures: readonly GateFailure[]
  /** What it was compared with, for dry runs; null: nothing is published. */
  readonly previousUid: string | null
  readonly diff: DiffReport | null
  /** What an abort asked while the records were looked at; then there are no failures. */
  readonly aborted: 'keep' | 'discard' | null
}

const unjudged: Verdict = { failures: [], previousUid: null, diff: null, aborted: null }

/**
 * A partial generation is not judged: whoever aborted chose to show it. One that readers have already is not either,
 * unless a dry run asks. Errors: those of the child.
 */
export async function judgeGeneration(
  deps: ActionDeps,
  context: JobContext,
  built: JudgedGeneration,
  isDryRun: boolean,
  board: ProgressBoard,
): Promise<Verdict> {
  const datasetUid = built.manifest.dataset_uid
  if (!built.isReused) board.begin('check')
  if (built.manifest.partial) return unjudged
  const previous = await findPrevious(deps, datasetUid)
  const isCurrent = previous?.generationUid === built.generationUid
  const gates = await findGates(deps.control.db, datasetUid)
  const judged = gates?.enabled && !isCurrent ? gates : null
  if (!judged && !isDryRun) return unjudged
  const alreadyAsked = askedOf(context)
  if (alreadyAsked) return { ...unjudged, aborted: alreadyAsked }
  const known = judged && !isDryRun ? await findJudgement(deps, built, previous, judged) : null
  if (known) return { ...unjudged, failures: known }

  let checked: CheckResult | null = null
  if (isDryRun || (judged && needsRecords(judged, previous !== null))) {
    if (built.isReused) board.begin('check')
    const measured = await measure(deps, context, built, previous, judged, isDryRun)
    if (measured.aborted) return { ...unjudged, aborted: measured.aborted }
    checked = measured.result
    board.end()
  }
  const failures = judged ? judge(judged, checked?.facts ?? factsOfManifests(built, previous)) : []
  if (judged) await storeJudgement(deps, built, previous, judged, failures)
  return {
    failures,
    previousUid: previous?.generationUid ?? null,
    diff: checked?.diff ?? null,
    aborted: null,
  }
}

/** What an abort has asked of the job so far. */
function askedOf(context: JobContext): Verdict['aborted'] {
  const requests: string[] = []
  context.onCancel((request) => requests.push(request))
  if (requests.length === 0) return null
  return requests[0] === 'keep' ? 'keep' : 'discard'
}

type Previous = Omit<JudgedGeneration, 'isReused'>

async function findPrevious(deps: ActionDeps, datasetUid: string): Promise<Previous | null> {
  const row = await deps.control.db
    .selectFrom('publications')
    .innerJoin('generations', 'generations.generation_uid', 'publications.generation_uid')
    .select(['publications.generation_uid', 'publications.fields_json', 'generations.manifest_json'])
    .where('publications.dataset_uid', '=', datasetUid)
    .executeTakeFirst()
  if (!row || row.manifest_json === null) return null
  return {
    generationUid: row.generation_uid,
    manifest: JSON.parse(row.manifest_json),
    fields: JSON.parse(row.fields_json),
  }
}

function factsOfManifests(built: JudgedGeneration, previous: Previous | null): GateFacts {
  const measured = ({ manifest, fields }: Previous) => ({
    recordsCount: manifest.records_count,
    fields,
    known: null,
  })
  return {
    built: measured(built),
    previous: previous ? measured(previous) : null,
    doubled: [],
    ranges: {},
    mismatched: {},
  }
}

async function measure(
  deps: ActionDeps,
  context: JobContext,
  built: JudgedGeneration,
  previous: Previous | null,
  gates: Gates | null,
  wantsDiff: boolean,
): Promise<{ result: CheckResult; aborted: null } | { result: null; aborted: 'keep' | 'discard' }> {
  const abort = new AbortController()
  let asked: 'keep' | 'discard' = 'discard'
  context.onCancel((request) => {
    asked = request === 'keep' ? 'keep' : 'discard'
    abort.abort()
  })
  const tmpDirectory = join(deps.layout.tmp, `${context.job.jobUid}-check`)
  const stored = (generation: Previous): StoredGeneration => ({
    directory: join(deps.layout.generations, generation.generationUid),
    manifest: {
      parts: generation.manifest.parts,
      records_count: generation.manifest.records_count,
      fields: generation.fields,
    },
  })
  await mkdir(tmpDirectory, { recursive: true })
  try {
    const plan = {
      built: stored(built),
      previous: previous ? stored(previous) : null,
      gates,
      wantsDiff,
      tmpDirectory,
      limits: { memoryLimitMb: deps.builder.memoryLimitMb, threads: deps.builder.threads },
    }
    const result = await deps.builders.check(plan, AbortSignal.any([context.signal, abort.signal]))
    context.signal.throwIfAborted()
    return result && !abort.signal.aborted ? { result, aborted: null } : { result: null, aborted: asked }
  } finally {
    await rm(tmpDirectory, { recursive: true, force: true })
  }
}

/** Nothing that counts can have changed: both generations are immutable, and the gates are the same. */
async function findJudgement(
  deps: ActionDeps,
  built: JudgedGeneration,
  previous: Previous | null,
  gates: Gates,
): Promise<GateFailure[] | null> {
  const row = await deps.control.db
    .selectFrom('gate_judgements')
    .selectAll()
    .where('generation_uid', '=', built.generationUid)
    .executeTakeFirst()
  const isSame =
    row !== undefined &&
    row.previous_uid === (previous?.generationUid ?? null) &&
    row.gates_json === JSON.stringify(gates)
  return isSame ? JSON.parse(row.failures_json) : null
}

async function storeJudgement(
  deps: ActionDeps,
  built: JudgedGeneration,
  previous: Previous | null,
  gates: Gates,
  failures: readonly GateFailure[],
): Promise<void> {
  const row = {
    generation_uid: built.generationUid,
    previous_uid: previous?.generationUid ?? null,
    gates_json: JSON.stringify(gates),
    failures_json: JSON.stringify(failures),
  }
  await deps.control.db
    .insertInto('gate_judgements')
    .values(row)
    .onConflict((conflict) => conflict.column('generation_uid').doUpdateSet(row))
    .execute()
}
