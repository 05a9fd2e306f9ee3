/** What a look at a source by a connection finds, and what its steps note on the way. */
import type { AppError } from '../../kernel/index.ts'
import type { FetchConnection, SourceOrder } from '../fetch/fetch-order.ts'

/**
 * `accepted`: the server took what was sent with the request; of one that lets in anybody that says little.
 * `not_asked`: the connection has nothing to sign in with. `unknown`: it did not come to that, or the answer does not say.
 */
export type SignIn = 'accepted' | 'refused' | 'not_asked' | 'unknown'

export interface TrialEntry {
  readonly name: string
  readonly kind: 'file' | 'directory'
  readonly bytes: number | null
}

export type Found =
  | {
      readonly kind: 'listing'
      readonly entries: readonly TrialEntry[]
      /** Whether there are more than are told. */
      readonly hasMore: boolean
    }
  | {
      readonly kind: 'content'
      readonly contentType: string | null
      /** Of the whole, as the server says it. */
      readonly bytes: number | null
      /** The first bytes, where they are a text. The secret of the connection is not in it. */
      readonly sample: string | null
    }

export interface Trial {
  /** `unclear`: the server answers, but so that nothing can be told of the secret (404 at the root of an API). */
  readonly outcome: 'ok' | 'unclear' | 'failed'
  readonly isReached: boolean
  readonly signIn: SignIn
  readonly found: Found | null
  readonly error: AppError | null
}

/** Noted by the steps of a trial as they are done, so that an error tells how far it came. */
export interface Steps {
  isReached: boolean
  signIn: SignIn
}

export interface TrialOrder extends SourceOrder {
  readonly connection: FetchConnection
}

export type TryKind = (order: TrialOrder, steps: Steps, signal: AbortSignal) => Promise<Found>

export const mostEntries = 20
export const sampleBytes = 1024
const sampleCharacters = 200

/** The first entries, by name, as a listing. `hasMore`: the source has more than it gave. */
export function listingOf(entries: readonly TrialEntry[], hasMore = false): Found {
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return {
    kind: 'listing',
    entries: sorted.slice(0, mostEntries),
    hasMore: hasMore || sorted.length > mostEntries,
  }
}

/** Null when they are no text. A source may say back what it was sent: the secret is taken out of it. */
export function sampleOf(bytes: Buffer, { username, secret }: FetchConnection): string | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
  if (/[^\P{Cc}\t\r\n]/u.test(text)) return null
  if (secret !== null) {
    const basic = Buffer.from(`${username ?? ''}:${secret}`, 'utf8').toString('base64')
    const inQuery = String(new URLSearchParams({ s: secret })).slice('s='.length)
    const forms = [basic, secret, encodeURIComponent(secret), inQuery, JSON.stringify(secret).slice(1, -1)]
    for (const form of forms) if (form !== '') text = text.replaceAll(form, '***')
    // Of a secret that the end cuts off, the beginning is one too.
    if (bytes.length >= sampleBytes) text = text.slice(0, -Math.min(text.length, secret.length * 3))
  }
  return [...text].slice(0, sampleCharacters).join('')
}
