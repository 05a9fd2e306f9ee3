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
  /** The whole fetch, redirects included. */
  readonly timeoutMs: number
  /** Longest silence. */
  readonly idleTimeoutMs: number
  readonly maxBytes: number
  readonly maxRedirects: number
  /** Replaces the system's name resolution; for tests. */
  readonly lookup?: Lookup
  /** Replaces isPublicAddress: which addresses may be connected to; for tests, which have only local servers. */
  readonly isAllowedAddress?: (address: string) => boolean
}

/** Connections that go only where the policy lets them. The caller destroys it. */
export function guardedAgent(policy: FetchPolicy): Agent {
  return new Agent({
    connect: {
      timeout: policy.idleTimeoutMs,
      ...(policy.allowPrivateAddresses
        ? policy.lookup
          ? { lookup: policy.lookup }
          : {}
        : { lookup: guardedLookup(policy.lookup, policy.isAllowedAddress) }),
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
