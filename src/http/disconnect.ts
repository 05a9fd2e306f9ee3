import type { FastifyReply } from 'fastify'

/** Aborted when the client goes away before its answer is complete: the engine must not work for nobody. */
export function disconnectSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  onClose(reply, () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}

/** At the end of the connection or answer; at once when that was before, while the question was being looked at. */
export function onClose(reply: FastifyReply, listener: () => void): void {
  if (reply.raw.closed) listener()
  else reply.raw.once('close', listener)
}
