import { overFtp } from '../fetch/fetch-ftp.ts'
import { remotePlace } from '../fetch/remote-file.ts'
import { listingOf, type TryKind } from './trial.ts'

/** Signs in, and lists the directory (or the file). */
export const tryFtp: TryKind = (order, steps, signal) => {
  const place = remotePlace(order)
  return overFtp(order, place, signal, async (client) => {
    steps.isReached = true
    steps.signIn = order.connection.username === null ? 'not_asked' : 'accepted'
    const files = await client.list(place.path)
    return listingOf(
      files.map((file) => ({
        name: file.name,
        kind: file.isDirectory ? 'directory' : 'file',
        bytes: file.isDirectory ? null : file.size,
      })),
    )
  })
}
