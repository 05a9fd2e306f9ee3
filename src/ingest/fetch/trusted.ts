import { rootCertificates } from 'node:tls'
import type { FetchConnection } from './fetch-order.ts'

/** The certificates that a connection trusts beside the usual ones; undefined: the usual ones alone. */
export function trustedBy(connection: FetchConnection | null): readonly string[] | undefined {
  const ca = connection?.params.ca
  return typeof ca === 'string' ? [...rootCertificates, ca] : undefined
}
