/** Reads of datasets that are counted: what the catalog's order by popularity goes by. docs/portal.md. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientOf } from '../client-of.ts'
import type { HttpServices } from '../services.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The dataset that the answer is of; null: of none. */
    datasetUse: { readonly datasetUid: string; isDownload: boolean } | null
  }
}

/** The request reads this dataset, which its reader may see. */
export function noteUse(request: FastifyRequest, datasetUid: string): void {
  request.datasetUse = { datasetUid, isDownload: false }
}

/** What it reads is a file. */
export function noteDownload({ datasetUse }: FastifyRequest): void {
  if (datasetUse !== null) datasetUse.isDownload = true
}

/**
 * Good answers to readers without an account, once they have been sent. Those who are signed in are mostly the people who
 * make the data, and nothing that only they see shall count.
 */
export function countUses(app: FastifyInstance, { uses }: HttpServices): void {
  app.addHook('onResponse', async (request, reply) => {
    const { datasetUse, method, principal } = request
    const { statusCode } = reply
    if (datasetUse === null || method !== 'GET' || principal.kind !== 'anonymous') return
    if (statusCode >= 400) return
    const { datasetUid } = datasetUse
    // A range is a piece of a file that is read on, and a copy that still holds is no new one.
    const isDownload = datasetUse.isDownload && statusCode === 200
    uses.count({ datasetUid, isDownload, client: clientOf(request) })
  })
}
