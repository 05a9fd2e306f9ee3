import { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'

/** Closes the connection of an answer whose reader has taken nothing for this long; waiting for the engine is no stall. */
export function closeWhenStalled(reply: FastifyReply, stalledMs: number): void {
  reply.raw.setTimeout(stalledMs, () => {
    const { socket } = reply.raw
    // What a page asks of the API within the server (src/http/web) is taken by no socket.
    if (!(socket instanceof Socket)) return
    if (socket.writableLength > 0) socket.resetAndDestroy()
    else socket.setTimeout(stalledMs)
  })
}
