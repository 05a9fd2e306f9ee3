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
import { type Profile, type Properties, profiles, type Span } from './profiles.ts'
import { languageIri, themeCode } from './vocabularies.ts'

/** One distribution of a dataset: an export that it offers and the reader has asked for. */
export interface Distribution {
  readonly format: string
  readonly url: string
  readonly mediaType: string
}

export function distributionsOf(facts: DatasetFacts, options: CatalogOptions): Distribution[] {
  return (facts.isDataVisible ? formatsFor(facts.fieldTypes) : [])
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

/** The general properties, with a profile's own in the place of those of the same name. */
function withOwn(general: Resource['properties'], own: Properties): Resource['properties'] {
  const added = Object.entries(own) as [Term, readonly Value[]][]
  return [
    ...general.filter(([property]) => !Object.hasOwn(own, property)),
    ...added.flatMap(([property, values]) => values.map((value) => [property, value] as const)),
  ]
}

function datasetResource(facts: DatasetFacts, options: CatalogOptions, profile: Profile): Resource {
  const url = urlOf(facts, options)
  // Only what is a language tag may be one.
  const language = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(facts.language ?? '') ? facts.language! : undefined
  const told = (text: string) => literal(text, language === undefined ? {} : { language })
  return {
    iri: url,
    type: 'dcat:Dataset',
    properties: withOwn(
      [
        ['dct:identifier', literal(facts.id)],
        ['dct:title', told(facts.title)],
        ['dct:description', told(facts.description)],
        ...wordsOf(facts, profile).map((word) => ['dcat:keyword', told(word)] as const),
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
          (distribution) =>
            ['dcat:distribution', distributionResource(distribution, facts, profile)] as const,
        ),
      ],
      profile.dataset(facts, options),
    ),
  }
}

/** Where themes must be names in a vocabulary, those that are none are keywords: nothing that somebody wrote is lost. */
function wordsOf({ keywords, themes }: DatasetFacts, profile: Profile): readonly string[] {
  if (profile === plain) return keywords
  return [...new Set([...keywords, ...themes.filter((theme) => themeCode(theme) === null)])]
}

function contactOf(facts: DatasetFacts, options: CatalogOptions): Resource {
  const email = facts.contactEmail ?? options.contactEmail
  return {
    iri: null,
    type: 'vcard:Organization',
    properties: [
      ['vcard:fn', literal(facts.contactName ?? facts.publisher ?? options.title)],
      ...(email !== null && /^[^\s<>"@]+@[^\s<>"@]+$/.test(email)
        ? ([['vcard:hasEmail', { iri: `mailto:${encodeURI(email)}` }]] as const)
        : []),
    ],
  }
}

function distributionResource(
  { format, url, mediaType }: Distribution,
  facts: DatasetFacts,
  profile: Profile,
): Resource {
  return {
    iri: null,
    type: 'dcat:Distribution',
    properties: withOwn(
      [
        ['dct:title', literal(`${facts.title} (${format})`)],
        ['dcat:accessURL', { iri: url }],
        ['dcat:downloadURL', { iri: url }],
        ['dct:format', literal(format)],
        ['dcat:mediaType', { iri: `https://www.iana.org/assignments/media-types/${mediaType}` }],
        ...(facts.licenseUrl === null
          ? maybe('dct:rights', facts.license)
          : ([['dct:license', { iri: facts.licenseUrl }]] as const)),
      ],
      profile.distribution(facts, { format, url }),
    ),
  }
}

function catalogResource(
  options: CatalogOptions,
  profile: Profile,
  { datasets, span }: { datasets: readonly string[]; span: Span | null },
): Resource {
  return {
    iri: options.catalogUrl,
    type: 'dcat:Catalog',
    properties: withOwn(
      [
        ['dct:title', literal(options.title)],
        ['dct:description', literal(options.description)],
        ['dct:publisher', agent(options.title)],
        ...datasets.map((url) => ['dcat:dataset', { iri: url }] as const),
        ...(profile.hasRecords ? datasets : []).map(
          (url) => ['dcat:record', { iri: recordUrl(url) }] as const,
        ),
      ],
      profile.catalog(options, span),
    ),
  }
}

const recordUrl = (datasetUrl: string) => `${datasetUrl}#record`

/** The description of a dataset, as a thing of its own. */
function recordResource(facts: DatasetFacts, options: CatalogOptions): Resource {
  const url = urlOf(facts, options)
  const language = languageIri(facts.language)
  return {
    iri: recordUrl(url),
    type: 'dcat:CatalogRecord',
    properties: [
      ['foaf:primaryTopic', { iri: url }],
      ['dct:identifier', literal(facts.uid)],
      ['dct:issued', instant(facts.describedAt)],
      ['dct:modified', instant(facts.describedAt)],
      ...(language === null ? [] : ([['dct:language', { iri: language }]] as const)),
    ],
  }
}

/** DCAT without a profile. */
const plain: Profile = { catalog: () => ({}), dataset: () => ({}), distribution: () => ({}) }

interface Syntax {
  readonly mediaType: string
  readonly extension: string
  readonly head: string
  readonly end: string
  print(resource: Resource): string
}

/** The catalog itself comes last, when all of its datasets are known: their addresses alone are kept. */
function dcatFormat(
  { mediaType, extension, head, end, print }: Syntax,
  profile: Profile = plain,
): CatalogFormat {
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
        const datasets: string[] = []
        let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
        for await (const batch of rows) {
          for (const row of batch) {
            const facts = datasetFacts(String(row.object), row.visibility !== 'domain')
            datasets.push(urlOf(facts, options))
            for (const at of [facts.issued ?? facts.modified, facts.describedAt].map(Date.parse)) {
              // An instant that cannot be read is none of these.
              if (at < first) first = at
              if (at > last) last = at
            }
            yield print(datasetResource(facts, options, profile))
            if (profile.hasRecords) yield print(recordResource(facts, options))
          }
        }
        const span = last < first ? null : { first: new Date(first), last: new Date(last) }
        yield print(catalogResource(options, profile, { datasets, span }))
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

const rdfXml: Syntax = {
  mediaType: 'application/rdf+xml; charset=utf-8',
  extension: 'rdf',
  head: rdfXmlHead,
  end: rdfXmlEnd,
  print: rdfXmlOf,
}

export const rdf = dcatFormat(rdfXml)

/** A profile is RDF/XML, as harvesters ask for it. */
export const profileFormats: Readonly<Record<string, CatalogFormat>> = Object.fromEntries(
  Object.entries(profiles).map(([name, profile]) => [name, dcatFormat(rdfXml, profile)]),
)
