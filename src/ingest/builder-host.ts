import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CheckResult } from '../checks/index.ts'
import {
  AppError,
  type BuilderCommand,
  type BuilderEvent,
  type BuildPlan,
  type ErrorValue,
  fromErrorValue,
  isBundled,
  type JsonObject,
  type JsonValue,
  toErrorValue,
} from '../kernel/index.ts'
import type {
  BuilderMessage,
  BuilderTask,
  CheckPlan,
  Preview,
  PreviewOrder,
  ServingFilePlan,
} from './builder/messages.ts'

export interface BuilderExit {
  readonly code: number | null
  readonly signal: string | null
}

export interface Builder {
  /** Asks for what has been built so far: the generation is sealed as partial, without a serving file. */
  seal(): void
  kill(): void
  readonly exited: Promise<BuilderExit>
}

export interface BuilderHooks {
  readonly onEvent: (event: BuilderEvent) => void
}

/**
 * Answers what a builder cannot find out without a network. One answer a key, in their order; null: there is none. Errors:
 * those of the service, ingest.unknown_processor.
 */
export type AskService = (
  service: string,
  request: JsonObject,
  keys: readonly string[],
  signal: AbortSignal,
) => Promise<readonly (JsonValue | null)[]>

/** Has tasks done by builder processes, one at a time each: a parser that dies does not take the server along. */
export interface BuilderHost {
  /** Builds a generation; everything the builder has to say comes through `onEvent`. */
  build(plan: BuildPlan, hooks: BuilderHooks): Builder
  /** Derives a serving file from a sealed generation. */
  deriveServingFile(plan: ServingFilePlan, hooks: BuilderHooks): Builder
  /**
   * Measures a built generation for its gates and its diff. Null: the signal was aborted, and the child is gone.
   * Errors: jobs.unexpected.
   */
  check(plan: CheckPlan, signal: AbortSignal): Promise<CheckResult | null>
  /** The first records of a source. Errors: those of the source. */
  preview(order: PreviewOrder, signal?: AbortSignal): Promise<Preview>
  /**
   * Keeps one builder started ahead, modules loaded and engine warm: that is half of what a small publish takes.
   * Without this call every builder starts cold.
   */
  keepSpare(): void
  /** Ends the idle builder; those at work end with their jobs. */
  close(): Promise<void>
}

const entry = fileURLToPath(new URL(isBundled ? './builder.mjs' : './builder/main.ts', import.meta.url))
/** JavaScript's own share; the engine's memory comes on top and is limited by the plan. */
const heapMb = 512
/** For an idle builder to end by itself. */
const endsWithinMs = 2000

