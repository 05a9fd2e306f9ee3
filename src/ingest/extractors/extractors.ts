import { AppError } from '../../kernel/index.ts'
import { readsArchives } from './archived.ts'
import { arrowExtractor } from './arrow.ts'
import { csvExtractor } from './csv.ts'
import { datasetExtractor } from './dataset.ts'
import { fixedWidthExtractor } from './fixed-width.ts'
import { geopackageExtractor } from './geopackage.ts'
import { gpxExtractor } from './gpx.ts'
import { geojsonExtractor, jsonDictExtractor, jsonExtractor, jsonLinesExtractor } from './json.ts'
import { kmlExtractor } from './kml.ts'
import { parquetExtractor } from './parquet.ts'
import type { Extractor } from './reader.ts'
import { shapefileExtractor } from './shapefile.ts'
import { spreadsheetExtractor } from './spreadsheet/spreadsheet.ts'
import { topojsonExtractor } from './topojson.ts'
import { feedExtractor } from './xml/feed.ts'
import { xmlExtractor } from './xml/xml.ts'

/** Every extractor, by type: what `GET /extractors` lists. A new format is one new file and one line here. */
export const extractors: ReadonlyMap<string, Extractor> = new Map(
  [
    csvExtractor,
    jsonExtractor,
    jsonDictExtractor,
    jsonLinesExtractor,
    geojsonExtractor,
    topojsonExtractor,
    parquetExtractor,
    spreadsheetExtractor,
    xmlExtractor,
    feedExtractor,
    fixedWidthExtractor,
    arrowExtractor,
    shapefileExtractor,
    kmlExtractor,
    gpxExtractor,
    geopackageExtractor,
  ]
    .map(readsArchives)
    .concat(datasetExtractor)
    .map((extractor) => [extractor.type, extractor]),
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
