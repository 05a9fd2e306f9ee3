/** Orders for several objects at once: what became of each, by its position. Automation API section 14. */
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { automationError } from './errors.ts'

/** Each on its own: one that is refused keeps none of the others from being carried out. */
export async function outcomesOf<T>(
  items: readonly T[],
  traceId: string,
  work: (item: T) => Promise<JsonObject>,
): Promise<JsonObject> {
  const outcomes: JsonObject = {}
  for (const [position, item] of items.entries()) {
    try {
      outcomes[position] = { status_code: 'success', data: await work(item) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      outcomes[position] = { status_code: 'error', error: automationError(error, traceId) as JsonObject }
    }
  }
  return outcomes
}
