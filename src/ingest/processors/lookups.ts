/**
 * What steps need to know and SQL cannot compute: a service answers for distinct keys, batch by batch, so that a column of
 * a million rows with ten thousand different values costs ten thousand answers.
 */
import { AppError, type JsonObject, type JsonValue } from '../../kernel/index.ts'
import { decodeEntities, textOfHtml } from './html.ts'

/** What the process that runs the builder can do and the builder, which has no network, cannot. */
export interface LookupHost {
  /** Answers as of `LookupService.answer`. Errors: those of the service. */
  ask(service: string, request: JsonObject, keys: readonly string[]): Promise<readonly (JsonValue | null)[]>
  /** The build has been stopped: nobody waits for answers any more. */
  readonly stop: AbortSignal
}

export interface LookupService {
  readonly name: string
  /** One answer a key, in their order; null: there is none. What is wrong with a single key is part of its answer. */
  answer(
    request: JsonObject,
    keys: readonly string[],
    host: LookupHost,
  ): Promise<readonly (JsonValue | null)[]>
}

/** A service that computes an answer from the key alone. */
export function computed(
  name: string,
  compute: (key: string, request: JsonObject) => JsonValue | null,
): LookupService {
  return { name, answer: async (request, keys) => keys.map((key) => compute(key, request)) }
}

/** Every service, by name. */
export const lookupServices: ReadonlyMap<string, LookupService> = new Map<string, LookupService>(
  [computed('html_entities', decodeEntities), computed('html_text', textOfHtml)].map((service) => [
    service.name,
    service,
  ]),
)

/** Errors: ingest.unknown_processor. */
export function findLookupService(name: string): LookupService {
  const service = lookupServices.get(name)
  if (!service) throw new AppError('ingest.unknown_processor', { name })
  return service
}
