/** The OpenAPI 3.1 document: what the routes declare, with security, answers and errors added the same way everywhere. */

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { permissionsNeeded } from '../../access/index.ts'
import { objects } from './objects.ts'
import type { OperationFacts } from './operation.ts'
import { ref } from './shapes.ts'

/** In the order of the page. */
const tags = [
  { name: 'datasets', description: 'Create, read, rename and delete datasets' },
  { name: 'actions', description: 'Publish, unpublish, abort: each a job' },
  { name: 'gates', description: 'What a publish must pass to be shown without a word from a human' },
  { name: 'versions', description: 'Saved states of a dataset: list, label, restore, delete' },
  { name: 'diff', description: 'What differs between two states of a dataset' },
  { name: 'changes', description: 'What was done to a dataset, and the way back' },
  { name: 'jobs', description: 'What was ordered, how far it is, how it ended' },
  { name: 'webhooks', description: 'Other servers that are told what happens to a dataset' },
  { name: 'realtime', description: 'Records that are pushed one by one' },
  { name: 'harvesters', description: 'Catalogs of other portals that are fetched and kept up to date' },
  { name: 'schedules', description: 'When datasets are published by themselves' },
  {
    name: 'provenance',
    description: 'What the records are made of: kept generations, manifests, rejected rows',
  },
  { name: 'metadata', description: 'What is said of a dataset; readers see it with the next publish' },
  { name: 'templates', description: 'What can be said of datasets: templates of metadata and their fields' },
  { name: 'domain', description: 'Name, look, languages, licences and themes of the domain' },
  { name: 'resources', description: 'Where the records come from' },
  { name: 'files', description: 'Uploaded files' },
  { name: 'pages', description: 'Pages of the portal, who may edit and see them, images' },
  { name: 'portal', description: 'What the portal shows beside datasets' },
  { name: 'feedback', description: 'What readers have written to the publisher of a dataset' },
  { name: 'attachments', description: 'Attachments and ready-made export files of a dataset' },
  { name: 'connections', description: 'Saved access to the servers that sources are fetched from' },
  { name: 'processors', description: 'Steps that change rows, in order' },
  { name: 'fields', description: 'Names, types and annotations of fields, in order' },
  { name: 'tools', description: 'What extractors and steps there are, and guesses about a source' },
  { name: 'security', description: 'Who sees what of a dataset, and may do what to it' },
  { name: 'users', description: 'Accounts of people, with what they may do and have used' },
  { name: 'groups', description: 'What users have in common' },
  { name: 'apikeys', description: 'Keys for programs' },
  {
    name: 'automation-datasets',
    description: 'Automation API: datasets, their actions, metadata and history',
  },
  {
    name: 'automation-sources',
    description: 'Automation API: where records come from and what is done to them',
  },
  { name: 'automation-harvesters', description: 'Automation API: catalogs of other portals' },
  { name: 'automation-access', description: 'Automation API: users, groups, keys, who may do what' },
  { name: 'automation-content', description: 'Automation API: templates of metadata, pages, images' },
  { name: 'sign-in', description: 'Sessions of people with a browser' },
  { name: 'explore', description: 'The search API: what is published, for anyone who may see it' },
  { name: 'notifications', description: 'Being told of new data, by mail or by a news feed' },
  { name: 'account', description: 'Passwords, invitations and one’s own account' },
  { name: 'audit', description: 'What was done by whom' },
  { name: 'operations', description: 'For the one who runs the server' },
]

const errorAnswer = (
  name: 'ManagementError' | 'AutomationError' | 'ExploreError' | 'ExploreTooMany',
  description: string,
) => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
})

const errorTexts = {
  400: 'Something in the request is wrong, or not possible now',
  401: 'No credentials, or wrong ones',
  403: 'The credentials do not give this right',
  404: 'There is no such thing, or it may not be seen',
  409: 'There is the same already, or it is in use',
  412: 'Somebody else has changed it: it is not what If-Match names',
  413: 'Too large',
  422: 'The Idempotency-Key was used for another order',
  429: 'Too many calls, or too many at once; Retry-After says in how many seconds to try again',
  503: 'The query takes too long or too much; or the server is not ready',
} as const

const credentials = [{ apikeyHeader: [] }, { basic: [] }, { apikeyQuery: [] }, { session: [] }]

interface Operation {
  operationId: string
  description?: string
  tags?: string[]
  parameters?: { in: string; name: string }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: { required?: string[] } }> }
  responses: Record<string, unknown>
  security?: unknown
}

