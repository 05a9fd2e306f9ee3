import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  deleteRuleset,
  findRuleset,
  listRulesets,
  type Ruleset,
  type RulesetChange,
  type RulesetTarget,
  writeRuleset,
} from '../../access/index.ts'
import { findDataset } from '../../catalog/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import {
  type AutomationScope,
  anyObject,
  datasetParams,
  editorOf,
  invalid,
  named,
  pageQuery,
  printPageOf,
  type RegisterRoutes,
} from './scope.ts'
import { printSecurity, readSecurity } from './security-shapes.ts'

const tags = ['automation-access']

/** Rulesets of users and of groups have the same routes. */
interface Targets {
  readonly kind: 'user' | 'group'
  /** Ends the names of operations. */
  readonly name: 'User' | 'Group'
  readonly param: 'username' | 'group_uid'
  /** What the object that names the target calls it. */
  readonly property: 'username' | 'uid'
  readonly object: 'AutomationUserRuleset' | 'AutomationGroupRuleset'
}

/** Who sees what of a dataset, and may do what to it; readers feel changes at once. Automation API section 12. */
export const registerAutomationSecurity: RegisterRoutes = (scope, services) => {
  registerTargets(scope, services, {
    kind: 'user',
    name: 'User',
    param: 'username',
    property: 'username',
    object: 'AutomationUserRuleset',
  })
  registerTargets(scope, services, {
    kind: 'group',
    name: 'Group',
    param: 'group_uid',
    property: 'uid',
    object: 'AutomationGroupRuleset',
  })
}

function registerTargets(scope: AutomationScope, services: HttpServices, targets: Targets): void {
  const { db } = services.control
  const { kind, name, param, property, object } = targets
  const all = `/datasets/:dataset_uid/security/${kind}s/`
  const one = `${all}:${param}/`
  const params = Type.Object({ ...datasetParams.properties, [param]: Type.String() })
  const body = anyObject(`{${kind}: {${property}}, security: {...}, permissions: [...]}`)
  const uidOf = async (request: FastifyRequest) =>
    (await findDataset(db, (request.params as { dataset_uid: string }).dataset_uid)).dataset_uid
  const targetIn = (request: FastifyRequest): RulesetTarget => ({
    kind,
    name: (request.params as Record<string, string>)[param]!,
  })
  const depsOf = (request: FastifyRequest) => ({
    ...editorOf(services, request),
    principal: request.principal,
  })
  const print = (target: string, ruleset: Ruleset): JsonObject => ({
    [kind]: { [property]: target },
    security: printSecurity(ruleset),
    permissions: [...ruleset.permissions],
  })

  scope.get(
    all,
    operation(
      'SECURITY',
      `automationList${name}Rulesets`,
      `Rulesets of ${kind}s, by name`,
      answerPage(object),
      {
        tags,
        params: datasetParams,
        querystring: pageQuery,
      },
    ),
    async (request) => {
      const found = await listRulesets(db, await uidOf(request), kind)
      return printPageOf(request, request.query, found, (item) => print(item.name, item.ruleset))
    },
  )
  scope.post(
    all,
    operation(
      'SECURITY',
      `automationCreate${name}Ruleset`,
      `Make a ruleset for a ${kind}`,
      answerOf(object, 201),
      {
        tags,
        params: datasetParams,
        body,
      },
    ),
    async (request, reply) => {
      const holder = (request.body[kind] ?? {}) as JsonObject
      const target = holder[property]
      if (typeof target !== 'string') throw invalid(`${kind}.${property}`, target, 'it is needed')
      const change = readChange(request.body)
      const datasetUid = await uidOf(request)
      const made = writeRuleset(depsOf(request), datasetUid, { kind, name: target }, 'new', change)
      return reply.status(201).send(print(target, await named(kind, made)))
    },
  )
  scope.get(
    one,
    operation('SECURITY', `automationRead${name}Ruleset`, `The ruleset of a ${kind}`, answerOf(object), {
      tags,
      params,
    }),
    async (request) => {
      const target = targetIn(request)
      return print(target.name, await findRuleset(db, await uidOf(request), target))
    },
  )
  scope.put(
    one,
    operation(
      'SECURITY',
      `automationUpdate${name}Ruleset`,
      `Change the ruleset of a ${kind}; what is left out stays`,
      answerOf(object),
      { tags, params, body },
    ),
    async (request) => {
      const target = targetIn(request)
      const change = readChange(request.body)
      const datasetUid = await uidOf(request)
      return print(target.name, await writeRuleset(depsOf(request), datasetUid, target, 'change', change))
    },
  )
  scope.delete(
    one,
    operation('SECURITY', `automationDelete${name}Ruleset`, `Take the ruleset of a ${kind} away`, noContent, {
      tags,
      params,
    }),
    async (request, reply) => {
      await deleteRuleset(depsOf(request), await uidOf(request), targetIn(request))
      return reply.status(204).send()
    },
  )
}

/** Errors: http.invalid_parameter. */
function readChange(body: JsonObject): RulesetChange {
  const { security, permissions } = body
  if (
    security !== undefined &&
    (security === null || typeof security !== 'object' || Array.isArray(security))
  )
    throw invalid('security', security, 'it must be an object')
  if (permissions !== undefined && !isTexts(permissions))
    throw invalid('permissions', permissions, 'it must be an array of permissions')
  return {
    ...(security === undefined ? {} : readSecurity('security', security as JsonObject)),
    ...(permissions === undefined ? {} : { permissions: [...new Set(permissions as string[])] }),
  }
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= 100 && value.every((item) => typeof item === 'string')
