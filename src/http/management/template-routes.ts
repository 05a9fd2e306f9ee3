import { Type } from 'typebox'
import { mayDo } from '../../access/index.ts'
import {
  createTemplate,
  deleteTemplate,
  findTemplate,
  type MetadataTemplate,
  purposeOf,
  readTemplates,
  replaceTemplate,
  revisionOfTemplate,
  suggestMetadata,
  templateIn,
  templateTypes,
} from '../../catalog/index.ts'
import {
  AppError,
  formatInstant,
  type JsonObject,
  type JsonValue,
  type Language,
} from '../../kernel/index.ts'
import { readFlag } from '../explore/parameters.ts'
import { ifMatchHeader, ifMatchOf, tellRevision } from '../if-match.ts'
import { spokenLanguage } from '../language.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { editorOf, integerOf, type RegisterRoutes } from './scope.ts'

const tags = ['templates']
const params = Type.Object({ template: Type.String() })
const fieldParams = Type.Object({ ...params.properties, name: Type.String() })
const fields = Type.Array(Type.Unsafe<JsonValue>({}), {
  description:
    'Fields: name, type, label, help_text, choices, labels, requirement_level, i18n, is_filter, self_suggest, suggest_url',
})

/**
 * What can be said of datasets. Ours: the platform has these in its other API (automation API section 10), whose shapes
 * they have.
 */
export const registerTemplates: RegisterRoutes = (scope, services) => {
  const { control } = services
  const all = '/metadata/templates'
  const one = `${all}/:template`

  scope.get(
    all,
    operation('INDEX', 'listMetadataTemplates', 'List metadata templates', answerList('MetadataTemplate'), {
      tags,
      querystring: Type.Object({
        is_active: Type.Optional(Type.String({ description: 'true or false' })),
        type: Type.Optional(Type.String({ description: templateTypes.join(', ') })),
      }),
    }),
    async (request) => {
      const { is_active, type } = request.query
      const active = is_active === undefined ? null : readFlag('is_active', is_active, true)
      if (type !== undefined && !templateTypes.includes(type as never))
        throw new AppError('http.invalid_parameter', {
          parameter: 'type',
          value: type.slice(0, 100),
          expected: `it must be one of ${templateTypes.join(', ')}`,
        })
      const templates = await readTemplates(control.db)
      return templates.all
        .filter((template) => active === null || template.isActive === active)
        .filter((template) => type === undefined || template.type === type)
        .map((template) => printTemplate(template, spokenLanguage(request)))
    },
  )
  scope.post(
    all,
    operation(
      'ADMIN',
      'createMetadataTemplate',
      'Create a metadata template',
      answerOf('MetadataTemplate', 201),
      {
        tags,
        body: Type.Object({
          name: Type.String(),
          title: Type.String(),
          type: Type.Optional(
            Type.String({ description: 'basic (default) or admin: never shown to readers' }),
          ),
          is_active: Type.Optional(Type.Boolean()),
          schema: fields,
        }),
      },
    ),
    async (request, reply) => {
      const { name, title, type = 'basic', is_active = true, schema } = request.body
      const input = { title, isActive: is_active, fields: schema }
      const created = await createTemplate(editorOf(services, request), name, type, input)
      return reply.status(201).send(printTemplate(created, spokenLanguage(request)))
    },
  )
  scope.get(
    one,
    operation('INDEX', 'readMetadataTemplate', 'Read a metadata template', answerOf('MetadataTemplate'), {
      tags,
      params,
    }),
    async (request, reply) => {
      const template = await findTemplate(control.db, request.params.template)
      tellRevision(reply, revisionOfTemplate(template))
      return printTemplate(template, spokenLanguage(request))
    },
  )
  scope.put(
    one,
    operation(
      'ADMIN',
      'replaceMetadataTemplate',
      'Change a metadata template; what is left out stays',
      answerOf('MetadataTemplate'),
      {
        tags,
        params,
        headers: ifMatchHeader,
        body: Type.Object({
          title: Type.Optional(Type.String()),
          is_active: Type.Optional(Type.Boolean()),
          schema: Type.Optional(fields),
        }),
      },
    ),
    async (request, reply) => {
      const { title, is_active, schema } = request.body
      const input = {
        ...(title === undefined ? {} : { title }),
        ...(is_active === undefined ? {} : { isActive: is_active }),
        ...(schema === undefined ? {} : { fields: schema }),
      }
      const { template: name } = request.params
      const changed = await replaceTemplate(editorOf(services, request), name, input, ifMatchOf(request))
      tellRevision(reply, revisionOfTemplate(changed))
      return printTemplate(changed, spokenLanguage(request))
    },
  )
  scope.delete(
    one,
    operation(
      'ADMIN',
      'deleteMetadataTemplate',
      'Delete a metadata template that no dataset uses',
      noContent,
      {
        tags,
        params,
      },
    ),
    async (request, reply) => {
      await deleteTemplate(services.catalogDeps, request.params.template)
      return reply.status(204).send()
    },
  )
  scope.get(
    `${one}/fields/:name/suggest`,
    operation('INDEX', 'suggestMetadata', 'Values of a metadata field', answerOf('MetadataSuggestions'), {
      tags,
      params: fieldParams,
      querystring: Type.Object({
        query: Type.Optional(Type.String({ maxLength: 1000, description: 'What is typed' })),
        count: Type.Optional(Type.String({ description: '1 to 100, 10 by default' })),
      }),
    }),
    async (request): Promise<JsonObject> => {
      const { query = '', count } = request.query
      const asked = {
        query,
        count: integerOf('count', count, 10, 100),
        seesAll: mayDo(request.principal, 'WRITE'),
      }
      const { hits, total } = await suggestMetadata(control.db, request.params, asked)
      return { hits, nb_hits: total, page: 0, hits_per_page: asked.count, query }
    },
  )
}

export function printTemplate(stored: MetadataTemplate, language: Language): JsonObject {
  const template = templateIn(language, stored)
  const { name, label, type, isActive, isSystem, isAlwaysActive, created, updated } = template
  const instantOf = (stamp: { at: number } | null) => (stamp ? formatInstant(stamp.at) : null)
  return {
    name,
    revision: revisionOfTemplate(stored),
    title: label,
    type,
    purpose: purposeOf(template),
    is_active: isActive,
    is_system: isSystem,
    is_always_active: isAlwaysActive,
    schema: template.fields.map((field) => ({
      help_text: null,
      is_hidden: false,
      self_suggest: false,
      is_filter: false,
      i18n: false,
      suggest_url: null,
      choices: null,
      labels: {},
      requirement_level: 'optional',
      ...(field as unknown as JsonObject),
    })),
    created_at: instantOf(created),
    created_by: created && { username: created.by },
    updated_at: instantOf(updated),
    updated_by: updated && { username: updated.by },
  }
}
