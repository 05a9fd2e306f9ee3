import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'

const lingerMs = 30_000

/**
 * Reads what a client still sends after it has been refused, and throws it away: a client that is writing would not see
 * its answer otherwise, or lose it with the connection. A client that goes on for longer loses the connection.
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  // What a page asks of the API within the server (src/http/web) comes over no connection.
  if (!(request.socket instanceof Socket)) return
  request.unpipe()
  request.resume()
  const giveUp = setTimeout(() => request.socket.destroy(), lingerMs).unref()
  const stop = () => clearTimeout(giveUp)
  request.once('end', stop).once('close', stop)
}
