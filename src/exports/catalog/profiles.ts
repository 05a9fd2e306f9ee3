/**
 * DCAT-AP as countries have it: what each requires beyond DCAT-AP itself, from what metadata hold. A property here takes
 * the place of the general one of the same name; an empty list takes it out. What stands in where metadata say nothing is
 * in docs/exports.md, with what no metadata can say.
 *
 * Sources: eCH-0200, DCAT-AP.de 2.0, DCAT-AP-SE 2.2, DCAT-AP_IT 1.1, DCAT-AP-ES 1.0 with NTI-RISP, DCAT-AP Vlaanderen 2.0,
 * and mobilityDCAT-AP 1.1, which the Belgian access point follows.
 */
import type { CatalogOptions } from './catalog-format.ts'
import { type DatasetFacts, webAddress } from './dataset-facts.ts'
import type { Resource, Term, Value } from './graph.ts'
import {
  accessRightIri,
  country,
  fileTypeIri,
  frequencyIri,
  languageIri,
  provisional,
  themeCode,
  themeIri,
  unknownFrequency,
} from './vocabularies.ts'

export type Properties = Partial<Readonly<Record<Term, readonly Value[]>>>

/** When the first dataset was issued and the last one described; a catalog without datasets has none. */
export interface Span {
  readonly first: Date
  readonly last: Date
}

export interface Profile {
  readonly catalog: (options: CatalogOptions, span: Span | null) => Properties
  readonly dataset: (facts: DatasetFacts, options: CatalogOptions) => Properties
  readonly distribution: (
    facts: DatasetFacts,
    of: { readonly format: string; readonly url: string },
  ) => Properties
  /** Each dataset's description is a dcat:CatalogRecord, too. */
  readonly hasRecords?: boolean
}

const literal = (text: string): Value => ({ literal: text })
const instants = (at: Date | undefined): Value[] =>
  at === undefined ? [] : [{ literal: at.toISOString(), datatype: 'xsd:dateTime' }]
const iri = (address: string): Value => ({ iri: address })
const iris = (address: string | null): Value[] => (address === null ? [] : [iri(address)])
const node = (type: Term, properties: Resource['properties']): Resource => ({ iri: null, type, properties })

const themesOf = (facts: DatasetFacts) => [
  ...new Set(facts.themes.map(themeCode).filter((code) => code !== null)),
]
const licenseOf = (facts: DatasetFacts) => (facts.licenseUrl === null ? [] : [iri(facts.licenseUrl)])

/** Names in the vocabularies of the EU instead of words: what all profiles ask for. */
const european: Profile = {
  catalog: () => ({}),
  dataset: (facts) => ({
    'dct:language': iris(languageIri(facts.language)),
    'dct:accrualPeriodicity': iris(frequencyIri(facts.frequency)),
    'dct:accessRights': [iri(accessRightIri(facts.isRestricted))],
    'dcat:theme': themesOf(facts).map((code) => iri(themeIri(code))),
  }),
  distribution: (facts, { format }) => ({
    'dct:format': iris(fileTypeIri(format)),
    'dct:rights':
      facts.licenseUrl === null && facts.license !== null
        ? [node('dct:RightsStatement', [['rdfs:label', literal(facts.license)]])]
        : [],
  }),
}

const orElse = (values: readonly Value[] | undefined, address: string): readonly Value[] =>
  values && values.length > 0 ? values : [iri(address)]

function extended(more: Partial<Profile>): Profile {
  return {
    catalog: (options, span) => ({
      ...european.catalog(options, span),
      ...more.catalog?.(options, span),
    }),
    dataset: (facts, options) => ({
      ...european.dataset(facts, options),
      ...more.dataset?.(facts, options),
    }),
    distribution: (facts, of) => ({
      ...european.distribution(facts, of),
      ...more.distribution?.(facts, of),
    }),
    hasRecords: more.hasRecords === true,
  }
}

const switzerland = extended({
  dataset: (facts) => ({
    'dcat:theme': orElse(
      themesOf(facts).map((code) => iri(themeIri(code))),
      provisional('data-theme'),
    ),
  }),
  distribution: (facts) => ({ 'dct:license': orElse(licenseOf(facts), provisional('licence')) }),
})

const contributors = 'http://dcat-ap.de/def/contributors/'
const germany = extended({
  dataset: (facts) => ({
    // Given by GovData to each portal: it stands in the metadata, or nowhere.
    'dcatde:contributorID': facts.contributors
      .filter((address) => address.startsWith(contributors))
      .flatMap((address) => iris(webAddress(address))),
  }),
})

const sweden = extended({
  // The licence of the descriptions themselves: not ours to choose for whoever runs the server.
  catalog: () => ({ 'dct:license': [iri(provisional('licence'))] }),
})

const italianAgent = (name: string): Resource =>
  node('dcatapit:Agent', [
    ['rdf:type', iri('http://xmlns.com/foaf/0.1/Agent')],
    ['dct:identifier', literal(name)],
    ['foaf:name', literal(name)],
  ])
