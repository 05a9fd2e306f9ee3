/**
 * Statements of vector tiles: the records of a tile, in units of the tile. The engine filters, projects, thins out and
 * counts; what comes back is bounded by the caller's limit and not by the dataset.
 *
 * A point is in exactly one tile of a zoom, also on the antimeridian and at the poles, so that counts of tiles add up. A
 * shape is in every tile that it or its buffer touches; one that reaches over the antimeridian is on both sides of the map.
 */
import { shapePartsSql } from '../../kernel/index.ts'
import { eachSql, letSql } from '../geo/lists.ts'
import { type Tile, tileBox, tileBuffer, tileExtent } from '../geo/tile.ts'
import type { Query } from '../resolve/typed.ts'
import type { Column } from '../schema.ts'
import { cellsIn } from './cells.ts'
import { contextOf, type ResultColumn, type RowsStatement, whereSql } from './clauses.ts'
import { mapX, mapY } from './mercator.ts'
import type { PredicateContext } from './predicates.ts'
import { type BoxSql, number, overlaps, sidesOf } from './spatial.ts'
import { compileColumns } from './statements.ts'
import { createBinder, type QueryTarget, type Statement } from './target.ts'

export interface TileOrder {
  /** Its select list are the properties. */
  readonly query: Query
  readonly target: QueryTarget
  readonly tile: Tile
  /** A geo_point_2d, or a geo_shape with its box. */
  readonly field: Column
}

/** Columns `_row`, `_id`, `_n`, `_x`, `_y`, then the select list. `_row` and what follows are null where `_n` is not 1. */
export type TilePoints = RowsStatement

const contextFor = ({ query, target }: TileOrder) => contextOf(query, target, createBinder(target))

/** How many points are in a tile, counted up to `limit`. */
export function compileTileCount(order: TileOrder, limit: number): Statement {
  const context = contextFor(order)
  const sql = `select count(*) as n from (select 1 ${pointsSql(order, context)} limit ${limit})`
  return { sql, values: context.binder.values }
}

/** Every point of a tile. */
export function compileTilePoints(order: TileOrder): TilePoints {
  const context = contextFor(order)
  const [x, y] = unitsSql(order)
  const columns = compileColumns(order.query, context)
  const items = ['_row', '_id', '1 as _n', `${x} as _x`, `${y} as _y`, ...columns.map(named)]
  // Found first and read then: the engine would read every column of every record behind a search for words.
  const sql = `select ${items.join(', ')} from ${order.target.relation} where _row in (select _row ${pointsSql(order, context)}) order by _row`
  return { sql, values: context.binder.values, columns: columns.map(withoutSql) }
}

/** The points of a tile in the cells of a grid: how many, and the centre of them; a point alone is itself. */
export function compileTileCells(order: TileOrder, cellsPerSide: number): TilePoints {
  const context = contextFor(order)
  const { relation } = order.target
  const [x, y] = unitsSql(order)
  const width = tileExtent / cellsPerSide
  const found = `select _row, ${x} as _x, ${y} as _y ${pointsSql(order, context)}`
  // Whole numbers add up to the same in any order.
  const cells = `select count(*) as _n, floor(avg(_x))::bigint as _x, floor(avg(_y))::bigint as _y, min(_row) as _first from (${found}) group by _x // ${width}, _y // ${width}`
  const columns = compileColumns(order.query, context)
  const single = `select ${['_row', '_id', ...columns.map(named)].join(', ')} from ${relation} where _row in (select _first from _cells where _n = 1)`
  const items = ['_row', '_id', '_n', '_x', '_y', ...columns.map(({ sqlName }) => sqlName)]
  const sql = `with _cells as materialized (${cells}) select ${items.join(', ')} from _cells left join (${single}) on _row = _first order by _n desc, _first`
  return { sql, values: context.binder.values, columns: columns.map(withoutSql) }
}

const named = ({ sql, sqlName }: { sql: string; sqlName: string }) => `${sql} as ${sqlName}`
const withoutSql = ({ name, type, sqlName }: ResultColumn): ResultColumn => ({ name, type, sqlName })

