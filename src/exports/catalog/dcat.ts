/**
 * The catalog in the vocabulary of DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/), with what DCAT-AP 3 requires of a catalog
 * (title, description, publisher), a dataset (title, description) and a distribution (access address).
 */
import type { RowsFormat } from '../format.ts'
import { exportFormats, formatsFor } from '../formats.ts'
import { type CatalogFormat, type CatalogOptions, wholeDatasets } from './catalog-format.ts'
import { type DatasetFacts, datasetFacts } from './dataset-facts.ts'
import {
  type Resource,
  rdfXmlEnd,
  rdfXmlHead,
  rdfXmlOf,
  type Term,
  turtleHead,
  turtleOf,
  type Value,
} from './graph.ts'

/** One distribution of a dataset: an export that it offers and the reader has asked for. */
export interface Distribution {
  readonly format: string
  readonly url: string
  readonly mediaType: string
}

export function distributionsOf(facts: DatasetFacts, options: CatalogOptions): Distribution[] {
  return formatsFor(facts.fieldTypes)
    .filter((format) => options.includeExports === null || options.includeExports.includes(format))
    .map((format) => ({
      format,
      url: `${urlOf(facts, options)}/exports/${format}${options.useLabels ? '?use_labels=true' : ''}`,
      mediaType: exportFormats[format]!.mediaType.split(';')[0]!,
    }))
}

export const urlOf = ({ id }: DatasetFacts, { catalogUrl }: Pick<CatalogOptions, 'catalogUrl'>) =>
  `${catalogUrl}/datasets/${encodeURIComponent(id)}`

const literal = (text: string, more: { datatype?: Term; language?: string } = {}): Value => ({
  literal: text,
  ...more,
})
const instant = (text: string) =>
  literal(text, { datatype: text.includes('T') ? 'xsd:dateTime' : 'xsd:date' })
const agent = (name: string): Resource => ({
  iri: null,
  type: 'foaf:Agent',
  properties: [['foaf:name', literal(name)]],
})

function maybe(
  property: Term,
  value: string | null,
  print: (text: string) => Value = literal,
): [Term, Value][] {
  return value === null ? [] : [[property, print(value)]]
}

function datasetResource(facts: DatasetFacts, options: CatalogOptions): Resource {
  const url = urlOf(facts, options)
  // Only what is a language tag may be one.
  const language = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(facts.language ?? '') ? facts.language! : undefined
  const told = (text: string) => literal(text, language === undefined ? {} : { language })
  return {
    iri: url,
    type: 'dcat:Dataset',
    properties: [
      ['dct:identifier', literal(facts.id)],
      ['dct:title', told(facts.title)],
      ['dct:description', told(facts.description)],
      ...facts.keywords.map((word) => ['dcat:keyword', told(word)] as const),
      ...facts.themes.map(
        (theme) =>
          [
            'dcat:theme',
            { iri: null, type: 'rdfs:Resource', properties: [['rdfs:label', told(theme)]] },
          ] as const,
      ),
      ['dct:publisher', agent(facts.publisher ?? options.title)],
      ['dcat:contactPoint', contactOf(facts, options)],
      ['dct:modified', instant(facts.modified)],
      ...maybe('dct:issued', facts.issued, instant),
      ...maybe('dct:language', facts.language),
      ...maybe('dct:accrualPeriodicity', facts.frequency),
      ...facts.territory.map(
        (place) =>
          [
            'dct:spatial',
            { iri: null, type: 'dct:Location', properties: [['rdfs:label', told(place)]] },
          ] as const,
      ),
      ['dcat:landingPage', { iri: url }],
      ...facts.references.map((address) => ['rdfs:seeAlso', { iri: address }] as const),
      ...(facts.isRestricted ? maybe('dct:accessRights', 'restricted') : []),
      ...distributionsOf(facts, options).map(
        (distribution) => ['dcat:distribution', distributionResource(distribution, facts)] as const,
      ),
    ],
  }
}

function contactOf(facts: DatasetFacts, options: CatalogOptions): Resource {
  return {
    iri: null,
    type: 'vcard:Organization',
    properties: [
      ['vcard:fn', literal(facts.contactName ?? facts.publisher ?? options.title)],
      ...(facts.contactEmail !== null && /^[^\s<>"@]+@[^\s<>"@]+$/.test(facts.contactEmail)
        ? ([['vcard:hasEmail', { iri: `mailto:${encodeURI(facts.contactEmail)}` }]] as const)
        : []),
    ],
  }
}

function distributionResource({ format, url, mediaType }: Distribution, facts: DatasetFacts): Resource {
  return {
    iri: null,
    type: 'dcat:Distribution',
    properties: [
      ['dct:title', literal(`${facts.title} (${format})`)],
      ['dcat:accessURL', { iri: url }],
      ['dcat:downloadURL', { iri: url }],
      ['dct:format', literal(format)],
      ['dcat:mediaType', { iri: `https://www.iana.org/assignments/media-types/${mediaType}` }],
      ...(facts.licenseUrl === null
        ? maybe('dct:rights', facts.license)
        : ([['dct:license', { iri: facts.licenseUrl }]] as const)),
    ],
  }
}

function catalogResource(options: CatalogOptions, datasets: readonly string[]): Resource {
  return {
    iri: options.catalogUrl,
    type: 'dcat:Catalog',
    properties: [
      ['dct:title', literal(options.title)],
      ['dct:description', literal(options.title)],
      ['dct:publisher', agent(options.title)],
      ...datasets.map((url) => ['dcat:dataset', { iri: url }] as const),
    ],
  }
}

interface Syntax {
  readonly mediaType: string
  readonly extension: string
  readonly head: string
  readonly end: string
  print(resource: Resource): string
}

/** The catalog itself comes last, when all of its datasets are known: their addresses alone are kept. */
function dcatFormat({ mediaType, extension, head, end, print }: Syntax): CatalogFormat {
  return {
    mediaType,
    extension,
    create: (options): RowsFormat => ({
      kind: 'rows',
      mediaType,
      extension,
      select: () => wholeDatasets,
      async *write(rows) {
        yield head
        const urls: string[] = []
        for await (const batch of rows) {
          for (const row of batch) {
            const facts = datasetFacts(String(row.object), row.visibility !== 'domain')
            urls.push(urlOf(facts, options))
            yield print(datasetResource(facts, options))
          }
        }
        yield print(catalogResource(options, urls))
        yield end
      },
    }),
  }
}

export const ttl = dcatFormat({
  mediaType: 'text/turtle; charset=utf-8',
  extension: 'ttl',
  head: turtleHead,
  end: '',
  print: turtleOf,
})

export const rdf = dcatFormat({
  mediaType: 'application/rdf+xml; charset=utf-8',
  extension: 'rdf',
  head: rdfXmlHead,
  end: rdfXmlEnd,
  print: rdfXmlOf,
})
