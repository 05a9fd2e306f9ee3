import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  changeMetadata,
  findDataset,
  metadataEntries,
  metadataEntry,
  readTemplates,
} from '../../catalog/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import { expansionOf, printMetadata } from './render.ts'
import { datasetParams, editorOf, expandQuery, type RegisterRoutes } from './scope.ts'

const tags = ['metadata']
const entryParams = Type.Object({ ...datasetParams.properties, template: Type.String(), name: Type.String() })
const value = () => Type.Unsafe<JsonValue>({})

/** What is said of a dataset; readers see changes with the next publish. Management API section 10. */
export const registerMetadata: RegisterRoutes = (scope, services) => {
  const { control } = services
  const metasOf = async (reference: string) => {
    const { dataset_uid, metas_json } = await findDataset(control.db, reference)
    return { dataset_uid, metas: JSON.parse(metas_json) as JsonObject }
  }

  const all = '/datasets/:dataset_uid/metadata'
  scope.get(
    all,
    operation('READ', 'listMetadata', 'List all metadata, set or not', answerList('Metadata'), {
      tags,
      params: datasetParams,
      querystring: expandQuery,
    }),
    async (request) => {
      const { metas } = await metasOf(request.params.dataset_uid)
      const expand = expansionOf(request.query.expand)
      return metadataEntries(await readTemplates(control.db), metas).map((entry) =>
        printMetadata(entry, expand),
      )
    },
  )

  scope.put(
    all,
    operation('WRITE', 'changeMetadata', 'Change several metadata, all or none', answerList('Metadata'), {
      tags,
      params: datasetParams,
      querystring: expandQuery,
      body: Type.Object({
        metas: Type.Array(
          Type.Object({ template_name: Type.String(), metadata_name: Type.String(), value: value() }),
          { maxItems: 1000 },
        ),
      }),
    }),
    async (request) => {
      const { dataset_uid } = await metasOf(request.params.dataset_uid)
      const changes = request.body.metas.map((meta) => ({
        template: meta.template_name,
        name: meta.metadata_name,
        value: meta.value ?? null,
      }))
      const metas = await changeMetadata(editorOf(services, request), dataset_uid, changes)
      const expand = expansionOf(request.query.expand)
      return metadataEntries(await readTemplates(control.db), metas).map((entry) =>
        printMetadata(entry, expand),
      )
    },
  )

  const one = '/datasets/:dataset_uid/metadata/:template/:name'
  const schema = { tags, params: entryParams, querystring: expandQuery }
  scope.get(
    one,
    operation('READ', 'readMetadata', 'Read one piece of metadata', answerOf('Metadata'), schema),
    async (request) => {
      const { metas } = await metasOf(request.params.dataset_uid)
      return printMetadata(
        metadataEntry(await readTemplates(control.db), metas, request.params.template, request.params.name),
        expansionOf(request.query.expand),
      )
    },
  )

  type EntryRequest = FastifyRequest<{
    Params: { dataset_uid: string; template: string; name: string }
    Querystring: { expand?: string[] }
  }>
  async function change(request: EntryRequest, next: JsonValue) {
    const { params } = request
    const { dataset_uid } = await metasOf(params.dataset_uid)
    const metas = await changeMetadata(editorOf(services, request), dataset_uid, [
      { template: params.template, name: params.name, value: next },
    ])
    return printMetadata(
      metadataEntry(await readTemplates(control.db), metas, params.template, params.name),
      expansionOf(request.query.expand),
    )
  }
  scope.put(
    one,
    operation('WRITE', 'setMetadata', 'Set one piece of metadata; null unsets', answerOf('Metadata'), {
      ...schema,
      body: Type.Object({ value: value() }),
    }),
    async (request) => change(request as EntryRequest, request.body.value),
  )
  scope.delete(
    one,
    operation('WRITE', 'unsetMetadata', 'Unset one piece of metadata', answerOf('Metadata'), schema),
    async (request) => change(request as EntryRequest, null),
  )
}
