import { quoteLiteral } from '../../kernel/index.ts'
import type { ExportContext } from '../format.ts'
import { attributesOf, descriptionSql, nameSql } from '../print/features.ts'
import { geoJsonSql, geoTypes, gpxTrackSql, gpxWaypointsSql } from '../print/geometry.ts'
import { elementNames } from '../print/names.ts'
import { rawText } from '../print/raw-text.ts'
import { xmlHead, xmlText, xmlTextSql, xmlValueSql } from '../print/xml.ts'

/**
 * GPX 1.1 (https://www.topografix.com/GPX/1/1/): points are waypoints, lines and the rings of polygons tracks. The schema
 * wants all waypoints first, hence two passes where there are shapes. Records without a geometry are left out.
 */
export const gpx = rawText({
  mediaType: 'application/gpx+xml; charset=utf-8',
  extension: 'gpx',
  needs: geoTypes,
  isReadInParts: true,
  before: ({ options }) =>
    `${xmlHead}<gpx version="1.1" creator="Broadsheet" xmlns="http://www.topografix.com/GPX/1/1" xmlns:f="${xmlText(options.datasetUrl)}#">` +
    `<metadata><name>${xmlText(options.title)}</name></metadata>\n`,
  record(context) {
    const { columns } = context
    const waypoints = gpxWaypointsSql(columns, contentSql(context))
    const hasShapes = columns.some(({ type }) => type === 'geo_shape')
    return hasShapes ? [waypoints, gpxTrackSql(geoJsonSql(columns), contentSql(context))] : [waypoints]
  },
  after: '</gpx>\n',
})

function contentSql(context: ExportContext): string {
  const { columns, options } = context
  const element = (tag: string, sql: string | null) =>
    sql === null ? [] : [`'<${tag}>' || ${sql} || '</${tag}>'`]
  const escaped = (sql: string | null) => (sql === null ? null : xmlTextSql(sql))
  const attributes = attributesOf(columns)
  const names = elementNames(attributes.map(({ name }) => name))
  const extensions = attributes.flatMap((column, index) =>
    element(`f:${names[index]}`, xmlValueSql(column, options)),
  )
  return `concat(${[
    "''",
    ...element('name', escaped(nameSql(context))),
    // Without extensions the description is the only place for what is known.
    ...element('desc', escaped(descriptionSql(context, options.hasExtensions ? [] : attributes))),
    ...(options.hasExtensions && extensions.length > 0
      ? [quoteLiteral('<extensions>'), ...extensions, quoteLiteral('</extensions>')]
      : []),
  ].join(', ')})`
}
