/** What the routes of the Automation API have in common: paging, bodies, the answer of an order. Its section 2. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError, errorSpec, type JsonObject } from '../../kernel/index.ts'
import { addressOf } from '../explore/links.ts'

export {
  anyObject,
  datasetParams,
  editorOf,
  type ManagementScope as AutomationScope,
  type RegisterRoutes,
  usernameOf,
} from '../management/scope.ts'

export const pageQuery = Type.Object({
  limit: Type.Optional(Type.String({ description: 'Objects per page: 0 to 1000, 20 by default' })),
  offset: Type.Optional(Type.String({ description: 'How many objects to pass over' })),
})

export interface Page {
  readonly limit: number
  readonly offset: number
}

/** Errors: http.invalid_parameter. */
export function readPage(query: { limit?: string | undefined; offset?: string | undefined }): Page {
  return {
    limit: wholeNumber('limit', query.limit, 20, 1000),
    offset: wholeNumber('offset', query.offset, 0, 1_000_000_000),
  }
}

/** The API calls both a number: clients may send `20.0`. */
function wholeNumber(parameter: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined || text === '') return fallback
  const value = /^\d{1,10}(\.0+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) {
    const expected = `it must be a whole number from 0 to ${max}`
    throw new AppError('http.invalid_parameter', { parameter, value: text.slice(0, 100), expected })
  }
  return value
}

/** Clients read `limit` and `offset` out of `next`: both are in it. */
export function printPage(
  request: FastifyRequest,
  { limit, offset }: Page,
  totalCount: number,
  results: readonly JsonObject[],
): JsonObject {
  const at = (start: number) => addressOf(request, { limit: String(limit), offset: String(start) })
  return {
    total_count: totalCount,
    next: limit > 0 && offset + limit < totalCount ? at(offset + limit) : null,
    previous: limit > 0 && offset > 0 ? at(Math.max(0, offset - limit)) : null,
    results: [...results],
  }
}

/** A page of a list that is at hand whole: what a dataset or a server has few of. */
export function printPageOf<T>(
  request: FastifyRequest,
  query: { limit?: string | undefined; offset?: string | undefined },
  all: readonly T[],
  print: (item: T) => JsonObject,
): JsonObject {
  const page = readPage(query)
  const shown = all.slice(page.offset, page.offset + page.limit)
  return printPage(request, page, all.length, shown.map(print))
}

/** An order is answered at once; the job is ours, for clients that want to know more than the status. */
export function sendOrdered(reply: FastifyReply, jobId: string): FastifyReply {
  return reply.header(jobHeader, jobId).send({ detail: 'ok', job_id: jobId })
}

export const jobHeader = 'Broadsheet-Job-Id'

/** Properties of bodies may be null where a client has set them to nothing. */
export const textOrNull = (description?: string, maxLength = 10_000) =>
  Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength,
      ...(description ? { description } : {}),
    }),
  )
export const flagOrNull = (description?: string) =>
  Type.Optional(
    Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], ...(description ? { description } : {}) }),
  )
export const objectOrNull = (description?: string) =>
  Type.Optional(
    Type.Unsafe<JsonObject | null>({ type: ['object', 'null'], ...(description ? { description } : {}) }),
  )

export function invalid(parameter: string, value: unknown, expected: string): AppError {
  const text = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100)
  return new AppError('http.invalid_parameter', { parameter, value: text, expected })
}

/** What a body names and is not there is a fault of the body, not of the address. Errors: http.invalid_parameter. */
export async function named<T>(property: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof AppError && errorSpec(error.key).status === 404)
      throw invalid(property, undefined, error.message)
    throw error
  })
}
