import { quoteLiteral } from '../../kernel/index.ts'
import { jsonValueSql, type ResultColumn } from '../../odsql/index.ts'
import type { ExportOptions, FileFormat } from '../format.ts'
import { aliased } from '../print/aliased.ts'
import { geoJsonSql, pointWktSql, wktSql } from '../print/geometry.ts'

/** Native types; points and shapes as GeoParquet geometries (WKB, longitude and latitude): https://geoparquet.org/releases/v1.0.0 */
export const parquet: FileFormat = {
  kind: 'file',
  mediaType: 'application/vnd.apache.parquet',
  extension: 'parquet',
  async write({ path, connection, context, statement, signal, turn }) {
    const items = aliased(context.columns.map((column) => [valueSql(column, context.options), column.name]))
    const options = `format parquet, compression ${context.options.parquetCompression}, geoparquet_version 'V1'`
    const sql = `copy (select ${items} from (${statement.sql})) to ${quoteLiteral(path)} (${options})`
    await turn(() => connection.run(sql, statement.values, signal))
  },
}

function valueSql(column: ResultColumn, { files }: Pick<ExportOptions, 'files'>): string {
  const x = column.sqlName
  switch (column.type) {
    case 'geo_point_2d':
      return `case when ${x} is not null then (${pointWktSql(x)})::geometry end`
    case 'geo_shape':
      // What is no geometry to the engine (an array too shallow, say) is null rather than the end of the export.
      return `try((${wktSql(geoJsonSql([column]))})::geometry)`
    case 'file':
      return jsonValueSql(x, 'file', 'UTC', files)
    default:
      return x
  }
}