/** `from` and `where`: the north and west sides of a tile belong to it, the others to its neighbours. */
function pointsSql({ query, target, tile, field }: TileOrder, context: PredicateContext): string {
  const { west, south, east, north } = tileBox(tile)
  const [lon, lat] = [`(${field.sql}).lon`, `(${field.sql}).lat`]
  const bound = (value: number) => number(context.binder, value)
  // 180 is -180 on the map.
  const isOnSeam = tile.x === 0 ? ` or ${lon} >= 180` : ''
  const inside = `(${lon} >= ${bound(west)} and ${lon} < ${bound(east)}${isOnSeam}) and ${lat} <= ${bound(north)} and ${lat} > ${bound(south)}`
  const lons = tile.x === 0 ? { west: null, east: null } : { west, east }
  const cells = field.cellSql ? cellsIn(field.cellSql, { south, north, ...lons }) : []
  return `from ${target.relation}${whereSql(query.where, context, [...cells, inside])}`
}

/** A point's place in a tile: whole units from 0, less than the extent. */
function unitsSql({ tile, field }: TileOrder): readonly [x: string, y: string] {
  const size = 2 ** tile.z
  const lon = `((${field.sql}).lon - case when (${field.sql}).lon >= 180 then 360 else 0 end)`
  const units = (at: string, from: number) =>
    `least(${tileExtent - 1}, greatest(0, floor((${at} * ${size}::double - ${from}) * ${tileExtent})))::bigint`
  return [units(mapX(lon), tile.x), units(mapY(`(${field.sql}).lat`), tile.y)]
}

export interface TileShapesOptions {
  readonly step: number
  readonly limit: number
  /** Of shapes smaller than a step, one in a place. */
  readonly isThinned: boolean
  /** The tile is the whole map by itself: nothing is on both of its sides, nothing is cut off beyond them. */
  readonly isWorld?: boolean
}

/**
 * The shapes of a tile, the largest first, at most `limit`. Coordinates are whole steps of `step` units: what is closer
 * together is one place, the same for neighbours, so that no gap opens between them. Columns:
 *
 * | `_row`, `_id`           | the record |
 * | `_kind`, `_x`, `_y`     | of a shape that is smaller than a step: its GeoJSON type and where it is; of several in one
 *                             place only the largest is there. Otherwise null |
 * | `points`, `lines`, `areas` | of others, as JSON: positions, lists of positions, lists of rings |
 *
 * then the select list. What lies far outside of the tile is cut short; clipping is left to the caller.
 */
export function compileTileShapes(
  order: TileOrder,
  { step, limit, isThinned, isWorld = false }: TileShapesOptions,
): RowsStatement {
  const { query, target, tile, field } = order
  const context = contextFor(order)
  const bound = (value: number) => number(context.binder, value)
  const box = sidesOf(field.boxSql!)
  const buffer = isWorld ? tileExtent : tileBuffer
  const around = tileBox(tile, buffer)
  const turns = isWorld ? [0] : allTurns
  const turned = turns.map((turn) =>
    overlaps(context.binder, box, { ...around, west: around.west - turn, east: around.east - turn }),
  )
  const near = `(${turned.map((test) => `(${test})`).join(' or ')})`
  const scale = tileExtent / step
  const x = (lon: string) => `(${mapX(lon)} * ${2 ** tile.z}::double - ${tile.x}) * ${scale}`
  const y = (lat: string) => `(${mapY(lat)} * ${2 ** tile.z}::double - ${tile.y}) * ${scale}`
  const centre = {
    x: `floor(${x(`(${box.west} + ${box.east}) / 2`)})::bigint`,
    y: `floor(${y(`(${box.south} + ${box.north}) / 2`)})::bigint`,
  }
  const sized = `select _row, greatest(${x(box.east)} - ${x(box.west)}, ${y(box.south)} - ${y(box.north)}) as _size, ${centre.x} as _x, ${centre.y} as _y from ${target.relation}${whereSql(query.where, context, [near])}`
  const large = isThinned ? '_size >= 1' : 'true'
  const small = `select arg_max(_row, (_size, -_row)) as _at, max(_size) as _size, _x, _y from _sized where not (${large}) group by _x, _y`
  const kept = `select * from (select _row as _at, _size, null as _x, null as _y from _sized where ${large} union all ${small}) order by _size desc, _at limit ${limit}`
  const geometry = geometrySql({
    shape: field.sql,
    box,
    lons: { west: bound(around.west), east: bound(around.east) },
    turns,
    x: (lon) => `round(${x(lon)})`,
    y: (lat) => `round(${y(lat)})`,
    low: -buffer / step,
    high: (tileExtent + buffer) / step,
  })
  const columns = compileColumns(query, context)
  const items = [
    '_row',
    '_id',
    '_size',
    `case when _x is not null then json_extract_string(${field.sql}, '$.type') end as _kind`,
    '_x',
    '_y',
    `case when _x is null then ${geometry} end as _geometry`,
    ...columns.map(named),
  ]
  const read = `select ${items.join(', ')} from ${target.relation} join _kept on _row = _at`
  const parts = ['points', 'lines', 'areas'].map((part) => `to_json(_geometry.${part})::varchar as ${part}`)
  const shown = ['_row', '_id', '_kind', '_x', '_y', ...parts, ...columns.map(({ sqlName }) => sqlName)]
  const sql = `with _sized as materialized (${sized}), _kept as materialized (${kept}) select ${shown.join(', ')} from (${read}) order by _size desc, _row`
  return { sql, values: context.binder.values, columns: columns.map(withoutSql) }
}

