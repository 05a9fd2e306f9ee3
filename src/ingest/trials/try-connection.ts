import { AppError } from '../../kernel/index.ts'
import { explain } from '../fetch/explain.ts'
import type { Steps, Trial, TrialOrder, TryKind } from './trial.ts'
import { tryHttp } from './try-http.ts'
import { tryS3 } from './try-s3.ts'

const tryFtp: TryKind = async (...given) => (await import('./try-ftp.ts')).tryFtp(...given)
const trySftp: TryKind = async (...given) => (await import('./try-sftp.ts')).trySftp(...given)
const kinds: Readonly<Record<string, TryKind>> = {
  http: tryHttp,
  ftp: tryFtp,
  ftps: tryFtp,
  sftp: trySftp,
  s3: tryS3,
}

/** Somebody waits for the answer. */
const timeoutMs = 20_000
const idleTimeoutMs = 10_000

/**
 * Looks at `url` by the connection as a fetch would, without keeping anything: whether the server is reached, whether it
 * takes the secret, and what is there. At most twenty seconds. What goes wrong is told, not thrown.
 */
export async function tryConnection(given: TrialOrder): Promise<Trial> {
  const order: TrialOrder = {
    ...given,
    policy: {
      ...given.policy,
      timeoutMs: Math.min(timeoutMs, given.policy.timeoutMs),
      idleTimeoutMs: Math.min(idleTimeoutMs, given.policy.idleTimeoutMs),
    },
  }
  const timeout = AbortSignal.timeout(order.policy.timeoutMs)
  const steps: Steps = { isReached: false, signIn: 'unknown' }
  try {
    const look = kinds[order.connection.kind] ?? tryHttp
    const found = await look(order, steps, AbortSignal.any([order.signal, timeout]))
    return { outcome: 'ok', ...steps, found, error: null }
  } catch (cause) {
    noteFailure(cause, steps)
    const error = explain(cause, order, timeout)
    if (!(error instanceof AppError)) throw error
    return { outcome: isUnclear(error, steps) ? 'unclear' : 'failed', ...steps, found: null, error }
  }
}

/** What a server has answered is an error of the catalogue already; what went wrong before it, one of the connection. */
function noteFailure(cause: unknown, steps: Steps): void {
  if (!(cause instanceof AppError)) return
  if (cause.key === 'ingest.fetch_invalid_url' || cause.key === 'ingest.fetch_needs_connection') return
  steps.isReached = true
  if (cause.key === 'ingest.fetch_denied' && steps.signIn === 'unknown') steps.signIn = 'refused'
}

function isUnclear({ key, params }: AppError, { signIn }: Steps): boolean {
  if (signIn === 'refused') return false
  if (key === 'ingest.fetch_not_found' || key === 'ingest.fetch_denied') return true
  const status = Number(params.status)
  return key === 'ingest.fetch_status' && status >= 400 && status < 500
}
