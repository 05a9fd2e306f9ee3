import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { findState } from '../../actions/index.ts'
import { findDataset } from '../../catalog/index.ts'
import { type ChangeKind, changeKinds, rangeOfKind } from '../../checks/index.ts'
import { diffFormats, exportFormats, openDiffExport } from '../../exports/index.ts'
import { AppError, type JsonValue } from '../../kernel/index.ts'
import { type ComparedStates, checkTimezone, comparedState } from '../../records/index.ts'
import { auditing, noteExport } from '../audit-requests.ts'
import { diffQuery, readKind } from '../diff-parameters.ts'
import { disconnectSignal } from '../disconnect.ts'
import { sendJson } from '../explore/answers.ts'
import { readChoice, readInteger } from '../explore/parameters.ts'
import { readerOfStates } from '../explore/visible.ts'
import { answerBytes, answerOf, operation } from '../openapi/index.ts'
import { datasetParams, type RegisterRoutes } from './scope.ts'

const tags = ['diff']
const text = (description: string) => Type.Optional(Type.String({ description }))
const states =
  'the uid of a saved version (ch_...) or of a generation that is still kept (ge_...), or current'
const pairQuery = {
  from: text(`The older state: ${states}`),
  to: text(`The newer state: ${states}; current by default`),
}
const kindQuery = { ...pairQuery, ...diffQuery }

/** What differs between two states of a dataset, record by record, as far as whoever asks sees them. docs/publishing.md. */
export const registerDiffs: RegisterRoutes = (scope, services) => {
  const { db } = services.control

  async function findPair(
    request: FastifyRequest,
    { dataset_uid, dataset_id }: { dataset_uid: string; dataset_id: string },
    query: { from?: string; to?: string },
  ): Promise<ComparedStates> {
    const reader = await readerOfStates(services, request.principal, dataset_uid)
    if (!query.from) {
      throw new AppError('http.invalid_parameter', {
        parameter: 'from',
        value: 'nothing',
        expected: `it must be ${states}`,
      })
    }
    const find = async (reference: string) =>
      comparedState(reader, dataset_id, await findState(db, dataset_uid, reference))
    return { from: await find(query.from), to: await find(query.to || 'current') }
  }

  scope.get(
    '/datasets/:dataset_uid/diff',
    operation('READ', 'compareStates', 'What differs between two states, in numbers', answerOf('Diff'), {
      tags,
      params: datasetParams,
      querystring: Type.Object(pairQuery),
    }),
    async (request, reply) => {
      const dataset = await findDataset(db, request.params.dataset_uid)
      const pair = await findPair(request, dataset, request.query)
      const { records, recordsCounts, fields } = await services.diffs.summary(pair, disconnectSignal(reply))
      return {
        from: { generation_uid: pair.from.generationUid, records_count: recordsCounts.from },
        to: { generation_uid: pair.to.generationUid, records_count: recordsCounts.to },
        records,
        fields,
      }
    },
  )

  scope.get(
    '/datasets/:dataset_uid/diff/records',
    operation('READ', 'listDifferences', 'The records that differ, in pages', answerOf('DiffPage'), {
      tags,
      params: datasetParams,
      querystring: Type.Object({
        ...kindQuery,
        limit: text('Records per page: 1 to 100, 10 by default'),
        offset: text('Records left out at the start'),
        cursor: text(
          'next_cursor of a page: the page after it, of the same two generations whatever is published meanwhile; from, to, kind and offset are not looked at',
        ),
      }),
    }),
    async (request, reply) => {
      const dataset = await findDataset(db, request.params.dataset_uid)
      const limit = readInteger('limit', request.query.limit, 10, 1, 100)
      const timezone = checkTimezone(request.query.timezone || 'UTC')
      const place = request.query.cursor
        ? readCursor(request.query.cursor)
        : {
            ...request.query,
            kind: readKind(request.query.kind),
            offset: readInteger('offset', request.query.offset, 0, 0, Number.MAX_SAFE_INTEGER),
          }
      const pair = await findPair(request, dataset, place)
      const { kind, offset } = place
      const page = await services.diffs.page(pair, { kind, limit, offset, timezone }, disconnectSignal(reply))
      const end = offset + page.rows.length
      const from = pair.from.generationUid
      const to = pair.to.generationUid
      const next = end < page.totalCount ? printCursor({ from, to, kind, offset: end }) : null
      // Rows are JSON texts from the engine: they are joined, never parsed.
      return sendJson(
        reply,
        `{"total_count": ${page.totalCount}, "from": ${JSON.stringify(from)}, "to": ${JSON.stringify(to)}, "results": [${page.rows.join(', ')}], "next_cursor": ${JSON.stringify(next)}}`,
      )
    },
  )

  const mediaTypes = diffFormats.map((format) => exportFormats[format]!.mediaType)
  scope.get(
    '/datasets/:dataset_uid/diff/export',
    auditing(
      'restricted',
      operation(
        'READ',
        'exportDifferences',
        'The records that differ, as a file',
        answerBytes(...mediaTypes.map((mediaType) => mediaType.split(';')[0]!)),
        {
          tags,
          params: datasetParams,
          querystring: Type.Object({ ...kindQuery, format: text(`One of ${diffFormats.join(', ')}`) }),
        },
      ),
    ),
    async (request, reply) => {
      const dataset = await findDataset(db, request.params.dataset_uid)
      const format = readChoice('format', request.query.format, diffFormats, 'csv') as 'csv' | 'jsonl'
      const kind = readKind(request.query.kind)
      const timezone = checkTimezone(request.query.timezone || 'UTC')
      const pair = await findPair(request, dataset, request.query)
      await noteExport(services, request, dataset.dataset_uid)
      reply.type(exportFormats[format]!.mediaType)
      // Identifiers need no escaping: catalog/datasets.ts lets none with a quote in.
      reply.header('Content-Disposition', `attachment; filename="${dataset.dataset_id}-diff.${format}"`)
      // Of no payload at all the framework would say that its length is 0.
      if (request.method === 'HEAD') return reply.send(Readable.from([]))
      const signal = disconnectSignal(reply)
      const diff = await services.diffs.open(pair, signal)
      const all = changeKinds.map((each) => rangeOfKind(diff.counts, each))
      const range = kind ? rangeOfKind(diff.counts, kind) : { from: 0, to: all.at(-1)!.to }
      const body = await openDiffExport(services.exports, { format, diff, range, timezone, signal })
      return reply.send(body)
    },
  )
}

interface Place {
  readonly from: string
  readonly to: string
  readonly kind: ChangeKind | null
  readonly offset: number
}

function printCursor({ from, to, kind, offset }: Place): string {
  return Buffer.from(JSON.stringify([from, to, kind, offset])).toString('base64url')
}

/** Errors: http.invalid_parameter. What it names is looked up like any other reference. */
function readCursor(cursor: string): Place {
  const [from, to, kind, offset] = parsed(cursor)
  const isKind = kind === null || changeKinds.includes(kind as ChangeKind)
  if (
    typeof from !== 'string' ||
    typeof to !== 'string' ||
    !isKind ||
    typeof offset !== 'number' ||
    !Number.isSafeInteger(offset) ||
    offset < 0
  ) {
    throw new AppError('http.invalid_parameter', {
      parameter: 'cursor',
      value: cursor.slice(0, 100),
      expected: 'it must be next_cursor of a page',
    })
  }
  return { from, to, kind: kind as ChangeKind | null, offset }
}

function parsed(cursor: string): JsonValue[] {
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as JsonValue
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
