import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  changeMetadata,
  findDataset,
  metadataEntries,
  metadataEntry,
  readTemplates,
  remoteMetas,
} from '../../catalog/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, operation } from '../openapi/index.ts'
import { expansionOf, printMetadata } from './render.ts'
import { datasetParams, editorOf, expandQuery, type RegisterRoutes } from './scope.ts'

const tags = ['metadata']
const entryParams = Type.Object({ ...datasetParams.properties, template: Type.String(), name: Type.String() })
const value = () => Type.Unsafe<JsonValue>({})

const overrides = Type.Optional(
  Type.Boolean({
    description: 'Of a harvested dataset; false: as its source has it, whatever value is sent',
  }),
)

type EntryRequest = FastifyRequest<{
  Params: { dataset_uid: string; template: string; name: string }
  Querystring: { expand?: string[] }
}>
interface SentValue {
  readonly value?: JsonValue
  readonly override_remote_value?: boolean
}

/** Giving up a value of one's own gives back the source's. Ordinary datasets have no source, and no use for the flag. */
function changeOf(
  remote: JsonObject,
  place: { readonly template: string; readonly name: string },
  { value: own = null, override_remote_value }: SentValue,
) {
  const values = Object.hasOwn(remote, place.template) ? (remote[place.template] as JsonObject) : {}
  const found = Object.hasOwn(values, place.name) ? values[place.name]! : null
  return { ...place, value: override_remote_value === false && found !== null ? found : own }
}

/** What is said of a dataset; readers see changes with the next publish. Management API section 10. */
export const registerMetadata: RegisterRoutes = (scope, services) => {
  const { control } = services
  const metasOf = async (reference: string) => {
    const { dataset_uid, metas_json } = await findDataset(control.db, reference)
    const remote = await remoteMetas(control.db, dataset_uid)
    return { dataset_uid, metas: JSON.parse(metas_json) as JsonObject, remote }
  }
  async function printAll(
    metas: JsonObject,
    remote: JsonObject,
    request: FastifyRequest<{ Querystring: { expand?: string[] } }>,
  ) {
    const expansion = expansionOf(request.query.expand)
    const entries = metadataEntries(await readTemplates(control.db), metas, remote)
    return entries.map((entry) => printMetadata(entry, expansion, spokenLanguage(request)))
  }
  async function printOne(metas: JsonObject, remote: JsonObject, request: EntryRequest) {
    const { params, query } = request
    const templates = await readTemplates(control.db)
    const entry = metadataEntry(templates, metas, params.template, params.name, remote)
    return printMetadata(entry, expansionOf(query.expand), spokenLanguage(request))
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
      const { metas, remote } = await metasOf(request.params.dataset_uid)
      return printAll(metas, remote, request)
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
          Type.Object({
            template_name: Type.String(),
            metadata_name: Type.String(),
            value: value(),
            override_remote_value: overrides,
          }),
          { maxItems: 1000 },
        ),
      }),
    }),
    async (request) => {
      const { dataset_uid, remote } = await metasOf(request.params.dataset_uid)
      const changes = request.body.metas.map((meta) =>
        changeOf(remote, { template: meta.template_name, name: meta.metadata_name }, meta),
      )
      const metas = await changeMetadata(editorOf(services, request), dataset_uid, changes)
      return printAll(metas, remote, request)
    },
  )

  const one = '/datasets/:dataset_uid/metadata/:template/:name'
  const schema = { tags, params: entryParams, querystring: expandQuery }
  scope.get(
    one,
    operation('READ', 'readMetadata', 'Read one piece of metadata', answerOf('Metadata'), schema),
    async (request) => {
      const { metas, remote } = await metasOf(request.params.dataset_uid)
      return printOne(metas, remote, request as EntryRequest)
    },
  )

  async function change(request: EntryRequest, sent: SentValue) {
    const { dataset_uid, ...place } = request.params
    const found = await metasOf(dataset_uid)
    const wanted = changeOf(found.remote, place, sent)
    const metas = await changeMetadata(editorOf(services, request), found.dataset_uid, [wanted])
    return printOne(metas, found.remote, request)
  }
  scope.put(
    one,
    operation('WRITE', 'setMetadata', 'Set one piece of metadata; null unsets', answerOf('Metadata'), {
      ...schema,
      body: Type.Object({ value: value(), override_remote_value: overrides }),
    }),
    async (request) => change(request as EntryRequest, request.body),
  )
  scope.delete(
    one,
    operation('WRITE', 'unsetMetadata', 'Unset one piece of metadata', answerOf('Metadata'), schema),
    async (request) => change(request as EntryRequest, { override_remote_value: false }),
  )
}
