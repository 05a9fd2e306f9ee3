import type { FileEntryWithStats } from 'ssh2'
import { call, overSftp, statOf } from '../fetch/fetch-sftp.ts'
import { remotePlace } from '../fetch/remote-file.ts'
import { listingOf, sampleBytes, sampleOf, type TryKind } from './trial.ts'

/** Signs in, and reads the first names of a directory, or the first bytes of a file. */
export const trySftp: TryKind = (order, steps, signal) => {
  const { path } = remotePlace(order)
  return overSftp(order, { url: new URL(order.url), path }, signal, async (sftp) => {
    steps.isReached = true
    steps.signIn = 'accepted'
    const stats = await statOf(sftp, path)
    if (!stats.isDirectory()) {
      const handle = await call<Buffer>((done) => sftp.open(path, 'r', done))
      const length = Math.min(sampleBytes, stats.size)
      const chunk = Buffer.alloc(length)
      const read = await call<number>((done) => {
        if (length === 0) done(null, 0)
        else sftp.read(handle, chunk, 0, length, 0, (error, bytes) => done(error, bytes))
      })
      const sample = sampleOf(chunk.subarray(0, read), order.connection)
      return { kind: 'content', contentType: null, bytes: stats.size, sample }
    }
    // A handle gives a packet of names at a time, the path all of them at once.
    const handle = await call<Buffer>((done) => sftp.opendir(path, done))
    const entries = await call<FileEntryWithStats[]>((done) => sftp.readdir(handle as never, done)).catch(
      ignoreEnd,
    )
    const named = entries.filter(({ filename }) => filename !== '.' && filename !== '..')
    return listingOf(
      named.map(({ filename, attrs }) => ({
        name: filename,
        kind: isDirectory(attrs.mode) ? 'directory' : 'file',
        bytes: isDirectory(attrs.mode) ? null : attrs.size,
      })),
    )
  })
}

const isDirectory = (mode: number) => (mode & 0o170000) === 0o040000
const endOfFile = 1

/** An empty directory has no first packet. */
function ignoreEnd(error: unknown): FileEntryWithStats[] {
  if ((error as { code?: unknown }).code === endOfFile) return []
  throw error
}
