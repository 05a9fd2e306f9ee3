import { namespaces, propertiesOf, quotedSql, recordUrlSql, vocabularyOf } from '../print/linked-data.ts'
import { rawText } from '../print/raw-text.ts'

/** One statement a line with nothing abbreviated: N-Triples, which is N3 that line tools can read too. */
export const n3 = rawText({
  mediaType: 'text/n3; charset=utf-8',
  extension: 'n3',
  usesRecordId: true,
  before: () => '',
  record(context) {
    const url = recordUrlSql(context)
    const subject = url === null ? `'_:r' || _n || ' '` : `'<' || ${url} || '> '`
    const vocabulary = vocabularyOf(context.options)
    const line = (predicate: string, object: string) => `${subject} || '<${predicate}> ' || ${object} || ' .'`
    const properties = propertiesOf(context).map(({ name, datatype, sql, isList }) => {
      const predicate = vocabulary + name
      if (isList) {
        const lines = `list_transform(${sql}, lambda item: ${line(predicate, quotedSql('item'))})`
        return `nullif(array_to_string(${lines}, '\n'), '')`
      }
      const type = datatype === null ? '' : ` || '^^<${namespaces[datatype[0]]}${datatype[1]}>'`
      return line(predicate, quotedSql(sql) + type)
    })
    return `concat_ws('\n', ${[line(`${namespaces.rdf}type`, `'<${vocabulary}Record>'`), ...properties].join(', ')})`
  },
  after: '',
})
