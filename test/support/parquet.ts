/** Parquet files to publish. */
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { quoteLiteral } from '../../src/kernel/index.ts'
import { tempDirectory } from './builder.ts'
import { connectIn } from './reading-engine.ts'

/** A Parquet file of what a select statement gives; it goes with the test. */
export async function parquetOf(t: TestContext, select: string): Promise<{ readonly path: string }> {
  const directory = tempDirectory(t)
  const path = join(directory, 'data.parquet')
  const connection = await connectIn(t, directory)
  await connection.run(`copy (${select}) to ${quoteLiteral(path)} (format parquet)`)
  return { path }
}
