/**
 * Requests to services that an operator has set: one after the other, no more in a second than allowed, again after what
 * passes by itself (429, 5xx, a connection that breaks), never to an address that fetches must not go to.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import type { Clock } from '../../kernel/index.ts'
import { RefusedAddress } from '../fetch/address-guard.ts'
import { type FetchPolicy, guardedAgent, refuseLiteral } from '../fetch/guarded-agent.ts'
import { ServiceFault } from './service-fault.ts'

export interface ServiceCall {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface ServiceClient {
  /** The body of the answer. Errors: ServiceFault, the signal's reason. */
  send(call: ServiceCall, signal: AbortSignal): Promise<string>
}

export interface ClientOptions {
  readonly policy: FetchPolicy
  readonly clock: Clock
  readonly perSecond: number
  readonly attempts: number
  /** Before the second attempt; then twice that, and so on, unless the service says how long. */
  readonly firstRetryMs: number
}

const maxAnswerBytes = 64 << 20
const longestWaitMs = 60_000
const userAgent = 'broadsheet/0.1 (open data publishing server)'

/** Of one service: whoever else asks it waits for the same turns. */
export function createServiceClient(options: ClientOptions): ServiceClient {
  const { policy, clock, perSecond, attempts, firstRetryMs } = options
  let free = 0

  /** The next moment that is nobody's. */
  async function turn(signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const at = Math.max(now, free)
    free = at + 1000 / perSecond
    if (at > now) await sleep(at - now, undefined, { signal })
  }

  async function send(call: ServiceCall, signal: AbortSignal): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      await turn(signal)
      const answer = await attemptOnce(call, policy, signal)
      if (answer.kind === 'answered') return answer.text
      if (!answer.isPassing || attempt >= attempts) throw new ServiceFault(answer.reason)
      const waitMs = answer.retryAfterMs ?? firstRetryMs * 2 ** (attempt - 1)
      await sleep(Math.min(waitMs, longestWaitMs), undefined, { signal })
    }
  }

  return { send }
}

type Attempt =
  | { readonly kind: 'answered'; readonly text: string }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly isPassing: boolean
      readonly retryAfterMs: number | null
    }

const failed = (reason: string, isPassing: boolean, retryAfterMs: number | null = null): Attempt => ({
  kind: 'failed',
  reason,
  isPassing,
  retryAfterMs,
})

async function attemptOnce(call: ServiceCall, policy: FetchPolicy, signal: AbortSignal): Promise<Attempt> {
  const dispatcher = guardedAgent(policy)
  const timeout = AbortSignal.timeout(policy.timeoutMs)
  try {
    refuseLiteral(call.url, policy)
    const answer = await request(call.url, {
      dispatcher,
      method: call.method,
      headers: { 'user-agent': userAgent, accept: '*/*', ...call.headers },
      body: call.body ?? null,
      signal: AbortSignal.any([signal, timeout]),
    })
    const { statusCode } = answer
    if (statusCode === 200) return { kind: 'answered', text: await readBody(answer.body) }
    answer.body.on('error', () => {})
    answer.body.destroy()
    const isPassing = statusCode === 429 || statusCode >= 500
    return failed(
      `it answered with status ${statusCode}`,
      isPassing,
      retryAfter(answer.headers['retry-after']),
    )
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof ServiceFault) throw error
    const refused = refusalIn(error)
    if (refused) return failed(`${refused.address} is not a public address`, false)
    if (timeout.aborted) return failed('it took too long to answer', true)
    return failed(`it cannot be reached (${codeOf(error)})`, true)
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

async function readBody(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxAnswerBytes) throw new ServiceFault(`it answered with more than ${maxAnswerBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** In seconds only: a date would need its clock and ours to agree. */
function retryAfter(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^[0-9]{1,6}$/.test(header) ? Number(header) * 1000 : null
}

function refusalIn(error: unknown): RefusedAddress | null {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof RefusedAddress) return at
  return null
}

function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string') return code
  }
  return 'no connection'
}
