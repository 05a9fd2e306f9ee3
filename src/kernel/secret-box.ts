/**
 * Secrets at rest: AES-256-GCM under one key of the server. What is sealed is bound to a context (which address it is
 * for), so that a sealed text that is moved elsewhere cannot be opened there.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { AppError } from './errors.ts'
import type { Ids } from './ids.ts'

export interface SecretBox {
  seal(text: string, context: string): string
  /** Errors: catalog.secret_unreadable: of another key, of another context, or damaged. */
  open(sealed: string, context: string): string
}

export const sealedPrefix = 'sealed:1:'
const ivBytes = 12
const tagBytes = 16

/** `key`: 32 bytes. */
export function createSecretBox(key: Buffer, ids: Pick<Ids, 'hex'>): SecretBox {
  if (key.length !== 32) throw new TypeError('the key of a secret box has 32 bytes')
  return {
    seal(text, context) {
      const iv = Buffer.from(ids.hex(ivBytes), 'hex')
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad(context))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return sealedPrefix + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open(sealed, context) {
      try {
        const bytes = Buffer.from(sealed.slice(sealedPrefix.length), 'base64url')
        const iv = bytes.subarray(0, ivBytes)
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
        decipher.setAAD(aad(context)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()])
        return text.toString('utf8')
      } catch {
        throw new AppError('catalog.secret_unreadable', {})
      }
    },
  }
}

/** Of any length, so that no two contexts can be taken for one another. */
function aad(context: string): Buffer {
  return createHash('sha256').update(context).digest()
}

export function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(sealedPrefix)
}
