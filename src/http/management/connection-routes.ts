import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { addressWithin } from '../../../shared/address-within.ts'
import {
  type ConnectionInput,
  connectionToTry,
  createConnection,
  deleteConnection,
  findConnection,
  isWithinConnection,
  listConnections,
  updateConnection,
} from '../../catalog/index.ts'
import { type Trial, tryConnection } from '../../ingest/index.ts'
import { AppError, formatInstant, type JsonObject, shown } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { managementError } from '../error-rendering.ts'
import { spokenLanguage } from '../language.ts'
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

const connectionTrial = Type.Object({
  path: Type.Optional(
    Type.String({
      maxLength: 2000,
      description:
        'What to look at: below the url, bucket/key of s3, or an address within; without it the url itself',
    }),
  ),
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
  scope.post(
    '/connections/test',
    operation(
      'WRITE',
      'testNewConnection',
      'Try a connection without saving it: is the server reached, does it take the secret, what is there',
      answerOf('ConnectionTrial'),
      { tags, body: connectionTrial },
    ),
    async (request, reply) => look(request, reply, null, request.body),
  )
  scope.post(
    `${one}/test`,
    operation(
      'WRITE',
      'testConnection',
      'Try a saved connection, as it is or as it would be with these changes; nothing is saved',
      answerOf('ConnectionTrial'),
      { tags, params: connectionParams, body: connectionTrial },
    ),
    async (request, reply) => look(request, reply, request.params.connection_uid, request.body),
  )
  async function look(
    request: FastifyRequest,
    reply: FastifyReply,
    reference: string | null,
    { path = '', ...change }: Omit<Partial<ConnectionInput>, 'name'> & { readonly path?: string },
  ): Promise<JsonObject> {
    const connection = await connectionToTry(catalogDeps, reference, change)
    const url = addressWithin(connection, path)
    const isBuckets = connection.kind === 's3' && path === ''
    if (!isBuckets && !isWithinConnection(connection, url))
      throw new AppError('catalog.connection_mismatch', {
        name: connection.name,
        connection_url: shown(connection.url),
        url: shown(url).slice(0, 200),
      })
    const { fetchPolicy: policy, clock } = services
    const trial = await tryConnection({ url, connection, policy, signal: disconnectSignal(reply) })
    return {
      url: shown(url),
      outcome: trial.outcome,
      reached: trial.isReached,
      sign_in: trial.signIn,
      found: trial.found === null ? null : printFound(trial.found),
      error:
        trial.error === null ? null : (managementError(trial.error, spokenLanguage(request)) as JsonObject),
      tested_at: formatInstant(clock.now()),
    }
  }
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

function printFound(found: NonNullable<Trial['found']>): JsonObject {
  if (found.kind === 'listing')
    return {
      kind: 'listing',
      entries: found.entries.map(({ name, kind, bytes }) => ({ name, kind, bytes })),
      has_more: found.hasMore,
    }
  const { contentType, bytes, sample } = found
  return { kind: 'content', content_type: contentType, bytes, sample }
}
