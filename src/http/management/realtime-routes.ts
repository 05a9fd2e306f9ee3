import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { findDataset, findDatasetUid } from '../../catalog/index.ts'
import { formatInstant, type JsonObject } from '../../kernel/index.ts'
import { answerOf, operation } from '../openapi/index.ts'
import { requireOfKey } from '../refuse-key.ts'
import type { HttpServices } from '../services.ts'
import { datasetParams, type RegisterRoutes, usernameOf } from './scope.ts'

const tags = ['realtime']
const params = Type.Object({ ...datasetParams.properties, resource_uid: Type.String() })

/** Resources that take pushed records, and what becomes of what was pushed. docs/realtime.md. */
export const registerRealtime: RegisterRoutes = (scope, services) => {
  const { realtime, control } = services
  const one = '/datasets/:dataset_uid/resources/:resource_uid'

  async function print(
    request: FastifyRequest,
    datasetUid: string,
    resourceUid: string,
  ): Promise<JsonObject> {
    const state = await realtime.state(datasetUid, resourceUid)
    return {
      resource_uid: resourceUid,
      enabled: state.isEnabled,
      push_url: await pushUrl(services, request, datasetUid, resourceUid),
      last_push_at: state.lastPushAt === null ? null : formatInstant(state.lastPushAt),
      kept: { ...state.kept },
      live_pushes: state.livePushes,
      waiting_pushes: state.waitingPushes,
    }
  }

  scope.get(
    `${one}/realtime`,
    operation(
      'READ',
      'readRealtime',
      'Where to push, whether that is enabled, what is kept and what readers do not see yet',
      answerOf('Realtime'),
      { tags, params },
    ),
    async (request) =>
      print(
        request,
        await findDatasetUid(control.db, request.params.dataset_uid),
        request.params.resource_uid,
      ),
  )
  for (const [name, isEnabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    scope.put(
      `${one}/${name}`,
      operation(
        'WRITE',
        `${name}Realtime`,
        isEnabled ? 'Take pushes again' : 'Refuse pushes; the records stay',
        answerOf('Realtime'),
        { tags, params },
      ),
      async (request) => {
        const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
        await realtime.setEnabled(datasetUid, request.params.resource_uid, isEnabled)
        return print(request, datasetUid, request.params.resource_uid)
      },
    )
  }
  scope.put(
    `${one}/renew_api_key`,
    operation(
      'WRITE',
      'renewPushKey',
      'Replace the push key; the answer has the new one, once',
      answerOf('Realtime'),
      { tags, params },
    ),
    async (request) => {
      const datasetUid = await findDatasetUid(control.db, request.params.dataset_uid)
      const { resource_uid } = request.params
      await realtime.state(datasetUid, resource_uid)
      // What is pushed is published in the name of whoever has made the key.
      await requireOfKey(services, request, 'PUBLISH', datasetUid)
      const push_key = await realtime.renewKey(datasetUid, resource_uid, usernameOf(request))
      return { ...(await print(request, datasetUid, resource_uid)), push_key }
    },
  )

  scope.put(
    '/datasets/:dataset_uid/recover_realtime_records',
    operation(
      'PUBLISH',
      'recoverRealtimeRecords',
      'Publish all pushed records that are kept, also those that an unpublish dropped',
      answerOf('JobReference'),
      { tags, params: datasetParams },
    ),
    async (request) => ({
      job_id: await realtime.recover(
        await findDatasetUid(control.db, request.params.dataset_uid),
        usernameOf(request),
      ),
    }),
  )
  scope.put(
    '/datasets/:dataset_uid/scratch_recovery_data',
    operation(
      'WRITE',
      'scratchRecoveryData',
      'Delete for good the pushes that an unpublish dropped; published records stay',
      answerOf('Scratched'),
      { tags, params: datasetParams },
    ),
    async (request) => ({
      pushes_deleted: await realtime.scratch(await findDatasetUid(control.db, request.params.dataset_uid)),
    }),
  )
}

export async function pushUrl(
  { control }: HttpServices,
  request: FastifyRequest,
  datasetUid: string,
  resourceUid: string,
): Promise<string> {
  const { dataset_id } = await findDataset(control.db, datasetUid)
  const base = `${request.protocol}://${request.host}`
  return `${base}/api/push/1.0/${encodeURIComponent(dataset_id)}/${resourceUid}/push/`
}
