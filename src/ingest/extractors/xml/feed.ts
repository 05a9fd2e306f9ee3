/** News feeds: RSS 2.0, RSS 1.0 (RDF) and Atom, with the same fields whichever it is. */
import { AppError, type JsonValue } from '../../../kernel/index.ts'
import { attributeOf, childOf, childText, readElements, type XmlElement } from '../../xml/xml-elements.ts'
import { openConverted } from '../json.ts'
import { blocksOf } from '../line-blocks.ts'
import { encodingParameter, extractFilename } from '../parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from '../reader.ts'
import { openXmlText, requireXml } from './open-xml.ts'

export const feedExtractor: Extractor = {
  type: 'rss',
  label: 'RSS or Atom feed',
  kinds: [/\.(rss|atom)$/i],
  parameters: [
    {
      ...encodingParameter,
      description: 'Encoding of the text; by default what the document says of itself, else utf-8',
    },
    extractFilename,
  ],
  open: openFeed,
}

/** Fields of a record, in order; those that no entry of a feed has are left out. */
const fields = [
  'title',
  'link',
  'description',
  'content',
  'published',
  'updated',
  'id',
  'author',
  'categories',
  'enclosure',
  'enclosure_type',
  'image',
  'geo_point',
] as const

type Entry = Partial<Record<(typeof fields)[number], JsonValue>>

/** What the root of each kind is called, and where its entries are. */
const entryPaths = new Set(['rss/channel/item', 'RDF/item', 'feed/entry'])

async function openFeed(context: ReaderContext): Promise<SourceReader> {
  await requireXml(context)
  const { text, bytesRead, close } = await openXmlText(context)
  const opened = { chunks: blocksOf(linesOf(context, text), context.sliceBytes), bytesRead, close }
  return openConverted(context, { layout: 'lines', isUntyped: true, opened, keys: ['title', 'link'] })
}

async function* linesOf({ source }: ReaderContext, text: AsyncIterable<string>): AsyncGenerator<string[]> {
  const { filename } = source
  const isWanted = (path: readonly string[]) => path.length <= 3 && entryPaths.has(path.join('/'))
  let root = ''
  const onOutside = (path: readonly string[]) => {
    if (root !== '' || path.length > 1) return
    root = path[0]!
    if (/^(rss|RDF|feed)$/.test(root)) return
    throw new AppError('ingest.not_text', {
      filename,
      kind: `an XML document of ${root.slice(0, 100)}`,
      format: 'a feed',
    })
  }
  for await (const batch of readElements(text, { filename, isWanted, onOutside })) {
    yield batch.map((element) => {
      const entry = element.name === 'entry' ? atomEntry(element) : rssEntry(element)
      // Undefined members are left out.
      return `${JSON.stringify(entry, [...fields])}\n`
    })
  }
}

function rssEntry(item: XmlElement): Entry {
  const enclosure = childOf(item, 'enclosure')
  return {
    ...common(item),
    link: childText(item, 'link') ?? attributeOf(item, 'about'),
    description: childText(item, 'description'),
    content: childText(item, 'encoded'),
    published: instant(childText(item, 'pubDate') ?? childText(item, 'date')),
    id: childText(item, 'guid') ?? attributeOf(item, 'about'),
    author: childText(item, 'author') ?? childText(item, 'creator'),
    categories: textsOf(
      item.children.filter(({ name }) => name === 'category' || name === 'subject').map(({ text }) => text),
    ),
    enclosure: enclosure && attributeOf(enclosure, 'url'),
    enclosure_type: enclosure && attributeOf(enclosure, 'type'),
  }
}

