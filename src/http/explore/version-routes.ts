/** Labelled versions of a dataset and what changed between them, for readers whom its publisher allows to see them. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { canSeePublication } from '../../access/index.ts'
import {
  findState,
  listPublicVersions,
  requirePublicVersion,
  type VersionRow,
  type VersionsAsked,
} from '../../actions/index.ts'
import { AppError, formatInstant, type JsonObject } from '../../kernel/index.ts'
import {
  type ComparedStates,
  checkTimezone,
  comparedState,
  type Publication,
  requireData,
} from '../../records/index.ts'
import { diffQuery, readKind } from '../diff-parameters.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { sendJson, sendRows, setCacheHeaders } from './answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { catalogQuery, readInteger } from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { findVisible } from './visible.ts'

const { limit, offset } = catalogQuery.properties
const pageQuery = Type.Object({ limit, offset })
const text = (description: string) => Type.Optional(Type.String({ description }))
const pairQuery = Type.Object({
  from: text('The older state: a version_uid of the list, or current'),
  to: text('The newer state; current by default'),
})
const recordsQuery = Type.Object({ ...pairQuery.properties, ...diffQuery, ...pageQuery.properties })

export function registerVersions(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  const { db } = services.control
  const base = '/catalog/datasets/:dataset_id/versions'

  app.get<{ Params: DatasetParams; Querystring: Static<typeof pageQuery> }>(
    base,
    route(
      'listPublicVersions',
      'Labelled versions, newest first, where the publisher lets readers see them',
      answerOf('PublicVersions'),
      { params: datasetParams, querystring: pageQuery },
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const asked = await askedOf(services, request, publication)
      const { totalCount, versions } = await listPublicVersions(db, asked, readVersionPage(request.query))
      setCacheHeaders(reply, publication)
      const rows = versions.map((version) => JSON.stringify(printVersion(version, publication)))
      return sendRows(reply, { totalCount, rows }, null)
    },
  )

  app.get<{ Params: DatasetParams; Querystring: Static<typeof pairQuery> }>(
    `${base}/diff`,
    route(
      'comparePublicVersions',
      'What differs between two such versions, or one and the current data, in numbers',
      answerOf('PublicDiff'),
      { params: datasetParams, querystring: pairQuery },
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const pair = await pairOf(services, request, publication, request.query)
      const summary = await services.diffs.summary(pair, disconnectSignal(reply))
      const { records, recordsCounts, fields } = summary
      setCacheHeaders(reply, publication)
      return sendJson(reply, JSON.stringify({ records_counts: recordsCounts, records, fields }))
    },
  )

  app.get<{ Params: DatasetParams; Querystring: Static<typeof recordsQuery> }>(
    `${base}/diff/records`,
    route(
      'listPublicDifferences',
      'The records that differ between them, in pages',
      answerOf('PublicDiffPage'),
      {
        params: datasetParams,
        querystring: recordsQuery,
      },
    ),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const page = {
        ...readVersionPage(request.query),
        kind: readKind(request.query.kind),
        timezone: checkTimezone(request.query.timezone || 'UTC'),
      }
      const pair = await pairOf(services, request, publication, request.query)
      const differences = await services.diffs.page(pair, page, disconnectSignal(reply))
      setCacheHeaders(reply, publication)
      return sendRows(reply, differences, null)
    },
  )
}

const readVersionPage = (query: { limit?: string | undefined; offset?: string | undefined }) => ({
  limit: readInteger('limit', query.limit, 10, 1, 100),
  offset: readInteger('offset', query.offset, 0, 0, Number.MAX_SAFE_INTEGER),
})

async function askedOf(
  { control }: HttpServices,
  { principal }: FastifyRequest,
  { row }: Publication,
): Promise<VersionsAsked> {
  const { dataset_uid } = row
  const seesRestricted = await canSeePublication(control.db, principal, {
    dataset_uid,
    visibility: 'restricted',
  })
  return { datasetUid: dataset_uid, seesRestricted }
}

/**
 * Both states as the reader sees them, by the rules of today.
 * Errors: records.data_not_visible, records.unknown_version, http.invalid_parameter.
 */
async function pairOf(
  services: HttpServices,
  request: FastifyRequest,
  publication: Publication,
  { from, to }: Static<typeof pairQuery>,
): Promise<ComparedStates> {
  const { db } = services.control
  const { dataset_uid: datasetUid } = publication.row
  requireData(publication)
  if (!from)
    throw new AppError('http.invalid_parameter', {
      parameter: 'from',
      value: 'nothing',
      expected: 'it must be the version_uid of a version, or current',
    })
  const asked = await askedOf(services, request, publication)
  const stateOf = async (reference: string) => {
    if (reference !== 'current') await requirePublicVersion(db, asked, reference)
    const state = await findState(db, datasetUid, reference)
    return comparedState(publication.reader, publication.row.dataset_id, state)
  }
  return { from: await stateOf(from), to: await stateOf(to || 'current') }
}

function printVersion(version: VersionRow, { reader }: Publication): JsonObject {
  return {
    version_uid: version.version_uid,
    label: version.label,
    note: version.note,
    // Of all records, also those that a rule keeps from this reader.
    records_count: reader.rules === null ? version.records_count : null,
    partial: version.is_partial === 1,
    created_at: formatInstant(version.created_at),
  }
}
