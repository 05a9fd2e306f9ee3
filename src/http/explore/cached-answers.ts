import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Publication } from '../../records/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged } from './answers.ts'

/** True when the reply has been sent: unchanged since the client's copy, or kept here. */
export async function sentFromCache(
  services: HttpServices,
  key: string | null,
  request: FastifyRequest,
  reply: FastifyReply,
  { row }: Publication,
): Promise<boolean> {
  if (key === null || !services.responseCache.has(key)) return false
  if (isUnchanged(request, reply, row)) {
    void reply.status(304).send()
    return true
  }
  return services.responseCache.sendKept(key, request, reply)
}
