import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  addResource,
  type ConfiguredResource,
  deleteResource,
  findDataset,
  findDatasetUid,
  findResource,
  forgetFetched,
  listResources,
  replaceResource,
  withoutSealed,
} from '../../catalog/index.ts'
import { extractors } from '../../ingest/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { realtimeType } from '../../realtime/index.ts'
import { pushUrl } from '../management/realtime-routes.ts'
import { expansionOf } from '../management/render.ts'
import { type ResourceBody, readResource } from '../management/resource-routes.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { requireOfKey } from '../refuse-key.ts'
import type { HttpServices } from '../services.ts'
import { printConnection } from './connection-shapes.ts'
import { connectionOf, printSource, readDatasource } from './datasource.ts'
import {
  datasetParams,
  editorOf,
  invalid,
  jobHeader,
  named,
  objectOrNull,
  pageQuery,
  printPage,
  type RegisterRoutes,
  readPage,
  textOrNull,
  usernameOf,
} from './scope.ts'

const tags = ['automation-sources']
export const resourceParams = Type.Object({ ...datasetParams.properties, resource_uid: Type.String() })
const expandQuery = Type.Object({
  expand: Type.Optional(Type.Array(Type.String(), { description: 'datasource.connection' })),
})
/** Of a resource that is, or may come to be. */
export const resourceBody = Type.Object({
  type: textOrNull('Extractor, or realtime'),
  title: textOrNull(),
  url: textOrNull('An address, where no datasource is given'),
  params: objectOrNull('Parameters of the extractor, and how the bytes are fetched'),
  datasource: objectOrNull('By type: uploaded_file, http, ftp, amazon_s3, federated'),
})
export interface AutomationResourceBody {
  type?: string | null
  title?: string | null
  url?: string | null
  params?: JsonObject | null
  datasource?: JsonObject | null
}

