/**
 * Shapefiles: shapes (.shp) and their attributes (.dbf) read side by side, one record at a time. The projection is in the
 * .prj, the encoding in the .cpg, when they are there.
 */
import { readFile, stat } from 'node:fs/promises'
import { AppError } from '../../kernel/index.ts'
import { type FileReader, openFile } from '../bytes/file-reader.ts'
import { knownEncoding } from '../bytes/open-source.ts'
import { codePage, dbfProperties, isDeleted, readDbfHeader } from '../features/dbf.ts'
import { chunksOfLines, featureLine } from '../features/feature-lines.ts'
import { decodeShape } from '../features/shapes.ts'
import { type Projection, projectionOf } from '../projections/projections.ts'
import { maxRecordBytes } from '../slices/slice.ts'
import { openConverted } from './json.ts'
import {
  encodingParameter,
  epsgParameter,
  extractFilename,
  integerParameter,
  textParameter,
} from './parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from './reader.ts'

export const shapefileExtractor: Extractor = {
  type: 'shapefile',
  label: 'Shapefile (zipped)',
  kinds: [/\.shp$/i],
  companions: ['dbf', 'prj', 'cpg'],
  parameters: [
    epsgParameter,
    {
      ...encodingParameter,
      description: 'Encoding of the attributes; what the .cpg or .dbf says when empty',
    },
    extractFilename,
  ],
  open: openShapefile,
}

const mainHeaderBytes = 100
const fileCode = 9994

async function openShapefile(context: ReaderContext): Promise<SourceReader> {
  const { source, companions } = context
  const { filename } = source
  const invalid = (reason: string) => new AppError('ingest.invalid_shapefile', { filename, reason })
  const table = companions?.get('dbf')
  if (table === undefined) throw invalid('its .dbf is not there')
  const encoding = textParameter(source.params, 'encoding')
  const pageFile = companions?.get('cpg')
  const page = encoding ? knownEncoding(encoding) : pageFile ? codePage(await readSmall(pageFile)) : null
  const shapes = await openFile(source.path)
  const rows = await openFile(table)
  const close = () => {
    shapes.close()
    rows.close()
  }
  try {
    const head = Buffer.from((await shapes.take(mainHeaderBytes)) ?? [])
    if (head.length < mainHeaderBytes || head.readInt32BE(0) !== fileCode) throw invalid('the .shp is none')
    const projection = await projectionFor(context, head)
    const end = Math.min(shapes.size, 2 * head.readInt32BE(24))
    const chunks = chunksOfLines(linesOf({ shapes, end, rows, page, projection, filename, invalid }))
    const total = Math.max(1, shapes.size + rows.size)
    const bytesRead = () => Math.round((source.bytes * (shapes.position() + rows.position())) / total)
    return await openConverted(context, {
      layout: 'features',
      isUntyped: false,
      opened: { chunks, bytesRead, close },
    })
  } catch (error) {
    close()
    throw error
  }
}

/** Of a description beside the shapes: no more than belongs there. */
async function readSmall(path: string): Promise<string> {
  const { size } = await stat(path)
  return size > 64 << 10 ? '' : readFile(path, 'utf8')
}

async function projectionFor({ source, companions }: ReaderContext, head: Buffer): Promise<Projection> {
  const epsg = integerParameter(source.params, 'epsg', 0)
  if (epsg > 0) return projectionOf(epsg)
  const file = companions?.get('prj')
  if (file !== undefined) return projectionOf(await readSmall(file))
  const [minX, minY, maxX, maxY] = [36, 44, 52, 60].map((at) => head.readDoubleLE(at)) as [
    number,
    number,
    number,
    number,
  ]
  if (Math.max(Math.abs(minX), Math.abs(maxX)) > 540 || Math.max(Math.abs(minY), Math.abs(maxY)) > 90)
    throw new AppError('ingest.projection_missing', { filename: source.filename })
  return projectionOf(4326)
}

interface Files {
  readonly shapes: FileReader
  /** Where the shapes end, as their header says. */
  readonly end: number
  readonly rows: FileReader
  readonly page: string | null
  readonly projection: Projection
  readonly filename: string
  readonly invalid: (reason: string) => AppError
}

async function* linesOf({
  shapes,
  end,
  rows,
  page,
  projection,
  filename,
  invalid,
}: Files): AsyncGenerator<string> {
  const table = await readDbfHeader(rows, page).catch((error: Error) => {
    throw invalid(error.message)
  })
  for (let number = 1; number <= table.rows; number++) {
    const row = await rows.take(table.rowBytes)
    if (row === null)
      throw invalid(`the .dbf says that it has ${table.rows} records, and ends inside number ${number}`)
    const head = await shapes.take(8)
    if (head === null) throw invalid(`the .shp ends before record ${number} of ${table.rows}`)
    const contentBytes = 2 * head.readInt32BE(4)
    if (contentBytes < 4) throw invalid(`record ${number} of the .shp has no content`)
    if (contentBytes > maxRecordBytes)
      throw new AppError('ingest.record_too_large', { filename, line: number, maxBytes: maxRecordBytes })
    const content = await shapes.take(contentBytes)
    if (content === null) throw invalid(`the .shp ends inside record ${number} of ${table.rows}`)
    if (!isDeleted(row))
      yield featureLine(dbfProperties(table, row, table.decode), decodeShape(content), projection)
  }
  if (shapes.position() + 8 <= end)
    throw invalid(`the .shp has more shapes than the ${table.rows} records of its .dbf`)
}
