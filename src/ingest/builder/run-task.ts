/** One task of a builder, whatever process it runs in: all it has to say is emitted, what goes wrong too. */
import { dirname, join } from 'node:path'
import { runCheck } from '../../checks/index.ts'
import { openEngine } from '../../engine/index.ts'
import { AppError, diskFault, toErrorValue } from '../../kernel/index.ts'
import type { LookupHost } from '../processors/lookups.ts'
import { build } from './build.ts'
import type { BuilderMessage, BuilderTask, CheckPlan, ServingFilePlan } from './messages.ts'
import { describeFile } from './part-file.ts'
import { preview } from './preview.ts'
import { buildServingFile } from './serving-file.ts'

/** False: it failed, and `failed` was emitted last. A stop makes a build seal what there is. */
export async function runTask(
  task: BuilderTask,
  emit: (message: BuilderMessage) => void,
  host: LookupHost,
): Promise<boolean> {
  try {
    if (task.kind === 'build') await build(task.plan, emit, host)
    else if (task.kind === 'serving_file') await deriveServingFile(task.plan)
    else if (task.kind === 'check') emit({ kind: 'checked', result: await check(task.plan) })
    else emit({ kind: 'previewed', preview: await preview(task.order, host) })
    return true
  } catch (error) {
    const known = error instanceof AppError ? error : diskFault(error)
    if (!known) process.stderr.write(`builder: ${error instanceof Error ? error.stack : String(error)}\n`)
    const told = ofBuilder(known, task) ?? new AppError('jobs.unexpected', { reason: plainReason(error) })
    emit({ kind: 'failed', error: toErrorValue(told) })
    return false
  }
}

/** What the engine says of its memory is meant for queries; a builder has a limit of its own. */
function ofBuilder(known: AppError | null, task: BuilderTask): AppError | null {
  if (known?.key !== 'engine.out_of_memory' || task.kind !== 'build') return known
  return new AppError('ingest.out_of_memory', { memory_mb: task.plan.limits.memoryLimitMb })
}

/** What may be told of an unexpected error: its first line has no path and no statement for the engine's own kinds. */
function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/^Out of Memory/i.test(message)) return 'the builder ran out of memory'
  return 'an internal error of the builder'
}

async function deriveServingFile(plan: ServingFilePlan): Promise<void> {
  await requireParts(plan)
  const engine = await openEngine({
    memoryLimitMb: plan.limits.memoryLimitMb,
    threads: plan.limits.threads,
    tempDirectory: plan.tmpDirectory,
    allowedDirectories: [plan.directory, plan.tmpDirectory, dirname(plan.servingFile)],
  })
  try {
    await buildServingFile(engine, plan)
  } finally {
    engine.close()
  }
}

async function check(plan: CheckPlan) {
  const engine = await openEngine({
    memoryLimitMb: plan.limits.memoryLimitMb,
    threads: plan.limits.threads,
    tempDirectory: plan.tmpDirectory,
    allowedDirectories: [
      plan.built.directory,
      plan.tmpDirectory,
      ...(plan.previous ? [plan.previous.directory] : []),
    ],
  })
  try {
    const connection = await engine.connect()
    try {
      return await runCheck(connection, plan)
    } finally {
      connection.close()
    }
  } finally {
    engine.close()
  }
}

/** Nothing is derived from damaged parts: it would look whole. Errors: ingest.part_damaged. */
async function requireParts({ manifest, directory }: ServingFilePlan): Promise<void> {
  for (const { file, bytes, sha256 } of manifest.parts) {
    const found = await describeFile(join(directory, file)).catch(() => null)
    if (found?.bytes === bytes && found.sha256 === sha256) continue
    throw new AppError('ingest.part_damaged', { generation_uid: manifest.generation_uid, file })
  }
}
