/** What Linux says of other processes, for tests and measurements that look at the server from outside. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Direct children that are still running. */
export function childrenOf(pid: number): number[] {
  const children: number[] = []
  for (const thread of list(`/proc/${pid}/task`)) {
    const text = read(`/proc/${pid}/task/${thread}/children`) ?? ''
    children.push(...text.split(' ').filter(Boolean).map(Number))
  }
  return children.filter(isAlive)
}

/** False once it has ended, also while its parent has not taken note. */
export function isAlive(pid: number): boolean {
  const state = read(`/proc/${pid}/stat`)?.match(/\) (\S)/)?.[1]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

export interface Memory {
  /** Resident now, and the most it ever was, in MiB. */
  readonly residentMb: number
  readonly peakMb: number
}

/** Null when the process is gone. */
export function memoryOf(pid: number): Memory | null {
  const status = read(`/proc/${pid}/status`)
  const kilobytes = (key: string) => Number(status?.match(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm'))?.[1])
  const residentMb = kilobytes('VmRSS') / 1024
  const peakMb = kilobytes('VmHWM') / 1024
  return Number.isFinite(residentMb) && Number.isFinite(peakMb) ? { residentMb, peakMb } : null
}

/** Processor time of a process and of its children that have ended, in seconds; the kernel counts in hundredths. */
export function processorSecondsOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`) ?? ''
  // Behind the name, which may hold anything: the fields from `state` on (proc(5): 14 to 17 are the times).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / 100
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Waits for a condition that nobody reports. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  otherwise: () => string,
  withinMs = 60_000,
): Promise<void> {
  const endsAt = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > endsAt) assert.fail(otherwise())
    await delay(20)
  }
}
