import type { FastifyReply } from 'fastify'

/** Closes the connection of an answer whose reader has taken nothing for this long; waiting for the engine is no stall. */
export function closeWhenStalled(reply: FastifyReply, stalledMs: number): void {
  reply.raw.setTimeout(stalledMs, () => {
    const { socket } = reply.raw
    if (!socket) return
    if (socket.writableLength > 0) socket.resetAndDestroy()
    else socket.setTimeout(stalledMs)
  })
}
