/**
 * GeoPackage (OGC 12-128r18): the features of one layer of an SQLite database, a page of rows at a time.
 *
 * The database comes from anybody. It is read from a copy that belongs to this build, with nothing allowed but reading
 * tables: views, virtual tables, triggers and functions of its own never run.
 */
import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { AppError, quoteIdentifier } from '../../kernel/index.ts'
import { openUnpacked } from '../bytes/open-source.ts'
import { chunksOfLines, featureLine, type Property } from '../features/feature-lines.ts'
import { decodeGeoPackageGeometry } from '../features/wkb.ts'
import { type Projection, projectionOf } from '../projections/projections.ts'
import { maxRecordBytes } from '../slices/slice.ts'
import { openConverted } from './json.ts'
import { refuseTooManyColumns } from './max-columns.ts'
import { epsgParameter, extractFilename, integerParameter, textParameter } from './parameters.ts'
import type { Extractor, ReaderContext, SourceReader } from './reader.ts'

export const geopackageExtractor: Extractor = {
  type: 'geopackage',
  label: 'GeoPackage',
  kinds: [/\.gpkg(\.gz)?$/i],
  parameters: [
    {
      name: 'layer',
      label: 'Layer',
      type: 'text',
      description: 'Name of the layer to read; the first one when empty',
      default: null,
      is_mandatory: false,
    },
    epsgParameter,
    extractFilename,
  ],
  open: openGeoPackage,
}

const rowsPerPage = 500

async function openGeoPackage(context: ReaderContext): Promise<SourceReader> {
  const { source } = context
  const path = join(context.tmpDirectory, `${context.prefix}-copy.gpkg`)
  let database: DatabaseSync | null = null
  let isClosed = false
  const close = () => {
    if (isClosed) return
    isClosed = true
    database?.close()
    void rm(path, { force: true })
  }
  try {
    await copyDatabase(context, path)
    database = guarded(source.filename, () => openDatabase(path))
    const layer = guarded(source.filename, () => layerOf(database!, context))
    let done = 0
    const bytesRead = () => Math.round(source.bytes * Math.min(1, done / Math.max(1, layer.count)))
    const lines = linesOf(layer, source.filename, (rows) => {
      done += rows
    })
    return await openConverted(context, {
      layout: 'features',
      isUntyped: false,
      opened: { chunks: chunksOfLines(lines), bytesRead, close },
    })
  } catch (error) {
    close()
    throw error
  }
}

/** The engine's complaints about a file are about the file. */
function guarded<T>(filename: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const isOfDatabase = (error as NodeJS.ErrnoException).code === 'ERR_SQLITE_ERROR'
    if (!isOfDatabase) throw error
    throw invalid(filename, (error as Error).message)
  }
}

function invalid(filename: string, reason: string): AppError {
  return new AppError('ingest.invalid_geopackage', { filename, reason: reason.slice(0, 200) })
}

const magic = 'SQLite format 3\0'
/** Where the header says how the file is written to: 1 is without a log beside it, which a copy does not have. */
const writeVersionAt = 18

async function copyDatabase({ source, maxSourceBytes: maxBytes, stop }: ReaderContext, path: string) {
  const { filename } = source
  if (source.bytes === 0) throw new AppError('ingest.source_is_empty', { filename })
  const opened = await openUnpacked({ path: source.path, filename, maxBytes, stop })
  await pipeline(opened.chunks, createWriteStream(path), { signal: stop })
  const file = await open(path, 'r+')
  try {
    const { buffer } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0)
    if (buffer.toString('latin1') !== magic) throw invalid(filename, 'it is no SQLite database')
    await file.write(Buffer.from([1, 1]), 0, 2, writeVersionAt)
  } finally {
    await file.close()
  }
}

const functionsAllowed = new Set(['count', 'coalesce', 'octet_length'])

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, allowExtension: false })
  database.exec('pragma trusted_schema = off; pragma cell_size_check = on; pragma query_only = on')
  database.setAuthorizer((action, first, second) => {
    const isAllowed =
      action === constants.SQLITE_SELECT ||
      action === constants.SQLITE_READ ||
      (action === constants.SQLITE_PRAGMA && first === 'table_xinfo') ||
      (action === constants.SQLITE_FUNCTION && functionsAllowed.has(String(second)))
    return isAllowed ? constants.SQLITE_OK : constants.SQLITE_DENY
  })
  return database
}

interface Layer {
  readonly count: number
  readonly projection: Projection
  /** Names of the columns that are no geometry, in the order in which rows have them behind three of their own. */
  readonly columns: readonly { readonly name: string; readonly isBoolean: boolean }[]
  readonly page: StatementSync
}

/** Errors: ingest.invalid_geopackage, ingest.layer_not_found, ingest.projection_missing, ingest.unknown_projection. */
function layerOf(database: DatabaseSync, { source }: ReaderContext): Layer {
  const { filename } = source
  const tables = tablesOf(database)
  for (const needed of ['gpkg_contents', 'gpkg_geometry_columns', 'gpkg_spatial_ref_sys']) {
    if (!tables.has(needed)) throw invalid(filename, `it is a database without the table ${needed}`)
    columnsOf(database, needed, filename)
  }
  const layers = database
    .prepare(
      `select g.table_name, g.column_name, g.srs_id, s.organization, s.organization_coordsys_id, s.definition
       from gpkg_contents c join gpkg_geometry_columns g on g.table_name = c.table_name
       left join gpkg_spatial_ref_sys s on s.srs_id = g.srs_id
       where c.data_type = 'features' limit 1000`,
    )
    .all()
  const wanted = textParameter(source.params, 'layer')
  const row = wanted === undefined ? layers[0] : layers.find(({ table_name }) => table_name === wanted)
  if (!row) {
    const known = layers.slice(0, 20).map(({ table_name }) => String(table_name).slice(0, 100))
    throw new AppError('ingest.layer_not_found', {
      filename,
      layer: wanted ?? 'of features',
      known: known.join(', ') || 'none',
    })
  }
  const table = String(row.table_name)
  if (!tables.has(table)) throw invalid(filename, `the layer ${table.slice(0, 100)} is no table`)
  return readLayer(database, table, String(row.column_name), projectionFor(source, row), filename)
}

