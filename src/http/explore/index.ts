/** The search API: what is published, for anyone who may see it. Explore API v2.1. */
import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { canSeePublication, mayDo } from '../../access/index.ts'
import { findPublication } from '../../catalog/index.ts'
import type { PublicationsTable } from '../../control/index.ts'
import { exportFormats, formatOf } from '../../exports/index.ts'
import { AppError, type Field } from '../../kernel/index.ts'
import {
  catalogFacets,
  datasetObject,
  disjunctiveFields,
  hierarchiesOf,
  type Publication,
  prepared,
  schemaOf,
} from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import type { HttpServices } from '../services.ts'
import {
  type CommonQuery,
  commonQuery,
  type ExportQuery,
  exportQuery,
  type FacetQueryParameters,
  facetQuery,
  type ListQuery,
  listQuery,
  readChoice,
  readExportLimit,
  readFlag,
  readPage,
  readQueryText,
} from './parameters.ts'

const config = { permission: 'public' as const }
const datasetParams = Type.Object({ dataset_id: Type.String({ description: 'Identifier of the dataset' }) })
type DatasetParams = { dataset_id: string }

export async function registerExplore(app: FastifyInstance, services: HttpServices): Promise<void> {
  await app.register(async (scope) => registerRoutes(scope, services, true), { prefix: '/api/explore/v2.1' })
  for (const prefix of ['/api/v2', '/api/explore/v2.0']) {
    await app.register(
      async (scope) => {
        scope.addHook('onSend', async (_request, reply) => {
          reply.header('Ods-Explore-Api-Deprecation', 'Use /api/explore/v2.1')
        })
        registerRoutes(scope, services, false)
      },
      { prefix },
    )
  }
}

