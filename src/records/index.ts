export { type Catalog, type CatalogReader, createCatalog, withAppMetas } from './catalog.ts'
export { catalogFacets, catalogSchema } from './catalog-table.ts'
export { type Cursors, createCursors, cursorSecret, questionOf } from './cursors.ts'
export { attachedObject, datasetObject, visibleAttached } from './dataset-object.ts'
export { type ComparedStates, comparedState, createDiffs, type Diffs, type OpenDiff } from './diffs.ts'
export {
  createFacets,
  disjunctiveFields,
  type Facet,
  type Facets,
  type FacetValue,
  hierarchiesOf,
  type Typing,
} from './facets.ts'
export {
  createGenerationStore,
  type DamageEvent,
  type GenerationHandle,
  type GenerationStore,
} from './generation-store.ts'
export { catalogLanguage, languageOf } from './language.ts'
export { type Publication, publicationFor, schemaOf, wholePublication } from './publication.ts'
export { createRecordErrors, type RecordErrors } from './record-errors.ts'
export {
  checkTimezone,
  createRecords,
  parsedRows,
  prepared,
  type Records,
  type RecordsAnswer,
} from './records.ts'
export { createRejects, type RejectFormat, type Rejects, rejectFormats } from './rejects.ts'
export { recordIdSql } from './render.ts'
export {
  createTiles,
  maxDetailZoom,
  maxTileZoom,
  type Tiles,
  tileLayer,
} from './tiles/tiles.ts'
export { createUses, type DatasetUse, type Uses } from './uses.ts'
export { readingOf, requireData } from './views/reading.ts'
export { type DataRules, keyOfRules, type Reader } from './views/rules.ts'
export { createWorkingCatalog, type WorkingCatalog } from './working-catalog.ts'
