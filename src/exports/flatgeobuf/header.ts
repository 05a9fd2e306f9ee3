import { Builder } from 'flatbuffers'
import { Column } from 'flatgeobuf/lib/mjs/flat-geobuf/column.js'
import { Crs } from 'flatgeobuf/lib/mjs/flat-geobuf/crs.js'
import { Header } from 'flatgeobuf/lib/mjs/flat-geobuf/header.js'
import type { HeaderMeta } from 'flatgeobuf/lib/mjs/header-meta.js'
import type { Box } from './packed-tree.ts'

/**
 * The header of a FlatGeobuf file: the library's own knows no name, no envelope and no index. Its length is a multiple of
 * eight bytes, which those need that look at coordinates in place. `name`: of the layer; `code`: EPSG.
 */
export function headerBytes(
  meta: HeaderMeta,
  { name, envelope, code }: { name: string; envelope: Box | null; code: number },
): Uint8Array {
  const builder = new Builder()
  const columns = (meta.columns ?? []).map((column) => {
    const columnName = builder.createString(column.name)
    Column.startColumn(builder)
    Column.addName(builder, columnName)
    Column.addType(builder, column.type)
    return Column.endColumn(builder)
  })
  const columnsAt = Header.createColumnsVector(builder, columns)
  const nameAt = builder.createString(name)
  const titleAt = builder.createString(meta.title ?? name)
  const envelopeAt = envelope && Header.createEnvelopeVector(builder, [...envelope])
  Crs.startCrs(builder)
  Crs.addCode(builder, code)
  const crsAt = Crs.endCrs(builder)
  Header.startHeader(builder)
  Header.addName(builder, nameAt)
  if (envelopeAt !== null) Header.addEnvelope(builder, envelopeAt)
  Header.addGeometryType(builder, meta.geometryType)
  Header.addColumns(builder, columnsAt)
  Header.addFeaturesCount(builder, BigInt(meta.featuresCount))
  Header.addIndexNodeSize(builder, meta.indexNodeSize)
  Header.addCrs(builder, crsAt)
  Header.addTitle(builder, titleAt)
  builder.finishSizePrefixed(Header.endHeader(builder))
  return builder.asUint8Array()
}
