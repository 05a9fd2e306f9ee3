import { type Kysely, sql } from 'kysely'
import type { ControlSchema } from './schema.ts'

/**
 * Tells whoever listens on `channel`, in this process and in others on the same database, once the transaction that
 * `db` is in has been committed. One statement for both dialects: SQLite is given a function of PostgreSQL's name.
 */
export async function notify(db: Kysely<ControlSchema>, channel: string, payload = ''): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(db)
}

/** Payload: the dataset whose access policy or rulesets have changed. */
export const securityChannel = 'broadsheet_security'

/** The settings of the domain have changed. */
export const domainChannel = 'broadsheet_domain'

export type OnNotice = (payload: string) => void

/** SQLite's side: there is one process, so the notices of a transaction wait here for its end. */
export interface SqliteNotices {
  add(channel: string, payload: string): null
  deliver(): void
  forget(): void
  listen(channel: string, onNotice: OnNotice): void
}

export function createSqliteNotices(): SqliteNotices {
  const listeners: { channel: string; onNotice: OnNotice }[] = []
  const pending = new Map<string, { channel: string; payload: string }>()
  return {
    add(channel, payload) {
      pending.set(`${channel}\0${payload}`, { channel, payload })
      return null
    },
    deliver() {
      if (pending.size === 0) return
      const notices = [...pending.values()]
      pending.clear()
      // Not inside the statement: a listener may want the database itself.
      setImmediate(() => {
        for (const { channel, payload } of notices) {
          for (const listener of listeners) if (listener.channel === channel) listener.onNotice(payload)
        }
      })
    },
    forget: () => pending.clear(),
    listen: (channel, onNotice) => {
      listeners.push({ channel, onNotice })
    },
  }
}
