import type { IncomingMessage } from 'node:http'

const lingerMs = 30_000

/**
 * Reads what a client still sends after it has been refused, and throws it away: a client that is writing would not see
 * its answer otherwise, or lose it with the connection. A client that goes on for longer loses the connection.
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  request.unpipe()
  request.resume()
  // The request itself, not its socket: one that a page of ours makes (src/http/web) has none.
  const giveUp = setTimeout(() => request.destroy(), lingerMs).unref()
  const stop = () => clearTimeout(giveUp)
  request.once('end', stop).once('close', stop)
}