function registerRoutes(app: FastifyInstance, services: HttpServices, isDocumented: boolean): void {
  const schema = (summary: string, parts: Record<string, unknown>) => ({
    summary,
    tags: ['explore'],
    hide: !isDocumented,
    ...parts,
  })
  const seesRestricted = (request: FastifyRequest) =>
    mayDo(request.principal, 'READ') && canSeePublication(request.principal, { visibility: 'restricted' })

  app.get<{ Querystring: ListQuery }>(
    '/catalog/datasets',
    { config, schema: schema('Search the catalog', { querystring: listQuery }) },
    async (request, reply) => {
      const page = readPage(request.query)
      const text = readQueryText(request.query, services.clock.now())
      const answer = await services.catalog.query(
        { seesRestricted: seesRestricted(request) },
        { text, ...page },
        disconnectSignal(reply),
      )
      const links = readFlag('include_links', request.query.include_links, false) ? [selfLink(request)] : null
      return sendRows(reply, answer, links)
    },
  )

  app.get<{ Querystring: FacetQueryParameters }>(
    '/catalog/facets',
    { config, schema: schema('Facets of the catalog', { querystring: facetQuery }) },
    async (request, reply) => {
      const text = readQueryText(request.query, services.clock.now())
      const names = request.query.facet ?? []
      for (const name of names) {
        if (!(catalogFacets as readonly string[]).includes(name))
          throw new AppError('odsql.unknown_facet', { field: name.slice(0, 100), suggestion: '' })
      }
      const facets = await services.catalog.facets(
        { seesRestricted: seesRestricted(request) },
        text,
        names.length > 0 ? names : catalogFacets,
        disconnectSignal(reply),
      )
      return { _links: [], facets }
    },
  )

  app.get<{ Params: DatasetParams; Querystring: CommonQuery }>(
    '/catalog/datasets/:dataset_id',
    { config, schema: schema('One dataset', { params: datasetParams, querystring: commonQuery }) },
    async (request, reply) => {
      readQueryText(request.query, services.clock.now())
      const publication = await findVisible(services, request)
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      return reply.type(jsonType).send(JSON.stringify(datasetObject(publication.row)))
    },
  )

  app.get<{ Params: DatasetParams; Querystring: ListQuery }>(
    '/catalog/datasets/:dataset_id/records',
    { config, schema: schema('Records', { params: datasetParams, querystring: listQuery }) },
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const page = readPage(request.query)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
      const links = readFlag('include_links', request.query.include_links, false) ? [selfLink(request)] : null
      const answer = await services.records.query(
        publication,
        { text, ...page, includeAppMetas },
        disconnectSignal(reply),
      )
      reply.header(
        'Server-Timing',
        Object.entries(answer.timings)
          .map(([stage, ms]) => `${stage};dur=${ms.toFixed(1)}`)
          .join(', '),
      )
      return sendRows(reply, answer, links)
    },
  )

  app.get<{ Params: DatasetParams & { record_id: string }; Querystring: ListQuery }>(
    '/catalog/datasets/:dataset_id/records/:record_id',
    {
      config,
      schema: schema('One record', {
        params: Type.Object({ ...datasetParams.properties, record_id: Type.String() }),
        querystring: listQuery,
      }),
    },
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      const includeAppMetas = readFlag('include_app_metas', request.query.include_app_metas, false)
      const record = await services.records.record(
        publication,
        request.params.record_id,
        text,
        includeAppMetas,
        disconnectSignal(reply),
      )
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      return reply.type(jsonType).send(record)
    },
  )

  app.get<{ Params: DatasetParams; Querystring: FacetQueryParameters }>(
    '/catalog/datasets/:dataset_id/facets',
    { config, schema: schema('Facets', { params: datasetParams, querystring: facetQuery }) },
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      const facets = await services.facets.query(
        publication,
        text,
        request.query.facet ?? [],
        disconnectSignal(reply),
      )
      if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
      return { _links: [], facets }
    },
  )

  app.get<{ Params: DatasetParams }>(
    '/catalog/datasets/:dataset_id/exports',
    { config, schema: schema('Export formats', { params: datasetParams }) },
    async (request) => {
      const { row } = await findVisible(services, request)
      const base = `${originOf(request)}/api/explore/v2.1/catalog/datasets/${encodeURIComponent(row.dataset_id)}/exports`
      return {
        _links: Object.keys(exportFormats).map((format) => ({ href: `${base}/${format}`, rel: format })),
      }
    },
  )

  app.get<{ Params: DatasetParams & { format: string }; Querystring: ExportQuery }>(
    '/catalog/datasets/:dataset_id/exports/:format',
    {
      config,
      schema: schema('Export', {
        params: Type.Object({ ...datasetParams.properties, format: Type.String() }),
        querystring: exportQuery,
      }),
    },
    (request, reply) => sendExport(services, request, reply),
  )

  app.get<{ Params: DatasetParams }>(
    '/catalog/datasets/:dataset_id/attachments',
    { config, schema: schema('Attachments', { params: datasetParams }) },
    async (request) => {
      await findVisible(services, request)
      return { _links: [], attachments: [] }
    },
  )
}

const jsonType = 'application/json; charset=utf-8'

/** The publication that the reader may see; others answer like unknown ones. `?version=` answers from a saved one. */
async function findVisible(services: HttpServices, request: FastifyRequest): Promise<Publication> {
  const { dataset_id } = request.params as DatasetParams
  const { version } = request.query as { version?: string }
  const row = await findPublication(services.control.db, dataset_id)
  if (!row || !canSeePublication(request.principal, row))
    throw new AppError('records.unknown_dataset', { dataset_id: dataset_id.slice(0, 300) })
  const seen = version === undefined || version === '' ? row : await versionOf(services, row, version)
  return { row: seen, fields: JSON.parse(seen.fields_json) as Field[] }
}

async function versionOf(
  services: HttpServices,
  row: PublicationsTable,
  version: string,
): Promise<PublicationsTable> {
  const saved = (await services.actions.versions(row.dataset_uid)).find(
    (candidate) => candidate.version_uid === version,
  )
  if (!saved?.publication_json)
    throw new AppError('records.unknown_version', { version: version.slice(0, 60) })
  // Who may see it is decided by the present, not by the past.
  return {
    ...(JSON.parse(saved.publication_json) as PublicationsTable),
    visibility: row.visibility,
    dataset_id: row.dataset_id,
  }
}

