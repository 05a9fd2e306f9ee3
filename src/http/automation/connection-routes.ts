import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { mayDo } from '../../access/index.ts'
import {
  type Connection,
  countDatasetsByConnection,
  createConnection,
  deleteConnection,
  findConnection,
  listConnections,
  updateConnection,
} from '../../catalog/index.ts'
import { AppError, type JsonObject } from '../../kernel/index.ts'
import { answerOf, answerPage, noContent, operation } from '../openapi/index.ts'
import { isShownConnection, printConnection, readConnection } from './connection-shapes.ts'
import {
  anyObject,
  editorOf,
  invalid,
  pageQuery,
  printPage,
  printPageOf,
  type RegisterRoutes,
  readPage,
} from './scope.ts'

const tags = ['automation-sources']
const params = Type.Object({ connection_uid: Type.String() })
const body = anyObject('type (http, ftp, amazon_s3), url, auth by type; name is ours')

/** Saved access to the servers that sources are fetched from. Automation API section 8. */
export const registerAutomationConnections: RegisterRoutes = (scope, services) => {
  const { catalogDeps, ids } = services
  const all = '/datasource_connections/'
  const one = `${all}:connection_uid/`
  const schema = { tags, params }

  scope.get(
    all,
    operation('TOOLS', 'automationListConnections', 'List connections', answerPage('AutomationConnection'), {
      tags,
      querystring: Type.Object({
        ...pageQuery.properties,
        sort: Type.Optional(
          Type.String({
            description: 'created_at (default), updated_at, type, dataset_count; - in front to descend',
          }),
        ),
      }),
    }),
    async (request) => {
      const page = readPage(request.query)
      const found = (await listConnections(catalogDeps)).filter(isShownConnection)
      const uses = await countDatasetsByConnection(catalogDeps)
      const printed = found.map((connection) => print(request, connection, uses))
      const sorted = sortBy(request.query.sort ?? 'created_at', printed)
      const shown = sorted.slice(page.offset, page.offset + page.limit)
      return printPage(request, page, sorted.length, shown)
    },
  )
  scope.post(
    all,
    operation(
      'WRITE',
      'automationCreateConnection',
      'Save a connection',
      answerOf('AutomationConnection', 201),
      {
        tags,
        body,
      },
    ),
    async (request, reply) => {
      const input = readConnection(request.body, null, newName)
      const connection = await createConnection(editorOf(services, request), input)
      return reply.status(201).send(print(request, connection, new Map()))
    },
  )
  scope.get(
    one,
    operation(
      'TOOLS',
      'automationReadConnection',
      'Read a connection',
      answerOf('AutomationConnection'),
      schema,
    ),
    async (request) =>
      print(request, await find(request.params.connection_uid), await countDatasetsByConnection(catalogDeps)),
  )
  scope.put(
    one,
    operation(
      'WRITE',
      'automationUpdateConnection',
      'Change a connection; what is left out stays, but another server needs the secret again',
      answerOf('AutomationConnection'),
      { ...schema, body },
    ),
    async (request) => {
      const present = await find(request.params.connection_uid)
      const input = readConnection(request.body, present, newName)
      const changed = await updateConnection(catalogDeps, present.connectionUid, input)
      return print(request, changed, await countDatasetsByConnection(catalogDeps))
    },
  )
  scope.delete(
    one,
    operation(
      'WRITE',
      'automationDeleteConnection',
      'Delete a connection that no resource uses',
      noContent,
      schema,
    ),
    async (request, reply) => {
      const { connectionUid } = await find(request.params.connection_uid)
      await deleteConnection(catalogDeps, connectionUid)
      return reply.status(204).send()
    },
  )

  /** Errors: catalog.unknown_connection, also for what this API cannot show. */
  async function find(reference: string): Promise<Connection> {
    const connection = await findConnection(catalogDeps, reference)
    if (!isShownConnection(connection))
      throw new AppError('catalog.unknown_connection', { connection_uid: reference.slice(0, 100) })
    return connection
  }

  function print(
    request: FastifyRequest,
    connection: Connection,
    uses: ReadonlyMap<string, number>,
  ): JsonObject {
    return printConnection(connection, {
      datasets: uses.get(connection.connectionUid) ?? 0,
      canManage: mayDo(request.principal, 'WRITE'),
    })
  }

  /** Connections have names here, and none in this API. */
  function newName(type: string, url: string): string {
    const host = URL.canParse(url) ? new URL(url).host : ''
    return `${[type, host].filter(Boolean).join(' ').slice(0, 80)} ${ids.hex(3)}`
  }

  // Whoever may edit datasets may use and manage every connection: there are no rights of single users and groups.
  for (const [kind, name, property] of [
    ['users', 'User', 'username'],
    ['groups', 'Group', 'group_uid'],
  ] as const) {
    const rules = `${one}security/${kind}/`
    const rule = `${rules}:${property}/`
    const ruleSchema = { tags, params: Type.Object({ ...params.properties, [property]: Type.String() }) }
    scope.get(
      rules,
      operation(
        'TOOLS',
        `automationListConnection${name}s`,
        'Rights on a connection: none, whoever may edit datasets has all',
        answerPage('AutomationConnectionRule'),
        { ...schema, querystring: pageQuery },
      ),
      async (request) => {
        await find(request.params.connection_uid)
        return printPageOf(request, request.query, [], () => ({}))
      },
    )
    scope.post(
      rules,
      operation(
        'WRITE',
        `automationAddConnection${name}`,
        'Refused: rights on a connection cannot be given',
        answerOf('AutomationConnectionRule'),
        { ...schema, body: anyObject() },
      ),
      async (request) => {
        await find(request.params.connection_uid)
        throw invalid(
          'permissions',
          request.body.permissions,
          'whoever may edit datasets may manage every connection; other rights cannot be given here',
        )
      },
    )
    for (const [method, does] of [
      ['GET', 'Read'],
      ['PUT', 'Update'],
      ['DELETE', 'Delete'],
    ] as const)
      scope.route<{ Params: { connection_uid: string } & Record<string, string> }>({
        method,
        url: rule,
        ...operation(
          method === 'GET' ? 'TOOLS' : 'WRITE',
          `automation${does}Connection${name}`,
          'There are none',
          method === 'DELETE' ? noContent : answerOf('AutomationConnectionRule'),
          ruleSchema,
        ),
        handler: async (request) => {
          await find(request.params.connection_uid)
          throw new AppError('catalog.unknown_connection_rule', {
            holder: String(request.params[property]).slice(0, 100),
          })
        },
      })
  }
}

const sortable = ['created_at', 'updated_at', 'type', 'dataset_count']

/** Errors: http.invalid_parameter. */
function sortBy(sort: string, connections: readonly JsonObject[]): JsonObject[] {
  const name = sort.replace(/^-/, '')
  if (!sortable.includes(name))
    throw invalid('sort', sort, `it must be one of ${sortable.join(', ')}, with - in front to descend`)
  const direction = sort.startsWith('-') ? -1 : 1
  const rank = (connection: JsonObject) => connection[name] as string | number
  return connections.toSorted(
    (a, b) =>
      direction * (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0) ||
      String(a.uid).localeCompare(String(b.uid)),
  )
}
