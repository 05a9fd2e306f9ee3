/** The few numbers that runs are told by. */

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const startedAt = performance.now()
  const value = await work()
  return { ms: performance.now() - startedAt, value }
}

/** `count` times each side in turn, so that whatever else the machine does falls on both. */
export async function alternate(
  count: number,
  ours: (round: number) => Promise<number>,
  theirs: (round: number) => Promise<number>,
): Promise<{ ours: number[]; theirs: number[] }> {
  const times = { ours: [] as number[], theirs: [] as number[] }
  for (let round = 0; round < count; round++) {
    const isOursFirst = round % 2 === 0
    if (isOursFirst) times.ours.push(await ours(round))
    times.theirs.push(await theirs(round))
    if (!isOursFirst) times.ours.push(await ours(round))
  }
  return times
}

/** Median over rounds of ours divided by theirs. */
export function medianRatio(times: { ours: readonly number[]; theirs: readonly number[] }): number {
  return median(times.ours.map((value, index) => value / times.theirs[index]!))
}
