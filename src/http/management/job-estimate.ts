import type { Expectation } from '../../actions/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { phaseNames } from './job-phases.ts'

/** Without an earlier run: what a publish costs at least, and per byte, on the machine of docs/performance.md. */
const startMs = 500
const bytesPerMs = 20_000
/** Share of a whole build that lies behind `extract`, when no earlier run says. */
const afterExtract = 0.4

type StepTimes = Readonly<Record<string, number>>

/**
 * How long the whole job takes: from the last run scaled by the size of the sources, else from that size; once there is
 * progress, from that. Null when there is nothing to go by: the first publish of a remote source before it is fetched.
 */
export function estimateOf(
  stored: JsonObject | null,
  steps: readonly JsonObject[],
  now: number,
): JsonObject | null {
  const expectation = stored as unknown as Expectation | null
  const expected = expectedSteps(expectation)
  const elapsedMs = steps.length === 0 ? 0 : Math.max(0, now - Date.parse(String(steps[0]!.started_at)))
  const measured = measuredLeft(steps, now, expected)
  const leftMs = measured ?? (expected === null ? null : expectedLeft(steps, now, expected))
  if (leftMs === null) return null
  return {
    basis: measured !== null ? 'progress' : expectation?.last_run ? 'last_run' : 'source_size',
    total_ms: Math.round(elapsedMs + leftMs),
    seconds_left: Math.round(leftMs / 100) / 10,
    source_bytes: expectation?.source_bytes ?? null,
    last_job_id: expectation?.last_run?.job_id ?? null,
  }
}

function expectedSteps(expectation: Expectation | null): StepTimes | null {
  if (!expectation) return null
  const { source_bytes: bytes, last_run: last } = expectation
  if (last) {
    const scale = bytes !== null && last.source_bytes > 0 ? bytes / last.source_bytes : 1
    return Object.fromEntries(Object.entries(last.steps).map(([step, ms]) => [step, ms * scale]))
  }
  if (bytes === null) return null
  const total = startMs + bytes / bytesPerMs
  return { extract: total * (1 - afterExtract), index: total * afterExtract }
}

/** From the share of the sources that has been read. Null before that says anything. */
function measuredLeft(steps: readonly JsonObject[], now: number, expected: StepTimes | null): number | null {
  const last = steps.at(-1)
  if (last?.step !== 'extract' || last.finished_at !== null) return null
  const share = Number(last.bytes_read ?? 0) / Math.max(1, Number(last.bytes_total ?? 0))
  if (!(share > 0.01)) return null
  const elapsedMs = now - Date.parse(String(last.started_at))
  const wholeMs = elapsedMs / Math.min(1, share)
  const behind =
    expected?.extract === undefined || expected.extract === 0
      ? (wholeMs * afterExtract) / (1 - afterExtract)
      : (sumBehind('extract', expected) * wholeMs) / expected.extract
  return Math.max(0, wholeMs - elapsedMs) + behind
}

/** What was expected of the open step and of those behind it, less what has passed. */
function expectedLeft(steps: readonly JsonObject[], now: number, expected: StepTimes): number {
  const last = steps.at(-1)
  if (!last) return Object.values(expected).reduce((total, ms) => total + ms, 0)
  const step = String(last.step)
  const passedMs = now - Date.parse(String(last.started_at))
  const openMs = last.finished_at === null ? Math.max(0, (expected[step] ?? 0) - passedMs) : 0
  return openMs + sumBehind(step, expected)
}

function sumBehind(step: string, expected: StepTimes): number {
  const position = phaseNames.indexOf(step as never)
  return phaseNames.slice(position + 1).reduce((total, name) => total + (expected[name] ?? 0), 0)
}
