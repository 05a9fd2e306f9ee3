/** What geometry needs that SQL has no words for, computed for each value that differs. */
import type { JsonObject } from '../../kernel/index.ts'
import { answering, GeoFault } from '../geo/answer.ts'
import { correctShape } from '../geo/correct.ts'
import { degreesText } from '../geo/degrees.ts'
import { geohashCell } from '../geo/geohash.ts'
import { decodePolyline } from '../geo/polyline.ts'
import { projectionTo4326 } from '../geo/projection.ts'
import { mapPositions, parseShape, type Shape } from '../geo/shape.ts'
import { simplifyShape } from '../geo/simplify.ts'
import { parseWkb } from '../geo/wkb.ts'
import { parseWkt } from '../geo/wkt.ts'

type Compute = (key: string, request: JsonObject) => Shape | string | object

const computing = {
  well_known: parseWellKnown,
  project: (key, request) => project(key, Number(request.epsg)),
  project_point(key, request) {
    const [x, y] = key.split(' ').map(Number)
    const [lon, lat] = projectionTo4326(Number(request.epsg))(x!, y!)
    return { lon, lat }
  },
  degrees: degreesText,
  geohash: geohashCell,
  polyline: (key, request) => decodePolyline(key, Number(request.precision), request.reverse === true),
  simplify: (key, request) => simplifyShape(parseShape(key), Number(request.tolerance)),
  correct: (key) => correctShape(parseShape(key)),
} satisfies Record<string, Compute>

export type GeoService = keyof typeof computing

/** By name: the answer to a key is `{value}`, or `{error}` with one of `geoReasons`. */
export const geoServices = Object.fromEntries(
  Object.entries(computing as Record<string, Compute>).map(([name, compute]) => [
    name,
    (key: string, request: JsonObject) => answering(() => compute(key, request)),
  ]),
)

/** Well-known binary is told by its first byte, the order of the others. */
function parseWellKnown(text: string): Shape {
  const trimmed = text.trim()
  return /^0[01][0-9a-fA-F]{8}/.test(trimmed) ? parseWkb(trimmed) : parseWkt(trimmed)
}

/** A point as `y,x` becomes `lat,lon`; a geometry becomes one. Either as text. */
function project(text: string, epsg: number): string {
  const toWgs84 = projectionTo4326(epsg)
  const isOther = 'not a pair of coordinates or a geometry'
  const trimmed = text.trim()
  const shape = trimmed.startsWith('{')
    ? parseShape(trimmed, isOther)
    : /^[A-Za-z0]/.test(trimmed) && !/^0[.,]/.test(trimmed)
      ? parseWellKnown(trimmed)
      : null
  if (shape)
    return JSON.stringify(
      mapPositions(shape, ([x, y]) => {
        const [lon, lat] = toWgs84(x!, y!)
        return [round(lon), round(lat)]
      }),
    )
  const pair = /^([-+]?[0-9]+(?:\.[0-9]+)?)\s*[,;\s]\s*([-+]?[0-9]+(?:\.[0-9]+)?)$/.exec(trimmed)
  if (!pair) throw new GeoFault(isOther)
  const [lon, lat] = toWgs84(Number(pair[2]), Number(pair[1]))
  return `${lat.toFixed(8)},${lon.toFixed(8)}`
}

/** To a millimetre: what is behind it comes from the arithmetic. */
const round = (degrees: number) => Math.round(degrees * 1e8) / 1e8
