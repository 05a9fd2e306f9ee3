/**
 * The catalog in the vocabulary of DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/), with what DCAT-AP 3 requires of a catalog
 * (title, description, publisher), a dataset (title, description) and a distribution (access address), and the class that
 * it gives each thing they point at.
 */
import type { RowsFormat } from '../format.ts'
import { exportFormats, formatsFor } from '../formats.ts'
import { type CatalogFormat, type CatalogOptions, wholeDatasets } from './catalog-format.ts'
import { type DatasetFacts, datasetFacts } from './dataset-facts.ts'
import {
  createPrinter,
  type Resource,
  rdfXmlEnd,
  rdfXmlHead,
  rdfXmlOf,
  type Term,
  turtleHead,
  turtleOf,
  type Value,
} from './graph.ts'
import { instants, type Profile, type Properties, profiles, type Span } from './profiles.ts'
import {
  accessRight,
  dataThemeScheme,
  formatOrWords,
  frequencyOrWords,
  instant,
  languageOf,
  license,
  literal,
  mediaTypeOf,
  named,
  node,
  periodOrWords,
  rights,
  themeOrWords,
} from './things.ts'
import { themeCode } from './vocabularies.ts'

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

/** The page of the portal that shows a dataset. */
export const datasetPage = (portalUrl: string, id: string) =>
  `${portalUrl}/dataset/${encodeURIComponent(id)}/information/`
export const pageOf = ({ id }: DatasetFacts, { portalUrl }: Pick<CatalogOptions, 'portalUrl'>) =>
  datasetPage(portalUrl, id)

const agent = (name: string): Resource => node('foaf:Agent', [['foaf:name', literal(name)]])

const maybe = (property: Term, value: string | null, print: (text: string) => Value): [Term, Value][] =>
  value === null ? [] : [[property, print(value)]]

/** Texts in the language of the dataset: only what is a language tag may be one. */
function tellerOf({ language }: DatasetFacts, profile: Profile): (text: string) => Value {
  const tag = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language ?? '') ? language : profile.language
  return (text) => literal(text, tag ? { language: tag } : {})
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
  const told = tellerOf(facts, profile)
  return {
    iri: url,
    type: 'dcat:Dataset',
    properties: withOwn(
      [
        ['dct:identifier', literal(facts.id)],
        ['dct:title', told(facts.title)],
        ['dct:description', told(facts.description)],
        ...wordsOf(facts, profile).map((word) => ['dcat:keyword', told(word)] as const),
        ...facts.themes.map((theme) => ['dcat:theme', themeOrWords(theme, told)] as const),
        ['dct:publisher', agent(facts.publisher ?? options.title)],
        ['dcat:contactPoint', contactOf(facts, options)],
        ['dct:modified', instant(facts.modified)],
        ...maybe('dct:issued', facts.issued, instant),
        ...languageOf(facts.language).map((language) => ['dct:language', language] as const),
        ...maybe('dct:accrualPeriodicity', facts.frequency, (text) => frequencyOrWords(text, told)),
        ...maybe('dct:temporal', facts.temporal, (text) => periodOrWords(text, told)),
        ...facts.territory.map(
          (place) => ['dct:spatial', node('dct:Location', [['rdfs:label', told(place)]])] as const,
        ),
        ['dcat:landingPage', named('foaf:Document', pageOf(facts, options))],
        ...facts.references.map((address) => ['rdfs:seeAlso', { iri: address }] as const),
        ['dct:accessRights', accessRight(facts.isRestricted)],
        ...distributionsOf(facts, options).map(
          (distribution) =>
            ['dcat:distribution', distributionResource(distribution, { facts, url, profile })] as const,
        ),
      ],
      profile.dataset(facts, options),
    ),
  }
}

/** What must be a name in a vocabulary and is none is a keyword: nothing that somebody wrote is lost. */
function wordsOf({ keywords, themes, territory }: DatasetFacts, profile: Profile): readonly string[] {
  if (profile === plain) return keywords
  const others = themes.filter((theme) => themeCode(theme) === null)
  return [...new Set([...keywords, ...others, ...(profile.hasPlacesAsWords ? territory : [])])]
}

function contactOf(facts: DatasetFacts, options: CatalogOptions): Resource {
  const email = facts.contactEmail ?? options.contactEmail
  const isAddress = email !== null && /^[^\s<>"@]+@[^\s<>"@]+$/.test(email)
  return node('vcard:Organization', [
    ['vcard:fn', literal(facts.contactName ?? facts.publisher ?? options.title)],
    isAddress
      ? ['vcard:hasEmail', { iri: `mailto:${encodeURI(email)}` }]
      : ['vcard:hasURL', { iri: pageOf(facts, options) }],
  ])
}

function distributionResource(
  { format, url, mediaType }: Distribution,
  of: { readonly facts: DatasetFacts; readonly url: string; readonly profile: Profile },
): Resource {
  const { facts, profile } = of
  const told = tellerOf(facts, profile)
  const title = told(`${facts.title} (${format})`)
  return node(
    'dcat:Distribution',
    withOwn(
      [
        ['dct:title', title],
        ['dcat:accessURL', { iri: url }],
        ['dcat:downloadURL', { iri: url }],
        ['dct:format', formatOrWords(format)],
        ['dcat:mediaType', mediaTypeOf(mediaType)],
        ['dct:modified', instant(facts.modified)],
        ...(facts.licenseUrl === null
          ? maybe('dct:rights', facts.license, (text) => rights(of.url, told(text)))
          : ([['dct:license', license(facts.licenseUrl)]] as const)),
      ],
      profile.distribution(facts, { format, url, title }),
    ),
  )
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
        ['dct:title', literal(options.title, { language: options.language })],
        ['dct:description', literal(options.description, { language: options.language })],
        ['dct:publisher', agent(options.title)],
        ['foaf:homepage', named('foaf:Document', options.portalUrl)],
        ...options.languages.flatMap(languageOf).map((language) => ['dct:language', language] as const),
        ...instants(span?.first).map((instant) => ['dct:issued', instant] as const),
        ...instants(span?.last).map((instant) => ['dct:modified', instant] as const),
        ['dcat:themeTaxonomy', dataThemeScheme],
        ...datasets.map((url) => ['dcat:dataset', { iri: url }] as const),
        ...(profile.hasRecords ? datasets : []).map(
          (url) => ['dcat:record', { iri: recordUrl(url) }] as const,
        ),
      ],
      profile.catalog(options),
    ),
  }
}

const recordUrl = (datasetUrl: string) => `${datasetUrl}#record`

/** The description of a dataset, as a thing of its own. */
function recordResource(facts: DatasetFacts, options: CatalogOptions): Resource {
  const url = urlOf(facts, options)
  return {
    iri: recordUrl(url),
    type: 'dcat:CatalogRecord',
    properties: [
      ['foaf:primaryTopic', { iri: url }],
      ['dct:identifier', literal(facts.uid)],
      ['dct:created', instant(facts.describedAt)],
      ['dct:issued', instant(facts.describedAt)],
      ['dct:modified', instant(facts.describedAt)],
      ...languageOf(facts.language ?? options.language).map(
        (language) => ['dct:language', language] as const,
      ),
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
        const printed = createPrinter(print)
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
            yield printed(datasetResource(facts, options, profile))
            if (profile.hasRecords) yield printed(recordResource(facts, options))
          }
        }
        const span = last < first ? null : { first: new Date(first), last: new Date(last) }
        yield printed(catalogResource(options, profile, { datasets, span }))
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
