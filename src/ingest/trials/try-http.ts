import { AppError, shown } from '../../kernel/index.ts'
import type { FetchConnection } from '../fetch/fetch-order.ts'
import { guardedAgent } from '../fetch/guarded-agent.ts'
import {
  type Answer,
  createAsker,
  headerText,
  parseUrl,
  requestHeaders,
  withQuerySecret,
} from '../fetch/http-asker.ts'
import { decoded } from '../fetch/http-body.ts'
import { trustedBy } from '../fetch/trusted.ts'
import { type Found, type SignIn, sampleBytes, sampleOf, type TryKind } from './trial.ts'

/** Asks for the address as a fetch does, and reads its first bytes. */
export const tryHttp: TryKind = async (order, steps, signal) => {
  const { connection } = order
  const url = withQuerySecret(parseUrl(order.url, order.url), connection)
  const dispatcher = guardedAgent(order.policy, trustedBy(connection))
  try {
    const headers = requestHeaders(url.origin, { headers: {}, authentication: null }, connection)
    const { url: last, answer } = await createAsker(order, dispatcher, signal).ask({ url, headers })
    steps.isReached = true
    steps.signIn = signInOf(connection, answer.statusCode, last.origin === url.origin)
    return await contentOf(order.url, answer, connection)
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

/** Errors: ingest.fetch_status, unless the answer is a good one. */
export async function contentOf(url: string, answer: Answer, connection: FetchConnection): Promise<Found> {
  const { statusCode, headers } = answer
  if (statusCode < 200 || statusCode > 299) {
    answer.body.destroy()
    throw new AppError('ingest.fetch_status', { url: shown(url), status: statusCode })
  }
  const length = headerText(headers['content-length'])
  return {
    kind: 'content',
    contentType: headerText(headers['content-type'])?.slice(0, 200) ?? null,
    bytes: length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null,
    sample: sampleOf(await firstBytes(answer, sampleBytes), connection),
  }
}

/** At most so many; the rest is not waited for. */
export async function firstBytes(answer: Answer, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  const body = decoded(answer)
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= most) break
  }
  answer.body.destroy()
  return Buffer.concat(chunks).subarray(0, most)
}

/** `isAsked`: the answer is from the server that the secret goes to. */
function signInOf({ secret }: FetchConnection, status: number, isAsked: boolean): SignIn {
  if (secret === null) return 'not_asked'
  if (!isAsked) return 'unknown'
  if (status === 401 || status === 403) return 'refused'
  return status >= 200 && status <= 299 ? 'accepted' : 'unknown'
}
