import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { OnNotice } from './notices.ts'

export interface PostgresListener {
  listen(channel: string, onNotice: OnNotice): Promise<void>
  close(): void
}

const reconnectMs = 1000

/**
 * One connection that hears the notices of every channel. When it is lost another is opened, and every listener is told
 * with an empty payload that it may have missed something.
 */
export function createPostgresListener(pool: pg.Pool): PostgresListener {
  const listeners: { channel: string; onNotice: OnNotice }[] = []
  const closing = new AbortController()
  let connecting: Promise<pg.PoolClient> | null = null

  async function connect(): Promise<pg.PoolClient> {
    const client = await pool.connect()
    let isLost = false
    client.on('notification', ({ channel, payload }) => {
      for (const listener of listeners) if (listener.channel === channel) listener.onNotice(payload ?? '')
    })
    const lose = () => {
      if (isLost || closing.signal.aborted) return
      isLost = true
      connecting = null
      client.release(true)
      void reconnect()
    }
    client.on('error', lose)
    client.on('end', lose)
    for (const channel of new Set(listeners.map(({ channel }) => channel))) await hear(client, channel)
    return client
  }

  async function reconnect(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(reconnectMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
      if (closing.signal.aborted) return
      try {
        connecting ??= connect()
        await connecting
        for (const { onNotice } of listeners) onNotice('')
        return
      } catch {
        connecting = null
      }
    }
  }

  return {
    async listen(channel, onNotice) {
      listeners.push({ channel, onNotice })
      connecting ??= connect()
      await hear(await connecting, channel)
    },
    close() {
      closing.abort()
      void connecting?.then((client) => client.release(true)).catch(() => {})
    },
  }
}

async function hear(client: pg.PoolClient, channel: string): Promise<void> {
  await client.query(`listen ${client.escapeIdentifier(channel)}`)
}
