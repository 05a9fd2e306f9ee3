import type { FastifyServerOptions } from 'fastify'

type Ajv = Parameters<NonNullable<NonNullable<FastifyServerOptions['ajv']>['onCreate']>>[0]

interface Validate {
  (value: unknown): unknown
  errors?: unknown
}

/**
 * Compiles a schema when the first request needs it: most routes are not asked between two starts, and compiling the
 * schemas of all takes a tenth of a start. That each can be compiled is for the tests to see (openapi.test.ts).
 */
export function compileOnFirstUse(ajv: Ajv): void {
  const compile = ajv.compile.bind(ajv) as (schema: unknown) => Validate
  const compileLater = (schema: unknown): Validate => {
    let validate: Validate | null = null
    const validateFirst: Validate = (value) => {
      validate ??= compile(schema)
      const answer = validate(value)
      validateFirst.errors = validate.errors
      return answer
    }
    return validateFirst
  }
  ajv.compile = compileLater as typeof ajv.compile
}
