/** What a measurement found, and the table that people read. */
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'

export interface Finding {
  readonly section: string
  /** What was measured. */
  readonly name: string
  /** In words; empty: a number for the record, with no goal. */
  readonly goal: string
  readonly measured: string
  /** Null: no goal, or nothing to compare with on this machine. */
  readonly isMet: boolean | null
}

export function markdownTable(findings: readonly Finding[]): string {
  const rows = findings.map(
    ({ section, name, goal, measured, isMet }) =>
      `| ${section} | ${name} | ${goal || '-'} | ${measured} | ${isMet === null ? '-' : isMet ? 'met' : '**missed**'} |`,
  )
  return ['| section | what | goal | measured | |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

/** The kind of machine, for the head of the table. */
export function machine(): string {
  const [cpu] = cpus()
  const memoryGb = Math.round(totalmem() / 1024 ** 3)
  const system = execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim()
  return `${cpus().length} x ${cpu?.model ?? 'unknown processor'}, ${memoryGb} GB of memory, ${system}, Node ${process.versions.node}`
}

/** A measured value against the most (or least) it may be, e.g. `1.32 times`. */
export function atMost(
  limit: number,
  value: number,
  unit: string,
): Pick<Finding, 'goal' | 'measured' | 'isMet'> {
  return { goal: `at most ${limit} ${unit}`, measured: `${tidy(value)} ${unit}`, isMet: value <= limit }
}

export function atLeast(
  limit: number,
  value: number,
  unit: string,
): Pick<Finding, 'goal' | 'measured' | 'isMet'> {
  return { goal: `at least ${limit} ${unit}`, measured: `${tidy(value)} ${unit}`, isMet: value >= limit }
}

export function tidy(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