/** `ask`: default: nothing is known. `niceness`: of builders, as `nice` counts it; default: that of this process. */
export function createBuilderHost(
  options: { readonly ask?: AskService; readonly niceness?: number } = {},
): BuilderHost {
  const { ask: askService, niceness = 0 } = options
  let spare: ChildProcess | null = null
  let keepsSpare = false

  function makeSpare(): void {
    if (keepsSpare && !spare) keep(forkBuilder(niceness))
  }

  /** Called when the spare ends. */
  const forget = () => {
    spare = null
  }

  function keep(child: ChildProcess): void {
    // An idle builder keeps nobody alive; it ends with this process, whose channel it watches.
    child.unref()
    child.channel?.unref()
    child.once('exit', forget)
    child.once('error', forget)
    spare = child
  }

  function takeSpare(): ChildProcess | null {
    const child = spare
    spare = null
    child?.off('exit', forget)
    child?.off('error', forget)
    if (!child?.connected || child.killed || child.exitCode !== null) return null
    child.ref()
    child.channel?.ref()
    return child
  }

  function start(task: BuilderTask, onMessage: (message: Told) => void): Builder {
    const child = takeSpare() ?? forkBuilder(niceness)
    const { exited, isOver } = endOf(child, (child) => {
      if (keepsSpare && !spare && !child.killed) keep(child)
      else if (child.connected) child.disconnect()
    })
    // The next spare starts when this one is done: the task at hand needs the processor more.
    void exited.then(makeSpare)
    const over = new AbortController()
    void exited.then(() => over.abort())
    const send = (command: BuilderCommand) => {
      if (child.connected && !isOver()) child.send(command, () => {})
    }
    const hear = (message: BuilderMessage) => {
      if (message.kind === 'ask') void answer(message, askService, over.signal).then(send)
      else if (message.kind !== 'ready') onMessage(message)
    }
    child.on('message', hear)
    void exited.then(() => child.off('message', hear))
    child.send(task, () => {})
    return {
      seal: () => send({ kind: 'seal' }),
      kill: () => {
        if (!isOver()) child.kill('SIGKILL')
      },
      exited,
    }
  }

  function startReporting(task: BuilderTask, hooks: BuilderHooks): Builder {
    return start(task, (message) => {
      if (message.kind !== 'previewed' && message.kind !== 'checked') hooks.onEvent(message)
    })
  }

  /** Starts a task that has one answer. Null: the child ended without one. Errors: what the child reports. */
  async function request<K extends Told['kind']>(
    task: BuilderTask,
    kind: K,
    signal: AbortSignal | undefined,
  ): Promise<Extract<Told, { kind: K }> | null> {
    let found: Extract<Told, { kind: K }> | null = null
    let failure: ErrorValue | null = null
    const child = start(task, (message) => {
      if (message.kind === kind) found = message as Extract<Told, { kind: K }>
      else if (message.kind === 'failed') failure = message.error
    })
    const letGo = () => child.kill()
    signal?.addEventListener('abort', letGo, { once: true })
    if (signal?.aborted) letGo()
    await child.exited
    signal?.removeEventListener('abort', letGo)
    if (failure !== null) throw fromErrorValue(failure)
    return found
  }

  return {
    build: (plan, hooks) => startReporting({ kind: 'build', plan }, hooks),
    deriveServingFile: (plan, hooks) => startReporting({ kind: 'serving_file', plan }, hooks),
    async check(plan, signal) {
      const answer = await request({ kind: 'check', plan }, 'checked', signal)
      if (answer === null && !signal.aborted)
        throw new AppError('jobs.unexpected', { reason: 'the process that checks the records stopped' })
      return answer?.result ?? null
    },
    async preview(order, signal) {
      const answer = await request({ kind: 'preview', order }, 'previewed', signal)
      if (answer === null) throw new AppError('jobs.unexpected', { reason: 'the preview process stopped' })
      return answer.preview
    },
    keepSpare() {
      keepsSpare = true
      makeSpare()
    },
    async close() {
      keepsSpare = false
      const child = takeSpare()
      if (!child) return
      // It ends with its channel, and writes what Node itself still has to write of it.
      child.disconnect()
      const late = setTimeout(() => child.kill('SIGKILL'), endsWithinMs)
      await once(child, 'exit').catch(() => {})
      clearTimeout(late)
    },
  }
}

/** What whoever ordered a task is told; questions are answered here. */
type Told = Exclude<BuilderMessage, { kind: 'ask' | 'ready' }>

async function answer(
  { id, service, request, keys }: Extract<BuilderMessage, { kind: 'ask' }>,
  ask: AskService | undefined,
  signal: AbortSignal,
): Promise<BuilderCommand> {
  try {
    if (!ask) throw new AppError('ingest.unknown_processor', { name: service })
    return { kind: 'answer', id, answers: await ask(service, request, keys, signal) }
  } catch (error) {
    const known =
      error instanceof AppError
        ? error
        : new AppError('jobs.unexpected', { reason: `the answers of ${service} could not be had` })
    return { kind: 'answer', id, answers: [], error: toErrorValue(known) }
  }
}

interface TaskEnd {
  readonly exited: Promise<BuilderExit>
  /** The process may be at another task, or gone. */
  isOver(): boolean
}

/**
 * The end of a task: its process says that it is ready for another (`giveBack`), or ends. Then all that it had to say has been
 * read: `exit` may come before the last messages.
 */
function endOf(child: ChildProcess, giveBack: (child: ChildProcess) => void): TaskEnd {
  let isOver = false
  const exited = new Promise<BuilderExit>((resolve) => {
    const end = (how: BuilderExit) => {
      isOver = true
      child.off('error', onError)
      child.off('exit', onExit)
      child.off('message', onReady)
      resolve(how)
    }
    const onError = () => end({ code: null, signal: 'it could not be started' })
    const onExit = (code: number | null, signal: string | null) => {
      if (child.connected) child.once('disconnect', () => end({ code, signal }))
      else end({ code, signal })
    }
    const onReady = (message: BuilderMessage) => {
      if (message.kind !== 'ready') return
      end({ code: 0, signal: null })
      giveBack(child)
    }
    child.once('error', onError)
    child.once('exit', onExit)
    child.on('message', onReady)
  })
  return { exited, isOver: () => isOver }
}

function forkBuilder(niceness: number): ChildProcess {
  const child = fork(entry, [], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
  })
  try {
    // Before it has more threads than one: those that it starts take after it.
    if (niceness > 0 && child.pid !== undefined) setPriority(child.pid, niceness)
  } catch {
    // Where it may not be lowered, readers share the processors with it.
  }
  return child
}
