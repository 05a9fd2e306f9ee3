/** Text whose values stand at fixed places of each line: cut into slices at line feeds, into values by the engine. */
import type { Connection } from '../../engine/index.ts'
import { AppError, quoteIdentifier, quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { openText, openUnpacked } from '../bytes/open-source.ts'
import type { Slice } from '../slices/slice.ts'
import { sliceLines } from '../slices/slice-lines.ts'
import { isBlank, previewedBytes, readHead, refuseBinary, refuseMarkup } from './head.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import {
  booleanParameter,
  encodingParameter,
  extractFilename,
  integerParameter,
  textParameter,
} from './parameters.ts'
import type { Extractor, RawColumn, ReaderContext, SourceReader } from './reader.ts'

export const fixedWidthExtractor: Extractor = {
  type: 'fixed_width',
  readsForwards: true,
  label: 'Fixed width file',
  kinds: [/\.(fwf|fixed)(\.gz)?$/i],
  parameters: [
    {
      name: 'columns',
      label: 'Columns',
      type: 'text',
      description:
        'Where the values stand: name:first-last, characters counted from 1 (code:1-5, name:6-30), or widths (5, 25, 10); found by the line of dashes under the headers when empty',
      default: null,
      is_mandatory: false,
    },
    {
      name: 'headers_first_row',
      label: 'First row holds the headers',
      type: 'boolean',
      description:
        'The columns have the names in the first row, unless they are named; always so above a line of dashes',
      default: false,
      is_mandatory: false,
    },
    {
      name: 'first_row_no',
      label: 'Number of the first row',
      type: 'int',
      description: 'Rows before it are left out; counted from 1',
      default: 1,
      is_mandatory: false,
    },
    encodingParameter,
    extractFilename,
  ],
  open: openFixedWidth,
}

/** Characters from 0 of a line; no end: the rest of it. */
interface Place {
  readonly name: string | null
  readonly start: number
  readonly length: number
}

async function openFixedWidth(context: ReaderContext): Promise<SourceReader> {
  const { source } = context
  const { filename, params } = source
  const file = { path: source.path, filename, maxBytes: context.maxSourceBytes }
  const stored = await openUnpacked(file)
  const bytes = await readHead(stored.chunks)
  stored.close()
  if (isBlank(bytes)) throw new AppError('ingest.source_is_empty', { filename })
  refuseBinary(bytes, filename, 'fixed width text')
  const text = {
    ...file,
    stop: context.stop,
    detectWithin: context.isPreview ? previewedBytes : undefined,
    mendsInvalid: true,
  }
  const first = await openText({ ...text, encoding: textParameter(params, 'encoding') })
  const head = await readHead(first.chunks)
  first.close()
  refuseMarkup(head, filename, 'fixed width text')
  const lines = head.toString('utf8').split(/\r?\n/)
  const leading = Math.max(0, integerParameter(params, 'first_row_no', 1) - 1)
  const given = textParameter(params, 'columns')
  const ruler = given === undefined ? findRuler(lines, leading, filename) : null
  const places = ruler?.places ?? parsePlaces(given!)
  refuseTooManyColumns(places.length)
  const hasHeader = ruler !== null || booleanParameter(params, 'headers_first_row', false)
  const header = Array.from(lines[ruler?.header ?? leading] ?? '')
  const skipped = ruler ? ruler.header + 2 : leading + (hasHeader ? 1 : 0)
  const taken = new Set<string>()
  const columns: RawColumn[] = places.map(({ name, start, length }, index) => {
    const headed = hasHeader
      ? header
          .slice(start, start + length)
          .join('')
          .trim()
      : ''
    const label = (name ?? headed).slice(0, 300) || `column_${index + 1}`
    return { name: safeFieldName(label, taken), label, engineType: 'VARCHAR' }
  })
  const picked = columns.map(
    ({ name }, index) =>
      `nullif(trim(substring(body, ${places[index]!.start + 1}, ${places[index]!.length})), '') as ${quoteIdentifier(name)}`,
  )
  if (booleanParameter(params, 'extract_filename', false)) {
    const name = safeFieldName('filename', taken)
    columns.push({ name, label: 'filename', engineType: 'VARCHAR', candidates: [] })
    picked.push(`${quoteLiteral(filename)} as ${quoteIdentifier(name)}`)
  }
  const opened = await openText({ ...text, encoding: first.encoding })

  async function load(_connection: Connection, slice: Slice) {
    // Only the first slice has lines that are no records: the head, which is far smaller than a slice may be, has them all.
    const from = Math.max(0, skipped - (slice.firstLine - 1)) + 1
    return {
      hasNewColumns: false,
      columns,
      relation: `(select ${picked.join(', ')} from (
          select rtrim(unnest(lines), chr(13)) as body, unnest(range(1, len(lines) + 1)) as line
          from (select string_split(content, chr(10)) as lines from read_text(${quoteLiteral(slice.path)})))
        where line >= ${from} and trim(body, ' ' || chr(9)) <> '')`,
      rejects: async () => [],
      release: async () => {},
    }
  }

  return {
    columns: () => columns,
    bytesTotal: source.bytes,
    close: () => opened.close(),
    slices: () =>
      sliceLines(opened, {
        directory: context.tmpDirectory,
        prefix: context.prefix,
        sliceBytes: context.sliceBytes,
        filename,
        skipSlices: context.skipSlices,
        isJson: false,
      }),
    load,
  }
}

/** Characters of a line that are looked at. */
const maxPlace = 1_000_000

/** Errors: ingest.invalid_parameter. */
function parsePlaces(text: string): Place[] {
  const items = text.split(/[,;\n]/).map((item) => item.trim())
  if (items.length > 1 && items.at(-1) === '') items.pop()
  if (items.every((item) => /^\d{1,7}$/.test(item))) {
    let start = 0
    const places = items.map((item) => {
      const place = { name: null, start, length: Number(item) }
      start += place.length
      return place
    })
    if (places.every(({ length }) => length > 0) && start <= maxPlace) return places
  }
  return items.map((item) => {
    const [, name, first, last] = /^(.*\S)\s*:\s*(\d{1,7})\s*-\s*(\d{1,7})$/s.exec(item) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (name !== undefined && from >= 1 && to >= from && to <= maxPlace)
      return { name, start: from - 1, length: to - from + 1 }
    throw new AppError('ingest.invalid_parameter', {
      extractor: 'fixed_width',
      parameter: 'columns',
      value: JSON.stringify(item).slice(0, 100),
      expected: 'it must be name:first-last, counted from 1, or a width',
    })
  })
}

/** The header and the line of dashes under it, as databases print tables. Errors: ingest.invalid_parameter. */
function findRuler(lines: readonly string[], leading: number, filename: string) {
  for (let at = leading + 1; at < Math.min(lines.length, leading + 20); at++) {
    const line = lines[at]!
    if (!/^ *[-=]{2,}( +[-=]+)* *$/.test(line) && !/^ *[-=]+( +[-=]+)+ *$/.test(line)) continue
    const dashes = [...line.matchAll(/[-=]+/g)]
    const places = dashes.map((found, index) => {
      // What is written beyond the dashes, up to the next column, is part of the value; the last has the rest of the line.
      const start = index === 0 ? 0 : found.index
      const next = dashes[index + 1]?.index ?? maxPlace
      return { name: null, start, length: next - start }
    })
    return { places, header: at - 1 }
  }
  throw new AppError('ingest.invalid_parameter', {
    extractor: 'fixed_width',
    parameter: 'columns',
    value: '',
    expected: `${filename} has no line of dashes under its headers, so it must say where the values stand`,
  })
}
