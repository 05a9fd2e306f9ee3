/**
 * Projections that coordinates come in, by EPSG code or by the well-known text beside a file: x is always east and y
 * north (longitude and latitude in degrees for geographic systems), whatever order of axes a registry names.
 *
 * The definitions are those of the classic EPSG file of PROJ, from a package; what is newer than it is added here. Datums
 * that need a grid file are shifted by parameters instead, which is right to some ten metres.
 */
import { createRequire } from 'node:module'
import proj4 from 'proj4'
import { AppError } from '../../kernel/index.ts'

export type Position = readonly [x: number, y: number]

export interface Projection {
  /** Coordinates are longitudes and latitudes of WGS 84 already. */
  readonly isWgs84: boolean
  /** Longitude and latitude in degrees; null where the projection has no such place. */
  toWgs84(position: Position): Position | null
  /** The other way. */
  fromWgs84(position: Position): Position | null
}

/** Longer texts are no descriptions of a projection. */
const maxWktLength = 16_384

const wgs84: Projection = { isWgs84: true, toWgs84: finite, fromWgs84: finite }
const known = new Map<number, Projection>()

/** Errors: ingest.unknown_projection. */
export function projectionOf(of: number | string): Projection {
  if (typeof of === 'string') return projectionOfWkt(of)
  const found = known.get(of) ?? projectionOfCode(of)
  if (!found) throw new AppError('ingest.unknown_projection', { projection: `EPSG:${of}` })
  known.set(of, found)
  return found
}

function projectionOfCode(epsg: number): Projection | null {
  if (wgs84Codes.has(epsg)) return wgs84
  const definition = added(epsg) ?? listed(epsg)
  return definition === null ? null : made(definition)
}

/** WGS 84 itself, and names that ESRI and OGC have for it. */
const wgs84Codes = new Set([4326, 4979, 84])

const webMercator =
  '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs'

/** Systems of the years behind the package's list, and ESRI's own numbers. */
function added(epsg: number): string | null {
  if ([3857, 900913, 102100, 102113].includes(epsg)) return webMercator
  // GDA2020 and its zones of the Map Grid of Australia.
  if (epsg === 7844) return '+proj=longlat +ellps=GRS80 +no_defs'
  if (epsg >= 7846 && epsg <= 7859)
    return `+proj=utm +zone=${epsg - 7800} +south +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs`
  return more[epsg] ?? null
}

const lambert93 =
  '+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs'

const more: Readonly<Record<number, string>> = {
  8353: '+proj=krovak +lat_0=49.5 +lon_0=24.8333333333333 +alpha=30.2881397527778 +k=0.9999 +x_0=0 +y_0=0 +ellps=bessel +towgs84=485.021,169.465,483.839,7.786342,4.397554,4.102655,0 +units=m +no_defs',
  8857: '+proj=eqearth +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs',
  9377: '+proj=tmerc +lat_0=4 +lon_0=-73 +k=0.9992 +x_0=5000000 +y_0=2000000 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs',
  9793: lambert93,
  9794: lambert93,
  54009: '+proj=moll +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs',
  54030: '+proj=robin +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs',
}

const require = createRequire(import.meta.url)
let list: Readonly<Record<string, readonly [string, string]>> | null = null

function listed(epsg: number): string | null {
  // A file of its own size that few builds need.
  list ??= require('proj4-list') as NonNullable<typeof list>
  const name = `EPSG:${epsg}`
  return Object.hasOwn(list, name) ? list[name]![1] : null
}

/** The shift of the 48 states: the grids that the definition names are not at hand. */
const nad27 = '+ellps=clrk66 +towgs84=-8,160,176,0,0,0,0'

function made(definition: string): Projection | null {
  // Distances from the middle of the Earth are no places on a map.
  if (definition.includes('+proj=geocent')) return null
  const withoutGrids = definition.replace('+datum=NAD27', nad27).replace(/\+nadgrids=(?!@null)\S+/, '')
  try {
    const { forward, inverse } = proj4(withoutGrids)
    return {
      isWgs84: false,
      toWgs84: guarded(([x, y]) =>
        Math.max(Math.abs(x), Math.abs(y)) > farthest
          ? [Number.NaN, Number.NaN]
          : (inverse([x, y]) as unknown as Position),
      ),
      fromWgs84: guarded((position) => forward([...position]) as unknown as Position),
    }
  } catch {
    return null
  }
}

