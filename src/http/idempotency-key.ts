import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../kernel/index.ts'

/** The `headers` schema of every route that orders something. */
export const idempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Up to 255 visible characters of your choice: the same key repeats the same order and gives the same job, for 24 hours',
    }),
  ),
})

/** Null when there is none. Errors: http.invalid_parameter. */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new AppError('http.invalid_parameter', {
      parameter: 'Idempotency-Key',
      value: String(key).slice(0, 60),
      expected: 'it must be 1 to 255 visible ASCII characters without spaces',
    })
  }
  return key
}
