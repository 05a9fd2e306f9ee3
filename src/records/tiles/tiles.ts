/** Vector tiles of a dataset (docs/maps.md): asked of the engine, encoded here. */
import type { Place } from 'lineclip'
import type { Connection } from '../../engine/index.ts'
import {
  type Column,
  compileTileCells,
  compileTileCount,
  compileTilePoints,
  type QueryText,
  type Tile,
  type TileOrder,
  type Type,
} from '../../odsql/index.ts'
import { type Publication, schemaOf } from '../publication.ts'
import { aggregateOfOne, prepared, type RecordsDeps, withReading } from '../records.ts'
import { clipAreas, clipLines, clipPoints } from './clip.ts'
import { encodeTile, type TileFeature } from './encode.ts'
import { type GeoJsonGeometry, geoJsonOf } from './geojson.ts'
import { propertiesOf, propertiesSql } from './properties.ts'
import { readShapeRows, type ShapeRow } from './shape-rows.ts'

/** Features of a tile at most. */
export const maxTileFeatures = 4096
/** Cells along a side of a tile with more points than that. */
const cellsPerSide = 64
/** Units that are one place: half a pixel where a tile is 512 of them; then coarser, as long as shapes take too much. */
const steps = [4, 16, 64] as const
/** From this zoom on every shape is drawn as exactly as a tile allows; maps enlarge tiles of this zoom for higher ones. */
export const maxDetailZoom = 18
export const maxTileZoom = 22
export const tileLayer = 'records'

export interface TileRequest {
  readonly text: QueryText
  readonly tile: Tile
  /** Name of a geo field. */
  readonly field: string
}

export interface Tiles {
  /** Bytes of a vector tile; none where nothing is. Errors: those of queries. */
  read(publication: Publication, request: TileRequest, signal?: AbortSignal): Promise<Uint8Array>
  /**
   * The shapes of a field, the largest first, at most `limit`, as they are seen at a zoom; a shape too small for that is
   * the largest of those in one place. Errors: as `read`.
   */
  preview(
    publication: Publication,
    request: Omit<TileRequest, 'tile'> & { readonly zoom: number; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<readonly { readonly recordId: string; readonly geometry: GeoJsonGeometry }[]>
  /** The properties of features beside the record id. Errors: as `read`, without asking the engine. */
  columns(
    publication: Publication,
    request: Omit<TileRequest, 'tile'>,
  ): readonly { readonly name: string; readonly type: Type }[]
}

export function createTiles(deps: Pick<RecordsDeps, 'pool' | 'store' | 'queryTimeoutMs'>): Tiles {
  return {
    columns: (publication, request) =>
      questionOf(publication, request).query.select.map(({ name, expr }) => ({ name, type: expr.type })),
    read: (publication, request, signal) =>
      work(publication, request, request.tile, signal, (given) =>
        given.order.field.type === 'geo_shape' ? readShapes(given) : readPoints(given),
      ),
    preview: (publication, request, signal) =>
      work(publication, request, { z: 0, x: 0, y: 0 }, signal, (given) =>
        previewShapes(given, request.zoom, request.limit),
      ),
  }

  async function work<T>(
    publication: Publication,
    request: Omit<TileRequest, 'tile'>,
    tile: Tile,
    signal: AbortSignal | undefined,
    read: (given: Work) => Promise<T>,
  ): Promise<T> {
    const { query, field } = questionOf(publication, request)
    return withReading(deps, publication, signal, ({ target, isDense }, until) =>
      deps.pool.use(
        (connection) => read({ connection, order: { query, target, tile, field }, isDense, signal: until }),
        until,
      ),
    )
  }
}

function questionOf(publication: Publication, { text, field: name }: Omit<TileRequest, 'tile'>) {
  const schema = schemaOf(publication)
  const hasProperties = text.select !== undefined && text.select.trim() !== ''
  const query = prepared({ ...text, groupBy: undefined, orderBy: undefined }, schema)
  if (query.isAggregated) throw aggregateOfOne()
  const field = schema.columns.find((column) => column.name === name)!
  return { field, query: withoutGeometry(hasProperties ? query : { ...query, select: [] }, field) }
}

/** The geometry of a feature is not a property as well. */
function withoutGeometry(query: TileOrder['query'], { name }: Column): TileOrder['query'] {
  const isField = ({ expr }: TileOrder['query']['select'][number]) =>
    expr.kind === 'column' && expr.column.name === name
  return { ...query, select: query.select.filter((column) => !isField(column)) }
}

interface Work {
  readonly connection: Connection
  readonly order: TileOrder
  readonly isDense: boolean
  readonly signal: AbortSignal
}

/**
 * The number of a feature, by which maps join its pieces in several tiles: the record's position, or where that would tell of
 * hidden records, 52 bits of its id.
 */
function featureId(row: unknown, properties: Readonly<Record<string, unknown>>, isDense: boolean): number {
  return isDense ? Number(row) : Number.parseInt(String(properties._id).slice(0, 13), 16)
}

/** The world in one view, for maps that take no tiles: shapes as GeoJSON, simplified for a zoom. */
async function previewShapes({ connection, order, signal }: Work, zoom: number, limit: number) {
  const { rows, step } = await readShapeRows(connection, order, {
    steps: steps.map((units) => units / 2 ** zoom),
    limit,
    isThinned: true,
    isWorld: true,
    signal,
  })
  return rows.map((row) => ({ recordId: String(row.properties._id), geometry: geoJsonOf(row, step) }))
}

async function readPoints({ connection, order, isDense, signal }: Work): Promise<Uint8Array> {
  const counted = compileTileCount(order, maxTileFeatures + 1)
  const [count] = await connection.all(counted.sql, counted.values, signal)
  const points = Number(count!.n)
  if (points === 0) return new Uint8Array()
  const statement =
    points > maxTileFeatures ? compileTileCells(order, cellsPerSide) : compileTilePoints(order)
  const rows = await connection.all(
    `select _row, _n, _x, _y, ${propertiesSql(statement.columns, order.query.timezone)} from (${statement.sql})`,
    statement.values,
    signal,
  )
  return encodeTile(
    tileLayer,
    rows.map((row): TileFeature => {
      const geometry: Place[][] = [[[Number(row._x), Number(row._y)]]]
      if (row._row === null)
        return { id: null, kind: 'point', geometry, properties: { _count: Number(row._n) } }
      const properties = propertiesOf(row)
      return { id: featureId(row._row, properties, isDense), kind: 'point', geometry, properties }
    }),
  )
}

async function readShapes({ connection, order, isDense, signal }: Work): Promise<Uint8Array> {
  const isThinned = order.tile.z < maxDetailZoom
  const { rows, step } = await readShapeRows(connection, order, {
    steps: isThinned ? steps : [1, ...steps],
    limit: maxTileFeatures,
    isThinned,
    signal,
  })
  const features = rows.flatMap((row) => featuresOf(row, step, isDense))
  return encodeTile(tileLayer, features.slice(0, maxTileFeatures))
}

function featuresOf(
  { row, properties, points, lines, areas }: ShapeRow,
  step: number,
  isDense: boolean,
): TileFeature[] {
  const id = featureId(row, properties, isDense)
  const at = [clipPoints(points, step)].filter((places) => places.length > 0)
  return (
    [
      ['area', clipAreas(areas, step)],
      ['line', clipLines(lines, step)],
      ['point', at],
    ] as const
  ).flatMap(([kind, geometry]) => (geometry.length === 0 ? [] : [{ id, properties, kind, geometry }]))
}
