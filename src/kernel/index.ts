export { type Language, preferredLanguage, setFrench } from '../../shared/languages.ts'
export { foldAddress } from './addresses.ts'
export { type Clock, formatInstant, formatInstantIn, systemClock } from './clock.ts'
export { blobPath, type DataLayout, dataLayout, servingPath } from './data-layout.ts'
export { diskFault } from './disk-fault.ts'
export type { ErrorSpec } from './errors/spec.ts'
export {
  AppError,
  type ErrorKey,
  type ErrorParams,
  type ErrorParamValue,
  type ErrorValue,
  errorCatalogue,
  errorSpec,
  formatTemplate,
  fromErrorValue,
  toErrorValue,
} from './errors.ts'
export { isFieldName, safeFieldName } from './field-names.ts'
export { columnType, type Field, type FieldType, fieldTypes, isMultivalued } from './fields.ts'
export { foldedTermsSql, foldedTextSql } from './folding.ts'
export { createPhrasebook, type Phrases } from './french/phrasebook.ts'
export { reasonInFrench } from './french/phrases.ts'
export * from './generation.ts'
export { createIds, type Ids } from './ids.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { mediaTypeBytes, mediaTypeOf } from './media-type.ts'
export { inUtcSql, momentSql } from './moments.ts'
export { partsRelationSql } from './parts-relation.ts'
export { type CellColumns, cellColumns, cellsPerDegree } from './points.ts'
export { isBundled, projectRoot } from './project-root.ts'
export { createSecretBox, isSealed, type SecretBox, sealedPrefix } from './secret-box.ts'
export { idBucket, idBucketSql, idColumn, servingLayout } from './serving-layout.ts'
export { shapeBoxColumn, shapePartsSql } from './shapes.ts'
export { shown } from './shown.ts'
export { quoteIdentifier, quoteLiteral } from './sql.ts'
export { createWakeableLoop, type WakeableLoop } from './wakeable-loop.ts'
export { type ErrorWords, wordsOf } from './words-of.ts'