const italy = extended({
  catalog: (options, span) => ({
    'rdf:type': [iri('http://dati.gov.it/onto/dcatapit#Catalog')],
    'dct:modified': instants(span?.last),
    'dct:publisher': [italianAgent(options.title)],
  }),
  dataset: (facts, options) => ({
    'rdf:type': [iri('http://dati.gov.it/onto/dcatapit#Dataset')],
    'dcat:theme': orElse(
      themesOf(facts).map((code) => iri(themeIri(code))),
      provisional('data-theme'),
    ),
    'dct:accrualPeriodicity': orElse(iris(frequencyIri(facts.frequency)), unknownFrequency),
    'dct:rightsHolder': [italianAgent(facts.publisher ?? options.title)],
    'dct:publisher': [italianAgent(facts.publisher ?? options.title)],
  }),
  distribution: (facts, { format }) => ({
    'rdf:type': [iri('http://dati.gov.it/onto/dcatapit#Distribution')],
    'dct:format': orElse(iris(fileTypeIri(format)), provisional('file-type')),
    'dct:license': [
      {
        iri: facts.licenseUrl ?? 'https://w3id.org/italia/controlled-vocabulary/licences/C1_Unknown',
        type: 'dcatapit:LicenseDocument',
        properties: [
          ['rdf:type', iri('http://purl.org/dc/terms/LicenseDocument')],
          ['dct:type', iri('http://purl.org/adms/licencetype/UnknownIPR')],
          ['foaf:name', literal(facts.license ?? 'Licenza sconosciuta')],
        ],
      },
    ],
  }),
})

const sectors: Readonly<Record<string, string>> = {
  AGRI: 'medio-rural-pesca',
  ECON: 'economia',
  EDUC: 'educacion',
  ENER: 'energia',
  ENVI: 'medio-ambiente',
  HEAL: 'salud',
  JUST: 'legislacion-justicia',
  REGI: 'urbanismo-infraestructuras',
  SOCI: 'sociedad-bienestar',
  TECH: 'ciencia-tecnologia',
  TRAN: 'transporte',
}
const sectorIri = 'http://datos.gob.es/kos/sector-publico/sector'
const spain = extended({
  catalog: (options, span) => ({
    'foaf:homepage': [iri(options.catalogUrl)],
    'dcat:themeTaxonomy': [iri(sectorIri)],
    'dct:issued': instants(span?.first),
    'dct:modified': instants(span?.last),
    'dct:language': [iri(languageIri('es')!)],
    'dct:license': [iri(provisional('licence'))],
  }),
  dataset: (facts) => ({
    'dcat:theme': orElse(
      themesOf(facts).map((code) => iri(`${sectorIri}/${sectors[code] ?? 'sector-publico'}`)),
      `${sectorIri}/sector-publico`,
    ),
  }),
})

const flanders = extended({
  hasRecords: true,
  catalog: (options) => ({
    'dct:identifier': [literal(options.catalogUrl)],
    'dct:license': [iri(provisional('licence'))],
    'dcat:contactPoint': [node('vcard:Organization', [['vcard:fn', literal(options.title)]])],
  }),
  dataset: (facts) => ({
    'mdcat:statuut': facts.isRestricted
      ? []
      : [iri('https://metadata.vlaanderen.be/id/GDI-Vlaanderen-Trefwoorden/VLOPENDATA')],
  }),
  distribution: (facts, { format, url }) => ({
    'dct:identifier': [literal(url)],
    'dct:description': [literal(`${facts.title} (${format})`)],
    'dct:license': orElse(licenseOf(facts), provisional('licence')),
  }),
})

const mobility = 'https://w3id.org/mobilitydcat-ap/'
const belgium = node('dct:Location', [['dct:identifier', iri(country('BEL'))]])
const belgianAccessPoint = extended({
  hasRecords: true,
  catalog: (options) => ({ 'foaf:homepage': [iri(options.catalogUrl)], 'dct:spatial': [belgium] }),
  dataset: (facts) => ({
    // Nothing but a name in its vocabulary says which part of mobility a dataset is about.
    'mobilitydcatap:mobilityTheme': facts.themes
      .filter((theme) => theme.startsWith(`${mobility}mobility-theme/`))
      .flatMap((theme) => iris(webAddress(theme))),
    'dct:accrualPeriodicity': orElse(iris(frequencyIri(facts.frequency)), unknownFrequency),
    'dct:spatial': [belgium],
  }),
  distribution: (facts, { format }) => ({
    'dct:format': orElse(iris(fileTypeIri(format)), provisional('file-type')),
    'dct:rights': [
      node('dct:RightsStatement', [
        [
          'dct:type',
          iri(
            `${mobility}conditions-for-access-and-usage/${facts.licenseUrl === null ? 'other' : 'licence-provided'}`,
          ),
        ],
      ]),
    ],
    'mobilitydcatap:mobilityDataStandard': [
      node('mobilitydcatap:MobilityDataStandard', [
        ['dct:conformsTo', iri(`${mobility}mobility-data-standard/other`)],
      ]),
    ],
  }),
})

export const profiles = {
  dcat_ap_benap: belgianAccessPoint,
  dcat_ap_ch: switzerland,
  dcat_ap_de: germany,
  dcat_ap_it: italy,
  dcat_ap_se: sweden,
  dcat_ap_sp: spain,
  dcat_ap_vl: flanders,
} satisfies Readonly<Record<string, Profile>>
