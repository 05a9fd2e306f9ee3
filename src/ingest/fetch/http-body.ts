/** Bodies of HTTP: as they are sent, as they are stored, and what they are called. */
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Fetched, FetchOrder } from './fetch-order.ts'
import { type Answer, headerText } from './http-asker.ts'

/** As it is sent. A text without a type of its own is a form. */
export function printBody(body: unknown): { readonly body: string | null; readonly type: string } {
  if (body === null) return { body: null, type: '' }
  if (typeof body === 'string') return { body, type: 'application/x-www-form-urlencoded' }
  return { body: JSON.stringify(body), type: 'application/json' }
}

/** Errors: ingest.source_too_large, and those of the transfer. */
export async function store(
  order: FetchOrder,
  url: URL,
  answer: Answer,
  signal: AbortSignal,
): Promise<Fetched> {
  const length = Number(headerText(answer.headers['content-length']))
  const totalBytes = Number.isSafeInteger(length) && length > 0 ? length : null
  const { sha256, bytes } = await order.blobs.put(decoded(answer), {
    maxBytes: order.policy.maxBytes,
    signal,
    onBytes: (count) => order.onProgress?.({ bytes: count, totalBytes }),
  })
  return {
    kind: 'fetched',
    sha256,
    bytes,
    filename: filenameOf(headerText(answer.headers['content-disposition']), url),
    contentType: headerText(answer.headers['content-type']),
    etag: headerText(answer.headers.etag),
    lastModified: headerText(answer.headers['last-modified']),
  }
}

/** A compressed transfer is unpacked here, so that the size limit counts what is stored. */
export function decoded(answer: Answer): Readable {
  const encoding = headerText(answer.headers['content-encoding'])?.toLowerCase() ?? ''
  const body = Readable.from(answer.body)
  const unpack =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : null
  if (!unpack) return body
  body.on('error', (error) => unpack.destroy(error))
  // The reader of the stream sees the error too, but may not be there yet when it happens.
  unpack.on('error', () => {})
  return body.pipe(unpack)
}

/** From Content-Disposition, else the path; never more than a plain file name. */
export function filenameOf(disposition: string | null, url: URL): string {
  const extended = /filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;]+)/i.exec(disposition ?? '')?.[1]
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition ?? '')
  const candidate =
    decode(extended) ?? plain?.[1] ?? plain?.[2] ?? decode(url.pathname.split('/').at(-1)) ?? ''
  const name = basename(candidate.replaceAll('\\', '/'))
    .replace(/[\p{Cc}]/gu, '')
    .slice(0, 200)
  return name === '' || name === '.' || name === '..' ? 'resource' : name
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
