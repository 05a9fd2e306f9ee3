import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type CrashPoint, crashPoints, onCrashPoint } from './crash-points.ts'

/**
 * What a test orders, as JSON in the file that BROADSHEET_TEST_FAULTS names:
 * - `kill`: this process ends with SIGKILL; `kill-both`: its parent (a builder's server) with it;
 * - `hold`: this process stands still until the file of the same name with `.release` behind it appears;
 * - `throw`: the caller gets an error although the step has happened: the answer to a commit is lost;
 * - `eio`: the caller gets what a failing disk answers.
 * Several orders are a list; each is carried out once.
 */
export interface CrashOrder {
  readonly point: CrashPoint
  readonly mode: 'kill' | 'kill-both' | 'hold' | 'throw' | 'eio'
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
    const orders = readOrders(path)
    const order = orders.find((candidate) => candidate.point === point)
    if (!order || passed++ < (order.skip ?? 0)) return
    passed = 0
    // The order is carried out once: the next process must not die of it again.
    const left = orders.filter((candidate) => candidate !== order)
    if (left.length > 0) writeFileSync(path, JSON.stringify(left))
    else rmSync(path)
    if (order.mode === 'throw') throw new Error(`the answer at ${point} is lost`)
    if (order.mode === 'eio')
      throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO', errno: -5, syscall: 'write' })
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

function readOrders(path: string): CrashOrder[] {
  try {
    const orders = [JSON.parse(readFileSync(path, 'utf8'))].flat() as CrashOrder[]
    return orders.filter(({ point }) => crashPoints.includes(point))
  } catch {
    return []
  }
}
