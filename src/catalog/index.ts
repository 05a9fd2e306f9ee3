export {
  type ChangeRow,
  editedSinceShown,
  findChange,
  listChanges,
  restoreChange,
} from './changes.ts'
export {
  type Configuration,
  type ConfiguredResource,
  readConfiguration,
  replaceConfiguration,
} from './configuration.ts'
export { type Diff, type Difference, diffNested, diffValue } from './configuration-diff.ts'
export {
  type Connection,
  type ConnectionInput,
  createConnection,
  deleteConnection,
  findConnection,
  listConnections,
  type OpenedConnection,
  openConnection,
  updateConnection,
} from './connections.ts'
export {
  countDatasets,
  createDataset,
  createDatasetWithin,
  type DatasetRow,
  datasetIdsOf,
  datasetStates,
  findDataset,
  listDatasets,
  renameDataset,
  setVisibility,
  slug,
} from './datasets.ts'
export { type CatalogDeps, type EditorDeps, editDataset, type SecretDeps } from './edit-dataset.ts'
export { addFile, deleteFile, findFile, listFiles } from './files.ts'
export { findGates, setGates } from './gates.ts'
export { findManifest, type GenerationEntry, listGenerations, readManifest } from './generations.ts'
export { lockDataset } from './lock-dataset.ts'
export { changeMetadata, type MetadataEntry, metadataEntries, metadataEntry } from './metadata.ts'
export { findMetadataField, isAdminTemplate, metadataFault } from './metadata-templates.ts'
export { findPublication, listPublications, publicationRevision } from './publications.ts'
export { type NewChange, recordChange } from './record-change.ts'
export {
  addResource,
  datasetPrefix,
  deleteResource,
  filePrefix,
  findResource,
  listResources,
  type ResourceInput,
  replaceResource,
  storedParams,
} from './resources.ts'
export { withoutSecrets } from './secrets.ts'
export { openSourceParams, withoutSealed } from './source-secrets.ts'
export { addStep, deleteStep, findStep, listSteps, replaceStep, type Stack, type StepInput } from './steps.ts'
