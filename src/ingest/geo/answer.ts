import type { JsonObject, JsonValue } from '../../kernel/index.ts'

/** Why a single value could not be handled: a closed list, for each is a column of a step's failures. */
export const geoReasons = [
  'not WKT or WKB',
  'geometry nested too deep',
  'unknown projection',
  'outside of what the projection covers',
  'not a pair of coordinates or a geometry',
  'not degrees, minutes and seconds',
  'not a geohash',
  'not an encoded polyline',
  'not a GeoJSON geometry',
  'nothing is left of it',
  'too tangled to be mended',
  'too intricate to be simplified',
] as const
export type GeoReason = (typeof geoReasons)[number]

/** What a single value is wrong with. */
export class GeoFault extends Error {
  readonly reason: GeoReason
  constructor(reason: GeoReason) {
    super(reason)
    this.reason = reason
  }
}

/** A computation as an answer: `{value}`, or `{error}` with its reason. A stack that overflows is a shape nested too deep. */
export function answering(compute: () => JsonValue | object): JsonObject {
  try {
    return { value: compute() as JsonValue }
  } catch (error) {
    if (error instanceof GeoFault) return { error: error.reason }
    if (error instanceof RangeError) return { error: 'geometry nested too deep' satisfies GeoReason }
    throw error
  }
}
