import { AppError, type JsonObject } from '../../kernel/index.ts'
import { convertDegrees } from './convert-degrees.ts'
import { correctGeoShape } from './correct-geo-shape.ts'
import { createGeopoint } from './create-geopoint.ts'
import { decodePolylineStep } from './decode-polyline.ts'
import { addField, concat, copyField, split } from './fields.ts'
import { geoDistance } from './geo-distance.ts'
import { geocoderProcessors } from './geocoders.ts'
import { geohashToGeojson } from './geohash-to-geojson.ts'
import { geoDomain, geojoin } from './geojoin.ts'
import { geomasking } from './geomasking.ts'
import { boundJoinDataset, joinDataset } from './join-dataset.ts'
import { polygonFiltering } from './polygon-filtering.ts'
import { type Processor, validateArguments } from './processor.ts'
import { simplifyGeoShape } from './simplify-geo-shape.ts'
import { dateNormalizer, regexpReplace, skipRecord, stringExtractor, stringReplace } from './text.ts'
import { transformCoordinates } from './transform-coordinates.ts'
import { wktToGeojson } from './wkt-to-geojson.ts'

/** Every processor, by name. */
export const processors: ReadonlyMap<string, Processor> = new Map(
  [
    addField,
    boundJoinDataset,
    concat,
    copyField,
    createGeopoint,
    dateNormalizer,
    ...geocoderProcessors,
    convertDegrees,
    correctGeoShape,
    decodePolylineStep,
    geoDistance,
    geoDomain,
    geohashToGeojson,
    geojoin,
    geomasking,
    polygonFiltering,
    simplifyGeoShape,
    transformCoordinates,
    wktToGeojson,
    joinDataset,
    regexpReplace,
    skipRecord,
    split,
    stringExtractor,
    stringReplace,
  ].map((processor) => [processor.name, processor]),
)

/** Errors: ingest.unknown_processor. */
export function findProcessor(name: string): Processor {
  const processor = processors.get(name)
  if (!processor) throw new AppError('ingest.unknown_processor', { name })
  return processor
}

/** Errors: ingest.unknown_processor, ingest.missing_argument, ingest.invalid_argument. */
export function validateProcessor(name: string, args: JsonObject): void {
  validateArguments(findProcessor(name), args)
}
