import { magicbytes } from 'flatgeobuf/lib/mjs/constants.js'
import { ColumnType } from 'flatgeobuf/lib/mjs/flat-geobuf/column-type.js'
import { GeometryType } from 'flatgeobuf/lib/mjs/flat-geobuf/geometry-type.js'
import { buildFeature } from 'flatgeobuf/lib/mjs/generic/feature.js'
import { buildHeader } from 'flatgeobuf/lib/mjs/generic/featurecollection.js'
import { parseGC, parseGeometry } from 'flatgeobuf/lib/mjs/geojson/geometry.js'
import type { HeaderMeta } from 'flatgeobuf/lib/mjs/header-meta.js'
import type { Row } from '../../engine/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import type { ExportContext, RowsFormat } from '../format.ts'
import { attributesOf } from '../print/features.ts'
import { geoColumns, geoJsonSql, geoTypes } from '../print/geometry.ts'
import { uniqueNames } from '../print/names.ts'
import { cellSql } from '../print/text-values.ts'

/**
 * FlatGeobuf (https://flatgeobuf.org), written as a stream: without the spatial index, which needs all features at once. Records without a geometry are left out.
 */
export const fgb: RowsFormat = {
  kind: 'rows',
  mediaType: 'application/vnd.flatgeobuf',
  extension: 'fgb',
  needs: geoTypes,
  isReadInParts: true,
  select: ({ columns, options }) =>
    [
      `${geoJsonSql(columns)}::varchar as geometry`,
      ...attributesOf(columns).map((column, index) => `${cellSql(column, options)} as a${index}`),
    ].join(', '),
  // Besides telling readers how far they are, the number makes the header a multiple of eight bytes long, which those need
  // that look at coordinates in place.
  totals: 'count(geometry) as features',
  async *write(rows, context, totals) {
    const header = headerOf(context, Number(totals.features))
    yield magicbytes
    yield buildHeader(header, 4326)
    for await (const batch of rows) {
      for (const row of batch) {
        if (row.geometry !== null) yield encode(row, header)
      }
    }
  },
}

function headerOf({ columns, options }: ExportContext, featuresCount: number): HeaderMeta {
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

function encode(row: Row, header: HeaderMeta): Uint8Array {
  const shape = JSON.parse(String(row.geometry))
  const geometry = shape.type === 'GeometryCollection' ? parseGC(shape) : parseGeometry(shape)
  const properties = Object.fromEntries(
    header.columns!.map((column, index) => [column.name, (row[`a${index}`] ?? null) as never]),
  )
  return buildFeature(geometry, properties, header)
}
