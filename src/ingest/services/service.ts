/** What a builder asks of services beyond the server: contracts of the folder. */
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import type { ServiceClient } from './service-client.ts'
import { ServiceFault } from './service-fault.ts'

/** The answer to one key: `{value: {lon, lat}, label, score}`, or `{error}` with one of `serviceReasons`; null: none. */
export type ServiceAnswer = JsonObject | null

export const serviceReasons = ['nothing found', 'not an IP address'] as const

/** A geocoder's own protocol. */
export interface Geocoder {
  readonly name: string
  /** Keys that go into one request; 1: it takes one at a time. */
  readonly batchSize: number
  /** One answer a key. Errors: those of the client, or a text about what came instead of an answer. */
  geocode(order: {
    readonly address: URL
    readonly token: string | null
    readonly keys: readonly string[]
    readonly request: JsonObject
    readonly client: ServiceClient
    readonly signal: AbortSignal
  }): Promise<readonly ServiceAnswer[]>
}

export const notFound: ServiceAnswer = { error: 'nothing found' }

/** A place that was found; anything but numbers on Earth is none. */
export function foundAt(lon: unknown, lat: unknown, label: unknown, score: unknown): ServiceAnswer {
  const [x, y] = [Number(lon), Number(lat)]
  const isPlace = lon !== '' && lat !== '' && lon !== null && lat !== null
  if (!isPlace || !(Math.abs(x) <= 180 && Math.abs(y) <= 90)) return notFound
  const points = Number(score)
  return {
    value: { lon: x, lat: y },
    label: typeof label === 'string' ? label.slice(0, 1000) : null,
    score: score !== undefined && score !== null && Number.isFinite(points) ? points : null,
  }
}

/** Errors: ServiceFault when the text is no JSON. */
export function parseAnswer(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw new ServiceFault('it did not answer in JSON')
  }
}

/** A path below the address that the operator has set, which may end in a slash or not. */
export function below(address: URL, path: string): URL {
  const base = new URL(address)
  base.pathname = `${base.pathname.replace(/\/$/, '')}/${path}`
  return base
}
