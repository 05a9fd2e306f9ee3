import { join } from 'node:path'
import { type Engine, openEngine } from './engine.ts'

/**
 * The server's engines: long work must take neither threads nor memory from short work
 * (docs/decisions/0019-two-engines.md).
 */
export interface Engines {
  readonly short: Engine
  readonly long: Engine
}

export interface EnginesOptions {
  /** Of both together. */
  readonly memoryLimitMb: number
  /** Of long work. Short work is done by the thread that asks. */
  readonly threads: number
  /** Of the threads of long work, as `EngineOptions.niceness`. */
  readonly niceness: number
  /** It is there. Each spills to a directory of its own in it: both call their files by the same names. */
  readonly tempDirectory: string
  readonly allowedDirectories: readonly string[]
}

/** What short work has of the memory: a page is a few rows, but of a block of every field. */
const shortShare = 4
const leastShortMb = 32

export async function openEngines(options: EnginesOptions): Promise<Engines> {
  const { memoryLimitMb, threads, niceness, tempDirectory, allowedDirectories } = options
  const shortMb = Math.max(leastShortMb, Math.floor(memoryLimitMb / shortShare))
  const short = await openEngine({
    memoryLimitMb: shortMb,
    threads: 1,
    tempDirectory: join(tempDirectory, 'short'),
    allowedDirectories,
  })
  try {
    const long = await openEngine({
      memoryLimitMb: memoryLimitMb - shortMb,
      threads,
      niceness,
      tempDirectory: join(tempDirectory, 'long'),
      allowedDirectories,
    })
    return { short, long }
  } catch (error) {
    short.close()
    throw error
  }
}
