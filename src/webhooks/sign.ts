import { createHmac } from 'node:crypto'
import type { Ids } from '../kernel/index.ts'

const secretPrefix = 'whsec_'
const secretBytes = 32

/** `whsec_` and base64 of 32 random bytes: the form that libraries of Standard Webhooks take. */
export function createSecret(ids: Ids): string {
  return `${secretPrefix}${Buffer.from(ids.hex(secretBytes), 'hex').toString('base64')}`
}

/**
 * The `webhook-signature` header: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function sign(secret: string, message: { id: string; timestamp: number; body: string }): string {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
  const { id, timestamp, body } = message
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
