import { Kysely } from 'kysely'
import type { ControlDb } from './control.ts'
import { postgresDialect, postgresPool } from './postgres.ts'
import type { ControlSchema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'

/** A control database as it is, perhaps of another release and under a running server: nothing is migrated. */
export interface ControlReader {
  readonly db: ControlDb
  readonly dialect: 'sqlite' | 'postgres'
  close(): Promise<void>
}

export interface ControlAddress {
  /** Null: SQLite at `sqlitePath`. */
  readonly databaseUrl: string | null
  readonly sqlitePath: string
}

/** Cannot write. The SQLite file must exist. */
export function openControlReader(address: ControlAddress): ControlReader {
  return connect(address, true)
}

/** Can write, for those who leave a note for a running server. */
export function openControlBeside(address: ControlAddress): ControlReader {
  return connect(address, false)
}

function connect({ databaseUrl, sqlitePath }: ControlAddress, isReadOnly: boolean): ControlReader {
  if (databaseUrl === null) {
    const db = new Kysely<ControlSchema>({ dialect: sqliteDialect(sqlitePath, { isReadOnly }) })
    return { db, dialect: 'sqlite', close: () => db.destroy() }
  }
  const pool = postgresPool(databaseUrl, { isReadOnly })
  pool.on('error', () => {})
  const db = new Kysely<ControlSchema>({ dialect: postgresDialect(pool) })
  return { db, dialect: 'postgres', close: () => db.destroy() }
}
