/**
 * FlatGeobuf (https://flatgeobuf.org) with its spatial index: features stand in the order of the index, and whoever asks for
 * a box fetches what is in it. Records without a geometry are left out.
 */
import { createWriteStream, readSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { magicbytes } from 'flatgeobuf/lib/mjs/constants.js'
import { ColumnType } from 'flatgeobuf/lib/mjs/flat-geobuf/column-type.js'
import { GeometryType } from 'flatgeobuf/lib/mjs/flat-geobuf/geometry-type.js'
import { buildFeature } from 'flatgeobuf/lib/mjs/generic/feature.js'
import { parseGC, parseGeometry } from 'flatgeobuf/lib/mjs/geojson/geometry.js'
import type { HeaderMeta } from 'flatgeobuf/lib/mjs/header-meta.js'
import type { Row } from '../../engine/index.ts'
import { AppError } from '../../kernel/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import { atMost, maxKeptBytes } from '../at-most.ts'
import { headerBytes } from '../flatgeobuf/header.ts'
import { type Box, boxOf, createTreeBuilder, nodeSize } from '../flatgeobuf/packed-tree.ts'
import type { ExportContext, FileFormat, FileJob } from '../format.ts'
import { attributesOf } from '../print/features.ts'
import { geoColumns, geoJsonSql, geoTypes } from '../print/geometry.ts'
import { uniqueNames } from '../print/names.ts'
import { cellSql } from '../print/text-values.ts'

/** The index of more would take more than 92 MB to make. */
const maxIndexed = 1 << 20
const pieceBytes = 1 << 17

export const fgb: FileFormat = {
  kind: 'file',
  mediaType: 'application/vnd.flatgeobuf',
  extension: 'fgb',
  needs: geoTypes,
  async write(job) {
    const count = await countOf(job)
    const meta = metaOf(job.context, count)
    const bytes = count > 0 && count <= maxIndexed ? indexed(job, meta) : inOrder(job, meta)
    const limited = atMost(maxKeptBytes, 'exports.file_too_large', 'fgb')
    await pipeline(bytes, limited, createWriteStream(job.path), { signal: job.signal })
  },
}

async function countOf({ context, connection, statement, signal, turn }: FileJob): Promise<number> {
  const sql = `select count(${geoJsonSql(context.columns)}) as n from (${statement.sql})`
  const [row] = await turn(() => connection.all(sql, statement.values, signal))
  return Number(row!.n)
}

interface Encoded {
  readonly box: Box
  readonly bytes: Uint8Array
}

async function* featuresOf({ context, rows }: FileJob, meta: HeaderMeta): AsyncGenerator<Encoded[]> {
  const { columns, options } = context
  const select = [
    `${geoJsonSql(columns)}::varchar as geometry`,
    ...attributesOf(columns).map((column, index) => `${cellSql(column, options)} as a${index}`),
  ].join(', ')
  for await (const batch of rows(select))
    yield batch.filter(({ geometry }) => geometry !== null).map((row) => encode(row, meta))
}

function* headOf({ context }: FileJob, meta: HeaderMeta, envelope: Box | null): Generator<Uint8Array> {
  yield magicbytes
  yield headerBytes(meta, { name: context.options.datasetId, envelope, code: 4326 })
}

async function* inOrder(job: FileJob, meta: HeaderMeta): AsyncGenerator<Uint8Array> {
  yield* headOf(job, meta, null)
  for await (const features of featuresOf(job, meta)) yield Buffer.concat(features.map(({ bytes }) => bytes))
}

/** Features are kept in a file beside until all are known. */
async function* indexed(job: FileJob, meta: HeaderMeta): AsyncGenerator<Uint8Array> {
  const path = `${job.path}-features`
  const builder = createTreeBuilder(meta.featuresCount)
  const starts = new Float64Array(meta.featuresCount + 1)
  const kept = await open(path, 'wx+')
  try {
    let added = 0
    for await (const features of featuresOf(job, meta)) {
      for (const { box, bytes } of features) {
        builder.add(box, bytes.length)
        starts[added + 1] = starts[added]! + bytes.length
        added++
      }
      if (starts[added]! > maxKeptBytes)
        throw new AppError('exports.file_too_large', { format: 'fgb', maxBytes: maxKeptBytes })
      await kept.appendFile(Buffer.concat(features.map(({ bytes }) => bytes)))
    }
    const tree = await builder.finish()
    yield* headOf(job, { ...meta, indexNodeSize: nodeSize }, tree.box)
    yield* tree.bytes()
    yield* reordered(kept, starts, tree.order)
  } finally {
    await kept.close()
    await rm(path, { force: true })
  }
}

/** A feature is a few hundred bytes in the cache of the system: to wait for each would take ten times as long. */
function* reordered({ fd }: FileHandle, starts: Float64Array, order: Uint32Array): Generator<Buffer> {
  let piece = Buffer.alloc(pieceBytes)
  let length = 0
  for (const item of order) {
    const start = starts[item]!
    const bytes = starts[item + 1]! - start
    if (length + bytes > piece.length) {
      yield piece.subarray(0, length)
      piece = Buffer.alloc(Math.max(pieceBytes, bytes))
      length = 0
    }
    let read = 0
    while (read < bytes) {
      const more = readSync(fd, piece, length + read, bytes - read, start + read)
      if (more === 0) throw new Error('the file of features ends before its last one')
      read += more
    }
    length += bytes
  }
  yield piece.subarray(0, length)
}

function metaOf({ columns, options }: ExportContext, featuresCount: number): HeaderMeta {
  const attributes = attributesOf(columns)
  const names = uniqueNames(
    attributes.map(({ name }) => name),
    (name) => name,
  )
  return {
    geometryType: geoColumns(columns).shape === null ? GeometryType.Point : GeometryType.Unknown,
    columns: attributes.map((column, index) => ({
      name: names[index]!,
      type: columnType(column),
      title: null,
      description: null,
      width: -1,
      precision: -1,
      scale: -1,
      nullable: true,
      unique: false,
      primary_key: false,
    })),
    envelope: null,
    featuresCount,
    indexNodeSize: 0,
    crs: null,
    title: options.title,
    description: null,
    metadata: null,
  }
}

function columnType({ type }: ResultColumn): ColumnType {
  switch (type) {
    case 'int':
      return ColumnType.Long
    case 'double':
      return ColumnType.Double
    case 'boolean':
      return ColumnType.Bool
    case 'date':
    case 'datetime':
      return ColumnType.DateTime
    default:
      return ColumnType.String
  }
}

function encode(row: Row, header: HeaderMeta): Encoded {
  const shape = JSON.parse(String(row.geometry))
  const geometry = shape.type === 'GeometryCollection' ? parseGC(shape) : parseGeometry(shape)
  const properties = Object.fromEntries(
    header.columns!.map((column, index) => [column.name, (row[`a${index}`] ?? null) as never]),
  )
  const parts = shape.type === 'GeometryCollection' ? shape.geometries : [shape]
  const box = boxOf(parts.map(({ coordinates }: { coordinates: unknown }) => coordinates))
  return { box, bytes: buildFeature(geometry, properties, header) }
}
