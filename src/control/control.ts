import { Kysely } from 'kysely'
import { migrate } from './migrations/index.ts'
import { createSqliteNotices, notify, type OnNotice } from './notices.ts'
import { postgresDialect, postgresPool } from './postgres.ts'
import { createPostgresListener } from './postgres-listener.ts'
import type { ControlSchema } from './schema.ts'
import { sqliteDialect } from './sqlite.ts'

export type ControlDb = Kysely<ControlSchema>

/** The control database: what is true of datasets, jobs, generations and publications. */
export interface Control {
  readonly db: ControlDb
  readonly dialect: 'sqlite' | 'postgres'
  /** As `notify` on no transaction of the caller's: heard at once. */
  notify(channel: string, payload?: string): Promise<void>
  /**
   * Calls `onNotice` with the payload of each notice on `channel`, of this process or another on the same database. An
   * empty payload may also mean that notices have been missed: look for yourself.
   */
  listen(channel: string, onNotice: OnNotice): Promise<void>
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
  const notices = createSqliteNotices()
  const db = new Kysely<ControlSchema>({ dialect: sqliteDialect(path, { notices }) })
  await migrate(db as Kysely<unknown>, 'sqlite')
  return {
    db,
    dialect: 'sqlite',
    notify: (channel, payload) => notify(db, channel, payload),
    listen: async (channel, onNotice) => notices.listen(channel, onNotice),
    close: () => db.destroy(),
  }
}

async function openPostgres(url: string): Promise<Control> {
  const pool = postgresPool(url)
  // An idle connection that the database drops is not our crash: the next query opens another.
  pool.on('error', () => {})
  const db = new Kysely<ControlSchema>({ dialect: postgresDialect(pool) })
  await migrate(db as Kysely<unknown>, 'postgres')
  const listener = createPostgresListener(pool)
  return {
    db,
    dialect: 'postgres',
    notify: (channel, payload) => notify(db, channel, payload),
    listen: listener.listen,
    close: async () => {
      listener.close()
      await db.destroy()
    },
  }
}
