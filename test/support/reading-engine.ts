/** An engine of a test's own, beside the server's. */
import type { TestContext } from 'node:test'
import { type Connection, openEngine } from '../../src/engine/index.ts'

/** A connection that reads and writes files of one directory, until the test ends. */
export async function connectIn(t: TestContext, directory: string): Promise<Connection> {
  const engine = await openEngine({
    memoryLimitMb: 512,
    threads: 1,
    tempDirectory: directory,
    allowedDirectories: [directory],
  })
  const connection = await engine.connect()
  t.after(() => {
    connection.close()
    engine.close()
  })
  return connection
}
