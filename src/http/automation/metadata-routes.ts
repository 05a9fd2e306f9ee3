import { Type } from 'typebox'
import {
  changeMetadata,
  type DatasetRow,
  findDataset,
  listFacets,
  replaceFacets,
  replaceMetadata,
  within,
} from '../../catalog/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { answerOf, noContent, operation } from '../openapi/index.ts'
import {
  facetsPlace,
  printMetadata,
  readFacets,
  readMetadata,
  readTemplateValues,
  requireKnown,
} from './print-dataset.ts'
import { anyObject, datasetParams, editorOf, type RegisterRoutes } from './scope.ts'

const tags = ['automation-datasets']
const templateParams = Type.Object({ ...datasetParams.properties, template_name: Type.String() })
const fieldParams = Type.Object({ ...templateParams.properties, template_field_name: Type.String() })
const valueBody = Type.Object({ value: Type.Optional(Type.Unsafe<JsonValue>({})) })

/** What is said of a dataset; readers see it with the next publish or publish_metadata. Automation API section 9. */
export const registerAutomationMetadata: RegisterRoutes = (scope, services) => {
  const { db } = services.control

  async function metadataOf(row: DatasetRow): Promise<JsonObject> {
    const facets = (await listFacets(db, [row.dataset_uid])).get(row.dataset_uid) ?? []
    return printMetadata(JSON.parse(row.metas_json), facets)
  }
  const readAll = async (reference: string) => metadataOf(await findDataset(db, reference))

  const all = '/datasets/:dataset_uid/metadata/'
  const schema = { tags, params: datasetParams }
  scope.get(
    all,
    operation(
      'READ',
      'automationReadMetadata',
      'All metadata that are set',
      answerOf('AutomationMetadata'),
      schema,
    ),
    async (request) => readAll(request.params.dataset_uid),
  )
  scope.put(
    all,
    operation(
      'WRITE',
      'automationReplaceMetadata',
      'Replace all metadata: what is left out is unset',
      answerOf('AutomationMetadata'),
      { ...schema, body: anyObject('{template: {name: {value}}}') },
    ),
    async (request) => {
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      const wanted = readMetadata(request.body)
      await within(db, async (trx) => {
        const editor = { ...editorOf(services, request), db: trx }
        await replaceMetadata(editor, dataset_uid, null, wanted.changes)
        await replaceFacets(editor, dataset_uid, wanted.facets ?? [])
      })
      return readAll(dataset_uid)
    },
  )

  const template = `${all}:template_name/`
  const templateSchema = { tags, params: templateParams }
  const valuesOf = async (reference: string, name: string): Promise<JsonObject> =>
    ((await readAll(reference))[name] ?? {}) as JsonObject
  scope.get(
    template,
    operation(
      'READ',
      'automationReadMetadataTemplate',
      'Metadata of one template that are set',
      answerOf('AutomationMetadataTemplateValues'),
      templateSchema,
    ),
    async (request) => {
      await requireKnown(db, request.params.template_name)
      return valuesOf(request.params.dataset_uid, request.params.template_name)
    },
  )
  scope.put(
    template,
    operation(
      'WRITE',
      'automationReplaceMetadataTemplate',
      'Replace the metadata of one template: what is left out is unset',
      answerOf('AutomationMetadataTemplateValues'),
      { ...templateSchema, body: anyObject('{name: {value}}') },
    ),
    async (request) => {
      const { template_name } = request.params
      const { dataset_uid } = await findDataset(db, request.params.dataset_uid)
      await requireKnown(db, template_name)
      const changes = readTemplateValues(template_name, request.body)
      const isFacets = (name: string) => template_name === facetsPlace.template && name === facetsPlace.name
      const facets = changes.find(({ name }) => isFacets(name))
      await within(db, async (trx) => {
        const editor = { ...editorOf(services, request), db: trx }
        const stored = changes.filter(({ name }) => !isFacets(name))
        await replaceMetadata(editor, dataset_uid, template_name, stored)
        if (template_name === facetsPlace.template)
          await replaceFacets(editor, dataset_uid, facets ? readFacets(facets.value) : [])
      })
      return valuesOf(dataset_uid, template_name)
    },
  )

  const one = `${template}:template_field_name/`
  const oneSchema = { tags, params: fieldParams }
  interface Params {
    dataset_uid: string
    template_name: string
    template_field_name: string
  }
  const valueAt = async (params: Params): Promise<JsonObject> => {
    const values = await valuesOf(params.dataset_uid, params.template_name)
    const { template_field_name } = params
    return Object.hasOwn(values, template_field_name)
      ? (values[template_field_name] as JsonObject)
      : { value: null }
  }
  async function change(request: Parameters<typeof editorOf>[1], value: JsonValue): Promise<JsonObject> {
    const params = request.params as Params
    const { template_name, template_field_name: name } = params
    const { dataset_uid } = await findDataset(db, params.dataset_uid)
    await requireKnown(db, template_name, name)
    const editor = editorOf(services, request)
    if (template_name === facetsPlace.template && name === facetsPlace.name)
      await replaceFacets(editor, dataset_uid, readFacets(value))
    else await changeMetadata(editor, dataset_uid, [{ template: template_name, name, value }])
    return valueAt(params)
  }
  scope.get(
    one,
    operation(
      'READ',
      'automationReadMetadataField',
      'One piece of metadata; null: it is not set',
      answerOf('AutomationMetadataValue'),
      oneSchema,
    ),
    async (request) => {
      await requireKnown(db, request.params.template_name, request.params.template_field_name)
      return valueAt(request.params)
    },
  )
  scope.put(
    one,
    operation(
      'WRITE',
      'automationSetMetadataField',
      'Set one piece of metadata; null unsets',
      answerOf('AutomationMetadataValue'),
      { ...oneSchema, body: valueBody },
    ),
    async (request) => change(request, request.body.value ?? null),
  )
  scope.delete(
    one,
    operation('WRITE', 'automationUnsetMetadataField', 'Unset one piece of metadata', noContent, oneSchema),
    async (request, reply) => {
      await change(request, null)
      return reply.status(204).send()
    },
  )
}
