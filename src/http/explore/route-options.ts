import { type Answer, operation } from '../openapi/index.ts'

/** The options of a route of the search API; only the current address of the API is documented. */
export type RouteOptions = ReturnType<typeof routeOptions>

export function routeOptions(isDocumented: boolean) {
  return (
    operationId: string,
    summary: string,
    answer: Answer,
    schema: { readonly params?: unknown; readonly querystring?: unknown },
  ) =>
    operation('public', operationId, summary, answer, { ...schema, tags: ['explore'], hide: !isDocumented })
}
