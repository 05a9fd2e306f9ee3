import type { RowsFormat } from '../format.ts'
import { type CatalogFormat, type CatalogOptions, wholeDatasets } from './catalog-format.ts'
import { type DatasetFacts, datasetFacts } from './dataset-facts.ts'
import { distributionsOf, urlOf } from './dcat.ts'
import { type Resource, rdfXmlEnd, rdfXmlHead, rdfXmlOf, type Term, type Value } from './graph.ts'

const mediaType = 'application/rdf+xml; charset=utf-8'

/** The fifteen elements of Dublin Core (ISO 15836), as RDF/XML; those that metadata say nothing of are left out. */
export const dublinCore: CatalogFormat = {
  mediaType,
  extension: 'rdf',
  create: (options): RowsFormat => ({
    kind: 'rows',
    mediaType,
    extension: 'rdf',
    select: () => wholeDatasets,
    async *write(rows) {
      yield rdfXmlHead
      for await (const batch of rows)
        for (const row of batch)
          yield rdfXmlOf(resourceOf(datasetFacts(String(row.object), row.visibility !== 'domain'), options))
      yield rdfXmlEnd
    },
  }),
}

function resourceOf(facts: DatasetFacts, options: CatalogOptions): Resource {
  const all = (element: Term, texts: readonly (string | null)[]): [Term, Value][] =>
    texts.filter((text) => text !== null).map((text) => [element, { literal: text }])
  return {
    iri: urlOf(facts, options),
    type: 'rdf:Description',
    properties: [
      ...all('dc:identifier', [urlOf(facts, options)]),
      ...all('dc:title', [facts.title]),
      ...all('dc:description', [facts.description]),
      ...all('dc:type', ['Dataset']),
      ...all('dc:creator', [facts.creator]),
      ...all('dc:contributor', facts.contributors),
      ...all('dc:publisher', [facts.publisher ?? options.title]),
      ...all('dc:subject', [...facts.themes, ...facts.keywords]),
      ...all('dc:date', [facts.modified]),
      ...all('dc:language', [facts.language]),
      ...all('dc:coverage', facts.territory),
      ...all('dc:rights', [facts.licenseUrl ?? facts.license]),
      ...all('dc:relation', facts.references),
      ...all('dc:format', [...new Set(distributionsOf(facts, options).map((item) => item.mediaType))]),
    ],
  }
}
