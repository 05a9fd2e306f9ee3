/**
 * Decides which addresses a fetch may connect to. The decision is made on the address that the connection is about to
 * use, inside its own name lookup: checking a name beforehand and connecting later leaves a gap in which the name can
 * be pointed elsewhere.
 */
import { lookup as systemLookup } from 'node:dns'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Lookup = typeof systemLookup

/** Raised inside a lookup; the fetch turns it into ingest.fetch_refused. */
export class RefusedAddress extends Error {
  readonly address: string
  constructor(address: string) {
    super(`refused to connect to ${address}`)
    this.address = address
  }
}

/** Whether an IP address is reachable by anyone on the public Internet: nothing local, private, reserved or translated. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  // Only 2000::/3 has ever been given out; outside it lie old ways to write an IPv4 address, such as ::7f00:1.
  if (parsed instanceof ipaddr.IPv6 && parsed.parts[0]! >> 13 !== 1) return false
  return parsed.range() === 'unicast'
}

/** A lookup for a socket that hands out public addresses only. */
export function guardedLookup(resolve: Lookup = systemLookup, isAllowed = isPublicAddress): Lookup {
  const guarded = (hostname: string, options: unknown, callback: (...args: unknown[]) => void) => {
    const settings = typeof options === 'object' && options !== null ? options : {}
    resolve(hostname, { ...settings, all: true }, (error, found) => {
      if (error) return callback(error)
      const addresses = found as { address: string; family: number }[]
      const refused = addresses.find(({ address }) => !isAllowed(address))
      // One private answer among public ones is how rebinding looks: none of them is used.
      if (refused) return callback(new RefusedAddress(refused.address))
      if ((settings as { all?: boolean }).all) return callback(null, addresses)
      const first = addresses[0]
      return first ? callback(null, first.address, first.family) : callback(new Error('no address'))
    })
  }
  return guarded as unknown as Lookup
}

/** A host written as an address is never looked up, so it is judged here; other spellings of numbers count too. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) ? bare : null
}
