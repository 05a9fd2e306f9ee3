import { AppError } from '../../kernel/index.ts'
import { csvExtractor } from './csv.ts'
import { datasetExtractor } from './dataset.ts'
import { geojsonExtractor, jsonExtractor, jsonLinesExtractor } from './json.ts'
import { parquetExtractor } from './parquet.ts'
import type { Extractor } from './reader.ts'

/** Every extractor, by type: what `GET /extractors` lists. A new format is one new file and one line here. */
export const extractors: ReadonlyMap<string, Extractor> = new Map(
  [csvExtractor, jsonExtractor, jsonLinesExtractor, geojsonExtractor, parquetExtractor, datasetExtractor].map(
    (extractor) => [extractor.type, extractor],
  ),
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
