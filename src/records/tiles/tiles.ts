/** Vector tiles of a dataset (docs/maps.md): asked of the engine, encoded here. */
import type { Place } from 'lineclip'
import type { Connection, Row } from '../../engine/index.ts'
import {
  type Column,
  compileTileCells,
  compileTileCount,
  compileTilePoints,
  compileTileShapes,
  type QueryText,
  type ResultColumn,
  type RowsStatement,
  type Tile,
  type TileOrder,
  type Type,
} from '../../odsql/index.ts'
import {
  aggregateOfOne,
  type Publication,
  prepared,
  type RecordsDeps,
  schemaOf,
  withGeneration,
} from '../records.ts'
import { jsonRowSql, recordIdSql } from '../render.ts'
import { clipAreas, clipLines, clipPoints } from './clip.ts'
import { encodeTile, type TileFeature } from './encode.ts'

/** Features of a tile at most. */
export const maxTileFeatures = 4096
/** Cells along a side of a tile with more points than that. */
const cellsPerSide = 64
/** Text of properties in a tile at most; what comes after it is there without properties. Of shapes the same once more. */
const maxBytes = 4 << 20
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
    async read(publication, request, signal) {
      const { query, field } = questionOf(publication, request)
      const { tile } = request
      return withGeneration(deps, publication, signal, (handle, until) =>
        deps.pool.use((connection) => {
          const target = { relation: handle.relation, search: handle.search }
          const read = field.type === 'geo_shape' ? readShapes : readPoints
          return read({ connection, order: { query, target, tile, field }, signal: until })
        }, until),
      )
    },
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
  readonly signal: AbortSignal
}

async function readPoints({ connection, order, signal }: Work): Promise<Uint8Array> {
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
    rows.map((row) => ({
      id: row._row === null ? null : Number(row._row),
      kind: 'point',
      geometry: [[[Number(row._x), Number(row._y)]]],
      properties: row._row === null ? { _count: Number(row._n) } : propertiesOf(row),
    })),
  )
}

async function readShapes({ connection, order, signal }: Work): Promise<Uint8Array> {
  const isThinned = order.tile.z < maxDetailZoom
  for (const step of isThinned ? steps : ([1, ...steps] as const)) {
    const statement = compileTileShapes(order, { step, limit: maxTileFeatures, isThinned })
    const rows = await connection.all(shapesSql(statement, order.query.timezone), statement.values, signal)
    const isComplete = rows.every((row) => row._fits)
    if (isComplete || step === steps.at(-1)) {
      const features = rows.filter((row) => row._fits).flatMap((row) => featuresOf(row, step))
      return encodeTile(tileLayer, features.slice(0, maxTileFeatures))
    }
  }
  throw new Error('a tile has a coarsest step')
}

/** What is too much leaves the engine as null. */
function shapesSql(statement: RowsStatement, timezone: string): string {
  const properties = propertiesSql(statement.columns, timezone)
  const size = 'strlen(concat(points, lines, areas))'
  const fits = `sum(${size}) over (rows unbounded preceding) <= ${maxBytes}`
  const shown = ['points', 'lines', 'areas'].map((part) => `case when _fits then ${part} end as ${part}`)
  return `select _row, _kind, _x, _y, _fits, _properties, ${shown.join(', ')} from (select *, ${fits} as _fits, ${properties} from (${statement.sql}))`
}

function propertiesSql(columns: readonly ResultColumn[], timezone: string): string {
  const json = jsonRowSql(columns, timezone, [['_id', recordIdSql]])
  const plain = jsonRowSql([], timezone, [['_id', recordIdSql]])
  const isWithin = `sum(strlen(${json})) over (rows unbounded preceding) <= ${maxBytes}`
  return columns.length === 0
    ? `${plain} as _properties`
    : `case when ${isWithin} then ${json} else ${plain} end as _properties`
}

const propertiesOf = (row: Row) => JSON.parse(String(row._properties)) as Record<string, unknown>

function featuresOf(row: Row, step: number): TileFeature[] {
  const read = (part: string) => (row[part] === null ? [] : (JSON.parse(String(row[part])) as never[]))
  const { points, lines, areas } =
    row._kind === null
      ? {
          points: read('points') as Place[],
          lines: read('lines') as Place[][],
          areas: read('areas') as Place[][][],
        }
      : smallShape(String(row._kind), Number(row._x), Number(row._y))
  const at = [clipPoints(points, step)].filter((places) => places.length > 0)
  const feature = { id: Number(row._row), properties: propertiesOf(row) }
  return (
    [
      ['area', clipAreas(areas, step)],
      ['line', clipLines(lines, step)],
      ['point', at],
    ] as const
  ).flatMap(([kind, geometry]) => (geometry.length === 0 ? [] : [{ ...feature, kind, geometry }]))
}

/** A shape that is smaller than a step is drawn one step large. */
function smallShape(kind: string, x: number, y: number) {
  const none = { points: [] as Place[], lines: [] as Place[][], areas: [] as Place[][][] }
  if (kind.endsWith('Point')) return { ...none, points: [[x, y] as Place] }
  const along: Place[] = [
    [x, y],
    [x + 1, y],
  ]
  if (kind.endsWith('LineString')) return { ...none, lines: [along] }
  return { ...none, areas: [[[...along, [x + 1, y + 1] as Place, [x, y + 1] as Place, [x, y] as Place]]] }
}
