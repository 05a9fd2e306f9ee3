export {
  type Configuration,
  type ConfiguredResource,
  readConfiguration,
  replaceConfiguration,
} from './configuration.ts'
export {
  type CatalogDeps,
  createDataset,
  type DatasetRow,
  findDataset,
  listDatasets,
  renameDataset,
  setVisibility,
} from './datasets.ts'
export { addFile, deleteFile, findFile, listFiles } from './files.ts'
export { changeMetadata, type MetadataEntry, metadataEntries, metadataEntry } from './metadata.ts'
export { isAdminTemplate } from './metadata-templates.ts'
export { findPublication, listPublications, publicationRevision } from './publications.ts'
export {
  addResource,
  deleteResource,
  filePrefix,
  findResource,
  listResources,
  type ResourceInput,
  replaceResource,
} from './resources.ts'
export { addStep, deleteStep, findStep, listSteps, replaceStep, type Stack, type StepInput } from './steps.ts'
