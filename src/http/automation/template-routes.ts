import { Type } from 'typebox'
import { mayDo } from '../../access/index.ts'
import {
  createTemplate,
  deleteTemplate,
  findTemplate,
  type MetadataField,
  type MetadataTemplate,
  readTemplates,
  replaceTemplate,
  suggestMetadata,
  templateTypes,
} from '../../catalog/index.ts'
import { AppError, type JsonObject, type JsonValue, type Language } from '../../kernel/index.ts'
import { readFlag } from '../explore/parameters.ts'
import { spokenLanguage } from '../language.ts'
import { printTemplate as printInFull } from '../management/template-routes.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import {
  editorOf,
  flagOrNull,
  invalid,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
  textOrNull,
} from './scope.ts'

const tags = ['automation-content']
const params = Type.Object({ template_name: Type.String() })
const fieldParams = Type.Object({ ...params.properties, template_field_name: Type.String() })
const body = Type.Object({
  name: textOrNull(),
  title: textOrNull(),
  type: textOrNull('basic or admin'),
  is_active: flagOrNull(),
  schema: Type.Optional(Type.Unsafe<JsonValue[] | null>({ type: ['array', 'null'], description: 'Fields' })),
})

/** What can be said of datasets. Automation API section 10. */
export const registerAutomationTemplates: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  const all = '/metadata/templates/'
  const one = `${all}:template_name/`
  const fields = `${one}fields/`
  const field = `${fields}:template_field_name/`
  const template = answerOf('AutomationTemplate')

  scope.get(
    all,
    operation(
      'INDEX',
      'automationListTemplates',
      'List metadata templates',
      answerPage('AutomationTemplate'),
      {
        tags,
        querystring: Type.Object({
          ...pageQuery.properties,
          is_active: Type.Optional(Type.String({ description: 'true or false' })),
          type: Type.Optional(Type.String({ description: templateTypes.join(', ') })),
        }),
      },
    ),
    async (request) => {
      const { is_active, type } = request.query
      const active = is_active === undefined ? null : readFlag('is_active', is_active.toLowerCase(), true)
      if (type !== undefined && !templateTypes.some((known) => known === type))
        throw invalid('type', type, `it must be one of ${templateTypes.join(', ')}`)
      const found = (await readTemplates(db)).all
        .filter((one) => active === null || one.isActive === active)
        .filter((one) => type === undefined || one.type === type)
      return printPageOf(request, request.query, found, (template) =>
        print(template, spokenLanguage(request)),
      )
    },
  )
  scope.post(
    all,
    operation(
      'ADMIN',
      'automationCreateTemplate',
      'Create a metadata template',
      answerOf('AutomationTemplate', 201),
      { tags, body },
    ),
    async (request, reply) => {
      const { name, title, type, is_active, schema } = request.body
      if (typeof name !== 'string') throw invalid('name', name, 'it is needed')
      if (typeof title !== 'string') throw invalid('title', title, 'it is needed')
      const input = { title, isActive: is_active ?? true, fields: fieldsOf(schema ?? []) }
      const created = await createTemplate(editorOf(services, request), name, type ?? 'basic', input)
      return reply.status(201).send(print(created, spokenLanguage(request)))
    },
  )
  scope.get(
    one,
    operation('INDEX', 'automationReadTemplate', 'Read a metadata template', template, { tags, params }),
    async (request) => print(await findTemplate(db, request.params.template_name), spokenLanguage(request)),
  )
  scope.put(
    one,
    operation(
      'ADMIN',
      'automationUpdateTemplate',
      'Change a metadata template; what is left out stays',
      template,
      { tags, params, body },
    ),
    async (request) => {
      const { title, is_active, schema } = request.body
      const present = await findTemplate(db, request.params.template_name)
      // Of a system template only whether it is active can change: what a client sends back of the rest says nothing.
      const told = present.isSystem ? {} : { title, schema }
      const input = {
        ...(typeof told.title === 'string' ? { title: told.title } : {}),
        ...(typeof is_active === 'boolean' ? { isActive: is_active } : {}),
        ...(told.schema ? { fields: fieldsOf(told.schema) } : {}),
      }
      const replaced = await replaceTemplate(editorOf(services, request), present.name, input)
      return print(replaced, spokenLanguage(request))
    },
  )
  scope.delete(
    one,
    operation(
      'ADMIN',
      'automationDeleteTemplate',
      'Delete a metadata template that no dataset uses',
      noContent,
      { tags, params },
    ),
    async (request, reply) => {
      await deleteTemplate(services.catalogDeps, request.params.template_name)
      return reply.status(204).send()
    },
  )

  scope.get(
    fields,
    operation(
      'INDEX',
      'automationListTemplateFields',
      'Fields of a metadata template',
      answerPage('AutomationTemplateField'),
      { tags, params, querystring: pageQuery },
    ),
    async (request) => {
      const found = await findTemplate(db, request.params.template_name)
      return printPageOf(request, request.query, printFields(found, spokenLanguage(request)), (one) => one)
    },
  )
  scope.get(
    field,
    operation(
      'INDEX',
      'automationReadTemplateField',
      'Read a field of a metadata template',
      answerOf('AutomationTemplateField'),
      { tags, params: fieldParams },
    ),
    async (request) => {
      const { template_name, template_field_name } = request.params
      const found = printFields(await findTemplate(db, template_name), spokenLanguage(request))
      const one = found.find(({ name }) => name === template_field_name)
      if (!one)
        throw new AppError('catalog.unknown_metadata', {
          template: template_name.slice(0, 100),
          name: template_field_name.slice(0, 100),
        })
      return one
    },
  )
  scope.get(
    `${field}suggest/`,
    operation(
      'INDEX',
      'automationSuggestMetadata',
      'Values of a metadata field while somebody types',
      answerOf('AutomationSuggestions'),
      {
        tags,
        params: fieldParams,
        querystring: Type.Object({
          query: Type.Optional(Type.String({ maxLength: 1000 })),
          count: Type.Optional(Type.String({ description: '1 to 100, 20 by default' })),
        }),
      },
    ),
    async (request): Promise<JsonObject> => {
      const startedAt = services.stopwatch()
      const { query, count = '20' } = request.query
      if (query === undefined) throw invalid('query', query, 'it is needed')
      const wanted = /^\d{1,3}$/.test(count) ? Number(count) : 0
      if (wanted < 1 || wanted > 100) throw invalid('count', count, 'it must be a number from 1 to 100')
      const { template_name, template_field_name } = request.params
      const asked = { query, count: wanted, seesAll: mayDo(request.principal, 'WRITE') }
      const place = { template: template_name, name: template_field_name }
      const { hits, total } = await suggestMetadata(db, place, asked)
      return {
        hits,
        nb_hits: total,
        page: 0,
        hits_per_page: wanted,
        exhaustive_nb_hits: true,
        exhaustive_typo: true,
        exhaustive: { nb_hits: true, typo: true },
        query,
        params: new URLSearchParams({ query, hitsPerPage: String(wanted) }).toString(),
        processing_time_ms: Math.round(services.stopwatch() - startedAt),
      }
    },
  )
}

/** As read, a field has null where nothing is: that says nothing when it is sent back. */
function fieldsOf(schema: readonly JsonValue[]): JsonValue[] {
  return schema.map((field) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).filter(([, value]) => value !== null))
      : field,
  )
}

/** Types that this API has no word for are plain texts to its clients. */
const typesOfHere: Partial<Record<MetadataField['type'], string>> = { object: 'longstring' }

function printFields(template: MetadataTemplate, language: Language): JsonObject[] {
  const { schema } = printInFull(template, language)
  return (schema as JsonObject[]).map((field) => ({
    ...field,
    type: typesOfHere[field.type as MetadataField['type']] ?? field.type!,
  }))
}

/** Without what is null: clients take only dates and users there. */
function print(template: MetadataTemplate, language: Language): JsonObject {
  const { purpose: _purpose, ...shown } = printInFull(template, language)
  const told = Object.entries(shown).filter(([, value]) => value !== null)
  return { ...Object.fromEntries(told), schema: printFields(template, language) }
}
