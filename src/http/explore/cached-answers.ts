import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Publication } from '../../records/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, sendJson } from './answers.ts'
import { cacheKey } from './response-cache.ts'
import { findVisible } from './visible.ts'

/** True when the reply has been sent: unchanged since the client's copy, or kept here. */
export async function sentFromCache(
  services: HttpServices,
  key: string | null,
  request: FastifyRequest,
  reply: FastifyReply,
  publication: Publication,
): Promise<boolean> {
  if (key === null || !services.responseCache.has(key)) return false
  if (isUnchanged(request, reply, publication)) {
    void reply.status(304).send()
    return true
  }
  return services.responseCache.sendKept(key, request, reply)
}

/**
 * The answer to a question about a dataset: kept here, unchanged since the client's copy, or made now and kept. `names`: the
 * parameters that the route reads. `prepare` reads them, so that a wrong one is refused before anything is unchanged, and
 * answers how the JSON text is made. Errors: those of findVisible and of `prepare`.
 */
export async function answerFromPublication(
  services: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  names: readonly string[],
  prepare: (publication: Publication) => () => Promise<string>,
): Promise<FastifyReply> {
  const publication = await findVisible(services, request)
  const key = cacheKey(request, publication, names)
  if (await sentFromCache(services, key, request, reply, publication)) return reply
  const make = prepare(publication)
  if (isUnchanged(request, reply, publication)) return reply.status(304).send()
  const body = await make()
  if (key !== null) services.responseCache.keep(key, body)
  return sendJson(reply, body)
}
