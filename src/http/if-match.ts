/** Changes that are made only to what their author has seen: `ETag` in answers, `If-Match` in requests (RFC 9110 13.1.1). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { ExpectedRevisions } from '../catalog/index.ts'

export const ifMatchHeader = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        'ETag of the state that the change is for: if it is another by now, nothing is changed (412)',
    }),
  ),
})

/** Null: the change is for whatever there is. Weak tags match nothing here. */
export function ifMatchOf(request: FastifyRequest): ExpectedRevisions {
  const text = request.headers['if-match']?.trim() ?? ''
  if (text === '' || text === '*') return null
  return [...text.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag]) => (weak ? [] : [tag!]))
}

export function tellRevision(reply: FastifyReply, revision: string): void {
  reply.header('ETag', `"${revision}"`)
}
