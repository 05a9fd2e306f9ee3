/** Parquet files to publish. */
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openEngine } from '../../src/engine/index.ts'
import { quoteLiteral } from '../../src/kernel/index.ts'
import { tempDirectory } from './builder.ts'

/** A Parquet file of what a select statement gives; it goes with the test. */
export async function parquetOf(t: TestContext, select: string): Promise<{ readonly path: string }> {
  const directory = tempDirectory(t)
  const path = join(directory, 'data.parquet')
  const engine = await openEngine({
    memoryLimitMb: 512,
    threads: 1,
    tempDirectory: directory,
    allowedDirectories: [directory],
  })
  const connection = await engine.connect()
  await connection.run(`copy (${select}) to ${quoteLiteral(path)} (format parquet)`)
  connection.close()
  engine.close()
  return { path }
}
