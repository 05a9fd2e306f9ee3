import type { PermissionClass } from '../../access/index.ts'
import type { ObjectName } from './objects.ts'
import { ref } from './shapes.ts'

/** What a route answers when all goes well. */
export interface Answer {
  readonly status: 200 | 201 | 204 | 302
  readonly description: string
  /** Whether it holds words, in the language of whoever asks: labels, messages of what is kept. */
  readonly speaks?: boolean
  /** By media type; none for an empty answer. */
  readonly content?: Readonly<Record<string, { readonly schema: unknown }>>
}

const json = (schema: unknown) => ({ 'application/json': { schema } })
const bytes = { schema: { type: 'string', format: 'binary' } }

/** Those that hold words. */
const spoken: ReadonlySet<ObjectName> = new Set([
  'AutomationExtractor',
  'AutomationHarvesterErrors',
  'AutomationOutcomes',
  'AutomationProcessorType',
  'AutomationStatus',
  'AutomationTemplate',
  'AutomationTemplateField',
  'Change',
  'ConnectionTrial',
  'Dataset',
  'DatasetStatus',
  'Extractor',
  'Harvested',
  'Harvester',
  'HarvesterErrors',
  'HarvesterPreview',
  'HarvesterType',
  'Job',
  'Metadata',
  'MetadataTemplate',
  'ProcessorPreview',
  'ProcessorType',
  'PublishOverride',
  'RecordError',
  'Schedule',
  'ScheduleRun',
])

export const answerOf = (name: ObjectName, status: 200 | 201 = 200): Answer => ({
  status,
  speaks: spoken.has(name),
  description: name,
  content: json(ref(name)),
})
export const answerList = (name: ObjectName, status: 200 | 201 = 200): Answer => ({
  status,
  speaks: spoken.has(name),
  description: `List of ${name}`,
  content: json({ type: 'array', items: ref(name) }),
})
/** A page of the Automation API: its section 2.2. */
export const answerPage = (name: ObjectName): Answer => ({
  status: 200,
  speaks: spoken.has(name),
  description: `Page of ${name}`,
  content: json({
    type: 'object',
    required: ['total_count', 'next', 'previous', 'results'],
    properties: {
      total_count: { type: 'integer' },
      next: { type: ['string', 'null'] },
      previous: { type: ['string', 'null'] },
      results: { type: 'array', items: ref(name) },
    },
  }),
})
export const noContent: Answer = { status: 204, description: 'Done; nothing to say' }
/** Where the platform answers 200 and nothing. */
export const emptyAnswer: Answer = { status: 200, description: 'Done; nothing to say' }
export const answerBytes = (...mediaTypes: string[]): Answer => ({
  status: 200,
  description: 'The file',
  content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, bytes])),
})

/** A body that is described but read by the handler itself. */
export interface DescribedBody {
  readonly isRequired: boolean
  readonly content: Readonly<Record<string, { readonly schema: unknown }>>
}

export interface OperationFacts {
  readonly permission: PermissionClass
  readonly answer: Answer
  readonly body?: DescribedBody | undefined
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; a route without one does not start. */
    permission?: PermissionClass
    /** The cookie counts for nothing here: pages without a session call the route, and browsers send it all the same. */
    ignoresSession?: boolean
    /** What the OpenAPI document says beyond the schemas that validate. */
    operation?: OperationFacts
  }
}

/**
 * The options of a documented route: who may call it, its unique name, what it does, what it answers, and the schemas
 * that validate its parameters and body.
 */
export function operation<const S extends object>(
  permission: PermissionClass,
  operationId: string,
  summary: string,
  answer: Answer,
  schema: S,
  body?: DescribedBody,
) {
  return {
    config: { permission, operation: { permission, answer, body } },
    schema: { ...schema, operationId, summary },
  }
}
