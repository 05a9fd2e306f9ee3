/**
 * What an export format is. There are three kinds, by who makes the bytes:
 *
 * | kind | who writes                               | for                                     |
 * | ---- | ---------------------------------------- | --------------------------------------- |
 * | text | the engine's SQL, in slices that follow one another | csv, json, geojson, kml, ... xlsx (packed) |
 * | rows | JavaScript, from batches of rows          | binary formats that can be streamed      |
 * | file | a whole file, written before it is sent   | parquet, shp: with length, tag and ranges |
 *
 * A format is one file in formats/ and one line in formats.ts.
 */

import type { Readable } from 'node:stream'
import type { Connection, Row } from '../engine/index.ts'
import type { FileLinks, ResultColumn, Statement, Type } from '../odsql/index.ts'
import type { Turn } from './source.ts'

export interface ExportOptions {
  /** A zone that both the platform and the engine know. */
  readonly timezone: string
  /** Headings: field labels instead of names; by result column name. */
  readonly headings: Readonly<Record<string, string>>
  readonly delimiter: string
  readonly listSeparator: string
  readonly isQuoteAll: boolean
  readonly hasByteOrderMark: boolean
  /** CSV: text that a spreadsheet would take for a formula gets an apostrophe in front. */
  readonly hasSafeCells: boolean
  readonly parquetCompression: string
  /** EPSG code of the coordinates, for formats that carry one. */
  readonly epsg: number
  /** Result columns by name: what a feature or event is called, said of it, when it begins and ends. */
  readonly nameField: string | null
  readonly descriptionFields: readonly string[]
  readonly startField: string | null
  readonly endField: string | null
  /** GPX: attributes as extensions. */
  readonly hasExtensions: boolean
  /** Where files of records are served. */
  readonly files?: FileLinks
  /** Absolute address of the dataset: what resources and fields are named after in linked data. */
  readonly datasetUrl: string
  readonly datasetId: string
  readonly title: string
  /** When the data was processed, in milliseconds: files carry it instead of the time of the request. */
  readonly processedAt: number
}

/** For whoever exports what no reader has asked for with options of their own. */
export const plainOptions: ExportOptions = {
  timezone: 'UTC',
  headings: {},
  delimiter: ',',
  listSeparator: ',',
  isQuoteAll: false,
  hasByteOrderMark: false,
  hasSafeCells: false,
  parquetCompression: 'snappy',
  epsg: 4326,
  nameField: null,
  descriptionFields: [],
  startField: null,
  endField: null,
  hasExtensions: true,
  datasetUrl: '',
  datasetId: '',
  title: '',
  processedAt: 0,
}

/** What a format may refer to when it writes the SQL of a record. */
export interface ExportContext {
  readonly columns: readonly ResultColumn[]
  /** Whether `_id` is a column: records have one, groups do not. */
  readonly hasRecordId: boolean
  readonly options: ExportOptions
}

interface FormatFacts {
  readonly mediaType: string
  readonly extension: string
  /** At least one column of one of these types. */
  readonly needs?: readonly Type[]
  /** Formats that name each record ask for `_id`. */
  readonly usesRecordId?: boolean
  readonly maxRecords?: number
  /** Coordinates can be projected. */
  readonly isProjected?: boolean
  /** GDAL and what is built on it open it at its address: they ask for its length and read it in ranges. */
  readonly isReadInParts?: boolean
}

export interface TextFormat extends FormatFacts {
  readonly kind: 'text'
  /**
   * The select list of one record, from the result's columns `_n`, its number in the file from 1, and `_rid`, its id in hex. Several: the
   * records are gone through once for each, one after the other.
   */
  select(context: ExportContext): readonly string[]
  /** One text a record, as it is; records for which it is null are left out. */
  readonly isRaw: boolean
  /** COPY options. */
  copy(options: ExportOptions, isFirst: boolean): string
  /** Bytes to leave out at the start and the end of each slice. */
  readonly trimStart: number
  readonly trimEnd: number
  before(context: ExportContext): string
  readonly between: string
  readonly after: string
  /** Puts the text into a container. The source is destroyed with the container, and the other way round. */
  pack?(body: Readable, context: ExportContext): Readable
}

export interface RowsFormat extends FormatFacts {
  readonly kind: 'rows'
  /** SQL items, each with its name, that `write` gets as rows. */
  select(context: ExportContext): string
  /** SQL aggregates over the selected rows that `write` gets beforehand. */
  readonly totals?: string
  write(
    rows: AsyncIterable<readonly Row[]>,
    context: ExportContext,
    totals: Row,
  ): AsyncIterable<Uint8Array | string>
}

/** What a whole file is written from. */
export interface FileJob {
  readonly path: string
  readonly connection: Connection
  readonly context: ExportContext
  /** The whole result as one statement. */
  readonly statement: Statement
  /** Batches of rows of a select list, in order. */
  rows(select: string): AsyncIterable<readonly Row[]>
  readonly signal: AbortSignal
  /** For every statement that the format runs itself; `rows` takes its own. */
  readonly turn: Turn
}

export interface FileFormat extends FormatFacts {
  readonly kind: 'file'
  write(job: FileJob): Promise<void>
}

export type ExportFormat = TextFormat | RowsFormat | FileFormat
