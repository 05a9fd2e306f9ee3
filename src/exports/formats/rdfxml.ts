import { namespaces, propertiesOf, recordUrlSql, vocabularyOf } from '../print/linked-data.ts'
import { rawText } from '../print/raw-text.ts'
import { hasPlainText, xmlHead, xmlText, xmlTextSql } from '../print/xml.ts'

/** https://www.w3.org/TR/rdf-syntax-grammar/ */
export const rdfxml = rawText({
  mediaType: 'application/rdf+xml; charset=utf-8',
  extension: 'rdf',
  usesRecordId: true,
  before: ({ options }) =>
    `${xmlHead}<rdf:RDF xmlns:rdf="${namespaces.rdf}" xmlns:f="${xmlText(vocabularyOf(options))}">\n`,
  record(context) {
    const url = recordUrlSql(context)
    const about = url === null ? `' rdf:nodeID="r' || _n || '"'` : `' rdf:about="' || ${url} || '"'`
    const properties = propertiesOf(context).map(({ name, column, datatype, sql, isList }) => {
      if (isList) {
        const one = `'<f:${name}>' || ${xmlTextSql('item')} || '</f:${name}>'`
        return `array_to_string(list_transform(${sql}, lambda item: ${one}), '')`
      }
      const type = datatype === null ? '' : ` rdf:datatype="${namespaces[datatype[0]]}${datatype[1]}"`
      return `'<f:${name}${type}>' || ${hasPlainText(column.type) ? sql : xmlTextSql(sql)} || '</f:${name}>'`
    })
    return `concat(${["'<f:Record'", about, "'>'", ...properties, "'</f:Record>'"].join(', ')})`
  },
  after: '</rdf:RDF>\n',
})
