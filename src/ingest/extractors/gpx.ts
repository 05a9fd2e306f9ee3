/**
 * GPX (https://www.topografix.com/GPX/1/1/): a record per waypoint, route and track. Routes and tracks are read point by
 * point, so that a track of a day is no larger than its line.
 */
import { AppError } from '../../kernel/index.ts'
import type { Positions } from '../features/feature-lines.ts'
import { maxRecordBytes } from '../slices/slice.ts'
import { attributeOf, childText, type XmlElement } from '../xml/xml-elements.ts'
import { extractFilename } from './parameters.ts'
import type { Extractor } from './reader.ts'
import { type FeatureElements, openXmlFeatures, type XmlFeature } from './xml-features.ts'

export const gpxExtractor: Extractor = {
  type: 'gpx',
  label: 'GPX file',
  kinds: [/\.gpx$/i],
  parameters: [extractFilename],
  open: (context) =>
    openXmlFeatures(context, {
      root: 'gpx',
      format: 'GPX',
      features: 'waypoint, route or track',
      create: createWaypoints,
    }),
}

/** A route or track that is being read. */
interface Line {
  readonly kind: 'route' | 'track'
  readonly properties: Map<string, string>
  /** One line per segment. */
  readonly segments: Positions[]
  count: number
}

/** A position takes at least this in the text of a record. */
const leastPositionBytes = 8

function createWaypoints(filename: string): FeatureElements {
  /** Opened last; elements are taken after what is behind them has opened, so each is told which is its own. */
  let newest: { line: Line; segment: number } | null = null
  const asked: ({ line: Line; segment: number } | null)[] = []
  let current: Line | null = null
  let lines = 0

  function finished(next: Line | null): XmlFeature[] {
    const before = current
    current = next
    return before && before !== next ? [featureOf(before)] : []
  }

  return {
    isWanted(path) {
      const [, top, inner] = path
      const isWaypoint = path.length === 2 && top === 'wpt'
      const isOfLine = path.length === 3 && (top === 'trk' || top === 'rte') && inner !== 'trkseg'
      const isTrackPoint = path.length === 4 && inner === 'trkseg' && path[3] === 'trkpt'
      if (!isWaypoint && !isOfLine && !isTrackPoint) return false
      asked.push(isWaypoint ? null : newest && { ...newest })
      return true
    },
    onOutside(path) {
      const [, top, inner] = path
      if (path.length === 2 && (top === 'trk' || top === 'rte')) {
        const kind = top === 'trk' ? 'track' : 'route'
        newest = { line: { kind, properties: new Map([['kind', kind]]), segments: [], count: 0 }, segment: 0 }
        lines++
      } else if (path.length === 3 && inner === 'trkseg' && newest) newest.segment++
    },
    take(element) {
      const owner = asked.shift() ?? null
      const done = finished(owner?.line ?? null)
      if (owner === null) return [...done, waypoint(element)]
      const { line, segment } = owner
      if (element.name !== 'rtept' && element.name !== 'trkpt') {
        describe(element, line.properties)
        return done
      }
      if (++line.count * leastPositionBytes > maxRecordBytes)
        throw new AppError('ingest.record_too_large', { filename, line: lines, maxBytes: maxRecordBytes })
      line.segments[segment] ??= []
      line.segments[segment].push(positionOf(element, true))
      const time = childText(element, 'time')
      if (time !== undefined) {
        if (!line.properties.has('start_time')) line.properties.set('start_time', time)
        line.properties.set('end_time', time)
      }
      return done
    },
    finish: () => finished(null),
  }
}

function featureOf({ properties, segments }: Line): XmlFeature {
  // Numbers of segments without points leave holes.
  const parts = segments.filter((segment) => segment !== undefined)
  const long = parts.filter((part) => part.length > 1)
  const coordinates = long.length > 0 ? long : parts
  if (coordinates.length === 0) return { properties, geometry: null }
  const isOne = coordinates.length === 1
  return {
    properties,
    geometry: isOne
      ? { type: 'LineString', coordinates: coordinates[0]! }
      : { type: 'MultiLineString', coordinates },
  }
}

function waypoint(element: XmlElement): XmlFeature {
  const properties = new Map([['kind', 'waypoint']])
  for (const child of element.children) describe(child, properties)
  return { properties, geometry: { type: 'Point', coordinates: positionOf(element, false) } }
}

/** A text of a waypoint, route or track; the leaves of its extensions, by their own names. */
function describe(element: XmlElement, properties: Map<string, string>): void {
  const text = element.text.trim()
  if (element.name === 'link') {
    const address = attributeOf(element, 'href')
    if (address !== undefined && !properties.has('link')) properties.set('link', address)
  } else if (element.children.length > 0) {
    for (const child of element.children) describe(child, properties)
  } else if (text !== '' && !properties.has(element.name)) properties.set(element.name, text)
}

function positionOf(element: XmlElement, hasHeight: boolean): number[] {
  const number = (text: string | undefined) => (text === undefined ? Number.NaN : Number(text))
  const position = [number(attributeOf(element, 'lon')), number(attributeOf(element, 'lat'))]
  const height = hasHeight ? number(childText(element, 'ele')) : Number.NaN
  return Number.isFinite(height) ? [...position, height] : position
}
