import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  AppError,
  type BuilderEvent,
  type BuildPlan,
  type ErrorValue,
  fromErrorValue,
} from '../kernel/index.ts'
import type { BuilderTask, Preview, PreviewOrder, ServingFilePlan } from './builder/messages.ts'

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

type Message = BuilderEvent | { readonly kind: 'previewed'; readonly preview: Preview }

const entry = fileURLToPath(new URL('./builder/main.ts', import.meta.url))
/** JavaScript's own share; the engine's memory comes on top and is limited by the plan. */
const heapMb = 512

/** Starts a child process that builds a generation; everything it has to say comes through `onEvent`. */
export function startBuilder(plan: BuildPlan, hooks: { onEvent: (event: BuilderEvent) => void }): Builder {
  return start({ kind: 'build', plan }, (message) => {
    if (message.kind !== 'previewed') hooks.onEvent(message)
  })
}

/** Starts a child process that derives a serving file from a sealed generation. */
export function startServingFileBuilder(
  plan: ServingFilePlan,
  hooks: { onEvent: (event: BuilderEvent) => void },
): Builder {
  return start({ kind: 'serving_file', plan }, (message) => {
    if (message.kind !== 'previewed') hooks.onEvent(message)
  })
}

/** Shows the first records of a source, from a child process: a parser that dies does not take the server along. */
export async function previewSource(order: PreviewOrder, signal?: AbortSignal): Promise<Preview> {
  let preview: Preview | null = null
  let failure: ErrorValue | null = null
  const child = start({ kind: 'preview', order }, (message) => {
    if (message.kind === 'previewed') preview = message.preview
    else if (message.kind === 'failed') failure = message.error
  })
  const letGo = () => child.kill()
  signal?.addEventListener('abort', letGo, { once: true })
  await child.exited
  signal?.removeEventListener('abort', letGo)
  if (failure !== null) throw fromErrorValue(failure)
  if (preview === null) throw new AppError('jobs.unexpected', { reason: 'the preview process stopped' })
  return preview
}

function start(task: BuilderTask, onMessage: (message: Message) => void): Builder {
  const child: ChildProcess = fork(entry, [], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
  })
  const exited = new Promise<BuilderExit>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: 'it could not be started' }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  child.on('message', (message) => onMessage(message as Message))
  child.send(task, () => {})
  return {
    seal: () => {
      if (child.connected) child.send({ kind: 'seal' }, () => {})
    },
    kill: () => child.kill('SIGKILL'),
    exited,
  }
}
