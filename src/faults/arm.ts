import { existsSync, readFileSync, rmSync } from 'node:fs'
import { type CrashPoint, crashPoints, onCrashPoint } from './crash-points.ts'

/**
 * What a test orders, as JSON in the file that BROADSHEET_TEST_FAULTS names:
 * - `kill`: this process ends with SIGKILL; `kill-both`: its parent (a builder's server) with it;
 * - `hold`: this process stands still until the file of the same name with `.release` behind it appears;
 * - `throw`: the caller gets an error although the step has happened: the answer to a commit is lost.
 */
export interface CrashOrder {
  readonly point: CrashPoint
  readonly mode: 'kill' | 'kill-both' | 'hold' | 'throw'
  /** Passed by this often before. Default 0. */
  readonly skip?: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the environment asks for crash points. Only with NODE_ENV=test; the process's entry refuses to start otherwise. */
export function faultsWanted(env: Environment): 'no' | 'yes' | 'refused' {
  if (!env.BROADSHEET_TEST_FAULTS) return 'no'
  return env.NODE_ENV === 'test' ? 'yes' : 'refused'
}

/** Arms the crash points of this process, if its environment says so; called once, by the entry of each process. */
export function armFaults(env: Environment): void {
  if (faultsWanted(env) !== 'yes') return
  const path = env.BROADSHEET_TEST_FAULTS!
  let passed = 0
  onCrashPoint((point) => {
    const order = readOrder(path)
    if (order?.point !== point || passed++ < (order.skip ?? 0)) return
    // The order is carried out once: the next process must not die of it again.
    rmSync(path)
    if (order.mode === 'throw') throw new Error(`the answer at ${point} is lost`)
    if (order.mode === 'hold') return standStill(`${path}.release`)
    if (order.mode === 'kill-both') process.kill(process.ppid, 'SIGKILL')
    process.kill(process.pid, 'SIGKILL')
  })
}

function standStill(release: string): void {
  const never = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(release)) Atomics.wait(never, 0, 0, 10)
  rmSync(release)
}

function readOrder(path: string): CrashOrder | null {
  try {
    const order = JSON.parse(readFileSync(path, 'utf8')) as CrashOrder
    return crashPoints.includes(order.point) ? order : null
  } catch {
    return null
  }
}
