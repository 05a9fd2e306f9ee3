/**
 * Geometry in the engine's SQL: plane geometry on longitude and latitude, as GeoJSON has it (a segment is straight on
 * the map, RFC 7946 section 3.1.1). A field's bounding box is looked at first; only shapes that it does not decide are
 * taken apart. Edges are structs {a, b, c, d}: a segment from (a, b) to (c, d); a point is one without length.
 *
 * What lies on an edge belongs to the geometry. Edges are 1e-9 degrees (0.1 mm) thick where that is asked, since the
 * point between two others is seldom a double on the line between them.
 */
import { shapePartsSql } from '../../kernel/index.ts'
import { type Edge, edgesOf, type Geometry } from '../geo/geometry.ts'
import { anySql, eachSql, letSql } from '../geo/lists.ts'
import type { Binder } from './target.ts'

export const edgeThickness = 1e-9
const edgeType = '{"a":"DOUBLE","b":"DOUBLE","c":"DOUBLE","d":"DOUBLE"}'

/** A geometry in SQL, as the names of what it consists of. */
export interface GeometrySql {
  /** All edges, and points as edges. */
  readonly edges: string
  /** Of each area the edges of its rings: lists of lists. */
  readonly areas: string
  /** One point of every part, as edges without length. */
  readonly starts: string
  /** Edges of holes. */
  readonly holes: string
}

const asPoints = (positions: readonly (readonly [number, number])[]): Edge[] =>
  positions.map(([lon, lat]) => ({ a: lon, b: lat, c: lon, d: lat }))

/** `body` with a literal geometry in it. */
export function withLiteral(
  binder: Binder,
  geometry: Geometry,
  name: string,
  body: (sql: GeometrySql) => string,
): string {
  const rings = geometry.areas.flat()
  const value = {
    edges: [...asPoints(geometry.points), ...edgesOf(geometry.lines), ...edgesOf(rings)],
    areas: geometry.areas.map((area) => edgesOf(area)),
    starts: asPoints([...geometry.points, ...[...geometry.lines, ...rings].map((line) => line[0]!)]),
    holes: geometry.areas.flatMap((area) => edgesOf(area.slice(1))),
  }
  const type = `{"edges":[${edgeType}],"areas":[[${edgeType}]],"starts":[${edgeType}],"holes":[${edgeType}]}`
  const bound = `from_json(${binder.bind(JSON.stringify(value))}::json, '${type}')`
  return letSql(name, bound, body(membersOf(name)))
}

const membersOf = (name: string): GeometrySql => ({
  edges: `${name}.edges`,
  areas: `${name}.areas`,
  starts: `${name}.starts`,
  holes: `${name}.holes`,
})

const pointEdge = (position: string) =>
  `{'a': ${position}[1], 'b': ${position}[2], 'c': ${position}[1], 'd': ${position}[2]}`
const lineEdges = (line: string) =>
  eachSql(
    `list_zip(${line}[1:len(${line})-1], ${line}[2:])`,
    '_z',
    "{'a': _z[1][1], 'b': _z[1][2], 'c': _z[2][1], 'd': _z[2][2]}",
  )

/** `body` with the geometry of a shape's SQL in it. */
export function withShape(shape: string, name: string, body: (sql: GeometrySql) => string): string {
  const areas = eachSql('_q.areas', '_a', `flatten(${eachSql('_a', '_l', lineEdges('_l'))})`)
  const lines = `flatten(${eachSql('_q.lines', '_l', lineEdges('_l'))})`
  const points = eachSql('_q.points', '_o', pointEdge('_o'))
  const starts = `list_concat(${points}, ${eachSql('list_concat(_q.lines, flatten(_q.areas))', '_l', pointEdge('_l[1]'))})`
  const built = `{'edges': list_concat(list_concat(${points}, ${lines}), flatten(_i)), 'areas': _i, 'starts': ${starts}}`
  return letSql('_q', shapePartsSql(shape), letSql('_i', areas, letSql(name, built, body(membersOf(name)))))
}

/** (x, y) lies inside an area by the rule of odd crossings: holes take themselves out. */
const insideArea = (area: string, x: string, y: string) =>
  `len(list_filter(${area}, lambda _e: (_e.b > ${y}) <> (_e.d > ${y}) and ${x} < (_e.c - _e.a) * (${y} - _e.b) / (_e.d - _e.b) + _e.a)) % 2 = 1`

const inside = (geometry: GeometrySql, x: string, y: string) =>
  anySql(geometry.areas, '_k', insideArea('_k', x, y))

const onEdge = (geometry: GeometrySql, x: string, y: string) => {
  const t = edgeThickness
  const near = `${x} between least(_e.a, _e.c) - ${t} and greatest(_e.a, _e.c) + ${t} and ${y} between least(_e.b, _e.d) - ${t} and greatest(_e.b, _e.d) + ${t}`
  const cross = `((_e.c - _e.a) * (${y} - _e.b) - (_e.d - _e.b) * (${x} - _e.a))`
  const squared = '((_e.c - _e.a) * (_e.c - _e.a) + (_e.d - _e.b) * (_e.d - _e.b))'
  return anySql(geometry.edges, '_e', `${near} and ${cross} * ${cross} <= ${t * t} * ${squared}`)
}

/** (x, y) lies in the geometry or on its edge. */
export function covers(geometry: GeometrySql, x: string, y: string): string {
  return `(${inside(geometry, x, y)} or ${onEdge(geometry, x, y)})`
}

