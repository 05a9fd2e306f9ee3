import { quoteLiteral } from '../../kernel/index.ts'
import { attributesOf, nameSql } from '../print/features.ts'
import { geoTypes, kmlGeometrySql } from '../print/geometry.ts'
import { rawText } from '../print/raw-text.ts'
import { headingOf } from '../print/text-values.ts'
import { xmlHead, xmlText, xmlTextSql, xmlValueSql } from '../print/xml.ts'

/** KML 2.2 (OGC 07-147r2): a placemark per record, its fields as extended data. */
export const kml = rawText({
  mediaType: 'application/vnd.google-earth.kml+xml; charset=utf-8',
  extension: 'kml',
  needs: geoTypes,
  isReadInParts: true,
  before: ({ options }) =>
    `${xmlHead}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>${xmlText(options.title)}</name>\n`,
  record(context) {
    const { columns, options } = context
    const data = attributesOf(columns).map((column) => {
      const open = `<Data name="${xmlText(headingOf(column, options))}"><value>`
      return `${quoteLiteral(open)} || ${xmlValueSql(column, options)} || '</value></Data>'`
    })
    const name = nameSql(context)
    return `concat('<Placemark>', ${name === null ? "''" : `'<name>' || ${xmlTextSql(name)} || '</name>'`},
      '<ExtendedData>', ${[...data, "'</ExtendedData>'"].join(', ')}, ${kmlGeometrySql(columns)}, '</Placemark>')`
  },
  after: '</Document></kml>\n',
})
