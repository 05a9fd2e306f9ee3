/** Well-known binary as hexadecimal digits (OGC 06-103r4; PostGIS's flags for Z, M and SRID), as GeoJSON. */
import { readWkb, tooDeep } from '../features/wkb.ts'
import { GeoFault } from './answer.ts'
import type { Shape } from './shape.ts'
import { inWgs84 } from './wkt.ts'

/** Errors: GeoFault. */
export function parseWkb(hex: string): Shape {
  const fault = () => new GeoFault('not WKT or WKB')
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(hex)) throw fault()
  const bytes = Buffer.from(hex, 'hex')
  const { geometry, end, srid } = readWkb(bytes)
  if (geometry === null) {
    if (end !== bytes.length) throw fault()
    throw new GeoFault('nothing is left of it')
  }
  if ('problem' in geometry)
    throw geometry.problem === tooDeep ? new GeoFault('geometry nested too deep') : fault()
  if (end !== bytes.length) throw fault()
  return inWgs84(geometry as Shape, srid)
}
