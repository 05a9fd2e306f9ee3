import { AppError } from '../../kernel/index.ts'
import { readsArchives } from './archived.ts'
import { csvExtractor } from './csv.ts'
import { geopackageExtractor } from './geopackage.ts'
import { gpxExtractor } from './gpx.ts'
import { geojsonExtractor, jsonExtractor, jsonLinesExtractor } from './json.ts'
import { kmlExtractor } from './kml.ts'
import { parquetExtractor } from './parquet.ts'
import type { Extractor } from './reader.ts'
import { shapefileExtractor } from './shapefile.ts'

/** Every extractor, by type: what `GET /extractors` lists. A new format is one new file and one line here. */
export const extractors: ReadonlyMap<string, Extractor> = new Map(
  [
    csvExtractor,
    jsonExtractor,
    jsonLinesExtractor,
    geojsonExtractor,
    parquetExtractor,
    shapefileExtractor,
    kmlExtractor,
    gpxExtractor,
    geopackageExtractor,
  ].map((extractor) => [extractor.type, readsArchives(extractor)]),
)

/** Errors: ingest.unknown_extractor. */
export function findExtractor(type: string): Extractor {
  const extractor = extractors.get(type)
  if (!extractor) {
    throw new AppError('ingest.unknown_extractor', {
      extractor: type,
      known: [...extractors.keys()].join(', '),
    })
  }
  return extractor
}
