import {
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { AppError, quoteLiteral } from '../kernel/index.ts'

export interface EngineOptions {
  readonly memoryLimitMb: number
  readonly threads: number
  /** Where sorts and joins spill; absolute. */
  readonly tempDirectory: string
  /** The only directories that SQL may read or write. Empty: none. */
  readonly allowedDirectories: readonly string[]
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
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryLimitMb}MiB`,
    temp_directory: options.tempDirectory,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
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
        if (!isClosed) return wrap(raw)
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
    'set lock_configuration = true',
  ]
}

const interruptEveryMs = 25

function wrap(raw: DuckDBConnection): Connection {
  async function guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (signal?.aborted) throw new AppError('engine.query_cancelled', {})
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
      if (signal?.aborted && signal.reason instanceof AppError) throw signal.reason
      throw translate(error)
    } finally {
      signal?.removeEventListener('abort', interrupt)
      clearInterval(again)
    }
  }
  return {
    raw,
    all: (sql, values, signal) =>
      guarded(signal, async () => {
        const reader = await raw.runAndReadAll(sql, values as DuckDBValue[] | undefined, typesOf(values))
        return reader.getRowObjects()
      }),
    run: (sql, values, signal) =>
      guarded(signal, async () => {
        await raw.run(sql, values as DuckDBValue[] | undefined, typesOf(values))
      }),
    interrupt: () => raw.interrupt(),
    close: () => raw.closeSync(),
  }
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
