import type { FastifyInstance } from 'fastify'
import type { Field } from '../../kernel/index.ts'
import { parsedRows } from '../../records/index.ts'
import { disconnectSignal } from '../disconnect.ts'
import type { HttpServices } from '../services.ts'
import { send } from './answers.ts'
import { invalid, quoteName, whole } from './parameters.ts'
import { legacyRoute, type Question, readQuestion } from './question.ts'

/** Geometries of a preview at most. */
const maxPreviewed = 4096

interface BoxRow {
  readonly n: number
  readonly box: { readonly geometry: { readonly coordinates: readonly [number, number][][] } } | null
}
interface ClusterRow {
  readonly n: number
  readonly cluster: { readonly cluster: { readonly lat: number; readonly lon: number } }
}

interface PointRow {
  readonly _id: string
  readonly place: { readonly lon: number; readonly lat: number }
}

/** What maps ask: where the records are, in which clusters, and what they look like. */
export function registerMaps(app: FastifyInstance, services: HttpServices): void {
  /** `Row`: what the select of `clauses` gives. */
  const rowsOf = async <Row>(
    question: Question,
    clauses: object,
    signal: AbortSignal,
    limit = 20_000,
  ): Promise<Row[]> => {
    const { publication, text } = question
    const request = {
      text: { ...text, orderBy: undefined, ...clauses },
      limit,
      offset: 0,
      includeAppMetas: true,
    }
    const answer = await services.records.query(publication, request, signal)
    return parsedRows(answer) as Row[]
  }

  app.get(
    '/api/records/1.0/boundingbox',
    legacyRoute('boundingBoxV1', 'Bounding box, as API 1.0'),
    async (request, reply) => {
      const question = await readQuestion(services, request, reply)
      const name = quoteName(geoField(question.publication.fields).name)
      const select = `count(${name}) as n, bbox(${name}) as box`
      const [row] = await rowsOf<BoxRow>(question, { select }, disconnectSignal(reply))
      const ring = row?.box?.geometry.coordinates[0]
      return send(reply, question.parameters, {
        count: row?.n ?? 0,
        bbox: ring ? [...ring[0]!, ...ring[2]!] : null,
      })
    },
  )

  app.get(
    '/api/records/1.0/geopreview',
    legacyRoute('geoPreviewV1', 'Geometries as a map shows them, as API 1.0'),
    async (request, reply) => {
      const question = await readQuestion(services, request, reply)
      const { parameters, publication, text } = question
      const field = geoField(publication.fields)
      const zoom = whole(parameters, 'clusterprecision', 6, 25)
      const limit = whole(parameters, 'rows', 1000, maxPreviewed)
      const signal = disconnectSignal(reply)
      if (field.type === 'geo_shape') {
        const shapes = await services.tiles.preview(
          publication,
          { text, field: field.name, zoom, limit },
          signal,
        )
        return send(
          reply,
          parameters,
          shapes.map(({ recordId, geometry }) => ({ geo_digest: recordId, geometry })),
        )
      }
      const name = quoteName(field.name)
      const clauses = { select: `${name} as place`, where: [...(text.where ?? []), `${name} is not null`] }
      const points = await rowsOf<PointRow>(question, clauses, signal, limit)
      return send(
        reply,
        parameters,
        points.map(({ _id, place: { lon, lat } }) => ({
          geo_digest: _id,
          geometry: { type: 'Point', coordinates: [lon, lat] },
        })),
      )
    },
  )

  app.get(
    '/api/records/1.0/geocluster',
    legacyRoute('geoClusterV1', 'Clusters of points, as API 1.0'),
    async (request, reply) => {
      const question = await readQuestion(services, request, reply)
      const { parameters, publication } = question
      const field = publication.fields.find((candidate) => candidate.type === 'geo_point_2d')
      if (!field) throw invalid('dataset', publication.row.dataset_id, 'it has no geo points')
      const zoom = whole(parameters, 'clusterprecision', 6, 25)
      const radius = Math.max(1, whole(parameters, 'clusterdistance', 50, 4096))
      const rows = await rowsOf<ClusterRow>(
        question,
        {
          select: 'cluster, count(*) as n',
          groupBy: `geo_cluster(${quoteName(field.name)}, ${zoom}, ${radius}) as cluster`,
          orderBy: 'n desc',
        },
        disconnectSignal(reply),
      )
      const counts = rows.map((row) => row.n)
      return send(reply, parameters, {
        clusters: rows.map(({ cluster, n }) => ({
          cluster_center: [cluster.cluster.lat, cluster.cluster.lon],
          count: n,
        })),
        count: { min: counts.at(-1) ?? 0, max: counts[0] ?? 0 },
        clusterprecision: zoom,
      })
    },
  )
}

function geoField(fields: readonly Field[]): Field {
  const field =
    fields.find(({ type }) => type === 'geo_shape') ?? fields.find(({ type }) => type === 'geo_point_2d')
  if (!field) throw invalid('dataset', '', 'it has no geo field')
  return field
}
