import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { Agent } from 'undici'
import {
  guardedLookup,
  isPublicAddress,
  type Lookup,
  literalAddress,
  RefusedAddress,
} from './address-guard.ts'

export interface FetchPolicy {
  readonly allowPrivateAddresses: boolean
  /** The whole fetch, redirects and pages included. */
  readonly timeoutMs: number
  /** Longest silence. */
  readonly idleTimeoutMs: number
  readonly maxBytes: number
  readonly maxRedirects: number
  /** Most pages of a paged API. Default: 10,000. */
  readonly maxPages?: number
  /** Replaces the system's name resolution; for tests. */
  readonly lookup?: Lookup
  /** Replaces isPublicAddress: which addresses may be connected to; for tests, which have only local servers. */
  readonly isAllowedAddress?: (address: string) => boolean
}

/** Connections that go only where the policy lets them. `ca`: trusted beside the usual authorities. The caller destroys it. */
export function guardedAgent(policy: FetchPolicy, ca?: readonly string[]): Agent {
  const lookup = lookupOf(policy)
  return new Agent({
    connect: {
      timeout: policy.idleTimeoutMs,
      ...(lookup ? { lookup } : {}),
      ...(ca ? { ca: [...ca] } : {}),
    },
    headersTimeout: policy.idleTimeoutMs,
    bodyTimeout: policy.idleTimeoutMs,
    maxResponseSize: -1,
  })
}

/** A host written as an address is not looked up, so the agent does not see it. Throws RefusedAddress. */
export function refuseLiteral(url: URL, policy: FetchPolicy): void {
  if (policy.allowPrivateAddresses) return
  const address = literalAddress(url.hostname)
  const isAllowed = policy.isAllowedAddress ?? isPublicAddress
  if (address !== null && !isAllowed(address)) throw new RefusedAddress(address)
}

/**
 * The address that a client which looks names up by itself is to connect to: looked up once, judged, and used.
 * Throws RefusedAddress, and what a lookup throws.
 */
export async function pinnedAddress(url: URL, policy: FetchPolicy): Promise<string> {
  refuseLiteral(url, policy)
  // Only the addresses of http are brought into one form by URL itself: 0x7f.1 is a name here, for the lookup to judge.
  const literal = literalAddress(url.hostname)
  if (literal !== null) return literal
  const resolve = lookupOf(policy) ?? systemLookup
  return new Promise((done, fail) => {
    resolve(url.hostname, { all: true }, (error, found) => {
      const [first] = (found ?? []) as readonly LookupAddress[]
      if (error) fail(error)
      else if (!first) fail(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }))
      else done(first.address)
    })
  })
}

function lookupOf(policy: FetchPolicy): Lookup | undefined {
  return policy.allowPrivateAddresses ? policy.lookup : guardedLookup(policy.lookup, policy.isAllowedAddress)
}
