/** Orders for several objects at once: what became of each, by its position. Automation API section 14. */
import type { FastifyRequest } from 'fastify'
import { AppError, type JsonObject, type Language } from '../../kernel/index.ts'
import { spokenLanguage } from '../language.ts'
import { automationError } from './errors.ts'

/** In which language, and under which name, what became of a request is told. */
export const askedBy = (request: FastifyRequest) => ({
  language: spokenLanguage(request),
  traceId: request.id,
})

/** Each on its own: one that is refused keeps none of the others from being carried out. */
export async function outcomesOf<T>(
  items: readonly T[],
  asked: { readonly language: Language; readonly traceId: string },
  work: (item: T) => Promise<JsonObject>,
): Promise<JsonObject> {
  const outcomes: JsonObject = {}
  for (const [position, item] of items.entries()) {
    try {
      outcomes[position] = { status_code: 'success', data: await work(item) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      outcomes[position] = {
        status_code: 'error',
        error: automationError(error, asked.language, asked.traceId) as JsonObject,
      }
    }
  }
  return outcomes
}
