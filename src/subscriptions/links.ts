/** Links that may be followed without signing in: they name a subscription and what may be done with it, and are signed. */
import { createHmac, timingSafeEqual } from 'node:crypto'

export type LinkPurpose = 'confirm' | 'unsubscribe'

export interface Links {
  /** The whole address. */
  make(purpose: LinkPurpose, subscriptionUid: string): string
  isValid(purpose: LinkPurpose, subscriptionUid: string, signature: string): boolean
}

/** `key`: of the server alone; the same after a restart. */
export function createLinks(key: Buffer, publicUrl: () => string): Links {
  const sign = (purpose: LinkPurpose, uid: string) =>
    createHmac('sha256', key).update(`subscription\0${purpose}\0${uid}`).digest('base64url')
  return {
    make: (purpose, uid) =>
      `${publicUrl()}/api/notifications/v1/${purpose}?${new URLSearchParams({ id: uid, key: sign(purpose, uid) })}`,
    isValid(purpose, uid, signature) {
      const expected = Buffer.from(sign(purpose, uid))
      const given = Buffer.from(signature)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}
