import { quoteLiteral } from '../../kernel/index.ts'
import { jsonValueSql } from '../../odsql/index.ts'
import { geoJsonSql, geoTypes, isGeometry } from '../print/geometry.ts'
import { rawText } from '../print/raw-text.ts'

/** RFC 7946. The geometry is the shape, else the point, else null: every record is a feature. */
export const geojson = rawText({
  mediaType: 'application/geo+json; charset=utf-8',
  extension: 'geojson',
  needs: geoTypes,
  isReadInParts: true,
  before: () => '{"type": "FeatureCollection", "features": [\n',
  record({ columns, options }) {
    const properties = columns
      .filter((column) => !isGeometry(column, columns))
      .map(
        ({ name, type, sqlName }) =>
          `${quoteLiteral(name)}, ${jsonValueSql(sqlName, type, options.timezone, options.files)}`,
      )
    return `json_object('type', 'Feature', 'geometry', ${geoJsonSql(columns)}, 'properties', json_object(${properties.join(', ')}))::varchar`
  },
  separator: ',',
  after: '\n]}\n',
})
