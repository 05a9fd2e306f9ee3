/** Chance and amount of the tests that draw their cases: one seed, printed, from which everything follows. */
import type { TestContext } from 'node:test'
import { createRandom } from './fixtures.ts'

/** True in `npm run test:soak`: everything instead of a sample. */
export const isSoak = process.env.BROADSHEET_SOAK === '1'

/** When a soak should end, in milliseconds of `performance.now()` of this process. */
export const soakEndsAt = performance.now() + Number(process.env.BROADSHEET_SOAK_MINUTES ?? 30) * 60_000

/** BROADSHEET_TEST_SEED, else another one every time. */
export const seed = Number(process.env.BROADSHEET_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))

export interface Chance {
  below(limit: number): number
  pick<T>(items: readonly T[]): T
  /** `count` different ones. */
  sample<T>(items: readonly T[], count: number): T[]
}

/** Says the seed in the test's report. */
export function createChance(t: TestContext): Chance {
  t.diagnostic(`BROADSHEET_TEST_SEED=${seed}`)
  const random = createRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  return {
    below,
    pick: (items) => items[below(items.length)]!,
    sample(items, count) {
      const left = [...items]
      return Array.from(
        { length: Math.min(count, items.length) },
        () => left.splice(below(left.length), 1)[0]!,
      )
    },
  }
}
