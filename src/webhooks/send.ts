import { type Agent, request } from 'undici'
import { type FetchPolicy, findRefusal, reasonOf, refuseLiteral } from '../ingest/index.ts'
import type { Clock } from '../kernel/index.ts'
import type { Claimed, DeliveryAttempt } from './deliveries.ts'
import { sign } from './sign.ts'

/** What an answer may say is of no interest: this much is read so that the connection can be used again. */
const maxAnswerBytes = 16_384

export interface SendDeps {
  readonly clock: Clock
  readonly agent: Agent
  readonly policy: FetchPolicy
  readonly timeoutMs: number
}

/** One request. Whatever comes of it is an attempt; only an aborted `stopping` throws. */
export async function send(
  deps: SendDeps,
  claimed: Claimed,
  stopping: AbortSignal,
): Promise<DeliveryAttempt> {
  const at = deps.clock.now()
  const timeout = AbortSignal.timeout(deps.timeoutMs)
  const answer = await post(deps, claimed, AbortSignal.any([stopping, timeout])).catch((cause) => {
    stopping.throwIfAborted()
    return { status: null, error: explain(cause, timeout, deps.timeoutMs) }
  })
  return { at, ...answer, duration_ms: deps.clock.now() - at }
}

async function post(
  deps: SendDeps,
  { delivery, url: text, secret }: Claimed,
  signal: AbortSignal,
): Promise<Pick<DeliveryAttempt, 'status' | 'error'>> {
  const url = new URL(text)
  refuseLiteral(url, deps.policy)
  const body = JSON.stringify(delivery.payload)
  const id = delivery.deliveryUid
  const timestamp = Math.floor(deps.clock.now() / 1000)
  const { statusCode: status, body: rest } = await request(url, {
    method: 'POST',
    dispatcher: deps.agent,
    signal,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Broadsheet',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(secret, { id, timestamp, body }),
    },
    body,
  })
  // A body that is let go of emits an error; with nobody to hear it, it would end the process.
  rest.on('error', () => {})
  await rest.dump({ limit: maxAnswerBytes }).catch(() => {})
  if (status >= 200 && status < 300) return { status, error: null }
  const error =
    status >= 300 && status < 400 ? `status ${status}: redirects are not followed` : `status ${status}`
  return { status, error }
}

function explain(cause: unknown, timeout: AbortSignal, timeoutMs: number): string {
  if (timeout.aborted) return `no answer within ${timeoutMs} ms`
  const refusal = findRefusal(cause)
  return refusal ? `${refusal.address} is not a public address` : reasonOf(cause)
}
