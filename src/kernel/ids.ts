import { randomBytes } from 'node:crypto'

/** The only source of randomness for identifiers. */
export interface Ids {
  /** `prefix_` and `length` of [a-z0-9], e.g. `da_k3v9qd`. Management API section 6.6. */
  uid(prefix: string, length?: number): string
  /** `bytes` random bytes in lower-case hex: job ids (20), keys, secrets. */
  hex(bytes: number): string
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

export function createIds(random: (bytes: number) => Uint8Array = createPool()): Ids {
  return {
    uid(prefix, length = 6) {
      let text = ''
      while (text.length < length) {
        for (const byte of random(length * 2)) {
          // 252 is the largest multiple of 36 below 256: higher bytes would favour the first letters.
          if (byte < 252 && text.length < length) text += alphabet[byte % 36]
        }
      }
      return `${prefix}_${text}`
    },
    hex: (bytes) => Buffer.from(random(bytes)).toString('hex'),
  }
}

const poolBytes = 4096

/** The system's random bytes, asked for in one go: every request has an id, and each question costs microseconds. */
function createPool(): (bytes: number) => Uint8Array {
  let pool = Buffer.alloc(0)
  return (bytes) => {
    if (bytes > pool.length) pool = randomBytes(Math.max(poolBytes, bytes))
    const taken = pool.subarray(0, bytes)
    pool = pool.subarray(bytes)
    return taken
  }
}
