/**
 * The builder process. A plan comes as a message on the IPC channel, events go back on it. It has no database and no network,
 * and ends with its parent. One whose task ended well and left little behind may have another.
 */
import { openEngine } from '../../engine/index.ts'
import { armFaults, faultsWanted } from '../../faults/index.ts'
import type { BuilderCommand } from '../../kernel/index.ts'
import type { BuilderMessage, BuilderTask } from './messages.ts'
import { createQuestions, type Questions } from './questions.ts'
import { runTask } from './run-task.ts'

armFaults(process.env)

/** Resolves when all that was emitted so far has left this process. */
let flushed: Promise<void> = Promise.resolve()

function emit(message: BuilderMessage): void {
  flushed = new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve())
    else resolve()
  })
}

/** The task at hand. */
let running: { readonly stop: AbortController; readonly questions: Questions } | null = null

async function run(task: BuilderTask): Promise<void> {
  const stop = new AbortController()
  running = { stop, questions: createQuestions(emit, stop.signal) }
  const isDone = await runTask(task, emit, running.questions.host)
  running = null
  if (isDone && !stop.signal.aborted && mayGoOn()) emit({ kind: 'ready' })
  else await finish(isDone ? 0 : 1)
}

/** Beyond this a process has held much, and gives it back best by ending. */
const mostResidentBytes = 300 << 20
const mostTasks = 50
let tasks = 0

/** Whether what a task leaves in this process is little enough for another one. Crash points count from the start of one. */
function mayGoOn(): boolean {
  return (
    ++tasks < mostTasks && process.memoryUsage.rss() < mostResidentBytes && faultsWanted(process.env) === 'no'
  )
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

process.on('message', (message: BuilderTask | BuilderCommand) => {
  clearTimeout(idle)
  if (message.kind === 'seal') running?.stop.abort()
  else if (message.kind === 'answer') running?.questions.answered(message)
  else void run(message)
})
// Without its parent a builder has nobody to build for.
process.on('disconnect', () => {
  if (process.exitCode === undefined) process.exit(running === null ? 0 : 1)
})
