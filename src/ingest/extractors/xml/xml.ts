/** XML files: one element is one record, what is inside becomes fields. */
import { AppError } from '../../../kernel/index.ts'
import { readElements, type XmlElement } from '../../xml/xml-elements.ts'
import { openConverted } from '../json.ts'
import { blocksOf } from '../line-blocks.ts'
import { refuseTooManyColumns } from '../max-columns.ts'
import { encodingParameter, extractFilename, textParameter } from '../parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from '../reader.ts'
import { type ElementPath, guessPath, parsePath } from './element-path.ts'
import { flatten } from './flatten.ts'
import { openXmlText, requireXml } from './open-xml.ts'

export const xmlExtractor: Extractor = {
  type: 'xmlfile',
  readsForwards: true,
  label: 'XML file',
  kinds: [/\.xml(\.gz)?$/i],
  parameters: [
    {
      name: 'xpath',
      label: 'Path of the records',
      type: 'text',
      description:
        'Element of one record, e.g. /catalog/item or //item, prefixes ignored; the element that repeats when empty. Elements in it are named by their path, attributes as element@attribute; repeated ones have several values',
      default: null,
      is_mandatory: false,
    },
    {
      ...encodingParameter,
      description: 'Encoding of the text; by default what the document says of itself, else utf-8',
    },
    extractFilename,
  ],
  open: openXml,
}

/** What a source's records have, found before they are read: lines are the same in every pass. */
interface Shape {
  readonly path: ElementPath
  /** Members, in the order in which they first occur. */
  readonly keys: readonly string[]
  /** Those that have several values in some record: they are lists in all. */
  readonly lists: ReadonlySet<string>
}

/** Records that a preview looks at for their members. */
const previewedRecords = 1000

async function openXml(context: ReaderContext): Promise<SourceReader> {
  await requireXml(context)
  const shape = (context.memory.get('xml') as Shape | undefined) ?? (await findShape(context))
  context.memory.set('xml', shape)
  const { text, bytesRead, close } = await openXmlText(context)
  const opened = { chunks: blocksOf(linesOf(context, text, shape), context.sliceBytes), bytesRead, close }
  return openConverted(context, { layout: 'lines', isUntyped: true, opened, keys: shape.keys })
}

/** Errors: ingest.xml_path_not_found, ingest.too_many_fields, those of parseXml. */
async function findShape(context: ReaderContext): Promise<Shape> {
  const { filename, params } = context.source
  const given = textParameter(params, 'xpath')
  const path = given === undefined ? await guessed(context) : parsePath(given)
  const keys = new Set<string>()
  const lists = new Set<string>()
  const around = new Set<string>()
  let records = 0
  const { text, close } = await openXmlText(context)
  try {
    const onOutside = (names: readonly string[]) => {
      if (records === 0 && around.size < 20) around.add(`/${names.join('/')}`)
    }
    const isWanted = (names: readonly string[]) => path.matches(names)
    for await (const batch of readElements(text, { filename, isWanted, onOutside })) {
      records += batch.length
      for (const element of batch) {
        for (const [key, values] of flatten(element)) {
          keys.add(key)
          if (values.length > 1) lists.add(key)
        }
        refuseTooManyColumns(keys.size)
      }
      if (context.isPreview && records >= previewedRecords) break
      context.stop.throwIfAborted()
    }
  } finally {
    close()
  }
  if (records === 0) {
    const known = [...around].join(', ').slice(0, 1000)
    throw new AppError('ingest.xml_path_not_found', { filename, path: path.text, known })
  }
  return { path, keys: [...keys], lists }
}

async function guessed(context: ReaderContext): Promise<ElementPath> {
  const { text, close } = await openXmlText(context)
  try {
    const path = await guessPath(text, context.source.filename)
    // A document without an element is refused by whoever parses all of it.
    return path ?? parsePath('/*')
  } finally {
    close()
  }
}

async function* linesOf(
  { source }: ReaderContext,
  text: AsyncIterable<string>,
  { path, lists }: Shape,
): AsyncGenerator<string[]> {
  const isWanted = (names: readonly string[]) => path.matches(names)
  for await (const batch of readElements(text, { filename: source.filename, isWanted }))
    yield batch.map((element) => lineOf(element, lists))
}

function lineOf(element: XmlElement, lists: ReadonlySet<string>): string {
  const members: string[] = []
  for (const [key, values] of flatten(element)) {
    if (values.length === 0) continue
    // A member is a list in all records or in none; in a preview, which has not seen all, the first value stands for several.
    const value = lists.has(key) ? values : values[0]!
    members.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`)
  }
  return `{${members.join(',')}}\n`
}
