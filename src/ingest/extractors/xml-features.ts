/** What KML and GPX share: features read out of an XML document, element by element. */
import { AppError } from '../../kernel/index.ts'
import { openUnpacked } from '../bytes/open-source.ts'
import { chunksOfLines, featureLine, type Geometry, type Property } from '../features/feature-lines.ts'
import { projectionOf } from '../projections/projections.ts'
import { readElements, type XmlElement } from '../xml/xml-elements.ts'
import { decodeXml } from '../xml/xml-text.ts'
import { isBlank, readHead, refuseBinary } from './head.ts'
import { openConverted } from './json.ts'
import type { ReaderContext, SourceReader } from './reader.ts'

export interface XmlFeature {
  readonly properties: ReadonlyMap<string, string>
  readonly geometry: Geometry | null
}

/** A reader of one pass over a document. */
export interface FeatureElements {
  /** Whether an element is given to `take`; the path is its own, from the root. */
  isWanted(path: readonly string[]): boolean
  /** Elements around the wanted ones, as they open. */
  onOutside(path: readonly string[]): void
  /** The wanted elements, in the order in which they were asked about. Returns the features that are whole by now. */
  take(element: XmlElement): XmlFeature[]
  /** What is left at the end. */
  finish(): XmlFeature[]
}

export interface XmlFormat {
  readonly root: string
  /** For errors. */
  readonly format: string
  /** What a document should have one of. */
  readonly features: string
  create(filename: string): FeatureElements
}

/** Errors: those of readElements; ingest.invalid_xml for another root, ingest.no_features. */
export async function openXmlFeatures(context: ReaderContext, of: XmlFormat): Promise<SourceReader> {
  const { source, stop, maxSourceBytes: maxBytes } = context
  const file = { path: source.path, filename: source.filename, maxBytes, stop }
  const first = await openUnpacked(file)
  const head = await readHead(first.chunks)
  first.close()
  if (isBlank(head)) throw new AppError('ingest.source_is_empty', { filename: source.filename })
  refuseBinary(head, source.filename, of.format)
  const opened = await openUnpacked(file)
  const chunks = chunksOfLines(linesOf(opened.chunks, source.filename, of))
  return openConverted(context, { layout: 'features', isUntyped: true, opened: { ...opened, chunks } })
}

async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  filename: string,
  of: XmlFormat,
): AsyncGenerator<string> {
  const elements = of.create(filename)
  const wgs84 = projectionOf(4326)
  let count = 0
  const line = ({ properties, geometry }: XmlFeature) => {
    count++
    const texts = [...properties].map(([name, text]): Property => [name, JSON.stringify(text)])
    return featureLine(texts, geometry, wgs84)
  }
  const isWanted = (path: readonly string[]) => {
    if (path[0] !== of.root) {
      if (/^html$/i.test(path[0]!))
        throw new AppError('ingest.looks_like_html', { filename, format: of.format })
      throw new AppError('ingest.invalid_xml', {
        filename,
        reason: `its root element is ${path[0]!.slice(0, 50)}, not ${of.root}`,
      })
    }
    return elements.isWanted(path)
  }
  const batches = readElements(decodeXml(chunks, { filename }), {
    filename,
    isWanted,
    onOutside: (path) => elements.onOutside(path),
  })
  for await (const batch of batches) {
    for (const element of batch) {
      for (const feature of elements.take(element)) yield line(feature)
    }
  }
  for (const feature of elements.finish()) yield line(feature)
  if (count === 0)
    throw new AppError('ingest.no_features', { filename, format: of.format, features: of.features })
}

/** One geometry of several: of one kind where they are, else a collection. */
export function gathered(members: readonly Geometry[]): Geometry | null {
  const [only, ...more] = members
  if (!only) return null
  if (more.length === 0) return only
  const kinds = new Set(members.map(({ type }) => type))
  const coordinates = members.map((member) => (member as unknown as { coordinates: never }).coordinates)
  if (kinds.size === 1 && only.type === 'Point') return { type: 'MultiPoint', coordinates }
  if (kinds.size === 1 && only.type === 'LineString') return { type: 'MultiLineString', coordinates }
  if (kinds.size === 1 && only.type === 'Polygon') return { type: 'MultiPolygon', coordinates }
  return { type: 'GeometryCollection', geometries: [...members] }
}
