export { type Catalog, catalogFacets, catalogSchema, createCatalog } from './catalog.ts'
export { type Cursors, createCursors, cursorSecret, questionOf } from './cursors.ts'
export { attachedObject, datasetObject } from './dataset-object.ts'
export { type ComparedStates, createDiffs, type Diffs, type OpenDiff } from './diffs.ts'
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
export { createRecordErrors, type RecordErrors } from './record-errors.ts'
export {
  checkTimezone,
  createRecords,
  type Publication,
  parsedRows,
  prepared,
  type Records,
  type RecordsAnswer,
  schemaOf,
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
export { createWorkingCatalog, type WorkingCatalog } from './working-catalog.ts'
