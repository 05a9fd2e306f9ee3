import { AwsV4Signer } from 'aws4fetch'
import { AppError, shown } from '../../kernel/index.ts'
import type { FetchConnection, Fetched, FetchOrder } from './fetch-order.ts'
import { guardedAgent } from './guarded-agent.ts'
import { createAsker, requireOk } from './http-asker.ts'
import { store } from './http-body.ts'
import { connectionOf, denied, notFound, type RemoteFile, remoteFile } from './remote-file.ts'
import { trustedBy } from './trusted.ts'

/**
 * An object of a bucket, `s3://bucket/key`, from the endpoint that the connection names; requests are signed (Signature
 * Version 4), or not, when it has no secret. Errors: ingest.fetch_needs_connection, fetch_denied, fetch_not_found, and
 * those of fetchResource.
 */
export async function fetchS3(order: FetchOrder, signal: AbortSignal): Promise<Fetched> {
  const file = remoteFile(order)
  const connection = connectionOf(order, 's3')
  const url = objectUrl(connection, file)
  const dispatcher = guardedAgent(order.policy, trustedBy(connection))
  try {
    const asker = createAsker(order, dispatcher, signal)
    const { conditional } = order
    const validators: Record<string, string> = conditional?.etag ? { 'if-none-match': conditional.etag } : {}
    const headers = async (at: URL) => {
      const base = { accept: '*/*', 'user-agent': 'Broadsheet', ...(at.href === url.href ? validators : {}) }
      return at.origin === url.origin ? { ...base, ...(await signatureOf(connection, at)) } : base
    }
    const { answer } = await asker.ask({ url, headers })
    if (answer.statusCode === 304 && conditional) {
      await answer.body.dump().catch(() => {})
      return { kind: 'not_modified' }
    }
    if (answer.statusCode === 404) {
      answer.body.destroy()
      throw notFound(order)
    }
    if (answer.statusCode === 401 || answer.statusCode === 403) {
      answer.body.destroy()
      throw denied(order, 'the access key, its secret or its rights do not fit')
    }
    requireOk(order, answer)
    const fetched = await store(order, url, answer, signal)
    return fetched.kind === 'fetched' ? { ...fetched, filename: file.filename } : fetched
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

export const isBucket = (name: string): boolean => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)

/** `https://endpoint/bucket/key`, or `https://bucket.endpoint/key` when the connection says so. */
function objectUrl(connection: FetchConnection, { url, path }: RemoteFile): URL {
  const bucket = url.hostname
  if (!isBucket(bucket))
    throw new AppError('ingest.fetch_invalid_url', {
      url: shown(url.href),
      reason: 'it has no name of a bucket',
    })
  return bucketUrl(connection, bucket, path.split('/').map(encodeSegment).join('/'))
}

/** `path`: encoded, from the root of the bucket. */
export function bucketUrl(connection: FetchConnection, bucket: string, path: string): URL {
  const target = new URL(connection.url)
  const base = target.pathname.replace(/\/+$/, '')
  if (connection.params.path_style === false) {
    target.hostname = `${bucket}.${target.hostname}`
    target.pathname = `${base}${path}`
  } else {
    target.pathname = `${base}/${bucket}${path}`
  }
  return target
}

/** As the signature wants it: everything but unreserved characters (RFC 3986). */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Headers that sign a request; none, when the connection has no secret. */
export async function signatureOf(connection: FetchConnection, url: URL): Promise<Record<string, string>> {
  const { username, secret, params } = connection
  if (username === null || secret === null) return {}
  const signer = new AwsV4Signer({
    url: url.href,
    accessKeyId: username,
    secretAccessKey: secret,
    service: 's3',
    region: typeof params.region === 'string' ? params.region : 'us-east-1',
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  })
  const { headers } = await signer.sign()
  // The host is set by whoever sends the request, to the same.
  return Object.fromEntries([...headers].filter(([name]) => name !== 'host'))
}
