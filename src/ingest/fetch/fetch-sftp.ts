import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { Client, type SFTPWrapper, type Stats } from 'ssh2'
import { AppError, shown } from '../../kernel/index.ts'
import { requireLength } from './explain.ts'
import type { FetchConnection, Fetched, FetchOrder, SourceOrder } from './fetch-order.ts'
import { pinnedAddress } from './guarded-agent.ts'
import { connectionOf, denied, notFound, type RemotePlace, remoteFile, validatorOf } from './remote-file.ts'

/** Errors: ingest.fetch_needs_connection, host_key_differs, fetch_denied, fetch_not_found, and those of fetchResource. */
export async function fetchSftp(order: FetchOrder, signal: AbortSignal): Promise<Fetched> {
  const file = remoteFile(order)
  return overSftp(order, file, signal, async (sftp) => {
    const stats = await statOf(sftp, file.path)
    if (!stats.isFile()) throw notFound(order)
    const etag = validatorOf(stats.size, stats.mtime)
    if (order.conditional?.etag === etag) return { kind: 'not_modified' }
    const content = Readable.from(contentOf(sftp, file.path), { objectMode: false })
    const { sha256, bytes } = await order.blobs.put(content, {
      maxBytes: order.policy.maxBytes,
      signal,
      onBytes: (count) => order.onProgress?.({ bytes: count, totalBytes: stats.size }),
    })
    requireLength(order, stats.size, bytes)
    const lastModified = new Date(stats.mtime * 1000).toUTCString()
    return { kind: 'fetched', sha256, bytes, filename: file.filename, contentType: null, etag, lastModified }
  })
}

export const statOf = (sftp: SFTPWrapper, path: string): Promise<Stats> =>
  call<Stats>((done) => sftp.stat(path, done))

/**
 * By SFTP, over a socket of our own that goes only where the policy lets it. The server must show the host key that the
 * connection names: without it, anybody on the way could be given the password.
 * Errors: ingest.fetch_needs_connection, host_key_differs, fetch_denied, fetch_not_found, and what the connection throws.
 */
export async function overSftp<T>(
  order: SourceOrder,
  place: RemotePlace,
  signal: AbortSignal,
  work: (sftp: SFTPWrapper) => Promise<T>,
): Promise<T> {
  const connection = connectionOf(order, 'sftp')
  const socket = await openSocket(order, place, signal)
  const client = new Client()
  let working: Promise<unknown> = Promise.resolve()
  try {
    return await overSsh(order, client, socket, connection, signal, (sftp) => {
      const reading = work(sftp)
      working = reading
      return reading
    })
  } finally {
    client.destroy()
    socket.destroy()
    // What ended the connection ends it too; until then it may hold an unfinished blob.
    await working.catch(() => {})
  }
}

const chunkBytes = 32 << 10
/** Asked for before the first is there: one at a time would wait for the way there and back each time. */
const readsAhead = 16

async function* contentOf(sftp: SFTPWrapper, path: string): AsyncGenerator<Buffer> {
  const handle = await call<Buffer>((done) => sftp.open(path, 'r', done))
  const pending: Promise<Buffer>[] = []
  for (let offset = 0; ; ) {
    for (; pending.length < readsAhead; offset += chunkBytes) {
      const chunk = readChunk(sftp, handle, offset)
      // Those behind the one that fails are not waited for.
      chunk.catch(() => {})
      pending.push(chunk)
    }
    const chunk = await pending.shift()!
    if (chunk.length > 0) yield chunk
    if (chunk.length < chunkBytes) return
  }
}

/** Shorter only at the end of the file. */
async function readChunk(sftp: SFTPWrapper, handle: Buffer, offset: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let filled = 0
  while (filled < chunkBytes) {
    const read = await readOnce(sftp, handle, chunk, filled, offset)
    if (read === 0) break
    filled += read
  }
  return chunk.subarray(0, filled)
}

function readOnce(
  sftp: SFTPWrapper,
  handle: Buffer,
  into: Buffer,
  filled: number,
  offset: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    sftp.read(handle, into, filled, chunkBytes - filled, offset + filled, (error, bytes) => {
      if (!error) resolve(bytes)
      else if ((error as { code?: unknown }).code === endOfFile) resolve(0)
      else reject(error)
    })
  })
}

const endOfFile = 1

async function openSocket(order: SourceOrder, { url }: RemotePlace, signal: AbortSignal): Promise<Socket> {
  const host = await pinnedAddress(url, order.policy)
  const { idleTimeoutMs } = order.policy
  const socket = connect({ host, port: Number(url.port) || 22, signal, noDelay: true })
  socket.setTimeout(idleTimeoutMs, () =>
    socket.destroy(Object.assign(new Error('silence'), { code: 'UND_ERR_BODY_TIMEOUT' })),
  )
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

/** Whatever ends the connection ends `work`. */
function overSsh<T>(
  order: SourceOrder,
  client: Client,
  socket: Socket,
  connection: FetchConnection,
  signal: AbortSignal,
  work: (sftp: SFTPWrapper) => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let cause: unknown = null
    const fail = (error: unknown) => reject(cause ?? explainSsh(error, order))
    const stop = () => fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    socket.on('error', (error) => {
      cause ??= error
      fail(error)
    })
    client.on('error', fail)
    client.on('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    client.on('ready', () => {
      call<SFTPWrapper>((done) => client.sftp(done))
        .then(work)
        .then(resolve, fail)
    })
    const { secret, username, params } = connection
    const isKey = params.authentication === 'key'
    try {
      client.connect({
        sock: socket,
        username: username ?? 'anonymous',
        readyTimeout: order.policy.idleTimeoutMs,
        ...(isKey ? { privateKey: secret ?? '' } : { password: secret ?? '' }),
        hostVerifier: (key: Buffer) => {
          const presented = fingerprintOf(key)
          const expected = typeof params.host_key === 'string' ? params.host_key.replace(/=$/, '') : null
          if (expected === presented) return true
          const facts = {
            url: shown(order.url),
            presented,
            expected: expected ?? 'one that the connection names',
          }
          cause = new AppError('ingest.host_key_differs', facts)
          return false
        },
      })
    } catch {
      // The only thing it looks at before it connects is the key.
      fail(denied(order, 'the private key cannot be used'))
    }
  })
}

/** As ssh-keygen -l prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=$/, '')}`
}

/** Of a library that calls back. */
export function call<T>(
  start: (done: (error: Error | undefined | null, value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
}

function explainSsh(error: unknown, order: SourceOrder): unknown {
  const { level, code } = error as { level?: string; code?: number | string }
  if (level === 'client-authentication') return denied(order, 'the user name or the secret is wrong')
  if (code === 2) return notFound(order)
  if (code === 3) return denied(order, 'this user may not read the file')
  if (level === 'client-timeout') return Object.assign(error as Error, { code: 'UND_ERR_HEADERS_TIMEOUT' })
  return error
}
