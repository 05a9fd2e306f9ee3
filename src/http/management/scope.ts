import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { Type } from 'typebox'
import type { EditorDeps, SecretDeps } from '../../catalog/index.ts'
import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import type { HttpServices } from '../services.ts'
import { usernameOf } from '../username-of.ts'

export { usernameOf } from '../username-of.ts'

/** A Fastify scope whose handlers are typed by their schemas. */
export type ManagementScope = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export type RegisterRoutes = (scope: ManagementScope, services: HttpServices) => void

export const datasetParams = Type.Object({
  dataset_uid: Type.String({ description: 'Uid of the dataset; its id is understood too' }),
})

/** A JSON object of any content. */
export const anyObject = (description?: string) =>
  Type.Unsafe<JsonObject>({ type: 'object', ...(description ? { description } : {}) })

/** Any JSON. */
export const anyValue = (description: string) => Type.Unsafe<JsonValue>({ description })

/** One schema with two types rather than a union of two: in a union null would be coerced to text. */
export const nullableText = (description?: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    maxLength: 500,
    ...(description ? { description } : {}),
  })

export const expandQuery = Type.Object({
  expand: Type.Optional(Type.Array(Type.String(), { description: 'Related objects to show in full' })),
})

export const pageQuery = Type.Object({
  rows: Type.Optional(Type.String({ description: 'Objects per page: 1 to 100, 10 by default' })),
  page: Type.Optional(Type.String({ description: 'Page, from 1' })),
})

/** Errors: http.invalid_parameter. Management API section 6.4. */
export function readListPage(query: { rows?: string | undefined; page?: string | undefined }): {
  rows: number
  page: number
} {
  return { rows: integerOf('rows', query.rows, 10, 100), page: integerOf('page', query.page, 1, 1_000_000) }
}

/** A whole number from 1 to `max`. Errors: http.invalid_parameter. */
export function integerOf(
  parameter: string,
  text: string | undefined,
  fallback: number,
  max: number,
): number {
  if (text === undefined || text === '') return fallback
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= 1 && value <= max)) {
    throw new AppError('http.invalid_parameter', {
      parameter,
      value: text.slice(0, 100),
      expected: `it must be a whole number from 1 to ${max}`,
    })
  }
  return value
}

/** Milliseconds of an instant in ISO 8601. Errors: http.invalid_parameter. */
export function readInstant(parameter: string, text: string | null): number | null {
  if (text === null) return null
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new AppError('http.invalid_parameter', {
    parameter,
    value: text.slice(0, 100),
    expected: 'it must be an instant such as 2031-05-09T10:00:00+00:00',
  })
}

/** For edits: what they work on and who makes them. */
export function editorOf(services: HttpServices, request: FastifyRequest): EditorDeps & SecretDeps {
  return { ...services.catalogDeps, username: usernameOf(request) }
}
