import { AppError, type JsonObject } from '../../kernel/index.ts'
import { createGeopoint } from './create-geopoint.ts'
import { addField, concat, copyField, split } from './fields.ts'
import { geoDomain, geojoin } from './geojoin.ts'
import { boundJoinDataset, joinDataset } from './join-dataset.ts'
import { type Processor, validateArguments } from './processor.ts'
import { dateNormalizer, regexpReplace, skipRecord, stringExtractor, stringReplace } from './text.ts'

/** Every processor, by name. */
export const processors: ReadonlyMap<string, Processor> = new Map(
  [
    addField,
    boundJoinDataset,
    concat,
    copyField,
    createGeopoint,
    dateNormalizer,
    geoDomain,
    geojoin,
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