function withFields<T>(
  text: T,
  fields: readonly Field[],
): T & { hierarchies: Record<string, string>; disjunctive: string[] } {
  return { ...text, hierarchies: hierarchiesOf(fields), disjunctive: disjunctiveFields(fields) }
}

/** Sets the headers that caches need; true when the client already has this answer. */
function isUnchanged(request: FastifyRequest, reply: FastifyReply, row: PublicationsTable): boolean {
  const question = createHash('sha256')
    .update(request.url)
    .update(String(row.metadata_processed_at))
    .update(request.headers['accept-encoding'] ?? '')
    .digest('base64url')
    .slice(0, 16)
  const etag = `W/"${row.generation_uid}.${question}"`
  reply.header('ETag', etag)
  reply.header('Last-Modified', new Date(row.data_processed_at).toUTCString())
  reply.header('Cache-Control', row.visibility === 'domain' ? 'public, no-cache' : 'private, no-cache')
  reply.header('Vary', 'Authorization, Accept-Encoding')
  if (row.is_partial === 1) reply.header('Broadsheet-Partial', 'true')
  return (request.headers['if-none-match'] ?? '').split(',').some((tag) => tag.trim() === etag)
}

function sendRows(
  reply: FastifyReply,
  answer: { totalCount: number | null; rows: readonly string[] },
  links: unknown,
): FastifyReply {
  const head = answer.totalCount === null ? '{' : `{"total_count": ${answer.totalCount}, `
  const tail = links === null ? '}' : `, "_links": ${JSON.stringify(links)}}`
  reply.type(jsonType)
  reply.compress(`${head}"results": [${answer.rows.join(', ')}]${tail}`)
  return reply
}

function selfLink(request: FastifyRequest): { href: string; rel: string } {
  return { href: `${originOf(request)}${request.url}`, rel: 'self' }
}

function originOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

async function sendExport(
  services: HttpServices,
  request: FastifyRequest<{ Params: DatasetParams & { format: string }; Querystring: ExportQuery }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const publication = await findVisible(services, request)
  const { query } = request
  const format = formatOf(request.params.format)
  const text = withFields(readQueryText(query, services.clock.now()), publication.fields)
  const resolved = prepared(text, schemaOf(publication))
  const limit = readExportLimit(query.limit)
  const delimiter = readChoice('delimiter', query.delimiter, [';', ',', '\t', '|', 'tab'], ';')
  const useLabels = readFlag('use_labels', query.use_labels, false)
  const isCompressed = readFlag('compressed', query.compressed, false)
  const options = {
    timezone: resolved.timezone,
    headings: useLabels
      ? Object.fromEntries(publication.fields.map((field) => [field.name, field.label]))
      : {},
    delimiter: delimiter === 'tab' ? '\t' : delimiter,
    listSeparator: query.list_separator ?? ',',
    isQuoteAll: readFlag('quote_all', query.quote_all, false),
    hasByteOrderMark: readFlag('with_bom', query.with_bom, true),
    parquetCompression: readChoice(
      'parquet_compression',
      query.parquet_compression,
      ['snappy', 'zstd'],
      'snappy',
    ),
  }
  if (isUnchanged(request, reply, publication.row)) return reply.status(304).send()
  const filename = `${publication.row.dataset_id}.${format.extension}${isCompressed ? '.gz' : ''}`
  reply.type(isCompressed ? 'application/gzip' : format.mediaType)
  reply.header('Content-Disposition', contentDisposition(filename))
  if (request.method === 'HEAD') return reply.send()
  const handle = await services.generations.acquire(publication.row.generation_uid)
  const exported = await services.exports.open({
    format: request.params.format,
    handle,
    query: resolved,
    limit,
    options,
    signal: disconnectSignal(reply),
  })
  if (isCompressed) return reply.send(pipeline(exported.body, createGzip(), () => {}))
  if (exported.length !== null) reply.header('Content-Length', exported.length)
  return reply.send(exported.body)
}
