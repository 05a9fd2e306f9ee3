import { Type } from 'typebox'
import {
  createConnection,
  deleteConnection,
  findConnection,
  listConnections,
  updateConnection,
} from '../../catalog/index.ts'
import { answerList, answerOf, noContent, operation } from '../openapi/index.ts'
import { printConnection } from './render.ts'
import { anyObject, editorOf, nullableText, type RegisterRoutes } from './scope.ts'

const tags = ['connections']
const connectionParams = Type.Object({
  connection_uid: Type.String({ description: 'Uid of the connection; its name is understood too' }),
})
const optionalFields = {
  username: Type.Optional(nullableText('User name, or id of an access key')),
  secret: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 20_000,
      description: 'Password, token, private key or secret key; in no answer. null: none',
    }),
  ),
  params: Type.Optional(anyObject('By kind; docs/sources.md')),
}
const name = Type.String({ minLength: 1, maxLength: 100 })
const kind = Type.String({ description: 'http, ftp, ftps, sftp or s3' })
const url = Type.String({
  maxLength: 2000,
  description: 'Server, and the path below which the secret is sent; of s3 the endpoint',
})
const newConnection = Type.Object({ name, kind, url, ...optionalFields })
const connectionChange = Type.Object({
  name: Type.Optional(name),
  kind: Type.Optional(kind),
  url: Type.Optional(url),
  ...optionalFields,
})

/** Saved access to the servers that sources are fetched from. Ours: the platform's API has none. */
export const registerConnections: RegisterRoutes = (scope, services) => {
  const { catalogDeps } = services
  const one = '/connections/:connection_uid'

  scope.get(
    '/connections',
    operation('TOOLS', 'listConnections', 'List connections, by name', answerList('Connection'), { tags }),
    async () => (await listConnections(catalogDeps)).map(printConnection),
  )
  scope.post(
    '/connections',
    operation('WRITE', 'createConnection', 'Save a connection', answerOf('Connection', 201), {
      tags,
      body: newConnection,
    }),
    async (request, reply) => {
      const { username = null, params = {}, secret, ...required } = request.body
      const input = { ...required, username, params, secret }
      return reply
        .status(201)
        .send(printConnection(await createConnection(editorOf(services, request), input)))
    },
  )
  scope.get(
    one,
    operation('TOOLS', 'readConnection', 'Read a connection', answerOf('Connection'), {
      tags,
      params: connectionParams,
    }),
    async (request) => printConnection(await findConnection(catalogDeps, request.params.connection_uid)),
  )
  scope.put(
    one,
    operation(
      'WRITE',
      'updateConnection',
      'Change a connection; what is left out stays, but another server needs the secret again',
      answerOf('Connection'),
      { tags, params: connectionParams, body: connectionChange },
    ),
    async (request) =>
      printConnection(await updateConnection(catalogDeps, request.params.connection_uid, request.body)),
  )
  scope.delete(
    one,
    operation('WRITE', 'deleteConnection', 'Delete a connection that no resource uses', noContent, {
      tags,
      params: connectionParams,
    }),
    async (request, reply) => {
      await deleteConnection(catalogDeps, request.params.connection_uid)
      return reply.status(204).send()
    },
  )
}
