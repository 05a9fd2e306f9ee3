/**
 * SQLite behind a minimal HTTP server, in a process of its own: a POST of statements is answered with their rows. It has
 * no language, no access rights, no limits; prepared statements are kept. argv: the database file. It tells its port to
 * the parent process and ends with it.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

const database = new DatabaseSync(process.argv[2]!, { readOnly: true })
database.exec('pragma mmap_size = 8589934592; pragma cache_size = -400000')
const prepared = new Map<string, StatementSync>()

function rowsOf(sql: string, values: SQLInputValue[]): unknown[] {
  const statement = prepared.get(sql) ?? database.prepare(sql)
  prepared.set(sql, statement)
  return statement.all(...values)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    try {
      const statements: { sql: string; values?: SQLInputValue[] }[] = JSON.parse(
        Buffer.concat(chunks).toString('utf8'),
      )
      const body = JSON.stringify(statements.map(({ sql, values }) => rowsOf(sql, values ?? [])))
      response.setHeader('content-type', 'application/json').end(body)
    } catch (error) {
      response.statusCode = 500
      response.end(String(error))
    }
  })
})
// Callers pause while others are measured: a connection that ends meanwhile would be an error of theirs.
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))
