import { AppError, type JsonObject } from '../../kernel/index.ts'
import { booleansToMultivalued } from './booleans-to-multivalued.ts'
import { convertDegrees } from './convert-degrees.ts'
import { convertNumber } from './convert-number.ts'
import { correctGeoShape } from './correct-geo-shape.ts'
import { createGeopoint } from './create-geopoint.ts'
import { decodeHtmlEntities } from './decode-html-entities.ts'
import { decodePolylineStep } from './decode-polyline.ts'
import { deduplicateMultivalued } from './deduplicate-multivalued.ts'
import { deleteRecord } from './delete-record.ts'
import { expandJsonArray } from './expand-json-array.ts'
import { expandMultivalued } from './expand-multivalued.ts'
import { expression } from './expression.ts'
import { extractBitRange } from './extract-bit-range.ts'
import { extractHtml } from './extract-html.ts'
import { extractUrls } from './extract-urls.ts'
import { addField, concat, copyField, split } from './fields.ts'
import { file } from './file.ts'
import { geoDistance } from './geo-distance.ts'
import { geocoderProcessors } from './geocoders.ts'
import { geohashToGeojson } from './geohash-to-geojson.ts'
import { geoDomain, geojoin } from './geojoin.ts'
import { geomasking } from './geomasking.ts'
import { boundJoinDataset, joinDataset } from './join-dataset.ts'
import { jsonArrayToMultivalued } from './json-array-to-multivalued.ts'
import { jsonExtract } from './json-extract.ts'
import { metaExpression } from './meta-expression.ts'
import { normalizeUrl } from './normalize-url.ts'
import { polygonFiltering } from './polygon-filtering.ts'
import { type Processor, validateArguments } from './processor.ts'
import { setTimezone } from './set-timezone.ts'
import { simplifyGeoShape } from './simplify-geo-shape.ts'
import { dateNormalizer, regexpReplace, skipRecord, stringExtractor, stringReplace } from './text.ts'
import { transformCoordinates } from './transform-coordinates.ts'
import { transpose } from './transpose.ts'
import { unicodeNormalize } from './unicode-normalize.ts'
import { wktToGeojson } from './wkt-to-geojson.ts'

/** Every processor, by name. */
export const processors: ReadonlyMap<string, Processor> = new Map(
  [
    addField,
    booleansToMultivalued,
    boundJoinDataset,
    concat,
    convertNumber,
    copyField,
    createGeopoint,
    dateNormalizer,
    decodeHtmlEntities,
    deduplicateMultivalued,
    deleteRecord,
    expandJsonArray,
    expandMultivalued,
    expression,
    extractBitRange,
    extractHtml,
    extractUrls,
    file,
    jsonArrayToMultivalued,
    jsonExtract,
    metaExpression,
    normalizeUrl,
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
    setTimezone,
    skipRecord,
    split,
    stringExtractor,
    stringReplace,
    transpose,
    unicodeNormalize,
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