/** Where the records of a dataset come from. Automation API section 7. */
export const registerAutomationResources: RegisterRoutes = (scope, services) => {
  const { control, catalogDeps, realtime } = services
  const all = '/datasets/:dataset_uid/resources/'
  const one = `${all}:resource_uid/`
  const schema = { tags, params: datasetParams }
  const oneSchema = { tags, params: resourceParams }

  scope.get(
    all,
    operation('READ', 'automationListResources', 'List resources', answerPage('AutomationResource'), {
      ...schema,
      querystring: Type.Object({ ...pageQuery.properties, ...expandQuery.properties }),
    }),
    async (request) => {
      const page = readPage(request.query)
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const resources = await listResources(catalogDeps, datasetUid)
      const shown = resources.slice(page.offset, page.offset + page.limit)
      const results = shown.map((resource) => print(request, datasetUid, resource, request.query.expand))
      return printPage(request, page, resources.length, await Promise.all(results))
    },
  )
  scope.post(
    all,
    operation('WRITE', 'automationAddResource', 'Add a resource', answerOf('AutomationResource', 201), {
      ...schema,
      body: resourceBody,
    }),
    async (request, reply) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const body = await bodyOf(services, request.body)
      const { input } = await named('datasource', readResource(services, request, reply, null, body))
      const editor = editorOf(services, request)
      if (input.type !== realtimeType) {
        const resource = await named('datasource', addResource(editor, datasetUid, input))
        return reply.status(201).send(await print(request, datasetUid, resource))
      }
      // What is pushed is published in the name of whoever has made the key.
      await requireOfKey(services, request, 'PUBLISH', datasetUid)
      let key = ''
      const opened = addResource(editor, datasetUid, input, async (trx, resourceUid) => {
        key = await realtime.open(trx, datasetUid, resourceUid, usernameOf(request))
      })
      const resource = await named('datasource', opened)
      return reply.status(201).send(await printWithKey(request, datasetUid, resource, key))
    },
  )
  scope.get(
    one,
    operation('READ', 'automationReadResource', 'Read a resource', answerOf('AutomationResource'), {
      ...oneSchema,
      querystring: expandQuery,
    }),
    async (request) => {
      const { datasetUid, resource } = await find(request.params)
      return print(request, datasetUid, resource, request.query.expand)
    },
  )
  scope.put(
    one,
    operation(
      'WRITE',
      'automationReplaceResource',
      'Change a resource; what is left out stays, a datasource is replaced as a whole',
      answerOf('AutomationResource'),
      { ...oneSchema, body: resourceBody },
    ),
    async (request, reply) => {
      const { datasetUid, resource } = await find(request.params)
      const body = await bodyOf(services, request.body, resource)
      const { input } = await named('datasource', readResource(services, request, reply, resource, body))
      const editor = editorOf(services, request)
      const { resource_uid } = resource
      const changed = await named('datasource', replaceResource(editor, datasetUid, resource_uid, input))
      return print(request, datasetUid, changed)
    },
  )
  scope.delete(
    one,
    operation('WRITE', 'automationDeleteResource', 'Delete a resource', noContent, oneSchema),
    async (request, reply) => {
      const { datasetUid, resource } = await find(request.params)
      await deleteResource(editorOf(services, request), datasetUid, resource.resource_uid)
      return reply.status(204).send()
    },
  )
  scope.post(
    `${one}clean_cache/`,
    operation(
      'WRITE',
      'automationCleanCache',
      'Have the next publish fetch the source anew, whether it has changed or not',
      noContent,
      oneSchema,
    ),
    async (request, reply) => {
      const { datasetUid, resource } = await find(request.params)
      await forgetFetched(catalogDeps, datasetUid, resource.resource_uid)
      return reply.status(204).send()
    },
  )

  for (const [path, operationId, summary, isEnabled] of [
    ['enable', 'automationEnableResource', 'Take pushes again', true],
    ['disable', 'automationDisableResource', 'Refuse pushes; the records stay', false],
  ] as const) {
    scope.post(
      `${one}${path}/`,
      operation('WRITE', operationId, summary, answerOf('AutomationResource'), oneSchema),
      async (request) => {
        const { datasetUid, resource } = await find(request.params)
        await realtime.setEnabled(datasetUid, resource.resource_uid, isEnabled)
        return print(request, datasetUid, resource)
      },
    )
  }
  scope.post(
    `${one}renew_api_key/`,
    operation(
      'WRITE',
      'automationRenewPushKey',
      'Replace the push key; the answer has the new one, once',
      answerOf('AutomationResource'),
      oneSchema,
    ),
    async (request) => {
      const { datasetUid, resource } = await find(request.params)
      await realtime.state(datasetUid, resource.resource_uid)
      await requireOfKey(services, request, 'PUBLISH', datasetUid)
      const key = await realtime.renewKey(datasetUid, resource.resource_uid, usernameOf(request))
      return printWithKey(request, datasetUid, resource, key)
    },
  )
  scope.post(
    `${one}recover/`,
    operation(
      'PUBLISH',
      'automationRecoverRecords',
      'Publish all pushed records of the dataset that are kept',
      answerOf('AutomationResource'),
      oneSchema,
    ),
    async (request, reply) => {
      const { datasetUid, resource } = await findPushed(request.params)
      const jobId = await realtime.recover(datasetUid, usernameOf(request))
      return reply.header(jobHeader, jobId).send(await print(request, datasetUid, resource))
    },
  )
  scope.post(
    `${one}delete_recover_data/`,
    operation(
      'WRITE',
      'automationDeleteRecoverData',
      'Delete for good the pushes of the dataset that an unpublish dropped; published records stay',
      answerOf('AutomationResource'),
      oneSchema,
    ),
    async (request) => {
      const { datasetUid, resource } = await findPushed(request.params)
      await realtime.scratch(datasetUid)
      return print(request, datasetUid, resource)
    },
  )

  async function find(params: { dataset_uid: string; resource_uid: string }) {
    const datasetUid = await findDatasetUid(control.db, params.dataset_uid)
    return { datasetUid, resource: await findResource(catalogDeps, datasetUid, params.resource_uid) }
  }

  /** Errors: catalog.unknown_resource, realtime.unknown_resource, actions.not_published. */
  async function findPushed(params: { dataset_uid: string; resource_uid: string }) {
    const found = await find(params)
    await realtime.state(found.datasetUid, found.resource.resource_uid)
    const { is_published } = await findDataset(control.db, found.datasetUid)
    if (!is_published) throw new AppError('actions.not_published', { dataset_uid: found.datasetUid })
    return found
  }

  async function print(
    request: FastifyRequest,
    datasetUid: string,
    resource: ConfiguredResource,
    expand?: readonly string[],
  ): Promise<JsonObject> {
    const isExpanded = expansionOf(expand).has('datasource.connection')
    const connection = await connectionOf(services, resource)
    // With a uid in it, clients could not tell a connection in full from a reference: section 1, rule 7.
    const inFull = isExpanded ? (shown: Parameters<typeof printConnection>[0]) => withoutUid(shown) : null
    const isRealtime = resource.type === realtimeType
    const { datasource, url, origin, params } = printSource(resource, connection, inFull)
    const address = isRealtime ? await pushUrl(services, request, datasetUid, resource.resource_uid) : url
    const extractor = extractors.get(resource.type)
    return {
      uid: resource.resource_uid,
      type: resource.type,
      title: resource.title,
      ...(address === undefined ? {} : { url: address }),
      display_name: resource.title === '' ? origin.label : resource.title,
      extraction_infos: extractor ? { label: extractor.label, type: resource.type } : null,
      origin: { ...origin },
      params,
      ...(datasource === undefined ? {} : { datasource }),
    }
  }

  async function printWithKey(
    request: FastifyRequest,
    datasetUid: string,
    resource: ConfiguredResource,
    push_key: string,
  ): Promise<JsonObject> {
    const printed = await print(request, datasetUid, resource)
    return { ...printed, url: `${printed.url}?pushkey=${push_key}`, push_key }
  }
}

function withoutUid(connection: Parameters<typeof printConnection>[0]): JsonObject {
  const { uid: _uid, ...shown } = printConnection(connection, { datasets: 0, canManage: true })
  return shown
}

/**
 * A resource as the management API takes it. `present`: what a body leaves out stays as it is there.
 * Errors: http.invalid_parameter.
 */
export async function bodyOf(
  services: HttpServices,
  body: AutomationResourceBody,
  present: ConfiguredResource | null = null,
): Promise<ResourceBody> {
  const shown = present === null ? null : printSource(present, await connectionOf(services, present), null)
  const type = body.type ?? present?.type ?? null
  const title = body.title ?? present?.title ?? ''
  if (type === realtimeType) return { type, title }
  if (body.datasource === undefined || body.datasource === null) {
    const url = body.url ?? present?.url
    if (url === undefined) throw invalid('datasource', undefined, 'it is needed, or url')
    const kept = present === null ? {} : fetchedBy(present, shown!.params)
    const params = body.params ?? shown?.params ?? {}
    return { url, title, type, params: body.url ? params : { ...kept, ...params } }
  }
  const source = await readDatasource(services, body.datasource)
  const params = body.params ?? shown?.params ?? {}
  return { url: source.url, title, type, params: { ...params, ...source.params } }
}

/** What a datasource says of how the bytes are fetched, as it is stored: `***` where there are secrets. */
function fetchedBy(present: ConfiguredResource, rest: JsonObject): JsonObject {
  const stored = withoutSealed(present.params)
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !Object.hasOwn(rest, name)))
}
