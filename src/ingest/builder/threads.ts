import type { BuildPlan } from '../../kernel/index.ts'

/**
 * A little more than one row group holds: of less, one thread has all the work, and a second one waits for it busily. A packed
 * source may come to ten times as much, and takes some tenths of a second longer then.
 */
const oneThreadBytes = 2 << 20

/** Threads of the engine for a task: what is small is done by one. */
export function threadsFor(
  {
    sources,
    datasets = {},
  }: Pick<BuildPlan, 'sources'> & { readonly datasets?: BuildPlan['datasets'] | undefined },
  { threads }: { readonly threads: number },
): number {
  const bytes = sources.reduce((sum, source) => sum + source.bytes, 0)
  return bytes < oneThreadBytes && Object.keys(datasets).length === 0 ? 1 : threads
}

/** Slices that are worked on at the same time. */
export const lanes = 2

/**
 * Threads of the engine that extracts, of so many altogether: each lane brings one of its own, which runs its statements.
 * One more would take their work over, while the lane's own waits for it busily: a quarter of the processor time.
 */
export const threadsBesideLanes = (threads: number) => Math.max(1, threads - lanes + 1)
