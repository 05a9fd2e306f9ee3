import type { Connection, Row } from '../engine/index.ts'
import type { Sliced, Turn } from './source.ts'

/** Rows that JavaScript holds at once, twice: the batch in use and the next. */
const batchRows = 2000

/** Batches of rows of a select list, in order; the next is read while one is used. */
export async function* readBatches(
  connection: Connection,
  sliced: Sliced,
  select: string,
  signal: AbortSignal,
  turn: Turn,
): AsyncGenerator<readonly Row[]> {
  const read = (from: number) => {
    const statement = sliced.slice(from, from + batchRows)
    return turn(() => connection.all(`select ${select} from (${statement.sql})`, statement.values, signal))
  }
  let ahead: Promise<readonly Row[]> = read(0)
  try {
    for (let from = 0; ; from += batchRows) {
      const batch = await ahead
      const isLast = from + batchRows >= sliced.positions
      if (!isLast) {
        ahead = read(from + batchRows)
        ahead.catch(() => {})
      }
      yield batch
      if (isLast) return
    }
  } finally {
    // The connection is closed next: nothing may run on it any more.
    connection.interrupt()
    await ahead.catch(() => {})
  }
}
