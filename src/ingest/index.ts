export { type BlobStore, createBlobStore, syncDirectory } from './blobs/blob-store.ts'
export type { Preview, PreviewOrder } from './builder/messages.ts'
export { type Builder, type BuilderHost, createBuilderHost } from './builder-host.ts'
export { extractors, findExtractor } from './extractors/extractors.ts'
export { validateParameters } from './extractors/parameters.ts'
export {
  fetchResource,
  findRefusal,
  isLastingFetchReason,
  reasonOf,
} from './fetch/fetch-resource.ts'
export { type FetchPolicy, guardedAgent, refuseLiteral } from './fetch/guarded-agent.ts'
export { guessExtractor, guessExtractorParams, guessExtractors } from './guess.ts'
export { pipelineVersion } from './pipeline-version.ts'
export { fieldSpecificationNames, validateFieldSpecification } from './processors/field-specifications.ts'
export { processors, validateProcessor } from './processors/processors.ts'
export { childOf, readElements, type XmlElement } from './xml/xml-elements.ts'
