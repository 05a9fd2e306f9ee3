import { PassThrough } from 'node:stream'
import { Client, FTPError } from 'basic-ftp'
import { AppError, shown } from '../../kernel/index.ts'
import { literalAddress } from './address-guard.ts'
import { requireLength } from './explain.ts'
import type { Fetched, FetchOrder, SourceOrder } from './fetch-order.ts'
import { pinnedAddress } from './guarded-agent.ts'
import { denied, notFound, type RemotePlace, remoteFile, validatorOf } from './remote-file.ts'
import { trustedBy } from './trusted.ts'

/** A server may list without end. */
const maxListingBytes = 1 << 20

/** Errors: ingest.fetch_denied, fetch_not_found, and those of fetchResource. */
export async function fetchFtp(order: FetchOrder, signal: AbortSignal): Promise<Fetched> {
  const file = remoteFile(order)
  return overFtp(order, file, signal, async (client) => {
    // Not every server has these two; what it does not say is not checked.
    const totalBytes = await optional(client.size(file.path))
    const modified = await optional(client.lastMod(file.path))
    const etag = validatorOf(totalBytes, modified?.getTime() ?? null)
    if (etag !== null && order.conditional?.etag === etag) return { kind: 'not_modified' }
    const { sha256, bytes } = await download(client, file.path, order, totalBytes, signal)
    requireLength(order, totalBytes, bytes)
    const lastModified = modified?.toUTCString() ?? null
    return { kind: 'fetched', sha256, bytes, filename: file.filename, contentType: null, etag, lastModified }
  })
}

/**
 * By FTP, or FTPS (explicit, unless the connection says `implicit`), signed in. The address is looked up once and judged;
 * data connections go to the same one, whatever the server says. Passive mode only.
 * Errors: ingest.fetch_denied, fetch_not_found, fetch_failed, and what the connection throws.
 */
export async function overFtp<T>(
  order: SourceOrder,
  file: RemotePlace,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = order.connection ?? null
  const { hostname } = file.url
  const address = await pinnedAddress(file.url, order.policy)
  const client = new Client(order.policy.idleTimeoutMs, { maxListingBytes })
  const stop = () => client.close()
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    const isImplicit = connection?.params.implicit === true
    const ca = trustedBy(connection)
    // The name is for the certificate; it is not looked up again.
    const secureOptions = {
      ...(literalAddress(hostname) === null ? { servername: hostname } : {}),
      ...(ca ? { ca: [...ca] } : {}),
    }
    await client.access({
      host: address,
      port: Number(file.url.port) || (isImplicit ? 990 : 21),
      user: connection?.username ?? 'anonymous',
      password: connection?.secret ?? 'guest',
      ...(file.url.protocol === 'ftps:' ? { secure: isImplicit ? 'implicit' : true, secureOptions } : {}),
    })
    return await work(client)
  } catch (error) {
    throw explainFtp(error, order)
  } finally {
    signal.removeEventListener('abort', stop)
    client.close()
  }
}

async function download(
  client: Client,
  path: string,
  order: FetchOrder,
  totalBytes: number | null,
  signal: AbortSignal,
): Promise<{ sha256: string; bytes: number }> {
  const through = new PassThrough()
  // Its reader hears it too, but may not be there yet when it happens.
  through.on('error', () => {})
  const transfer = client.downloadTo(through, path).catch((error) => {
    through.destroy(error)
    throw error
  })
  const stored = order.blobs
    .put(through, {
      maxBytes: order.policy.maxBytes,
      signal,
      onBytes: (bytes) => order.onProgress?.({ bytes, totalBytes }),
    })
    .catch((error) => {
      client.close()
      throw error
    })
  const [ended, found] = await Promise.allSettled([transfer, stored])
  // A blob that is too large ends the transfer: what the store says comes first then.
  if (found.status === 'rejected' && found.reason instanceof AppError) throw found.reason
  if (ended.status === 'rejected') throw ended.reason
  if (found.status === 'rejected') throw found.reason
  return found.value
}

async function optional<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    // 550 is told by the transfer itself; 500 to 504: it does not know the command.
    if (error instanceof FTPError) return null
    throw error
  }
}

function explainFtp(error: unknown, order: SourceOrder): unknown {
  if (!(error instanceof FTPError)) {
    const isSilence = error instanceof Error && /^Timeout/.test(error.message)
    return isSilence ? Object.assign(error, { code: 'UND_ERR_BODY_TIMEOUT' }) : error
  }
  if (error.code === 550 || error.code === 553) return notFound(order)
  if ([331, 332, 430, 530, 532].includes(error.code))
    return denied(order, 'the user name or the password is wrong')
  return new AppError('ingest.fetch_failed', {
    url: shown(order.url),
    reason: `the server answered with code ${error.code}`,
  })
}
