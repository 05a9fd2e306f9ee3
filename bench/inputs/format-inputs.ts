/** The same table of places in formats that are converted, made once and kept in bench/.work. */
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { workbookParts } from '../../test/support/workbooks.ts'
import { type Input, type Scale, workDirectory } from './inputs.ts'
import { writeShapefile } from './shapefile-input.ts'

export interface FormatInput extends Input {
  readonly label: string
  readonly extractor: string
  readonly filename: string
}

const generatorVersion = 1
const rowsOf: Readonly<Record<Scale, number>> = { full: 1_000_000, small: 30_000 }

export interface Place {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly opened: string
  readonly price: number
  readonly lon: number
  readonly lat: number
}

const kinds = ['school', 'library', 'park', 'station', 'museum', 'market']
const words = ['north', 'river', 'old', 'green', 'long', 'stone', 'upper', 'market', 'bridge', 'mill']

function* places(rows: number): Generator<Place> {
  let state = 42
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
  for (let id = 1; id <= rows; id++) {
    const name = `${words[next(10)]} ${words[next(10)]} ${words[next(10)]} ${next(5000)}`
    const opened = new Date(Date.UTC(1950, 0, 1 + next(28_000))).toISOString().slice(0, 10)
    yield {
      id,
      name,
      kind: kinds[next(6)]!,
      opened,
      price: next(100_000) / 100,
      lon: next(360_000) / 1000 - 180,
      lat: next(170_000) / 1000 - 85,
    }
  }
}

export async function formatInputs(scale: Scale): Promise<FormatInput[]> {
  const rows = rowsOf[scale]
  const make = async (
    label: string,
    extractor: string,
    extension: string,
    write: (path: string) => Promise<void>,
  ) => {
    const path = join(workDirectory, `places-${rows}-v${generatorVersion}.${extension}`)
    if (!existsSync(path)) {
      mkdirSync(workDirectory, { recursive: true })
      process.stderr.write(`making ${path}\n`)
      await write(`${path}.new`)
      renameSync(`${path}.new`, path)
    }
    return { label, extractor, filename: `places.${extension}`, path, rows, bytes: statSync(path).size }
  }
  return [
    await make('XLSX', 'xlsfile', 'xlsx', (path) => writeXlsx(path, rows)),
    await make('XML', 'xmlfile', 'xml', (path) => writeText(path, xml(rows))),
    await make('GeoJSON', 'geojson', 'geojson', (path) => writeText(path, geojson(rows))),
    await make('Shapefile', 'shapefile', 'zip', (path) => writeShapefile(path, rows, () => places(rows))),
  ]
}

async function writeText(path: string, pieces: Iterable<string>): Promise<void> {
  await finished(Readable.from(chunked(pieces)).pipe(createWriteStream(path)))
}

/** As spreadsheet programs write it: texts shared, numbers and days as numbers. */
async function writeXlsx(path: string, rows: number): Promise<void> {
  const zip = new ZipFile()
  const generated: Readonly<Record<string, () => Iterable<string>>> = {
    'xl/worksheets/sheet1.xml': () => sheet(rows),
    'xl/sharedStrings.xml': () => sharedTexts(rows),
  }
  for (const { name, content } of workbookParts({
    sheets: { Places: '' },
    texts: [],
    formats: ['yyyy-mm-dd'],
  })) {
    const make = generated[name]
    if (make) zip.addReadStream(Readable.from(chunked(make())), name)
    else zip.addBuffer(Buffer.from(content as string), name)
  }
  zip.end()
  await finished(zip.outputStream.pipe(createWriteStream(path)))
}

const headings = ['id', 'name', 'kind', 'opened', 'price', 'lon', 'lat']

function* sheet(rows: number): Generator<string> {
  const header = headings.map((name) => `<c t="inlineStr"><is><t>${name}</t></is></c>`)
  yield `<worksheet><sheetData><row>${header.join('')}</row>`
  for (const { id, kind, opened, price, lon, lat } of places(rows)) {
    const day = Date.parse(opened) / 86_400_000 + 25_569
    const r = id + 1
    yield `<row r="${r}"><c r="A${r}"><v>${id}</v></c><c r="B${r}" t="s"><v>${kinds.length + id - 1}</v></c><c r="C${r}" t="s"><v>${kinds.indexOf(kind)}</v></c><c r="D${r}" s="1"><v>${day}</v></c><c r="E${r}"><v>${price}</v></c><c r="F${r}"><v>${lon}</v></c><c r="G${r}"><v>${lat}</v></c></row>\n`
  }
  yield '</sheetData></worksheet>'
}

function* sharedTexts(rows: number): Generator<string> {
  yield '<sst>'
  for (const kind of kinds) yield `<si><t>${kind}</t></si>`
  for (const { name } of places(rows)) yield `<si><t>${name}</t></si>`
  yield '</sst>'
}

function* xml(rows: number): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<places>\n'
  for (const { id, name, kind, opened, price, lon, lat } of places(rows)) {
    yield `  <place id="${id}"><name>${name}</name><kind>${kind}</kind><opened>${opened}</opened><price currency="EUR">${price}</price><position><lon>${lon}</lon><lat>${lat}</lat></position></place>\n`
  }
  yield '</places>\n'
}

function* geojson(rows: number): Generator<string> {
  yield '{"type":"FeatureCollection","features":[\n'
  for (const { lon, lat, ...properties } of places(rows)) {
    const feature = { type: 'Feature', properties, geometry: { type: 'Point', coordinates: [lon, lat] } }
    yield `${properties.id > 1 ? ',' : ''}${JSON.stringify(feature)}\n`
  }
  yield ']}\n'
}

/** Pieces of a size that streams like. */
function* chunked(pieces: Iterable<string>): Generator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < 1 << 18) continue
    yield text
    text = ''
  }
  yield text
}
