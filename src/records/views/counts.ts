/** How many records readers see: of a generation and a view, which do not change, counted once. */
import type { Pool } from '../../engine/index.ts'
import type { Publication } from '../publication.ts'
import type { Reading } from './reading.ts'

export interface Counts {
  /** `client`: who waits for it; default: who asks now. */
  count(publication: Publication, reading: Reading, signal: AbortSignal, client?: string): Promise<number>
}

const maxKept = 5000

export function createCounts(pool: Pool): Counts {
  /** The oldest first. */
  const kept = new Map<string, number>()
  return {
    async count({ row, view }, { target, isDense, positions }, signal, client) {
      if (isDense || view === null) return positions
      const key = `${row.generation_uid} ${view.key}`
      const known = view.dependsOnTime ? undefined : kept.get(key)
      if (known !== undefined) return known
      const [counted] = await pool.use(
        (connection) =>
          connection.all(`select count(*) as n from ${target.relation}`, [...(target.values ?? [])], signal),
        signal,
        'long',
        client,
      )
      const count = Number(counted!.n)
      if (view.dependsOnTime) return count
      kept.set(key, count)
      if (kept.size > maxKept) kept.delete(kept.keys().next().value!)
      return count
    },
  }
}
