/** What went wrong with a fetch, as an error of the catalogue: with a reason in words and without secrets. */
import { AppError, diskFault, shown } from '../../kernel/index.ts'
import { RefusedAddress } from './address-guard.ts'
import type { FetchOrder } from './fetch-order.ts'

export function explain(
  error: unknown,
  order: Pick<FetchOrder, 'url' | 'policy' | 'signal'>,
  timeout: AbortSignal,
): unknown {
  const url = shown(order.url)
  if (error instanceof AppError) return error
  const disk = diskFault(error)
  if (disk) return disk
  if (timeout.aborted)
    return new AppError('ingest.fetch_timed_out', { url, timeoutMs: order.policy.timeoutMs })
  if (order.signal.aborted) return new AppError('ingest.fetch_aborted', { url })
  const refused = findRefusal(error)
  if (refused) return new AppError('ingest.fetch_refused', { url, address: refused.address })
  return new AppError('ingest.fetch_failed', { url, reason: reasonOf(error) })
}

/** The refused address behind an error, if there is one. */
export function findRefusal(error: unknown): RefusedAddress | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof RefusedAddress) return at
    if (at instanceof AggregateError)
      for (const inner of at.errors) if (inner instanceof RefusedAddress) return inner
  }
  return null
}

const unknownHost = 'the host name is not known'
const badCertificate = 'its certificate is not valid'
const noTls = 'no secure connection can be made'
const tooShort = 'less arrived than was announced'
const tooLong = 'more arrived than was announced'

/** Whether the `reason` of ingest.fetch_failed will be the same the next time. */
export function isLastingFetchReason(reason: string): boolean {
  return reason === unknownHost || reason === badCertificate || reason === noTls
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: unknownHost,
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNREFUSED: 'the host refuses connections',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_BODY_TIMEOUT: 'the host stopped sending',
  UND_ERR_HEADERS_TIMEOUT: 'the host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the host cannot be reached',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: tooShort,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  EPROTO: noTls,
}

/** Why a transfer failed, in words. */
export function reasonOf(error: unknown): string {
  const code = String((error as { code?: unknown }).code ?? '')
  return reasons[code] ?? (/CERT|SSL|UNABLE_TO_VERIFY/.test(code) ? badCertificate : 'the transfer broke off')
}

/** Errors: ingest.fetch_failed when what arrived is not what was announced. */
export function requireLength(order: FetchOrder, announced: number | null, arrived: number): void {
  if (announced === null || announced === arrived) return
  const reason = arrived < announced ? tooShort : tooLong
  throw new AppError('ingest.fetch_failed', { url: shown(order.url), reason })
}