/** A shape may reach once around the world and more: it is looked for a turn to the west and to the east, too. */
const allTurns = [-360, 0, 360]

interface ShapeInSteps {
  readonly shape: string
  readonly box: BoxSql
  readonly lons: { readonly west: string; readonly east: string }
  readonly turns: readonly number[]
  x(lon: string): string
  y(lat: string): string
  /** Bounds of the clipping, in steps. */
  readonly low: number
  readonly high: number
}

/** SQL: STRUCT(points, lines, areas) of a shape in steps, of all turns that touch the tile. */
function geometrySql({ shape, box, lons, turns, x, y, low, high }: ShapeInSteps): string {
  const isPlace = '_p[1] between -1080 and 1080 and _p[2] between -90 and 90'
  const placed = (positions: string) =>
    eachSql(
      `list_filter(${positions}, lambda _p: ${isPlace})`,
      '_p',
      `{'x': ${x('(_p[1] + _o)')}, 'y': ${y('_p[2]')}}`,
    )
  const pairs = (places: string) => eachSql(places, '_p', '[_p.x::bigint, _p.y::bigint]')
  const side = `case when _p.x < ${low} then 1 when _p.x > ${high} then 2 when _p.y < ${low} then 3 when _p.y > ${high} then 4 else 0 end`
  /** Places of a list that are kept: its ends, and those for which a test of `_p`, before and after it, holds. */
  const kept = (list: string, test: (before: string, after: string) => string) =>
    `list_filter(${list}, lambda _p, _i: _i = 1 or _i = len(${list}) or ${test(`${list}[_i - 1]`, `${list}[_i + 1]`)})`
  const isOther = (before: string) => `_p.x <> ${before}.x or _p.y <> ${before}.y`
  const bend = (before: string, after: string) =>
    `(_p.x - ${before}.x) * (${after}.y - _p.y) - (_p.y - ${before}.y) * (${after}.x - _p.x)`
  const onward = (before: string, after: string) =>
    `(_p.x - ${before}.x) * (${after}.x - _p.x) + (_p.y - ${before}.y) * (${after}.y - _p.y)`
  // A line that turns back along itself has an end there; an area loses nothing.
  const isCorner = {
    line: (before: string, after: string) => `(${bend(before, after)} <> 0 or ${onward(before, after)} < 0)`,
    area: (before: string, after: string) => `${bend(before, after)} <> 0`,
  }
  // Between two places on the same side of the tile, no place on that side changes what is seen of the tile.
  const isSeen = (before: string, after: string) =>
    `not (_p.s <> 0 and ${before}.s = _p.s and ${after}.s = _p.s)`
  const thin = (line: string, kind: 'line' | 'area') =>
    letSql(
      '_d',
      placed(line),
      letSql(
        '_e',
        kept('_d', isOther),
        letSql(
          '_f',
          eachSql(kept('_e', isCorner[kind]), '_p', `{'x': _p.x, 'y': _p.y, 's': ${side}}`),
          pairs(kept('_f', isSeen)),
        ),
      ),
    )
  const perTurn = (parts: string) => `flatten(${eachSql('_t', '_o', parts)})`
  const points = perTurn(pairs(placed('_q.points')))
  const lines = perTurn(
    `list_filter(${eachSql('_q.lines', '_l', thin('_l', 'line'))}, lambda _l: len(_l) > 1)`,
  )
  const areas = perTurn(
    `list_filter(${eachSql('_q.areas', '_a', eachSql('_a', '_l', thin('_l', 'area')))}, lambda _a: len(_a[1]) > 3)`,
  )
  const touching = `list_filter([${turns.map((turn) => `${turn}::double`).join(', ')}], lambda _o: ${box.west} + _o <= ${lons.east} and ${box.east} + _o >= ${lons.west})`
  return letSql(
    '_q',
    shapePartsSql(shape),
    letSql('_t', touching, `{'points': ${points}, 'lines': ${lines}, 'areas': ${areas}}`),
  )
}
