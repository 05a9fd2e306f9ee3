/**
 * Shapes in SQL: a geo_shape column holds the JSON text of a GeoJSON geometry, which the engine takes apart itself. A
 * collection inside a collection is not looked into (RFC 7946 advises against them). What cannot be read has no parts.
 */

/** Name of the column with the bounding box of a shape field; STRUCT(west, south, east, north), null without a shape. */
export const shapeBoxColumn = (fieldIndex: number): string => `_box${fieldIndex}`

const coordinates = (type: string) => `try_cast(json_extract(_g, '$.coordinates') as ${type})`

function membersOf(members: string, single: string, singleType: string, multi: string, multiType: string) {
  const parts = `case json_extract_string(_g, '$.type') when '${single}' then [${coordinates(singleType)}] when '${multi}' then ${coordinates(multiType)} end`
  return `coalesce(flatten(list_transform(${members}, lambda _g: list_filter(coalesce(${parts}, []), lambda _v: _v is not null))), [])`
}

/** SQL: STRUCT(points DOUBLE[][], lines DOUBLE[][][], areas DOUBLE[][][][]) of a shape; a position is [lon, lat, ...]. */
export function shapePartsSql(shape: string): string {
  const members = `case when json_extract_string(${shape}, '$.type') = 'GeometryCollection' then json_extract(${shape}, '$.geometries[*]') else [${shape}::json] end`
  const points = membersOf('_m', 'Point', 'double[]', 'MultiPoint', 'double[][]')
  const lines = membersOf('_m', 'LineString', 'double[][]', 'MultiLineString', 'double[][][]')
  const areas = membersOf('_m', 'Polygon', 'double[][][]', 'MultiPolygon', 'double[][][][]')
  return `list_transform([${members}], lambda _m: {'points': ${points}, 'lines': ${lines}, 'areas': ${areas}})[1]`
}

/** SQL: the bounding box of a shape, as `shapeBoxColumn` says. */
export function shapeBoxSql(shape: string): string {
  const positions = 'list_concat(list_concat(_s.points, flatten(_s.lines)), flatten(flatten(_s.areas)))'
  const axis = (at: number) => `list_transform(_p, lambda _v: _v[${at}])`
  const box = `case when len(_p) > 0 then {'west': list_min(${axis(1)}), 'south': list_min(${axis(2)}), 'east': list_max(${axis(1)}), 'north': list_max(${axis(2)})} end`
  return `case when ${shape} is not null then list_transform([${shapePartsSql(shape)}], lambda _s: list_transform([${positions}], lambda _p: ${box})[1])[1] end`
}
