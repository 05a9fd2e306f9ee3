/** Exports of the catalog: tables, feeds and DCAT. Explore API section 2. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { readDomain } from '../../catalog/index.ts'
import {
  catalogFormatOf,
  catalogFormats,
  exportFormats,
  plainOptions,
  wholeDatasetColumns,
} from '../../exports/index.ts'
import { AppError } from '../../kernel/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { sendJson } from './answers.ts'
import { sendExported } from './export-answers.ts'
import { readTableOptions } from './export-options.ts'
import { catalogHref, portalHref } from './links.ts'
import { exportQuery, readExportLimit, readFlag, readInteger, readQueryText } from './parameters.ts'
import type { RouteOptions } from './route-options.ts'
import { catalogReaderOf } from './visible.ts'

const { version: _version, ...tableQuery } = exportQuery.properties
const catalogExportQuery = Type.Object({
  ...tableQuery,
  offset: Type.Optional(Type.String({ description: 'Datasets left out at the start' })),
  include_exports: Type.Optional(
    Type.String({ description: 'DCAT: formats listed as distributions, separated by commas; default all' }),
  ),
  use_labels_in_exports: Type.Optional(
    Type.String({ description: 'DCAT: distributions have labels as headings; true by default' }),
  ),
})
type CatalogExportQuery = Static<typeof catalogExportQuery>
type Params = { format: string }

export function registerCatalogExports(
  app: FastifyInstance,
  services: HttpServices,
  route: RouteOptions,
): void {
  app.get(
    '/catalog/exports',
    route('listCatalogExports', 'Export formats of the catalog', answerOf('Links'), {}),
    async (request, reply) => {
      const base = `${catalogHref(request)}/exports`
      const links = Object.keys(catalogFormats).map((format) => ({ href: `${base}/${format}`, rel: format }))
      return sendJson(reply, JSON.stringify({ _links: links }))
    },
  )

  const mediaTypes = Object.values(catalogFormats).map(({ mediaType }) => mediaType.split(';')[0]!)
  app.get<{ Params: Params; Querystring: CatalogExportQuery }>(
    '/catalog/exports/:format',
    route(
      'exportCatalog',
      'The catalog as a file',
      answerBytes(...new Set([...mediaTypes, 'application/gzip'])),
      {
        params: Type.Object({
          format: Type.String({ description: `One of ${Object.keys(catalogFormats).join(', ')}` }),
        }),
        querystring: catalogExportQuery,
      },
    ),
    (request, reply) => sendCatalog(services, request, reply),
  )
}

async function sendCatalog(
  services: HttpServices,
  request: FastifyRequest<{ Params: Params; Querystring: CatalogExportQuery }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { query, params } = request
  const catalogUrl = catalogHref(request)
  const domain = await readDomain(services.control.db)
  const title = domain.name || request.host
  const isSelection = [query.select, query.group_by].some(
    (text) => text && text.trim() !== '' && text.trim() !== '*',
  )
  const { create, isTable, extension } = catalogFormatOf(params.format, isSelection)
  const format = create({
    catalogUrl,
    portalUrl: portalHref(request),
    title,
    language: domain.default_language,
    languages: domain.languages,
    description: domain.description[domain.default_language] || title,
    contactEmail: domain.contact.email || null,
    includeExports: readFormats(query.include_exports),
    useLabels: readFlag('use_labels_in_exports', query.use_labels_in_exports, true),
  })
  const text = readQueryText(query, services.clock.now())
  const limit = readExportLimit(query.limit)
  const offset = readInteger('offset', query.offset, 0, 0, Number.MAX_SAFE_INTEGER)
  const isCompressed = readFlag('compressed', query.compressed, false)
  const table = readTableOptions(query)
  const source = await services.catalog.source(await catalogReaderOf(services, request), text)
  reply.header('Cache-Control', 'private, no-cache').header('Vary', 'Authorization, Accept-Encoding')
  const order = {
    ...source,
    format,
    formatName: params.format,
    generation: source.revision,
    limit,
    offset,
    extra: isTable ? [] : wholeDatasetColumns,
    options: {
      ...plainOptions,
      ...table,
      timezone: source.query.timezone,
      datasetUrl: catalogUrl,
      datasetId: 'catalog',
      title: 'Catalog',
      processedAt: services.clock.now(),
    },
    signal: disconnectSignal(reply),
    release: () => {},
  }
  return sendExported(services, request, reply, {
    order,
    filename: `catalog.${extension}`,
    isCompressed,
    tagPrefix: null,
  })
}

/** Errors: http.invalid_parameter. */
function readFormats(text: string | undefined): string[] | null {
  if (text === undefined || text.trim() === '') return null
  const formats = text.split(',').map((name) => name.trim())
  const unknown = formats.find((name) => !Object.hasOwn(exportFormats, name))
  if (unknown === undefined) return formats
  throw new AppError('http.invalid_parameter', {
    parameter: 'include_exports',
    value: unknown.slice(0, 40),
    expected: `it must be some of ${Object.keys(exportFormats).join(', ')}`,
  })
}
