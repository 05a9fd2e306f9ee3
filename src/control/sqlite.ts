import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { SqliteAdapter, SqliteDialect } from 'kysely'
import { createSqliteNotices, type SqliteNotices } from './notices.ts'

type SqliteInput = string | number | bigint | null | Uint8Array

/** Kysely compiles the same few statements over and over; preparing one costs more than running it. */
const maxCachedStatements = 400

interface Prepared {
  readonly statement: StatementSync
  /** Whether it gives rows. */
  readonly isReader: boolean
}

const nothing = { changes: 0, lastInsertRowid: 0 }

/** SQLite takes tables back like rows: of migrations that are interrupted nothing stays, and the next start begins again. */
class TransactionalDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/**
 * The embedded control database on Node's own SQLite. `busy_timeout` is set before `journal_mode`, which itself may
 * find the file locked. `synchronous=FULL`: an acknowledged job id survives a power cut.
 */
export function sqliteDialect(
  path: string,
  options: { readonly isReadOnly?: boolean; readonly notices?: SqliteNotices } = {},
): SqliteDialect {
  const isReadOnly = options.isReadOnly ?? false
  const notices = options.notices ?? createSqliteNotices()
  const database = new DatabaseSync(path, { readOnly: isReadOnly })
  database.exec('pragma busy_timeout = 5000')
  if (!isReadOnly) {
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
  }
  database.exec('pragma foreign_keys = on')
  database.function('pg_notify', (channel, payload) => notices.add(String(channel), String(payload)))
  const statements = new Map<string, Prepared>()

  function prepare(sql: string): Prepared {
    // A transaction that starts by reading and then writes can fail half-way with SQLITE_BUSY when another process
    // wrote in between; taking the write lock at once turns that into a wait.
    const text = sql === 'begin' ? 'begin immediate' : sql
    const cached = statements.get(text)
    if (cached) return cached
    const statement = database.prepare(text)
    const prepared = { statement, isReader: statement.columns().length > 0 }
    if (statements.size >= maxCachedStatements) statements.clear()
    statements.set(text, prepared)
    return prepared
  }

  /** A notice is heard when what it is about is committed, and never when it is not: as PostgreSQL does it. */
  function settled<T>(sql: string, answer: T): T {
    if (sql === 'rollback') notices.forget()
    else if (!database.isTransaction) notices.deliver()
    return answer
  }

  return new TransactionalDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const { statement, isReader } = prepare(sql)
        return {
          reader: isReader,
          all: (values) => settled(sql, statement.all(...(values as SqliteInput[]))),
          run: (values) => {
            // A full disk ends the transaction by itself; an error of the rollback would hide the one that counts.
            if (sql === 'rollback' && !database.isTransaction) return settled(sql, nothing)
            return settled(sql, statement.run(...(values as SqliteInput[])))
          },
          iterate: (values) => statement.iterate(...(values as SqliteInput[])),
        }
      },
    },
  })
}
