/**
 * The builder process. The plan comes as the first message on the IPC channel, events go back on it. It has no database
 * and no network, and ends with its parent.
 */
import { dirname, join } from 'node:path'
import { runCheck } from '../../checks/index.ts'
import { openEngine } from '../../engine/index.ts'
import { armFaults } from '../../faults/index.ts'
import {
  AppError,
  type BuilderCommand,
  type BuilderEvent,
  diskFault,
  toErrorValue,
} from '../../kernel/index.ts'
import { build } from './build.ts'
import type { BuilderTask, CheckPlan, ServingFilePlan } from './messages.ts'
import { describeFile } from './part-file.ts'
import { preview } from './preview.ts'
import { buildServingFile } from './serving-file.ts'

armFaults(process.env)
const stop = new AbortController()

/** Resolves when all that was emitted so far has left this process. */
let flushed: Promise<void> = Promise.resolve()

function emit(
  event: BuilderEvent | { kind: 'previewed'; preview: unknown } | { kind: 'checked'; result: unknown },
): void {
  flushed = new Promise((resolve) => {
    if (process.connected && process.send) process.send(event, undefined, undefined, () => resolve())
    else resolve()
  })
}

async function run(task: BuilderTask): Promise<void> {
  try {
    if (task.kind === 'build') await build(task.plan, emit, stop.signal)
    else if (task.kind === 'serving_file') await deriveServingFile(task.plan)
    else if (task.kind === 'check') emit({ kind: 'checked', result: await check(task.plan) })
    else emit({ kind: 'previewed', preview: await preview(task.order) })
    await finish(0)
  } catch (error) {
    const known = error instanceof AppError ? error : diskFault(error)
    if (known) emit({ kind: 'failed', error: toErrorValue(known) })
    else {
      process.stderr.write(`builder: ${error instanceof Error ? error.stack : String(error)}\n`)
      emit({
        kind: 'failed',
        error: toErrorValue(new AppError('jobs.unexpected', { reason: plainReason(error) })),
      })
    }
    await finish(1)
  }
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

/** A manifest is larger than the channel's buffer: closing it at once would cut it off. */
async function finish(code: number): Promise<void> {
  process.exitCode = code
  await flushed
  process.disconnect?.()
}

/** Started ahead of its task: the engine's code is brought in while nobody waits. */
async function warmUp(): Promise<void> {
  const engine = await openEngine({
    memoryLimitMb: 128,
    threads: 1,
    tempDirectory: '',
    allowedDirectories: [],
  })
  const connection = await engine.connect()
  await connection.run("create temp table warm as select md5('x') as m, regexp_full_match('1', '[0-9]') as r")
  connection.close()
  engine.close()
}

const idle = setTimeout(() => void warmUp().catch(() => {}), 50)

process.once('message', (task) => {
  clearTimeout(idle)
  process.on('message', (command: BuilderCommand) => {
    if (command.kind === 'seal') stop.abort()
  })
  void run(task as BuilderTask)
})
// Without its parent a builder has nobody to build for.
process.on('disconnect', () => {
  if (process.exitCode === undefined) process.exit(1)
})
