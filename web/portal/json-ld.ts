/** schema.org/Dataset, as search engines for datasets read it. */
import { textOfHtml } from '../kit/html.ts'
import type { PageContext } from '../kit/page.ts'
import { type Dataset, datasetPath, meta, metaList, pagePath, titleOf } from './dataset.ts'

const distributions = [
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['parquet', 'application/vnd.apache.parquet'],
] as const

export function datasetJsonLd(dataset: Dataset, { origin, title }: PageContext): unknown {
  const id = dataset.dataset_id
  const url = `${origin}${pagePath(id)}`
  const publisher = meta(dataset, 'publisher')
  const license = meta(dataset, 'license_url') || meta(dataset, 'license')
  const references = meta(dataset, 'references')
  return {
    '@context': 'https://schema.org',
    '@type': 'Dataset',
    '@id': url,
    url,
    identifier: id,
    name: titleOf(dataset),
    description: textOfHtml(meta(dataset, 'description')) || titleOf(dataset),
    keywords: [...metaList(dataset, 'keyword'), ...metaList(dataset, 'theme')],
    ...(license ? { license } : {}),
    ...(meta(dataset, 'language') ? { inLanguage: meta(dataset, 'language') } : {}),
    ...(meta(dataset, 'modified') ? { dateModified: meta(dataset, 'modified') } : {}),
    ...(publisher
      ? {
          creator: { '@type': 'Organization', name: publisher },
          publisher: { '@type': 'Organization', name: publisher },
        }
      : {}),
    ...(references ? { sameAs: references } : {}),
    isAccessibleForFree: true,
    includedInDataCatalog: { '@type': 'DataCatalog', name: title, url: `${origin}/` },
    variableMeasured: dataset.fields.map(({ name, label, description }) => ({
      '@type': 'PropertyValue',
      name: label || name,
      ...(description ? { description } : {}),
    })),
    ...(dataset.has_records
      ? {
          distribution: distributions.map(([format, encodingFormat]) => ({
            '@type': 'DataDownload',
            encodingFormat,
            contentUrl: `${origin}${datasetPath(id)}/exports/${format}`,
          })),
        }
      : {}),
  }
}
