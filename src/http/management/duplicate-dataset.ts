import type { FastifyRequest } from 'fastify'
import { copyRulesets, giveToCreator, mayDo, requireRoomForDataset } from '../../access/index.ts'
import { copyDataset, type DatasetRow, within } from '../../catalog/index.ts'
import { realtimeType } from '../../realtime/index.ts'
import type { HttpServices } from '../services.ts'
import { editorOf, usernameOf } from './scope.ts'

/**
 * A dataset of the same configuration that nobody sees more of than of the original, for whoever may edit that: with the
 * copy comes the use of the secrets of its sources. Errors: those of copyDataset and requireRoomForDataset.
 */
export async function duplicateDataset(
  services: HttpServices,
  request: FastifyRequest,
  datasetUid: string,
  wanted: Parameters<typeof copyDataset>[2] = {},
): Promise<DatasetRow> {
  const { control, clock, limits, realtime } = services
  const creator = usernameOf(request)
  const copy = await within(control.db, async (trx) => {
    await requireRoomForDataset(trx, creator, limits.maxDatasets)
    const made = await copyDataset({ ...editorOf(services, request), db: trx }, datasetUid, wanted)
    const isGiven = !mayDo(request.principal, 'SECURITY')
    const to = made.copy.dataset_uid
    const now = clock.now()
    await copyRulesets(trx, { from: datasetUid, to, creator: isGiven ? creator : null, now })
    if (isGiven) await giveToCreator(trx, to, creator, now)
    for (const { resource_uid, type } of made.resources)
      if (type === realtimeType) await realtime.open(trx, to, resource_uid, creator)
    return made.copy
  })
  request.audited.target = { type: 'dataset', id: copy.dataset_uid }
  return copy
}