function guarded(convert: (position: Position) => Position): (position: Position) => Position | null {
  return (position) => {
    try {
      return finite(convert(position))
    } catch {
      return null
    }
  }
}

/** Some projections turn any number into a place. The Earth is less than this around, whatever the unit. */
const farthest = 1e9

function finite(position: Position): Position | null {
  return Number.isFinite(position[0]) && Number.isFinite(position[1]) ? position : null
}

function projectionOfWkt(wkt: string): Projection {
  const text = wkt.replace(/^\uFEFF/, '').trim()
  const found = text.length > 0 && text.length <= maxWktLength ? (ofAuthority(text) ?? ofText(text)) : null
  if (!found) {
    const projection = text.slice(0, 120) || 'empty'
    throw new AppError('ingest.unknown_projection', { projection })
  }
  return found
}

/** A text that names its EPSG code at its end: the list knows the datum's shift, which most texts leave out. */
function ofAuthority(wkt: string): Projection | null {
  const [, code] = /(?:AUTHORITY\["EPSG","|ID\["EPSG",)(\d{4,6})"?\]\s*\]$/.exec(wkt) ?? []
  return code === undefined ? null : projectionOfCode(Number(code))
}

function ofText(wkt: string): Projection | null {
  const horizontal = partOf(wkt, /(?:PROJCS|PROJCRS)\[/i) ?? partOf(wkt, /(?:GEOGCS|GEOGCRS|GEODCRS)\[/i)
  if (horizontal === null) return null
  const isGeographic = /^GEO/i.test(horizontal)
  if (isGeographic && /DATUM\["(?:D_)?WGS_?(?: |_)?1984|^GEO\w+\["WGS 84"/i.test(horizontal)) return wgs84
  const datum = /DATUM\["([^"]+)"/i.exec(horizontal)?.[1] ?? ''
  const shift = /TOWGS84\[/i.test(horizontal) ? null : shiftOf(datum)
  return made(shift === null ? horizontal : withShift(horizontal, shift))
}

/** The part of a text that opens where `start` matches; null when it is not there or does not close. */
function partOf(wkt: string, start: RegExp): string | null {
  const from = start.exec(wkt)?.index
  if (from === undefined) return null
  let depth = 0
  for (let at = from; at < wkt.length; at++) {
    if (wkt[at] === '[') depth++
    else if (wkt[at] === ']' && --depth === 0) return wkt.slice(from, at + 1)
  }
  return null
}

/** Datums as .prj files call them, and a geographic system of each, whose definition has the shift. */
const datums: Readonly<Record<string, number>> = {
  amersfoort: 4289,
  belge_1972: 4313,
  reseau_national_belge_1972: 4313,
  ch1903: 4149,
  'ch1903+': 4150,
  deutsches_hauptdreiecksnetz: 4314,
  european_1950: 4230,
  european_datum_1950: 4230,
  ggrs_1987: 4121,
  greek_geodetic_reference_system_1987: 4121,
  hungarian_datum_1972: 4237,
  mgi: 4312,
  'militar-geographische_institut': 4312,
  monte_mario: 4265,
  ntf: 4275,
  nouvelle_triangulation_francaise: 4275,
  osgb_1936: 4277,
  pulkovo_1942: 4284,
  roma_1940: 4265,
  's-jtsk': 4156,
  s_jtsk: 4156,
  tm65: 4299,
  tokyo: 4301,
}

function shiftOf(datum: string): string | null {
  const name = datum.toLowerCase().replace(/^d_/, '').replaceAll(' ', '_')
  const epsg = Object.hasOwn(datums, name) ? datums[name]! : null
  const [, shift] = (epsg === null ? null : /\+towgs84=([-0-9.,]+)/.exec(listed(epsg) ?? '')) ?? []
  return shift ?? null
}

function withShift(wkt: string, shift: string): string {
  return wkt.replace(/((?:SPHEROID|ELLIPSOID)\["[^"]*"[^\]]*\])/i, `$1,TOWGS84[${shift}]`)
}
