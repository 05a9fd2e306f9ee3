import type { JsonObject } from '../../kernel/index.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import type { FetchPolicy } from './guarded-agent.ts'

/** What is asked of a source, whether its bytes are stored or only looked at. */
export interface SourceOrder {
  readonly url: string
  /** Default: none. */
  readonly connection?: FetchConnection | null
  readonly policy: FetchPolicy
  readonly signal: AbortSignal
}

export interface FetchOrder extends SourceOrder {
  /** What the last fetch learned; null: fetch in any case. */
  readonly conditional: { readonly etag: string | null; readonly lastModified: string | null } | null
  /** The resource's parameters, secrets in the clear; those that say how to fetch are used. */
  readonly params?: JsonObject
  /** For a look at a paged source: no more pages than these. Default: all. */
  readonly firstPages?: number
  readonly blobs: BlobStore
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number | null }) => void
}

/** A saved access with its secret in the clear. */
export interface FetchConnection {
  readonly kind: string
  readonly url: string
  readonly username: string | null
  readonly secret: string | null
  readonly params: JsonObject
}

export type Fetched =
  | {
      readonly kind: 'fetched'
      readonly sha256: string
      readonly bytes: number
      readonly filename: string
      readonly contentType: string | null
      /** Validators for the next fetch; protocols without any have one made of size and time. */
      readonly etag: string | null
      readonly lastModified: string | null
    }
  | { readonly kind: 'not_modified' }
