/** KML (OGC 07-147r2), also zipped as KMZ: a record per placemark, wherever it stands among folders. */
import type { Geometry, Positions } from '../features/feature-lines.ts'
import { attributeOf, childOf, childText, type XmlElement } from '../xml/xml-elements.ts'
import { extractFilename } from './parameters.ts'
import type { Extractor } from './reader.ts'
import { type FeatureElements, gathered, openXmlFeatures, type XmlFeature } from './xml-features.ts'

export const kmlExtractor: Extractor = {
  type: 'kml',
  label: 'KML or KMZ file',
  kinds: [/\.kml$/i],
  parameters: [extractFilename],
  open: (context) =>
    openXmlFeatures(context, {
      root: 'kml',
      format: 'KML',
      features: 'placemark',
      create: createPlacemarks,
    }),
}

interface Folder {
  name: string | undefined
}

function createPlacemarks(): FeatureElements {
  /** Folders that are open; each is an object of its own, because elements are taken after what is behind them has opened. */
  const open: Folder[] = []
  const asked: { readonly folder: Folder | undefined; readonly isName: boolean }[] = []
  const foldersOf = (path: readonly string[]) => path.filter((name) => name === 'Folder').length
  return {
    isWanted(path) {
      const isName = path.at(-1) === 'name' && path.at(-2) === 'Folder'
      if (!isName && path.at(-1) !== 'Placemark') return false
      asked.push({ folder: open[foldersOf(path) - 1], isName })
      return true
    },
    onOutside(path) {
      if (path.at(-1) !== 'Folder') return
      open.length = foldersOf(path) - 1
      open.push({ name: undefined })
    },
    take(element) {
      const { folder, isName } = asked.shift()!
      if (!isName) return [placemark(element, folder?.name)]
      if (folder) folder.name = element.text.trim() || undefined
      return []
    },
    finish: () => [],
  }
}

const ownTexts = ['name', 'description', 'address', 'phoneNumber']

function placemark(element: XmlElement, folder: string | undefined): XmlFeature {
  const properties = new Map<string, string>()
  const set = (name: string, text: string | undefined) => {
    if (text !== undefined && !properties.has(name)) properties.set(name, text)
  }
  for (const name of ownTexts) set(name, childText(element, name))
  set('folder', folder)
  const stamp = childOf(element, 'TimeStamp')
  const span = childOf(element, 'TimeSpan')
  set('timestamp', stamp && childText(stamp, 'when'))
  set('begin', span && childText(span, 'begin'))
  set('end', span && childText(span, 'end'))
  for (const data of childOf(element, 'ExtendedData')?.children ?? []) {
    if (data.name === 'Data') set(attributeOf(data, 'name') ?? 'data', childText(data, 'value'))
    else if (data.name === 'SchemaData') {
      for (const simple of data.children)
        if (simple.name === 'SimpleData')
          set(attributeOf(simple, 'name') ?? 'data', simple.text.trim() || undefined)
    } else if (data.children.length === 0) set(data.name, data.text.trim() || undefined)
  }
  const times = element.children.flatMap((child) => (child.name === 'Track' ? whensOf(child) : []))
  set('begin', times[0])
  set('end', times.at(-1))
  return { properties, geometry: gathered(element.children.flatMap(geometriesOf)) }
}

const whensOf = (track: XmlElement) =>
  track.children.flatMap(({ name, text }) => (name === 'when' && text.trim() ? [text.trim()] : []))

/** Of an element that may be a geometry; several of a collection, whatever collections it holds. */
function geometriesOf(element: XmlElement): Geometry[] {
  switch (element.name) {
    case 'Point': {
      const [position] = positionsOf(childText(element, 'coordinates'))
      return position ? [{ type: 'Point', coordinates: position }] : []
    }
    case 'LineString':
    case 'LinearRing': {
      const coordinates = positionsOf(childText(element, 'coordinates'))
      return coordinates.length > 0 ? [{ type: 'LineString', coordinates }] : []
    }
    case 'Polygon': {
      const boundaries = ['outerBoundaryIs', 'innerBoundaryIs'].flatMap((name) =>
        element.children.filter((child) => child.name === name),
      )
      const rings = boundaries.flatMap(({ children }) =>
        children
          .filter(({ name }) => name === 'LinearRing')
          .map((ring) => positionsOf(childText(ring, 'coordinates'))),
      )
      return rings.length > 0 ? [{ type: 'Polygon', coordinates: rings }] : []
    }
    case 'Track': {
      const coordinates = element.children.flatMap(({ name, text }) =>
        name === 'coord' ? [positionOf(text.trim().split(/\s+/))] : [],
      )
      return coordinates.length > 0 ? [{ type: 'LineString', coordinates }] : []
    }
    case 'MultiGeometry':
    case 'MultiTrack':
      return element.children.flatMap(geometriesOf)
    default:
      return []
  }
}

/** `lon,lat,height` apart by white space; some programs write spaces behind commas too. */
function positionsOf(text: string | undefined): Positions {
  if (text === undefined) return []
  const tuples: string[] = []
  for (const piece of text.split(/\s+/)) {
    const isContinued = tuples.at(-1)?.endsWith(',') || piece.startsWith(',')
    if (isContinued && tuples.length > 0) tuples[tuples.length - 1] += piece
    else tuples.push(piece)
  }
  return tuples.map((tuple) => positionOf(tuple.split(',')))
}

/** A height of zero stands for none in most files. What is no number is NaN, and told as such. */
function positionOf([lon = '', lat = '', height = '']: readonly string[]): number[] {
  const position = [numberOf(lon), numberOf(lat)]
  const z = numberOf(height)
  return Number.isFinite(z) && z !== 0 ? [...position, z] : position
}

const numberOf = (text: string) => (text === '' ? Number.NaN : Number(text))
