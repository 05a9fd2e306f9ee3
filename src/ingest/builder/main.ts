/**
 * The builder process. The plan comes as the first message on the IPC channel, events go back on it. It has no database
 * and no network, and ends with its parent.
 */
import { openEngine } from '../../engine/index.ts'
import { armFaults } from '../../faults/index.ts'
import type { BuilderCommand } from '../../kernel/index.ts'
import type { BuilderMessage, BuilderTask } from './messages.ts'
import { createQuestions } from './questions.ts'
import { runTask } from './run-task.ts'

armFaults(process.env)
const stop = new AbortController()

/** Resolves when all that was emitted so far has left this process. */
let flushed: Promise<void> = Promise.resolve()

function emit(message: BuilderMessage): void {
  flushed = new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve())
    else resolve()
  })
}

const questions = createQuestions(emit, stop.signal)

async function run(task: BuilderTask): Promise<void> {
  const isDone = await runTask(task, emit, questions.host)
  await finish(isDone ? 0 : 1)
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
    else questions.answered(command)
  })
  void run(task as BuilderTask)
})
// Without its parent a builder has nobody to build for.
process.on('disconnect', () => {
  if (process.exitCode === undefined) process.exit(1)
})
