import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { SqliteDialect } from 'kysely'

type SqliteInput = string | number | bigint | null | Uint8Array

/** Kysely compiles the same few statements over and over; preparing one costs more than running it. */
const maxCachedStatements = 400

const nothing = { changes: 0, lastInsertRowid: 0 }

/**
 * The embedded control database on Node's own SQLite. `busy_timeout` is set before `journal_mode`, which itself may
 * find the file locked. `synchronous=FULL`: an acknowledged job id survives a power cut.
 */
export function sqliteDialect(path: string): SqliteDialect {
  const database = new DatabaseSync(path)
  database.exec('pragma busy_timeout = 5000')
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full')
  database.exec('pragma foreign_keys = on')
  const statements = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    // A transaction that starts by reading and then writes can fail half-way with SQLITE_BUSY when another process
    // wrote in between; taking the write lock at once turns that into a wait.
    const text = sql === 'begin' ? 'begin immediate' : sql
    const cached = statements.get(text)
    if (cached) return cached
    const statement = database.prepare(text)
    if (statements.size >= maxCachedStatements) statements.clear()
    statements.set(text, statement)
    return statement
  }

  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const statement = prepare(sql)
        return {
          reader: statement.columns().length > 0,
          all: (values) => statement.all(...(values as SqliteInput[])),
          run: (values) => {
            // A full disk ends the transaction by itself; an error of the rollback would hide the one that counts.
            if (sql === 'rollback' && !database.isTransaction) return nothing
            return statement.run(...(values as SqliteInput[]))
          },
          iterate: (values) => statement.iterate(...(values as SqliteInput[])),
        }
      },
    },
  })
}
