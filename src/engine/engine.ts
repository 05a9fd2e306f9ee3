import { readdir } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import {
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPendingResult,
  type DuckDBResultReader,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import bindings, { type PendingResult } from '@duckdb/node-bindings'
import { AppError, quoteLiteral } from '../kernel/index.ts'
import { cancelled } from './cancelled.ts'

export interface EngineOptions {
  readonly memoryLimitMb: number
  readonly threads: number
  /** Where sorts and joins spill; absolute. Its own: two engines give their files the same names. */
  readonly tempDirectory: string
  /** The only directories that SQL may read or write. Empty: none. */
  readonly allowedDirectories: readonly string[]
  /**
   * Statements run on threads of the engine's own, at this priority (`nice`, 0 to 19), and whoever asks only waits, for a tenth
   * of a second; then its thread works too: the engine does not share its own out fairly. Default: the thread that asks works too, at the priority of the process. Where the system knows no priority of
   * threads, it stays as it is.
   */
  readonly niceness?: number
}

export type Row = Record<string, DuckDBValue>

/** One in-process database engine. Connections are cheap; one runs one statement at a time. */
export interface Engine {
  /** Errors: engine.query_cancelled once it is closed. */
  connect(): Promise<Connection>
  /** Connections that are being made are waited for, and refused. */
  close(): void
}

export interface Connection {
  /** Runs one statement and reads all its rows. Parameters are `$1`, `$2`... Errors: engine.query_cancelled, engine.out_of_memory, engine.out_of_range, engine.unreadable_file. */
  all(sql: string, values?: readonly DuckDBValue[], signal?: AbortSignal): Promise<Row[]>
  run(sql: string, values?: readonly DuckDBValue[], signal?: AbortSignal): Promise<void>
  /** Stops the statement that is running, if any; it rejects with engine.query_cancelled. */
  interrupt(): void
  close(): void
  /** The driver's own connection, for streams and appenders inside this room. */
  readonly raw: DuckDBConnection
}

/**
 * Opens an in-memory engine, hardened: no access outside `allowedDirectories`, no extension loading, configuration
 * locked (engine.test.ts proves each refusal). The session's time zone is UTC.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { niceness } = options
  const before = niceness === undefined ? [] : await threadsOfProcess()
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    // The engine counts the thread that asks as one of them unless it is told not to.
    external_threads: niceness === undefined ? '1' : '0',
    memory_limit: `${options.memoryLimitMb}MiB`,
    temp_directory: options.tempDirectory,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  if (niceness !== undefined) {
    const started = (await threadsOfProcess()).filter((thread) => !before.includes(thread))
    if (started.length === options.threads) lowerPriority(started, niceness)
  }
  const setup = await instance.connect()
  for (const statement of hardening(options)) await setup.run(statement)
  setup.closeSync()
  // A connection that is being made while the instance is closed ends the process.
  let connecting = 0
  let isClosed = false
  const closeWhenFree = () => {
    if (isClosed && connecting === 0) instance.closeSync()
  }
  return {
    async connect() {
      if (isClosed) throw new AppError('engine.query_cancelled', {})
      connecting++
      try {
        const raw = await instance.connect()
        if (!isClosed) return wrap(raw, niceness !== undefined)
        raw.closeSync()
        throw new AppError('engine.query_cancelled', {})
      } finally {
        connecting--
        closeWhenFree()
      }
    },
    close() {
      if (isClosed) return
      isClosed = true
      closeWhenFree()
    },
  }
}

function hardening(options: EngineOptions): string[] {
  const directories = options.allowedDirectories.map(quoteLiteral).join(', ')
  return [
    `set allowed_directories = [${directories}]`,
    'set enable_external_access = false',
    "set global TimeZone = 'UTC'",
    'set allow_community_extensions = false',
    // x / 0 is null, as the query language has it, instead of an infinity that no answer can show.
    'set global ieee_floating_point_ops = false',
    // Who asks helps nobody's statement along then: without it a thread would end one before it looks at the next.
    ...(options.niceness === undefined ? [] : ['set global scheduler_process_partial = true']),
    'set lock_configuration = true',
  ]
}

/**
 * Ids of the threads of this process; none where the system does not list them. That they are asked for asynchronously has
 * the runtime start its own before.
 */
async function threadsOfProcess(): Promise<number[]> {
  const names = await readdir('/proc/self/task').catch(() => [])
  return names.map(Number)
}

/** Linux takes the id of a thread where other systems know processes only. */
function lowerPriority(threads: readonly number[], niceness: number): void {
  for (const thread of threads) {
    try {
      setPriority(thread, niceness)
    } catch {
      // What may not be lowered works on as it is: slower answers for others, no wrong ones.
    }
  }
}

const interruptEveryMs = 25
const lookEveryMs = 1
/** What is not done by then gets the thread that asks for it as well. */
const aloneForMs = 100

/** `isBackground`: the thread that asks looks whether the statement is done, and takes no part in it at first. */
function wrap(raw: DuckDBConnection, isBackground: boolean): Connection {
  /** Ends with the statement that was asked for last. */
  let last: Promise<void> = Promise.resolve()

  async function execute(
    sql: string,
    values: readonly DuckDBValue[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<DuckDBResultReader> {
    // Without values a statement is planned once.
    const bound = values?.length ? (values as DuckDBValue[]) : undefined
    if (!isBackground) return raw.runAndRead(sql, bound, typesOf(values))
    const pending = await raw.start(sql, bound, typesOf(values))
    const joinsAt = performance.now() + aloneForMs
    // Who looks at one that has been stopped waits until its threads have let go: that is left to a thread that may wait.
    while (!signal?.aborted && performance.now() < joinsAt && !isOver(pending)) await delay(lookEveryMs)
    // With a thread of its own a statement goes on whatever others have the engine's threads do.
    return pending.read()
  }

  /**
   * What is begun while another is under way would end that one, and whose signal is aborted meanwhile would stop it: those
   * that are not waited for wait themselves.
   */
  function guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const turn = last.then(() => stoppable(signal, work))
    // Not the answer itself: a connection that lies idle would keep it.
    last = turn.then(
      () => {},
      () => {},
    )
    return turn
  }

  async function stoppable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (signal?.aborted) throw cancelled(signal)
    // An interrupt that comes while a statement is planned is forgotten by the engine when the statement begins.
    let again: NodeJS.Timeout | undefined
    const interrupt = () => {
      raw.interrupt()
      again ??= setInterval(() => raw.interrupt(), interruptEveryMs)
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      return await work()
    } catch (error) {
      throw signal?.aborted && signal.reason instanceof AppError ? signal.reason : translate(error)
    } finally {
      signal?.removeEventListener('abort', interrupt)
      clearInterval(again)
    }
  }
  return {
    raw,
    all: (sql, values, signal) =>
      guarded(signal, async () => {
        const reader = await execute(sql, values, signal)
        await reader.readAll()
        return reader.getRowObjects()
      }),
    run: (sql, values, signal) =>
      guarded(signal, async () => {
        await execute(sql, values, signal)
      }),
    interrupt: () => raw.interrupt(),
    close() {
      // Closed under a statement in the background, the engine would wait for itself when that ends.
      if (isBackground) void last.then(() => raw.closeSync())
      else raw.closeSync()
    },
  }
}

/**
 * Whether the engine's threads are done with it. Errors: the engine's. The driver's own ways to ask work at the statement too,
 * or wrap the error.
 */
function isOver(pending: DuckDBPendingResult): boolean {
  const result = Reflect.get(pending, 'pending_result') as PendingResult
  const state = bindings.pending_execute_check_state(result)
  // What has ended before it was asked is told by the same state, without an error.
  const message = state === bindings.PendingState.ERROR ? bindings.pending_error(result) : ''
  if (message) throw new Error(message)
  return bindings.pending_execution_is_finished(state)
}

/** The driver takes every whole number for an integer and fails on those that 64 bits do not hold, such as 1e300. */
function typesOf(values: readonly DuckDBValue[] | undefined): DuckDBType[] | undefined {
  const isWide = (value: DuckDBValue) => Number.isInteger(value) && !Number.isSafeInteger(value)
  if (!values?.some(isWide)) return undefined
  // A hole leaves the type to the driver.
  return values.map((value) => (isWide(value) ? DOUBLE : undefined)) as DuckDBType[]
}

/** What the engine says of files that are damaged, cut short, of another kind or gone; a full disk is not among them. */
const unreadable =
  /^IO Error: (Corrupt database file|Could not read|Cannot open|No files found|The file .* exists, but)|^Invalid Input Error: (No magic bytes|File .* too small to be a Parquet)/

/** What cannot be opened for writing: nothing is wrong with the file. */
const unwritable = /Read-only file system|No space left on device|Disk quota exceeded/

function translate(error: unknown): unknown {
  const message = error instanceof Error ? error.message : ''
  if (/^INTERRUPT/i.test(message)) return new AppError('engine.query_cancelled', {})
  if (/^Out of Memory/i.test(message)) return new AppError('engine.out_of_memory', {})
  if (unreadable.test(message) && !unwritable.test(message)) return new AppError('engine.unreadable_file', {})
  if (/^Out of Range/i.test(message)) return new AppError('engine.out_of_range', {})
  return error
}
