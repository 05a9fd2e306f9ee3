import { AppError, type Clock } from './kernel/index.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'
export type Log = (level: LogLevel, kind: string, facts: Readonly<Record<string, unknown>>) => void

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

/** One JSON object a line. Facts carry patterns and ids, never credentials or values of records. */
export function createLog(clock: Clock, threshold: string, write: (line: string) => void): Log {
  const most = levels.indexOf(threshold as LogLevel)
  return (level, kind, facts) => {
    if (levels.indexOf(level) > most) return
    write(
      `${JSON.stringify({ at: new Date(clock.now()).toISOString(), level, kind, ...facts }, printCause)}\n`,
    )
  }
}

/** Errors are objects without visible properties to JSON. Where an expected one was thrown tells nothing. */
function printCause(_key: string, value: unknown): unknown {
  if (value instanceof AppError) return { key: value.key, message: value.message }
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value
}
