/** Maps: vector tiles of a dataset, and the TileJSON that says where they are. docs/maps.md */
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { AppError, type Field } from '../../kernel/index.ts'
import { maxDetailZoom, maxTileZoom, type Publication, tileLayer } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import { answerBytes, answerOf } from '../openapi/index.ts'
import type { HttpServices } from '../services.ts'
import { isUnchanged, sendJson } from './answers.ts'
import { sentFromCache } from './cached-answers.ts'
import { type DatasetParams, datasetParams } from './catalog-routes.ts'
import { titleOf } from './export-options.ts'
import { datasetHref } from './links.ts'
import { commonQuery, invalid, readQueryText } from './parameters.ts'
import { cacheKey } from './response-cache.ts'
import type { RouteOptions } from './route-options.ts'
import { findVisible, withFields } from './visible.ts'

const mediaType = 'application/vnd.mapbox-vector-tile'

const tileQuery = Type.Object({
  ...commonQuery.properties,
  select: Type.Optional(
    Type.String({ description: 'Properties of features; none but the record id by default' }),
  ),
  field: Type.Optional(Type.String({ description: 'Geo field; the first by default' })),
  version: Type.Optional(Type.String({ description: 'Answers from a saved version' })),
})
type TileQuery = Static<typeof tileQuery>
const parameterNames = Object.keys(tileQuery.properties) as (keyof TileQuery)[]

const tileParams = Type.Object({
  ...datasetParams.properties,
  z: Type.String({ description: `Zoom, 0 to ${maxTileZoom}` }),
  x: Type.String({ description: 'Column, from the west' }),
  y: Type.String({ description: 'Row, from the north' }),
})
type TileParams = Static<typeof tileParams>

export function registerTiles(app: FastifyInstance, services: HttpServices, route: RouteOptions): void {
  app.get<{ Params: TileParams; Querystring: TileQuery }>(
    '/catalog/datasets/:dataset_id/tiles/:z/:x/:y.mvt',
    route('readTile', 'A vector tile; 204 where nothing is', answerBytes(mediaType), {
      params: tileParams,
      querystring: tileQuery,
    }),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const key = cacheKey(request, publication, parameterNames)
      if (await sentFromCache(services, key, request, reply, publication)) return reply
      const field = geoField(publication, request.query.field)
      const tile = readTile(request.params)
      const text = withFields(readQueryText(request.query, services.clock.now()), publication.fields)
      if (isUnchanged(request, reply, publication)) return reply.status(304).send()
      const order = { text, tile, field: field.name }
      const bytes = await services.tiles.read(publication, order, disconnectSignal(reply))
      if (key !== null) services.responseCache.keep(key, bytes, mediaType)
      // A tile without features has no bytes: MapLibre, OpenLayers and QGIS take 204 for it.
      if (bytes.length === 0) return reply.status(204).send()
      reply.type(mediaType).compress(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      return reply
    },
  )

  app.get<{ Params: DatasetParams; Querystring: TileQuery }>(
    '/catalog/datasets/:dataset_id/tiles.json',
    route('readTileJson', 'TileJSON: what a map needs to show the tiles', answerOf('TileJson'), {
      params: datasetParams,
      querystring: tileQuery,
    }),
    async (request, reply) => {
      const publication = await findVisible(services, request)
      const { row, fields } = publication
      const field = geoField(publication, request.query.field)
      const text = withFields(readQueryText(request.query, services.clock.now()), fields)
      if (isUnchanged(request, reply, publication)) return reply.status(304).send()
      const question = {
        text: { ...text, select: `bbox(\`${field.name}\`) as box` },
        limit: 1,
        offset: 0,
        includeAppMetas: false,
      }
      const { rows } = await services.records.query(publication, question, disconnectSignal(reply))
      const columns = services.tiles.columns(publication, { text, field: field.name })
      const tileJson = {
        tilejson: '3.0.0',
        name: titleOf(row.metas_json) ?? row.dataset_id,
        version: '1.0.0',
        scheme: 'xyz',
        tiles: [tileAddress(datasetHref(request, row.dataset_id), request.query)],
        minzoom: 0,
        maxzoom: maxDetailZoom,
        ...boundsOf(rows[0]!),
        vector_layers: [
          {
            id: tileLayer,
            description: field.label,
            minzoom: 0,
            maxzoom: maxDetailZoom,
            fields: {
              _id: 'String',
              ...(field.type === 'geo_point_2d' ? { _count: 'Number' } : {}),
              ...Object.fromEntries(columns.map(({ name, type }) => [name, kinds[type] ?? 'String'])),
            },
          },
        ],
      }
      return sendJson(reply, JSON.stringify(tileJson))
    },
  )
}

const kinds: Readonly<Record<string, string>> = { int: 'Number', double: 'Number', boolean: 'Boolean' }
const isGeo = ({ type }: Field) => type === 'geo_point_2d' || type === 'geo_shape'

/** Errors: records.no_geo_field, http.invalid_parameter. */
function geoField({ fields }: Publication, name: string | undefined): Field {
  const known = fields.filter(isGeo)
  if (known.length === 0) throw new AppError('records.no_geo_field', {})
  if (name === undefined || name === '') return known[0]!
  const field = known.find((candidate) => candidate.name === name)
  if (!field)
    throw invalid('field', name, `it must be one of ${known.map((candidate) => candidate.name).join(' ')}`)
  return field
}

/** Errors: http.invalid_parameter. */
function readTile({ z, x, y }: TileParams) {
  const read = (name: string, text: string, max: number) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value <= max)) throw invalid(name, text, `it must be a whole number from 0 to ${max}`)
    return value
  }
  const zoom = read('z', z, maxTileZoom)
  const last = 2 ** zoom - 1
  return { z: zoom, x: read('x', x, last), y: read('y', y, last) }
}

/** With the question that the tiles are to answer; the braces are for the map to fill in. */
function tileAddress(dataset: string, query: TileQuery): string {
  const asked = new URLSearchParams()
  for (const name of parameterNames) for (const value of [query[name] ?? []].flat()) asked.append(name, value)
  return `${dataset}/tiles/{z}/{x}/{y}.mvt${asked.size > 0 ? `?${asked}` : ''}`
}

/** West, south, east, north, within the map. A dataset without places has no bounds. */
function boundsOf(row: string): { bounds?: number[] } {
  const { box } = JSON.parse(row) as { box: { geometry: { coordinates: number[][][] } } | null }
  const ring = box?.geometry.coordinates[0]
  if (!ring) return {}
  const within = (value: number, most: number) => Math.max(-most, Math.min(most, value))
  const [[west, south], , [east, north]] = ring as [[number, number], unknown, [number, number]]
  const isOver = west < -180 || east > 180
  return {
    bounds: [isOver ? -180 : west, within(south, 85.051129), isOver ? 180 : east, within(north, 85.051129)],
  }
}
