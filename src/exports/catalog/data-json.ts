import type { RowsFormat } from '../format.ts'
import { type CatalogFormat, type CatalogOptions, wholeDatasets } from './catalog-format.ts'
import { type DatasetFacts, datasetFacts } from './dataset-facts.ts'
import { distributionsOf, pageOf, urlOf } from './dcat.ts'

/**
 * DCAT-US 1.1 (https://resources.data.gov/resources/dcat-us/). A contact needs an address there: where neither the
 * dataset nor the domain has one there is none here, rather than one that nobody reads.
 */
export const dataJson: CatalogFormat = {
  mediaType: 'application/json; charset=utf-8',
  extension: 'json',
  create: (options): RowsFormat => ({
    kind: 'rows',
    mediaType: 'application/json; charset=utf-8',
    extension: 'json',
    select: () => wholeDatasets,
    async *write(rows) {
      const head = {
        '@context': 'https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld',
        '@id': options.catalogUrl,
        '@type': 'dcat:Catalog',
        conformsTo: 'https://project-open-data.cio.gov/v1.1/schema',
        describedBy: 'https://project-open-data.cio.gov/v1.1/schema/catalog.json',
      }
      yield `${JSON.stringify(head).slice(0, -1)},"dataset":[`
      let separator = '\n'
      for await (const batch of rows) {
        for (const row of batch) {
          const facts = datasetFacts(String(row.object), row.visibility !== 'domain')
          yield separator + JSON.stringify(datasetOf(facts, options))
          separator = ',\n'
        }
      }
      yield '\n]}\n'
    },
  }),
}

function datasetOf(facts: DatasetFacts, options: CatalogOptions) {
  const url = urlOf(facts, options)
  const email = facts.contactEmail ?? options.contactEmail
  const words = [...facts.keywords, ...facts.themes]
  return {
    '@type': 'dcat:Dataset',
    identifier: url,
    title: facts.title,
    description: facts.description,
    keyword: words.length > 0 ? words : [facts.id],
    modified: facts.modified,
    ...(facts.issued === null ? {} : { issued: facts.issued }),
    publisher: { '@type': 'org:Organization', name: facts.publisher ?? options.title },
    ...(email === null
      ? {}
      : {
          contactPoint: {
            '@type': 'vcard:Contact',
            fn: facts.contactName ?? facts.publisher ?? options.title,
            hasEmail: `mailto:${email}`,
          },
        }),
    accessLevel: facts.isRestricted ? 'restricted public' : 'public',
    ...(facts.licenseUrl === null ? {} : { license: facts.licenseUrl }),
    ...(facts.language === null ? {} : { language: [facts.language] }),
    ...(facts.territory.length === 0 ? {} : { spatial: facts.territory.join(', ') }),
    ...(facts.themes.length === 0 ? {} : { theme: facts.themes }),
    ...(facts.references.length === 0 ? {} : { references: facts.references }),
    landingPage: pageOf(facts, options),
    distribution: distributionsOf(facts, options).map(({ format, url: downloadURL, mediaType }) => ({
      '@type': 'dcat:Distribution',
      title: format,
      format,
      mediaType,
      downloadURL,
    })),
  }
}
