import type { Row } from '../../engine/index.ts'
import type { RowsFormat } from '../format.ts'
import { nameSql } from '../print/features.ts'
import { geoColumns, geoTypes } from '../print/geometry.ts'

/**
 * TomTom points of interest: per point a type byte (2), the record's length, longitude and latitude in 1/100,000 degrees
 * (little endian) and a name that a zero ends. Only points have a place in it: a shape stands where its first position is.
 * Records without a geometry are left out.
 */
export const ov2: RowsFormat = {
  kind: 'rows',
  mediaType: 'application/octet-stream',
  extension: 'ov2',
  needs: geoTypes,
  select(context) {
    const { point, shape } = geoColumns(context.columns)
    const first = (index: number) =>
      shape === null
        ? 'null'
        : `try_cast(regexp_extract(${shape.sqlName}::varchar, '\\[\\s*([-+0-9.eE]+)\\s*,\\s*([-+0-9.eE]+)', ${index}) as double)`
    const at = (part: string, index: number) =>
      point === null ? first(index) : `coalesce((${point.sqlName}).${part}, ${first(index)})`
    return `${at('lon', 1)} as lon, ${at('lat', 2)} as lat, ${nameSql(context) ?? "''"} as name`
  },
  async *write(rows) {
    for await (const batch of rows) {
      const records = batch.flatMap((row) => (row.lon === null || row.lat === null ? [] : [encode(row)]))
      if (records.length > 0) yield Buffer.concat(records)
    }
  },
}

function encode(row: Row): Buffer {
  const name = Buffer.from(`${String(row.name ?? '').replaceAll('\0', '')}\0`)
  const record = Buffer.alloc(13)
  record.writeUInt8(2, 0)
  record.writeUInt32LE(record.length + name.length, 1)
  record.writeInt32LE(Math.round(Number(row.lon) * 100_000), 5)
  record.writeInt32LE(Math.round(Number(row.lat) * 100_000), 9)
  return Buffer.concat([record, name])
}
