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
export { guessArguments } from './guess-arguments.ts'
export { pipelineVersion } from './pipeline-version.ts'
export { datasetsNamed, type NamedDataset } from './processors/datasets-named.ts'
export { fieldSpecificationNames, validateFieldSpecification } from './processors/field-specifications.ts'
export type { Processor } from './processors/processor.ts'
export {
  findProcessor,
  processors,
  validateProcessor,
} from './processors/processors.ts'
export { stepsAt } from './processors/steps-in-time.ts'
export { createServices, type ServiceSettings, type Services } from './services/services.ts'
