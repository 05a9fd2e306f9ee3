import { AppError, type JsonObject } from '../../kernel/index.ts'
import { isKnownProjection } from '../geo/projection.ts'

/** Errors: ingest.invalid_argument for a code that is not known, or names no projection of places on a map. */
export function validateEpsg(name: string, args: JsonObject): void {
  const { epsg } = args
  if (typeof epsg !== 'number' || epsg === 4326 || isKnownProjection(epsg)) return
  throw new AppError('ingest.invalid_argument', {
    name,
    argument: 'epsg',
    value: String(epsg),
    expected: 'it must be the EPSG code of a projection, e.g. 2154 or 3857',
  })
}
