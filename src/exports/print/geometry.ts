/** Geometries as SQL: where a record is, in the words of each format. All work on GeoJSON as text; altitudes are dropped. */
import type { ResultColumn, Type } from '../../odsql/index.ts'

export const geoTypes: readonly Type[] = ['geo_shape', 'geo_point_2d']

/** The first shape and the first point among the columns. */
export function geoColumns(columns: readonly ResultColumn[]): {
  readonly shape: ResultColumn | null
  readonly point: ResultColumn | null
} {
  const first = (type: Type) => columns.find((column) => column.type === type) ?? null
  return { shape: first('geo_shape'), point: first('geo_point_2d') }
}

/** SQL of a record's GeoJSON geometry: its shape, else its point, else null. */
export function geoJsonSql(columns: readonly ResultColumn[]): string {
  const { shape, point } = geoColumns(columns)
  const parts = [...(shape ? [`${shape.sqlName}::json`] : []), ...(point ? [pointJson(point.sqlName)] : [])]
  return parts.length === 1 ? parts[0]! : `coalesce(${parts.join(', ')})`
}

/** The column that becomes the geometry and need not be told again. */
export function isGeometry(column: ResultColumn, columns: readonly ResultColumn[]): boolean {
  const { shape, point } = geoColumns(columns)
  return column === (shape ?? point)
}

function pointJson(x: string): string {
  return `case when ${x} is not null then json_object('type', 'Point', 'coordinates', [(${x}).lon, (${x}).lat]) end`
}

const typeOf = (g: string) => `json_extract_string(${g}, '$.type')`
const coordinates = (g: string) => `json_extract(${g}, '$.coordinates')`
const members = (json: string) => `json_extract(${json}, '$[*]')`
const joined = (list: string, separator = "''") => `array_to_string(${list}, ${separator})`
const each = (list: string, name: string, body: string) => `list_transform(${list}, lambda ${name}: ${body})`

/** Rewrites every position of nested arrays; brackets and commas around it go. */
function positions(json: string, as: string): string {
  return `trim(regexp_replace((${json})::varchar, '\\[*\\[([^\\[\\],]+),([^\\[\\],]+)[^\\[\\]]*\\]\\]*,?', '${as}', 'g'))`
}

/** SQL of a point as well-known text. */
export const pointWktSql = (x: string) => `'POINT (' || (${x}).lon || ' ' || (${x}).lat || ')'`

/** SQL of a GeoJSON geometry as well-known text. */
export function wktSql(geojson: string): string {
  const simple = (g: string) => {
    const flat = `regexp_replace(${coordinates(g)}::varchar, '\\[([^\\[\\],]+),([^\\[\\],]+)[^\\[\\]]*\\]', '\\1 \\2', 'g')`
    const nested = `replace(replace(${flat}, '[', '('), ']', ')')`
    return `upper(${typeOf(g)}) || case when ${typeOf(g)} = 'Point' then ' (' || ${nested} || ')' else ' ' || ${nested} end`
  }
  return `case when ${typeOf(geojson)} = 'GeometryCollection'
    then 'GEOMETRYCOLLECTION (' || ${joined(each(`json_extract(${geojson}, '$.geometries[*]')`, 'part', simple('part')), "', '")} || ')'
    else ${simple(geojson)} end`
}

/** SQL of a record's geometry as KML (OGC 12-007r2, section 10). Points alone need no detour over GeoJSON: ten times faster. */
export function kmlGeometrySql(columns: readonly ResultColumn[]): string {
  const { shape, point: only } = geoColumns(columns)
  if (shape === null) {
    const x = only!.sqlName
    return `'<Point><coordinates>' || (${x}).lon || ',' || (${x}).lat || '</coordinates></Point>'`
  }
  const geojson = geoJsonSql(columns)
  const line = (c: string) => `'<coordinates>' || ${positions(c, '\\1,\\2 ')} || '</coordinates>'`
  const point = (c: string) => `'<Point>' || ${line(c)} || '</Point>'`
  const string = (c: string) => `'<LineString>' || ${line(c)} || '</LineString>'`
  const ring = (c: string) => `'<LinearRing>' || ${line(c)} || '</LinearRing>'`
  const polygon = (c: string) =>
    `'<Polygon><outerBoundaryIs>' || ${ring(`json_extract(${c}, '$[0]')`)} || '</outerBoundaryIs>' || ${joined(
      each(`(${members(c)})[2:]`, 'hole', `'<innerBoundaryIs>' || ${ring('hole')} || '</innerBoundaryIs>'`),
    )} || '</Polygon>'`
  const multi = (c: string, one: (c: string) => string) =>
    `'<MultiGeometry>' || ${joined(each(members(c), 'member', one('member')))} || '</MultiGeometry>'`
  const simple = (g: string) => {
    const c = coordinates(g)
    return `case ${typeOf(g)}
      when 'Point' then ${point(c)} when 'LineString' then ${string(c)} when 'Polygon' then ${polygon(c)}
      when 'MultiPoint' then ${multi(c, point)} when 'MultiLineString' then ${multi(c, string)}
      when 'MultiPolygon' then ${multi(c, polygon)} end`
  }
  return `case when ${typeOf(geojson)} = 'GeometryCollection'
    then '<MultiGeometry>' || ${joined(each(`json_extract(${geojson}, '$.geometries[*]')`, 'part', simple('part')))} || '</MultiGeometry>'
    else ${simple(geojson)} end`
}

/** SQL of the simple geometries of a geometry, as a list. */
const partsOf = (geojson: string) =>
  `case when ${typeOf(geojson)} = 'GeometryCollection' then json_extract(${geojson}, '$.geometries[*]') else [${geojson}] end`

/**
 * SQL of the waypoints of a record: one `<wpt>` with the given content for each point in it; null when there is none.
 * In: SQL of the content.
 */
export function gpxWaypointsSql(columns: readonly ResultColumn[], content: string): string {
  const { shape, point } = geoColumns(columns)
  if (shape === null) {
    const x = point!.sqlName
    return `'<wpt lat="' || (${x}).lat || '" lon="' || (${x}).lon || '">' || ${content} || '</wpt>'`
  }
  const geojson = geoJsonSql(columns)
  const points = (g: string) =>
    `case ${typeOf(g)} when 'Point' then [${coordinates(g)}] when 'MultiPoint' then ${members(coordinates(g))} else []::json[] end`
  const list = `flatten(${each(partsOf(geojson), 'part', points('part'))})`
  const one = `${positions('spot', '<wpt lat="\\2" lon="\\1">')} || ${content} || '</wpt>'`
  return `nullif(${joined(each(list, 'spot', one))}, '')`
}

/** SQL of a geometry's lines and rings as one `<trk>` with the given content first; null when there is none. */
export function gpxTrackSql(geojson: string, content: string): string {
  const segment = (c: string) =>
    `'<trkseg>' || ${positions(c, '<trkpt lat="\\2" lon="\\1"/>')} || '</trkseg>'`
  const segments = (c: string) => joined(each(members(c), 'line', segment('line')))
  const simple = (g: string) => {
    const c = coordinates(g)
    return `case ${typeOf(g)} when 'LineString' then ${segment(c)}
      when 'MultiLineString' then ${segments(c)} when 'Polygon' then ${segments(c)}
      when 'MultiPolygon' then ${joined(each(members(c), 'polygon', segments('polygon')))} else '' end`
  }
  return `'<trk>' || ${content} || nullif(${joined(each(partsOf(geojson), 'part', simple('part')))}, '') || '</trk>'`
}
