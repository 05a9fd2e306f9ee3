import { jsonValueSql } from '../../odsql/index.ts'
import type { ExportContext } from '../format.ts'
import { namespaces, propertiesOf, recordUrlSql, vocabularyOf } from '../print/linked-data.ts'
import { rawText } from '../print/raw-text.ts'

/** JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/): a context that types the fields, and the records as its graph. */
export const jsonld = rawText({
  mediaType: 'application/ld+json; charset=utf-8',
  extension: 'jsonld',
  usesRecordId: true,
  before: (context) => `{"@context": ${JSON.stringify(contextOf(context))}, "@graph": [\n`,
  record(context) {
    const url = recordUrlSql(context)
    const members = propertiesOf(context).map(({ name, column }) => {
      const x = column.sqlName
      const value =
        column.type === 'geo_shape'
          ? x
          : jsonValueSql(x, column.type, context.options.timezone, context.options.files)
      // A member that is null is no statement, except where values are JSON: there it would be the value null.
      return `case when ${x} is not null then '"${name}":' || to_json(${value}) end`
    })
    const id = url === null ? [] : [`'"@id":' || to_json(${url})`]
    return `'{' || concat_ws(',', ${[...id, `'"@type":"Record"'`, ...members].join(', ')}) || '}'`
  },
  separator: ',',
  after: '\n]}\n',
})

/** Points, shapes and files are kept as JSON: they are values here, not resources of their own. */
function contextOf(context: ExportContext): Record<string, unknown> {
  const vocabulary = vocabularyOf(context.options)
  const terms = propertiesOf(context).flatMap(({ name, column, datatype }) => {
    const isJson = ['geo_point_2d', 'geo_shape', 'file', 'json'].includes(column.type)
    if (datatype === null) return []
    const type = isJson ? '@json' : `${namespaces[datatype[0]]}${datatype[1]}`
    return [[name, { '@id': vocabulary + name, '@type': type }] as const]
  })
  return { '@version': 1.1, '@vocab': vocabulary, ...Object.fromEntries(terms) }
}