function atomEntry(entry: XmlElement): Entry {
  const links = entry.children.filter(({ name }) => name === 'link')
  const linkOf = (relation: string) =>
    links.find((link) => (attributeOf(link, 'rel') ?? 'alternate') === relation)
  const enclosure = linkOf('enclosure')
  const link = linkOf('alternate') ?? links[0]
  const author = childOf(entry, 'author')
  const categories = entry.children.filter(({ name }) => name === 'category')
  return {
    ...common(entry),
    link: link && attributeOf(link, 'href'),
    description: wholeText(childOf(entry, 'summary')),
    content: wholeText(childOf(entry, 'content')),
    published: instant(childText(entry, 'published') ?? childText(entry, 'issued')),
    updated: instant(childText(entry, 'updated') ?? childText(entry, 'modified')),
    id: childText(entry, 'id'),
    author: author && childText(author, 'name'),
    categories: textsOf(categories.map((category) => attributeOf(category, 'term') ?? category.text)),
    enclosure: enclosure && attributeOf(enclosure, 'href'),
    enclosure_type: enclosure && attributeOf(enclosure, 'type'),
  }
}

function common(element: XmlElement): Entry {
  const image = ['thumbnail', 'content']
    .map((name) => childOf(element, name))
    .find((found) => found && attributeOf(found, 'url'))
  return {
    title: wholeText(childOf(element, 'title')),
    image: image && attributeOf(image, 'url'),
    geo_point: pointOf(element),
  }
}

/** Text with that of the elements inside: Atom may have XHTML in its texts. */
function wholeText(element: XmlElement | undefined): string | undefined {
  if (!element) return undefined
  const pieces: string[] = []
  const walk = ({ text, children }: XmlElement) => {
    if (text.trim() !== '') pieces.push(text.trim())
    children.forEach(walk)
  }
  walk(element)
  return pieces.join(' ') || undefined
}

function textsOf(texts: readonly string[]): string[] | undefined {
  const found = texts.map((text) => text.trim()).filter((text) => text !== '')
  return found.length > 0 ? found : undefined
}

/** `lat,lon` of GeoRSS (simple and GML) or of the basic geo vocabulary. */
function pointOf(element: XmlElement): string | undefined {
  const point =
    childOf(element, 'point') ??
    childOf(childOf(childOf(element, 'where') ?? element, 'Point') ?? element, 'pos')
  const holder = childOf(element, 'Point') ?? element
  const pair = point && (point.text.trim() || childText(point, 'pos'))
  const [lat, lon] = pair
    ? pair.split(/[\s,]+/)
    : [childText(holder, 'lat'), childText(holder, 'long') ?? childText(holder, 'lon')]
  if (lat === undefined || lon === undefined || lat === '' || lon === '') return undefined
  const [y, x] = [Number(lat), Number(lon)]
  if (!(Math.abs(y) <= 90 && Math.abs(x) <= 180)) return undefined
  // With a decimal point, by which a pair of numbers is known for a point.
  return [y, x].map((value) => (Number.isInteger(value) ? value.toFixed(1) : String(value))).join(',')
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
/** Zones that RFC 822 has by name, in hours. */
const zones: Readonly<Record<string, number>> = {
  ut: 0,
  utc: 0,
  gmt: 0,
  z: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
}

/** A date of RFC 822 as one of ISO 8601, which those of Atom are already. What is neither stays as it is. */
function instant(text: string | undefined): string | undefined {
  const [, day, month, year, hours, minutes, seconds = '00', zone = 'gmt'] =
    /^(?:[a-z]+,?\s+)?(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4}|\d{2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([a-z]+|[-+]\d{4})?$/i.exec(
      text ?? '',
    ) ?? []
  if (day === undefined) return text
  const monthNumber = months.indexOf(month!.toLowerCase()) + 1
  if (monthNumber === 0) return text
  const named = Object.hasOwn(zones, zone.toLowerCase()) ? zones[zone.toLowerCase()] : undefined
  if (named === undefined && !/^[-+]/.test(zone)) return text
  const offset =
    named === undefined
      ? `${zone.slice(0, 3)}:${zone.slice(3)}`
      : `${named < 0 ? '-' : '+'}${two(Math.abs(named))}:00`
  const century = year!.length === 2 ? `20${year}` : year
  return `${century}-${two(monthNumber)}-${two(day)}T${two(hours!)}:${minutes}:${seconds}${offset}`
}

function two(value: string | number): string {
  return String(value).padStart(2, '0')
}