export const openApiOptions = (version: string): FastifyDynamicSwaggerOptions => {
  const facts = new Map<string, OperationFacts>()
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Broadsheet',
        version,
        description:
          'Publish, unpublish, abort and version open datasets; search and export what is published.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      } as never,
      tags,
      components: {
        securitySchemes: {
          apikeyHeader: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: '`Authorization: Apikey <key>`',
          },
          apikeyQuery: { type: 'apiKey', in: 'query', name: 'apikey' },
          basic: { type: 'http', scheme: 'basic' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'broadsheet_session',
            description:
              'Set by `POST /api/auth/v1/session`; what is not GET, HEAD or OPTIONS needs the header `X-CSRF-Token` with it',
          },
        },
      },
    },
    transform({ schema, url, route }) {
      const operation = route.config?.operation
      if (operation && schema?.operationId) facts.set(schema.operationId, operation)
      return { schema, url }
    },
    transformObject(input) {
      if (!('openapiObject' in input)) throw new Error('the document is not OpenAPI 3')
      const { openapiObject } = input
      openapiObject.components = {
        ...openapiObject.components,
        schemas: objects as never,
        responses: Object.fromEntries(
          Object.entries(errorTexts).flatMap(([status, text]) => [
            [`Management${status}`, errorAnswer('ManagementError', text)],
            [`Automation${status}`, errorAnswer('AutomationError', text)],
            [`Explore${status}`, errorAnswer(status === '429' ? 'ExploreTooMany' : 'ExploreError', text)],
          ]),
        ) as never,
      }
      for (const [path, methods] of Object.entries(openapiObject.paths ?? {})) {
        for (const operation of Object.values(methods as Record<string, Operation>)) {
          complete(path, operation, facts.get(operation.operationId))
        }
      }
      return openapiObject
    },
  }
}

function complete(path: string, operation: Operation, facts: OperationFacts | undefined): void {
  if (!facts) throw new Error(`${path} ${operation.operationId} says nothing of its answers`)
  const { permission, answer, body } = facts
  operation.security = permission === 'public' ? [{}, ...credentials] : credentials
  Object.assign(operation, { 'x-permission': permission })
  const needed = permissionsNeeded(permission)
  if (needed !== '') {
    operation.description = [operation.description, `Needs ${needed}.`].filter(Boolean).join(' ')
  }
  if (body) operation.requestBody = { required: body.isRequired, content: body.content as never }
  else if (operation.requestBody) {
    const [content] = Object.values(operation.requestBody.content)
    operation.requestBody.required = (content?.schema.required?.length ?? 0) > 0
  }
  const { status, description, content, speaks } = answer
  if (speaks) operation.parameters = [...(operation.parameters ?? []), acceptLanguage]
  operation.responses = { [status]: { description, ...(content ? { content } : {}) } }
  for (const error of errorsOf(path, operation, facts)) {
    operation.responses[error] = { $ref: `#/components/responses/${envelopeOf(path)}${error}` }
  }
}

/** Refusals are in the language asked for everywhere; with these routes, what they answer is too. */
const acceptLanguage = {
  in: 'header',
  name: 'accept-language',
  required: false,
  schema: { type: 'string' },
  description: 'Language of labels and messages: fr, or else en; Content-Language says which it is',
}

function envelopeOf(path: string): 'Management' | 'Automation' | 'Explore' {
  if (/^\/api\/(management|auth|notifications)\//.test(path)) return 'Management'
  return path.startsWith('/api/automation/') ? 'Automation' : 'Explore'
}

/** Routes of the management API that wait for a turn like everybody. */
const asksTheEngine = /\/diff|\/rejects|\/record_errors|\/gates/

/** Where a thing is there already, or in use. */
const conflicts = /\/schedules\/$|connections\/\{connection_uid\}\/?$/

const errorsOfOperations: Readonly<Record<string, number[]>> = { readiness: [503], metrics: [401, 403] }

function errorsOf(
  path: string,
  operation: Operation,
  { body, answer: { content } }: OperationFacts,
): number[] {
  if (operation.tags?.includes('operations')) return errorsOfOperations[operation.operationId ?? ''] ?? []
  if (envelopeOf(path) !== 'Explore') {
    const takes = (header: string) =>
      operation.parameters?.some(({ name }) => name.toLowerCase() === header) === true
    const isKeyed = takes('idempotency-key')
    const isConditional = takes('if-match')
    return [
      400,
      401,
      403,
      404,
      ...(conflicts.test(path) ? [409] : []),
      ...(body?.content['multipart/form-data'] ? [413] : []),
      ...(isConditional ? [412] : []),
      ...(isKeyed ? [422] : []),
      // Users can have quotas.
      429,
      ...(content?.['text/event-stream'] || asksTheEngine.test(path) ? [503] : []),
    ]
  }
  if (/^\/api\/(auth|notifications)\//.test(path))
    return [400, 401, 403, ...(path.includes('{') ? [404] : []), 429]
  // Of what they may see, rules may keep the records from readers.
  const isOfDataset = path.includes('{dataset_id}')
  return [400, 401, ...(isOfDataset ? [403] : []), ...(path.includes('{') ? [404] : []), 429, 503]
}
