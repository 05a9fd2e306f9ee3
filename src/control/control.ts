import { Kysely } from 'kysely'
import type pg from 'pg'
import { migrate } from './migrations/index.ts'
import { postgresDialect, postgresPool } from './postgres.ts'
import type { ControlSchema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'

export type ControlDb = Kysely<ControlSchema>

/** The control database: what is true of datasets, jobs, generations and publications. */
export interface Control {
  readonly db: ControlDb
  readonly dialect: 'sqlite' | 'postgres'
  /** Tells other processes on the same database that jobs wait. A no-op on SQLite, where there is one process. */
  notify(channel: string): Promise<void>
  /** Calls `onNotice` for each notice of another process on `channel`. */
  listen(channel: string, onNotice: () => void): Promise<void>
  close(): Promise<void>
}

/** Opens and migrates. `databaseUrl` null: SQLite at `sqlitePath`. */
export async function openControl(options: {
  databaseUrl: string | null
  sqlitePath: string
}): Promise<Control> {
  return options.databaseUrl === null ? openSqlite(options.sqlitePath) : openPostgres(options.databaseUrl)
}

async function openSqlite(path: string): Promise<Control> {
  const db = new Kysely<ControlSchema>({ dialect: sqliteDialect(path) })
  await migrate(db as Kysely<unknown>, 'sqlite')
  return { db, dialect: 'sqlite', notify: async () => {}, listen: async () => {}, close: () => db.destroy() }
}

async function openPostgres(url: string): Promise<Control> {
  const pool = postgresPool(url)
  // An idle connection that the database drops is not our crash: the next query opens another.
  pool.on('error', () => {})
  const db = new Kysely<ControlSchema>({ dialect: postgresDialect(pool) })
  await migrate(db as Kysely<unknown>, 'postgres')
  const listeners: pg.PoolClient[] = []
  return {
    db,
    dialect: 'postgres',
    notify: async (channel) => {
      await pool.query('select pg_notify($1, $2)', [channel, ''])
    },
    listen: async (channel, onNotice) => {
      const client = await pool.connect()
      listeners.push(client)
      client.on('notification', (notice) => {
        if (notice.channel === channel) onNotice()
      })
      // Losing this connection costs promptness only: workers also poll.
      client.on('error', () => {})
      await client.query(`listen ${client.escapeIdentifier(channel)}`)
    },
    close: async () => {
      for (const client of listeners) client.release(true)
      await db.destroy()
    },
  }
}
