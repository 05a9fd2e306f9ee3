import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { findPublication } from '../catalog/index.ts'
import { AppError } from '../kernel/index.ts'
import { maxPushBytes, type PushAddress } from '../realtime/index.ts'
import { wholePublication } from '../records/index.ts'
import { answerOf, operation } from './openapi/index.ts'
import type { HttpServices } from './services.ts'

const tags = ['realtime']
const pushPath = '/api/push/1.0/'

/** Who is admitted there is known by a key of its own. */
export const isPush = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.url?.startsWith(pushPath) === true

const params = Type.Object({
  dataset_id: Type.String({ description: 'Id of the dataset; its uid is understood too' }),
  resource_uid: Type.String(),
})
const recordParams = Type.Object({ ...params.properties, record_id: Type.String() })
const querystring = Type.Object({
  pushkey: Type.Optional(Type.String({ description: 'The key of the resource' })),
})
const records = {
  isRequired: true,
  content: {
    'application/json': {
      schema: {
        anyOf: [
          { type: 'object', additionalProperties: true },
          { type: 'array', items: { type: 'object', additionalProperties: true } },
        ],
        description: 'One record, or an array of them; 5 MB at most',
      },
    },
  },
}

/** Records that come one by one. Management API section 20; docs/realtime.md. */
export function registerPush(app: FastifyInstance, services: HttpServices): void {
  const scope = app.withTypeProvider<TypeBoxTypeProvider>()
  const { realtime } = services
  const base = `${pushPath}:dataset_id/:resource_uid`
  const options = {
    bodyLimit: maxPushBytes,
    // Before the body is read: reading it is work.
    onRequest: async (request: FastifyRequest) =>
      realtime.admit(addressOf(request.params as Static<typeof params>, request.query as object)),
  }

  for (const [name, kind, operationId, summary] of [
    ['push', 'push', 'pushRecords', 'Add records; they are kept for good when this answers'],
    [
      'delete',
      'delete',
      'deletePushed',
      'Delete the records that have these values, whatever others they have',
    ],
  ] as const) {
    scope.post(
      `${base}/${name}`,
      {
        ...operation(
          'public',
          operationId,
          summary,
          answerOf('Pushed'),
          { tags, params, querystring },
          records,
        ),
        ...options,
      },
      async (request) => {
        await realtime.push(addressOf(request.params, request.query), kind, request.body)
        return { status: 'OK' }
      },
    )
  }
  scope.get(
    `${base}/:record_id/delete`,
    {
      ...operation(
        'public',
        'deletePushedRecord',
        'Delete a published record by its id',
        answerOf('Pushed'),
        {
          tags,
          params: recordParams,
          querystring,
        },
      ),
      // Whoever asks whether it is there deletes nothing.
      exposeHeadRoute: false,
    },
    async (request) => {
      const recordId = request.params.record_id.toLowerCase()
      await realtime.deleteRecord(addressOf(request.params, request.query), recordId, async (datasetUid) => {
        const unknown = () => new AppError('records.unknown_record', { record_id: recordId.slice(0, 64) })
        const row = await findPublication(services.control.db, datasetUid)
        if (!row || !/^[0-9a-f]{32}$/.test(recordId)) throw unknown()
        const publication = wholePublication(row, JSON.parse(row.fields_json))
        await services.records.record(publication, recordId, { now: services.clock.now() }, false)
      })
      return { status: 'OK' }
    },
  )
}

function addressOf(
  params: { dataset_id: string; resource_uid: string },
  { pushkey }: { pushkey?: unknown },
): PushAddress {
  // Several keys are no key.
  const key = typeof pushkey === 'string' ? pushkey : ''
  return { dataset: params.dataset_id, resourceUid: params.resource_uid, key }
}
