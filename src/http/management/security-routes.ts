import type { FastifyRequest } from 'fastify'
import { type TObject, Type } from 'typebox'
import {
  defaultTarget,
  deleteRuleset,
  findGroup,
  findRuleset,
  findUser,
  listRulesets,
  type Ruleset,
  type RulesetChange,
  type RulesetTarget,
  setAccessPolicy,
  writeRuleset,
} from '../../access/index.ts'
import { hasPublicVersions, setPublicVersions } from '../../actions/index.ts'
import { findDataset } from '../../catalog/index.ts'
import type { JsonObject, JsonValue } from '../../kernel/index.ts'
import { answerList, answerOf, callsQuota, noContent, operation, ref } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { printGroup, printRuleset, printRulesetUser } from './print-account.ts'
import { type Expansion, expansionOf } from './render.ts'
import { datasetParams, editorOf, expandQuery, type ManagementScope, type RegisterRoutes } from './scope.ts'

const tags = ['security']
const under = '/datasets/:dataset_uid/security'
const rulesetBody = {
  is_data_visible: Type.Optional(Type.Boolean()),
  visible_fields: Type.Optional(
    Type.Array(Type.String({ maxLength: 300 }), { maxItems: 10_000, description: '["*"]: all' }),
  ),
  filter_query: Type.Optional(Type.String({ maxLength: 64 << 10 })),
  permissions: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 20 })),
  api_calls_quota: Type.Optional(callsQuota),
}
type RulesetBody = {
  is_data_visible?: boolean
  visible_fields?: string[]
  filter_query?: string
  permissions?: string[]
  api_calls_quota?: { limit: number; unit: string } | null
}

/** Who sees what of a dataset, and may do what to it. Readers feel changes at once. Management API section 18. */
export const registerSecurity: RegisterRoutes = (scope, services) => {
  const { db } = services.control
  registerPolicy(scope, services)
  registerPublicVersions(scope, services)

  scope.get(
    `${under}/default`,
    operation(
      'SECURITY',
      'readDefaultRuleset',
      'What everybody without a ruleset sees',
      answerOf('Ruleset'),
      {
        tags,
        params: datasetParams,
      },
    ),
    async (request) => printRuleset(await findRuleset(db, await uidOf(services, request), defaultTarget)),
  )
  scope.put(
    `${under}/default`,
    operation(
      'SECURITY',
      'changeDefaultRuleset',
      'Change what everybody without a ruleset sees; what is not given stays',
      answerOf('Ruleset'),
      { tags, params: datasetParams, body: Type.Object(rulesetBody) },
    ),
    async (request) => {
      const deps = depsOf(services, request)
      const datasetUid = await uidOf(services, request)
      return printRuleset(
        await writeRuleset(deps, datasetUid, defaultTarget, 'change', changeOf(request.body)),
      )
    },
  )
  scope.delete(
    `${under}/default`,
    operation('SECURITY', 'resetDefaultRuleset', 'Show everybody all of the dataset again', noContent, {
      tags,
      params: datasetParams,
    }),
    async (request, reply) => {
      await deleteRuleset(depsOf(services, request), await uidOf(services, request), defaultTarget)
      return reply.status(204).send()
    },
  )

  registerTargets(scope, services, {
    kind: 'user',
    path: `${under}/users`,
    name: 'User',
    param: 'username',
    object: 'UserRuleset',
    nameIn: Type.Object({ user: Type.Object({ username: Type.String({ maxLength: 500 }) }) }),
    print: async (username, expand) => ({
      user: expand.has('user') ? printRulesetUser(await findUser(db, username)) : { username },
    }),
  })
  registerTargets(scope, services, {
    kind: 'group',
    path: `${under}/groups`,
    name: 'Group',
    param: 'group_id',
    object: 'GroupRuleset',
    nameIn: Type.Object({ group: Type.Object({ group_id: Type.String({ maxLength: 500 }) }) }),
    print: async (group_id, expand) => ({
      group: expand.has('group') ? printGroup(await findGroup(db, group_id)) : { group_id },
    }),
  })
}

const registerPolicy: RegisterRoutes = (scope, services) => {
  const path = `${under}/access_policy`
  const schema = { tags, params: datasetParams }
  scope.get(
    path,
    operation(
      'SECURITY',
      'readAccessPolicy',
      'Read who may see the dataset',
      answerOf('AccessPolicy'),
      schema,
    ),
    async (request, reply) => {
      const { visibility } = await findDataset(services.control.db, request.params.dataset_uid)
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(visibility))
    },
  )
  scope.put(
    path,
    operation(
      'SECURITY',
      'changeAccessPolicy',
      'Change who may see the dataset, at once',
      answerOf('AccessPolicy'),
      schema,
      { isRequired: true, content: { 'application/json': { schema: ref('AccessPolicy') } } },
    ),
    async (request, reply) => {
      const wanted = (request.body ?? null) as JsonValue
      await setAccessPolicy(editorOf(services, request), await uidOf(services, request), wanted)
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(wanted))
    },
  )
}

