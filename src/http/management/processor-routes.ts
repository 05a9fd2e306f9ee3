import { Type } from 'typebox'
import {
  type ConfiguredResource,
  findDatasetUid,
  findResource,
  listResources,
  listSteps,
} from '../../catalog/index.ts'
import {
  findProcessor,
  guessArguments,
  type Preview,
  type Processor,
  processorIn,
  validateProcessor,
} from '../../ingest/index.ts'
import {
  AppError,
  type ConfiguredStep,
  type JsonObject,
  type Language,
  reasonInFrench,
} from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { spokenLanguage } from '../language.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { requireNamedDatasets } from './permitted-sources.ts'
import { previewOf } from './preview-source.ts'
import { printPreviewField } from './render.ts'
import { anyObject, datasetParams, nullableText, type RegisterRoutes } from './scope.ts'

const previewBody = Type.Object({
  resource_uid: Type.Optional(Type.String({ description: 'Default: the first resource' })),
  processors: Type.Optional(
    Type.Array(
      Type.Object({
        processor_uid: Type.Optional(Type.String({ maxLength: 100 })),
        name: Type.String(),
        args: Type.Optional(anyObject()),
        label: Type.Optional(nullableText()),
      }),
      { maxItems: 500, description: 'Default: those that are configured' },
    ),
  ),
  step: Type.Optional(Type.Integer({ minimum: 0, maximum: 500, description: 'How many of them to apply' })),
  rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
})

/** What a processor is, what it would do, and what its arguments may be. Management API section 14. */
export const registerProcessors: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps } = services

  scope.get(
    '/processors/:name',
    operation('TOOLS', 'readProcessorType', 'What a processor does and takes', answerOf('ProcessorType'), {
      tags: ['tools'],
      params: Type.Object({ name: Type.String() }),
    }),
    async (request) => printProcessor(findProcessor(request.params.name), spokenLanguage(request)),
  )

  scope.post(
    '/datasets/:dataset_uid/processors/preview',
    operation(
      'WRITE',
      'previewProcessors',
      'First records behind some of the processors, and what they could not handle',
      answerOf('ProcessorPreview'),
      { tags: ['processors'], params: datasetParams, body: previewBody },
    ),
    async (request, reply) => {
      const { resource_uid, processors, step, rows } = request.body
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const resource =
        resource_uid === undefined
          ? (await listResources(catalogDeps, datasetUid))[0]
          : await findResource(catalogDeps, datasetUid, resource_uid)
      if (!resource) throw new AppError('catalog.unknown_resource', { resource_uid: resource_uid ?? '' })
      const configured = await listSteps(catalogDeps, datasetUid, 'processor')
      const steps: readonly ConfiguredStep[] =
        processors?.map(({ processor_uid, name, args, label }, index) => ({
          processor_uid: processor_uid ?? `pr_preview${index + 1}`,
          name,
          args: args ?? {},
          label: label ?? null,
        })) ?? configured
      const applied = steps.slice(0, step ?? steps.length)
      for (const { name, args } of applied) validateProcessor(name, args as JsonObject)
      await requireNamedDatasets(services, request, applied, configured)
      const signal = disconnectSignal(reply)
      return printPreview(
        spokenLanguage(request),
        await previewOf(services, resource, signal, {
          processors: applied,
          datasetUid,
          ...(rows === undefined ? {} : { rows }),
        }),
      )
    },
  )

  scope.post(
    '/datasets/:dataset_uid/guess_processor_params',
    operation(
      'WRITE',
      'guessProcessorParams',
      'Fields that may be meant by the arguments of a processor, were it appended now',
      answerOf('ProcessorParametersGuess'),
      { tags: ['processors'], params: datasetParams, body: Type.Object({ name: Type.String() }) },
    ),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const processor = findProcessor(request.body.name)
      const [resource] = await listResources(catalogDeps, datasetUid)
      const processors = await listSteps(catalogDeps, datasetUid, 'processor')
      const sample = resource ? await sampleOf(resource, processors) : { fields: [], records: [] }
      const guesses: JsonObject = {}
      for (const [argument, field] of guessArguments(processor, sample))
        guesses[argument] = field ? { candidate: printPreviewField(field) } : {}
      return guesses

      function sampleOf(first: ConfiguredResource, steps: readonly ConfiguredStep[]): Promise<Preview> {
        return previewOf(services, first, disconnectSignal(reply), { processors: steps, datasetUid })
      }
    },
  )
}

function printProcessor(processor: Processor, language: Language) {
  const { name, label, doc, args } = processorIn(language, processor)
  const { examples } = processor
  return {
    name,
    label,
    description: doc,
    args,
    examples: examples.map(({ args: given, input, output }) => ({
      args: given,
      record: input,
      // Fields that a processor takes away are undefined, and not printed.
      records: (output === null ? [] : [output].flat()).map((changed) => ({ ...input, ...changed })),
    })),
  }
}

function printPreview(language: Language, { fields, records, sample }: Preview): JsonObject {
  return {
    fields: fields.map(printPreviewField),
    records: records.map((record): JsonObject => ({ ...record })),
    errors: sample.errors.map(({ recordId, processorUid, field, value, reason }) => ({
      record_id: recordId,
      processor_uid: processorUid,
      field,
      value,
      reason: language === 'fr' ? reasonInFrench(reason) : reason,
    })),
    errors_count: sample.recordErrors,
    rows: {
      read: sample.rowsRead,
      kept: sample.rowsKept,
      rejected: sample.rowsRejected,
      filtered: sample.rowsFiltered,
      added: sample.rowsAdded,
    },
  }
}
