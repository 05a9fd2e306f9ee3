export { releaseAttachedBlobs } from './attached-blobs.ts'
export { type AttachedInput, attach, describeAttached, detach } from './attached-files.ts'
export {
  type AttachedFile,
  type AttachedKind,
  attachedKinds,
  findAttached,
  listAttached,
  publishedAttached,
  type StoredFile,
  unknownAttached,
} from './attached-rows.ts'
export {
  type ChangeRow,
  editedSinceShown,
  findChange,
  listChanges,
  restoreChange,
} from './changes.ts'
export { isWithin as isWithinConnection } from './check-connection.ts'
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
  connectionToTry,
  countDatasetsByConnection,
  createConnection,
  deleteConnection,
  findConnection,
  listConnections,
  type OpenedConnection,
  openConnection,
  updateConnection,
} from './connections.ts'
export { copyDataset } from './copy-dataset.ts'
export {
  countDatasets,
  createDataset,
  createDatasetWithin,
  type DatasetRow,
  datasetIdsOf,
  datasetStates,
  findDataset,
  findDatasets,
  findDatasetUid,
  listDatasets,
  renameDataset,
  setVisibility,
  slug,
  uidOfDataset,
} from './datasets.ts'
export { changeDomain, type DomainSettings, readDomain } from './domain.ts'
export { type CatalogDeps, type EditorDeps, editDataset, type SecretDeps, within } from './edit-dataset.ts'
export { type FacetSetting, facetAnnotations, listFacets, replaceFacets } from './facet-settings.ts'
export { addFile, deleteFile, type FileReader, findFile, listFiles, unknownFile } from './files.ts'
export { findGates, setGates } from './gates.ts'
export { findManifest, type GenerationEntry, listGenerations, readManifest } from './generations.ts'
export { lockDataset } from './lock-dataset.ts'
export {
  findGenerationMedia,
  findMedia,
  type KnownMedia,
  keepMedia,
  noteGenerationMedia,
  settleMedia,
} from './media.ts'
export {
  changeMetadata,
  type MetadataChange,
  type MetadataEntry,
  metadataEntries,
  metadataEntry,
  metasOf,
  remoteMetas,
  replaceMetadata,
} from './metadata.ts'
export {
  type MetadataField,
  type MetadataTemplate,
  metadataFault,
  purposeOf,
  templateTypes,
} from './metadata-templates.ts'
export {
  findPublication,
  forgetPublicationLog,
  listPublications,
  notePublicationShown,
  publicationRevision,
} from './publications.ts'
export { publishedMetas, requireMandatory } from './published-metas.ts'
export { type NewChange, recordChange } from './record-change.ts'
export {
  addResource,
  datasetPrefix,
  deleteResource,
  filePrefix,
  findResource,
  forgetFetched,
  listResources,
  type ResourceInput,
  replaceResource,
  storedParams,
} from './resources.ts'
export { type ExpectedRevisions, revisionOf } from './revision.ts'
export { withoutSecrets } from './secrets.ts'
export { openSourceParams, withoutSealed } from './source-secrets.ts'
export { addStep, deleteStep, findStep, listSteps, replaceStep, type Stack, type StepInput } from './steps.ts'
export { suggestMetadata } from './suggest-metadata.ts'
export { isAdminTemplate } from './system-templates.ts'
export {
  createTemplate,
  deleteTemplate,
  findTemplate,
  readTemplates,
  replaceTemplate,
  revisionOfTemplate,
  type Templates,
} from './template-store.ts'
export { templateIn } from './template-words.ts'