/** Whether readers are told of labelled versions: docs/versions.md. */
const registerPublicVersions: RegisterRoutes = (scope, services) => {
  const path = `${under}/public_versions`
  const schema = { tags, params: datasetParams }
  const answer = answerOf('PublicVersionsFlag')
  scope.get(
    path,
    operation('SECURITY', 'readPublicVersions', 'Whether readers see labelled versions', answer, schema),
    async (request) => ({
      public_versions: await hasPublicVersions(services.control.db, await uidOf(services, request)),
    }),
  )
  scope.put(
    path,
    operation(
      'SECURITY',
      'changePublicVersions',
      'Let readers see labelled versions and what changed between them, or not, at once',
      answer,
      { ...schema, body: Type.Object({ public_versions: Type.Boolean() }) },
    ),
    async (request) => {
      const { public_versions } = request.body
      await setPublicVersions(editorOf(services, request), await uidOf(services, request), public_versions)
      return { public_versions }
    },
  )
}

/** Rulesets of users and of groups have the same routes. */
interface Targets {
  readonly kind: 'user' | 'group'
  readonly path: string
  /** Ends the names of operations. */
  readonly name: 'User' | 'Group'
  readonly param: 'username' | 'group_id'
  readonly object: 'UserRuleset' | 'GroupRuleset'
  /** Where the body of POST names the target. */
  readonly nameIn: TObject
  print(name: string, expand: Expansion): Promise<JsonObject>
}

function registerTargets(scope: ManagementScope, services: HttpServices, targets: Targets): void {
  const { db } = services.control
  const { kind, path, name, param, object } = targets
  const params = Type.Object({ ...datasetParams.properties, [param]: Type.String() })
  const targetOf = (named: string): RulesetTarget => ({ kind, name: named })
  const namedBy = (request: FastifyRequest) => (request.params as Record<string, string>)[param]!

  async function print(request: FastifyRequest, named: string, ruleset: Ruleset): Promise<JsonObject> {
    const { expand } = request.query as { expand?: string[] }
    return { ...(await targets.print(named, expansionOf(expand))), ...printRuleset(ruleset) }
  }

  scope.get(
    path,
    operation('SECURITY', `list${name}Rulesets`, `Rulesets of ${kind}s, by name`, answerList(object), {
      tags,
      params: datasetParams,
      querystring: expandQuery,
    }),
    async (request) => {
      const found = await listRulesets(db, await uidOf(services, request), kind)
      return Promise.all(found.map(({ name: named, ruleset }) => print(request, named, ruleset)))
    },
  )
  scope.post(
    path,
    operation('SECURITY', `create${name}Ruleset`, `Make a ruleset for a ${kind}`, answerOf(object, 201), {
      tags,
      params: datasetParams,
      querystring: expandQuery,
      body: Type.Object({ ...targets.nameIn.properties, ...rulesetBody }),
    }),
    async (request, reply) => {
      const body = request.body as RulesetBody & {
        user?: { username: string }
        group?: { group_id: string }
      }
      const named = (body.user?.username ?? body.group?.group_id)!
      const datasetUid = await uidOf(services, request)
      const deps = depsOf(services, request)
      const ruleset = await writeRuleset(deps, datasetUid, targetOf(named), 'new', changeOf(body))
      return reply.status(201).send(await print(request, named, ruleset))
    },
  )

  const one = `${path}/:${param}`
  scope.get(
    one,
    operation('SECURITY', `read${name}Ruleset`, `The ruleset of a ${kind}`, answerOf(object), {
      tags,
      params,
      querystring: expandQuery,
    }),
    async (request) => {
      const named = namedBy(request)
      return print(request, named, await findRuleset(db, await uidOf(services, request), targetOf(named)))
    },
  )
  scope.put(
    one,
    operation(
      'SECURITY',
      `change${name}Ruleset`,
      `Change the ruleset of a ${kind}; what is not given stays`,
      answerOf(object),
      { tags, params, querystring: expandQuery, body: Type.Object(rulesetBody) },
    ),
    async (request) => {
      const named = namedBy(request)
      const datasetUid = await uidOf(services, request)
      const change = changeOf(request.body as RulesetBody)
      const deps = depsOf(services, request)
      return print(request, named, await writeRuleset(deps, datasetUid, targetOf(named), 'change', change))
    },
  )
  scope.delete(
    one,
    operation('SECURITY', `delete${name}Ruleset`, `Take the ruleset of a ${kind} away`, noContent, {
      tags,
      params,
    }),
    async (request, reply) => {
      const datasetUid = await uidOf(services, request)
      await deleteRuleset(depsOf(services, request), datasetUid, targetOf(namedBy(request)))
      return reply.status(204).send()
    },
  )
}

function changeOf(body: RulesetBody): RulesetChange {
  const { is_data_visible, visible_fields, filter_query, permissions, api_calls_quota } = body
  return {
    ...(is_data_visible === undefined ? {} : { isDataVisible: is_data_visible }),
    ...(visible_fields === undefined
      ? {}
      : { visibleFields: visible_fields.includes('*') ? null : [...new Set(visible_fields)] }),
    ...(filter_query === undefined ? {} : { filterQuery: filter_query }),
    ...(permissions === undefined ? {} : { permissions: [...new Set(permissions)] }),
    ...(api_calls_quota === undefined ? {} : { apiCallsQuota: api_calls_quota }),
  }
}

async function uidOf({ control }: HttpServices, request: FastifyRequest): Promise<string> {
  const { dataset_uid } = request.params as { dataset_uid: string }
  return (await findDataset(control.db, dataset_uid)).dataset_uid
}

function depsOf(services: HttpServices, request: FastifyRequest) {
  return { ...editorOf(services, request), principal: request.principal }
}
