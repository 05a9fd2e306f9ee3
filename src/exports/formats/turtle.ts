import { namespaces, propertiesOf, quotedSql, recordUrlSql, vocabularyOf } from '../print/linked-data.ts'
import { rawText } from '../print/raw-text.ts'

/** https://www.w3.org/TR/turtle/ */
export const turtle = rawText({
  mediaType: 'text/turtle; charset=utf-8',
  extension: 'ttl',
  usesRecordId: true,
  before: ({ options }) =>
    [...Object.entries(namespaces), ['f', vocabularyOf(options)]]
      .map(([prefix, iri]) => `@prefix ${prefix}: <${iri}> .\n`)
      .join(''),
  record(context) {
    const url = recordUrlSql(context)
    const subject = url === null ? `'_:r' || _n` : `'<' || ${url} || '>'`
    const properties = propertiesOf(context).map(({ name, datatype, sql, isList }) => {
      const type = datatype === null ? '' : ` || '^^${datatype[0]}:${datatype[1]}'`
      const objects = isList
        ? `nullif(array_to_string(list_transform(${sql}, lambda item: ${quotedSql('item')}), ', '), '')`
        : quotedSql(sql) + type
      return `'f:${name} ' || ${objects}`
    })
    return `concat_ws(' ;\n  ', ${[`${subject} || ' a f:Record'`, ...properties].join(', ')}) || ' .'`
  },
  after: '',
})