/** Boxes that overlap and ends on both sides of each other: the usual test, which holds for points too. */
function edgesMeet(one: string, other: string): string {
  const cross = (edge: string, x: string, y: string) =>
    `((${edge}.c - ${edge}.a) * (${y} - ${edge}.b) - (${edge}.d - ${edge}.b) * (${x} - ${edge}.a))`
  const straddles = (edge: string, by: string) =>
    `${cross(edge, `${by}.a`, `${by}.b`)} * ${cross(edge, `${by}.c`, `${by}.d`)} <= 0`
  const overlap = (low: string, high: string) =>
    `greatest(${one}.${low}, ${one}.${high}) >= least(${other}.${low}, ${other}.${high}) and least(${one}.${low}, ${one}.${high}) <= greatest(${other}.${low}, ${other}.${high})`
  return `${overlap('a', 'c')} and ${overlap('b', 'd')} and ${straddles(one, other)} and ${straddles(other, one)}`
}

/** Two geometries have a point in common: edges that meet, or a part of one inside the other. */
export function meets(one: GeometrySql, other: GeometrySql): string {
  const edges = anySql(one.edges, '_f', anySql(other.edges, '_h', edgesMeet('_f', '_h')))
  const starts = (of: GeometrySql, area: GeometrySql) => anySql(of.starts, '_f', inside(area, '_f.a', '_f.b'))
  return `(${edges} or ${starts(one, other)} or ${starts(other, one)})`
}

/**
 * One geometry lies wholly in another. Its edges are cut where they meet the other's; every piece's middle must be
 * covered. Then the other could still have a hole inside: no point of a hole's edge may lie inside an area.
 */
export function isWithin(one: GeometrySql, other: GeometrySql): string {
  const dx = '(_f.c - _f.a)'
  const dy = '(_f.d - _f.b)'
  const ux = '(_h.c - _h.a)'
  const uy = '(_h.d - _h.b)'
  const across = `(${dx} * ${uy} - ${dy} * ${ux})`
  const meeting = `((_h.a - _f.a) * ${uy} - (_h.b - _f.b) * ${ux}) / ${across}`
  const along = (x: string, y: string) =>
    `((${x} - _f.a) * ${dx} + (${y} - _f.b) * ${dy}) / (${dx} * ${dx} + ${dy} * ${dy})`
  const cuts = `flatten(${eachSql(other.edges, '_h', `case when ${across} <> 0 then [${meeting}] else [${along('_h.a', '_h.b')}, ${along('_h.c', '_h.d')}] end`)})`
  const steps = `list_sort(list_concat([0.0::double, 1.0::double], list_filter(${cuts}, lambda _t: _t > 0 and _t < 1)))`
  const pieces = `list_filter(list_zip(_t[1:len(_t)-1], _t[2:]), lambda _z: _z[2] - _z[1] > 1e-9)`
  const middles = `list_concat([0.0::double, 1.0::double], ${eachSql(pieces, '_z', '(_z[1] + _z[2]) / 2')})`
  const outside = anySql(
    letSql('_t', steps, middles),
    '_m',
    `not ${letSql('_x', `_f.a + _m * ${dx}`, letSql('_y', `_f.b + _m * ${dy}`, covers(other, '_x', '_y')))}`,
  )
  const strictly = (x: string, y: string) => `(${inside(one, x, y)} and not ${onEdge(one, x, y)})`
  const holed = anySql(
    other.holes,
    '_f',
    `${strictly('_f.a', '_f.b')} or ${letSql('_x', '(_f.a + _f.c) / 2', letSql('_y', '(_f.b + _f.d) / 2', strictly('_x', '_y')))}`,
  )
  return `(not ${anySql(one.edges, '_f', outside)} and not ${holed})`
}

/** Metres along the great circle between two places in degrees. */
export function greatCircle(lon1: string, lat1: string, lon2: string, lat2: string): string {
  const half = `pow(sin(radians(${lat2} - ${lat1}) / 2), 2) + cos(radians(${lat1})) * cos(radians(${lat2})) * pow(sin(radians(${lon2} - ${lon1}) / 2), 2)`
  return `(2 * ${earthRadiusMetres} * asin(least(1, sqrt(${half}))))`
}

export const earthRadiusMetres = 6_371_008.8

/**
 * Metres from a place to a geometry; 0 inside. The nearest place of an edge is found on a map centred on the place: exact
 * at its ends, and within a few metres for edges of a hundred kilometres. `isOver`: whether the geometry goes on beyond
 * the antimeridian.
 */
export function distanceTo(geometry: GeometrySql, lon: string, lat: string, isOver: string): string {
  const scaled = `{'a': _f.a, 'b': _f.b, 'u': _f.c - _f.a, 'v': _f.d - _f.b, 'x': (_f.a - ${lon} - 360 * round((_f.a - ${lon}) / 360)) * cos(radians(${lat})), 'y': _f.b - ${lat}, 's': (_f.c - _f.a) * cos(radians(${lat}))}`
  const share = `case when _w.s * _w.s + _w.v * _w.v > 0 then least(1, greatest(0, -(_w.x * _w.s + _w.y * _w.v) / (_w.s * _w.s + _w.v * _w.v))) else 0 end`
  const nearest = `list_min(${eachSql(
    geometry.edges,
    '_f',
    letSql(
      '_w',
      scaled,
      letSql('_t', share, greatCircle('(_w.a + _t * _w.u)', '(_w.b + _t * _w.v)', lon, lat)),
    ),
  )})`
  const within = (turn: number) => inside(geometry, `(${lon} + ${turn})`, lat)
  return `case when ${inside(geometry, lon, lat)} or (${isOver} and (${within(-360)} or ${within(360)})) then 0 else ${nearest} end`
}