/** Ordinary tables: neither views nor what a module computes. */
function tablesOf(database: DatabaseSync): ReadonlySet<string> {
  const rows = database.prepare("select name, sql from sqlite_master where type = 'table'").all()
  return new Set(
    rows.filter(({ sql }) => !/^\s*create\s+virtual/i.test(String(sql))).map(({ name }) => String(name)),
  )
}

/** A column that is computed would run what whoever made the file wrote. */
function columnsOf(database: DatabaseSync, table: string, filename: string) {
  const columns = database.prepare(`pragma table_xinfo(${quoteIdentifier(table)})`).all()
  const computed = columns.find(({ hidden }) => hidden !== 0)
  if (computed) throw invalid(filename, `its column ${String(computed.name).slice(0, 100)} is computed`)
  return columns
}

function projectionFor(source: ReaderContext['source'], row: Record<string, unknown>): Projection {
  const epsg = integerParameter(source.params, 'epsg', 0)
  if (epsg > 0) return projectionOf(epsg)
  // 0 is the registry's word for longitudes and latitudes of no certain kind.
  if (Number(row.srs_id) === 0) return projectionOf(4326)
  const definition = String(row.definition ?? 'undefined')
  if (/^epsg$/i.test(String(row.organization))) {
    try {
      return projectionOf(Number(row.organization_coordsys_id))
    } catch (error) {
      if (definition === 'undefined') throw error
    }
  }
  if (definition === 'undefined')
    throw new AppError('ingest.projection_missing', { filename: source.filename })
  return projectionOf(definition)
}

function readLayer(
  database: DatabaseSync,
  table: string,
  geometry: string,
  projection: Projection,
  filename: string,
): Layer {
  const name = quoteIdentifier(table)
  const described = columnsOf(database, table, filename)
  const names = described.map((column) => String(column.name))
  const shape = names.find((column) => column.toLowerCase() === geometry.toLowerCase())
  if (shape === undefined) throw invalid(filename, `the layer has no column ${geometry.slice(0, 100)}`)
  const columns = described
    .filter(({ name: column }) => column !== shape)
    .map(({ name: column, type }) => ({ name: String(column), isBoolean: /^bool/i.test(String(type)) }))
  refuseTooManyColumns(columns.length)
  const rowid = ['_rowid_', 'rowid', 'oid'].find(
    (alias) => !names.some((column) => column.toLowerCase() === alias),
  )
  if (rowid === undefined) throw invalid(filename, 'its rows cannot be told apart')
  // A value that no record could hold is not brought into memory at all.
  const size = (column: string) => `coalesce(octet_length(${quoteIdentifier(column)}), 0)`
  const held = (column: string) =>
    `case when ${size(column)} <= ${maxRecordBytes} then ${quoteIdentifier(column)} end`
  const page = database.prepare(
    `select ${rowid}, ${names.map(size).join(' + ')}, ${held(shape)}${columns.map(({ name: column }) => `, ${held(column)}`).join('')}
     from ${name} where ${rowid} > ? order by ${rowid} limit ${rowsPerPage}`,
  )
  page.setReadBigInts(true)
  page.setReturnArrays(true)
  const { n } = database.prepare(`select count(*) as n from ${name}`).get() as { n: number }
  return { count: n, projection, columns, page }
}

type Value = null | bigint | number | string | Uint8Array

async function* linesOf(
  { page, columns, projection }: Layer,
  filename: string,
  onRows: (count: number) => void,
): AsyncGenerator<string> {
  let number = 0
  for (let last = -(2n ** 63n); ; ) {
    const rows = guarded(filename, () => page.all(last)) as unknown as Value[][]
    for (const [rowid, bytes, shape, ...values] of rows) {
      number++
      if (Number(bytes) > maxRecordBytes)
        throw new AppError('ingest.record_too_large', { filename, line: number, maxBytes: maxRecordBytes })
      if (typeof rowid !== 'bigint' || rowid <= last) throw invalid(filename, 'its rows are out of order')
      last = rowid
      const properties = columns.map(
        ({ name, isBoolean }, index): Property => [name, jsonOf(values[index]!, isBoolean)],
      )
      yield featureLine(properties, geometryOf(shape!), projection)
    }
    onRows(rows.length)
    if (rows.length < rowsPerPage) return
  }
}

function geometryOf(value: Value) {
  if (value === null) return null
  if (!(value instanceof Uint8Array)) return { type: 'Geometry', problem: 'it is no GeoPackage geometry' }
  return decodeGeoPackageGeometry(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
}

function jsonOf(value: Value, isBoolean: boolean): string {
  if (typeof value === 'bigint')
    return isBoolean && (value === 0n || value === 1n) ? String(value === 1n) : String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value === 'string') return value === '' ? 'null' : JSON.stringify(value)
  return value === null ? 'null' : JSON.stringify(Buffer.from(value).toString('hex').toUpperCase())
}
