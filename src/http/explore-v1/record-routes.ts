import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { parsedRows, type RecordsAnswer } from '../../records/index.ts'
import { auditing } from '../audit-requests.ts'
import { disconnectSignal } from '../disconnect.ts'
import { datasetHref } from '../explore/links.ts'
import { noteDownload } from '../explore/uses.ts'
import type { HttpServices } from '../services.ts'
import { facetGroups, parametersShown, recordOf, send } from './answers.ts'
import { feedFormatOf, sendRecordFeed } from './feeds.ts'
import { invalid, many, one, type Parameters, parametersOf, quoteName, whole } from './parameters.ts'
import { findAsked, legacyRoute, type Question, readQuestion } from './question.ts'

const maxRows = 10_000
const pageRows = 500

/** Records: search, download, one by id. */
export function registerRecordSearch(app: FastifyInstance, services: HttpServices): void {
  app.get(
    '/api/records/1.0/search',
    legacyRoute('searchRecordsV1', 'Records, as API 1.0'),
    async (request, reply) => {
      const question = await readQuestion(services, request, reply)
      const { publication, parameters, text } = question
      const rows = whole(parameters, 'rows', 10, maxRows)
      const start = whole(parameters, 'start', 0, maxRows)
      if (rows + start > maxRows)
        throw invalid(
          'start',
          String(start),
          `start + rows must not exceed ${maxRows}; use download for more`,
        )
      const signal = disconnectSignal(reply)
      const answer = await services.records.query(
        publication,
        {
          text: { ...text, select: selected(parameters) },
          limit: rows,
          offset: start,
          includeAppMetas: true,
        },
        signal,
      )
      const facets = many(parameters, 'facet')
      const groups = facets.length === 0 ? [] : await services.facets.query(publication, text, facets, signal)
      const records = parsedRows(answer).map((record) => recordOf(publication, record))
      const feed = feedFormatOf(parameters)
      if (feed !== null) return sendRecordFeed(request, reply, feed, publication, records)
      if (one(parameters, 'format')?.startsWith('geojson'))
        return send(reply, parameters, { type: 'FeatureCollection', features: records.map(featureOf) })
      return send(reply, parameters, {
        nhits: answer.totalCount,
        parameters: parametersShown(parameters),
        records,
        ...(facets.length === 0 ? {} : { facet_groups: facetGroups(groups) }),
      })
    },
  )

  app.get(
    '/api/records/1.0/download',
    auditing('restricted', legacyRoute('downloadRecordsV1', 'All records, as API 1.0')),
    async (request, reply) => {
      const question = await readQuestion(services, request, reply)
      const { publication, parameters } = question
      const format = one(parameters, 'format') ?? 'csv'
      if (format === 'json') {
        const signal = disconnectSignal(reply)
        noteDownload(request)
        reply.type('application/json; charset=utf-8')
        if (request.method === 'HEAD') return reply.send(Readable.from([]))
        // Held over all pages: the generation may be replaced and freed meanwhile.
        const lease = await services.generations.acquire(publication.row.generation_uid)
        try {
          const first = await nextPage(services, question, null, signal)
          const body = Readable.from(jsonOf(services, question, first, signal))
          body.once('close', () => lease.release())
          return reply.send(body)
        } catch (error) {
          lease.release()
          throw error
        }
      }
      // The files are those of the exports: one address for them, wherever they are asked for.
      return reply.redirect(
        exportAddress(datasetHref(request, publication.row.dataset_id), format, question),
        302,
      )
    },
  )

  app.get<{ Params: { dataset_id: string; record_id: string } }>(
    '/api/datasets/1.0/:dataset_id/records/:record_id',
    legacyRoute('readRecordV1', 'One record, as API 1.0'),
    async (request, reply) => {
      const parameters = parametersOf(request)
      const publication = await findAsked(services, request, reply, request.params.dataset_id)
      const text = { now: services.clock.now() }
      const record = await services.records.record(publication, request.params.record_id, text, true)
      return send(reply, parameters, recordOf(publication, JSON.parse(record)))
    },
  )
}

function selected(parameters: Parameters): string | undefined {
  const fields = many(parameters, 'fields')
  return fields.length === 0 ? undefined : fields.map(quoteName).join(', ')
}

const featureOf = ({ geometry, fields, recordid }: Record<string, unknown>) => ({
  type: 'Feature',
  id: recordid,
  geometry: geometry ?? null,
  properties: fields,
})

function exportAddress(dataset: string, format: string, { parameters, text }: Question): string {
  const url = new URL(`${dataset}/exports/${encodeURIComponent(format === 'xls' ? 'xlsx' : format)}`)
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) url.searchParams.append(name, value)
  }
  for (const where of text.where ?? []) add('where', where)
  for (const refine of text.refine ?? []) add('refine', refine)
  for (const exclude of text.exclude ?? []) add('exclude', exclude)
  add('order_by', text.orderBy)
  add('select', selected(parameters))
  add('version', one(parameters, 'version'))
  add('timezone', one(parameters, 'timezone'))
  add('lang', one(parameters, 'lang'))
  add('limit', one(parameters, 'rows'))
  add('use_labels', one(parameters, 'use_labels_for_header'))
  add('delimiter', one(parameters, 'csv_separator'))
  return url.href
}

function nextPage(services: HttpServices, question: Question, afterRow: number | null, signal: AbortSignal) {
  const { publication, parameters, text } = question
  return services.records.query(
    publication,
    {
      // A file has the order of its source: to rank all that is found anew for every page would cost more than its records.
      text: { ...text, select: selected(parameters), defaultOrder: '' },
      limit: pageRows,
      offset: 0,
      includeAppMetas: true,
      paging: { afterRow, totalCount: 0 },
    },
    signal,
  )
}

/** Page after page of one generation. Only a whole array is closed. */
async function* jsonOf(
  services: HttpServices,
  question: Question,
  first: Awaited<ReturnType<typeof nextPage>>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const print = (page: Pick<RecordsAnswer, 'rows'>) =>
    parsedRows(page)
      .map((record) => JSON.stringify(recordOf(question.publication, record)))
      .join(',\n')
  yield '['
  for (let page = first; ; ) {
    if (page !== first && page.rows.length > 0) yield ',\n'
    yield print(page)
    if (page.lastRow === null || page.lastRow === undefined) break
    page = await nextPage(services, question, page.lastRow, signal)
  }
  yield ']\n'
}
