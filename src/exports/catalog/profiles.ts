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
  concept,
  dataThemeScheme,
  fileTypeOf,
  frequencyOf,
  instant,
  languageOf,
  license,
  literal,
  named,
  node,
  periodOf,
  scheme,
  themeConcept,
} from './things.ts'
import {
  accessRightIri,
  country,
  provisional,
  provisionalCode,
  themeCode,
  unknownFrequency,
} from './vocabularies.ts'

export type Properties = Partial<Readonly<Record<Term, readonly Value[]>>>

/** When the first dataset was issued and the last one described; a catalog without datasets has none. */
export interface Span {
  readonly first: Date
  readonly last: Date
}

export interface Profile {
  readonly catalog: (options: CatalogOptions) => Properties
  readonly dataset: (facts: DatasetFacts, options: CatalogOptions) => Properties
  readonly distribution: (
    facts: DatasetFacts,
    of: { readonly format: string; readonly url: string; readonly title: Value },
  ) => Properties
  /** Each dataset's description is a dcat:CatalogRecord, too. */
  readonly hasRecords?: boolean
  /** Places are keywords: it takes none without a geometry, or a name in a vocabulary. */
  readonly hasPlacesAsWords?: boolean
  /** Of texts of datasets that do not say theirs. */
  readonly language?: string
}

export const instants = (at: Date | undefined): Value[] =>
  at === undefined ? [] : [literal(at.toISOString(), { datatype: 'xsd:dateTime' })]
const iri = (address: string): Value => ({ iri: address })
const iris = (address: string | null): Value[] => (address === null ? [] : [iri(address)])

const themesOf = (facts: DatasetFacts) => [
  ...new Set(facts.themes.map(themeCode).filter((code) => code !== null)),
]
const licenseOf = (facts: DatasetFacts) => (facts.licenseUrl === null ? [] : [license(facts.licenseUrl)])
const provisionalLicense = license(provisional('licence'))

/** Names in the vocabularies of the EU alone: what all profiles ask for. */
const european: Profile = {
  catalog: () => ({}),
  dataset: (facts) => ({
    'dct:accrualPeriodicity': frequencyOf(facts.frequency),
    'dct:temporal': periodOf(facts.temporal),
    'dcat:theme': themesOf(facts).map(themeConcept),
  }),
  distribution: (_facts, { format }) => ({ 'dct:format': fileTypeOf(format) }),
}

const orElse = (values: readonly Value[], other: Value): readonly Value[] =>
  values.length > 0 ? values : [other]
const themesOrNone = (facts: DatasetFacts) =>
  orElse(themesOf(facts).map(themeConcept), themeConcept(provisionalCode))
const frequencyOrUnknown = (facts: DatasetFacts) =>
  orElse(frequencyOf(facts.frequency), named('dct:Frequency', unknownFrequency))
const formatOrNone = (format: string) =>
  orElse(fileTypeOf(format), named('dct:MediaTypeOrExtent', provisional('file-type')))

function extended(more: Partial<Profile>): Profile {
  return {
    catalog: (options) => ({ ...european.catalog(options), ...more.catalog?.(options) }),
    dataset: (facts, options) => ({
      ...european.dataset(facts, options),
      ...more.dataset?.(facts, options),
    }),
    distribution: (facts, of) => ({
      ...european.distribution(facts, of),
      ...more.distribution?.(facts, of),
    }),
    hasRecords: more.hasRecords === true,
    hasPlacesAsWords: more.hasPlacesAsWords === true,
    ...(more.language === undefined ? {} : { language: more.language }),
  }
}

const switzerland = extended({
  dataset: (facts) => ({ 'dcat:theme': themesOrNone(facts) }),
  distribution: (facts) => ({
    'dct:issued': [instant(facts.issued ?? facts.modified)],
    'dct:license': orElse(licenseOf(facts), provisionalLicense),
  }),
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
  catalog: () => ({ 'dct:license': [provisionalLicense] }),
})

const italianAgent = (name: string): Resource =>
  node('dcatapit:Agent', [
    ['rdf:type', iri('http://xmlns.com/foaf/0.1/Agent')],
    ['dct:identifier', literal(name)],
    ['foaf:name', literal(name)],
  ])
const italy = extended({
  catalog: (options) => ({
    'rdf:type': [iri('http://dati.gov.it/onto/dcatapit#Catalog')],
    'dct:publisher': [italianAgent(options.title)],
  }),
  dataset: (facts, options) => ({
    'rdf:type': [iri('http://dati.gov.it/onto/dcatapit#Dataset')],
    'dcat:theme': themesOrNone(facts),
    'dct:accrualPeriodicity': frequencyOrUnknown(facts),
    'dct:rightsHolder': [italianAgent(facts.publisher ?? options.title)],
    'dct:publisher': [italianAgent(facts.publisher ?? options.title)],
  }),
  distribution: (facts, { format }) => ({
    'rdf:type': [iri('http://dati.gov.it/onto/dcatapit#Distribution')],
    'dct:format': formatOrNone(format),
    'dct:license': [
      node(
        'dcatapit:LicenseDocument',
        [
          ['rdf:type', iri('http://purl.org/dc/terms/LicenseDocument')],
          ['dct:type', concept('http://purl.org/adms/licencetype/UnknownIPR', 'Unknown IPR')],
          ['foaf:name', literal(facts.license ?? 'Licenza sconosciuta')],
        ],
        facts.licenseUrl ?? 'https://w3id.org/italia/controlled-vocabulary/licences/C1_Unknown',
      ),
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
const sectorConcept = (name: string) =>
  node(
    'skos:Concept',
    [['skos:prefLabel', literal(name.replaceAll('-', ' '), { language: 'es' })]],
    `${sectorIri}/${name}`,
  )
/** Names of public bodies, by their DIR3 code. */
const bodies = 'http://datos.gob.es/recurso/sector-publico/org/Organismo/'
const spain = extended({
  language: 'es',
  hasPlacesAsWords: true,
  catalog: () => ({
    'dcat:themeTaxonomy': [scheme(sectorIri, 'Sectors of NTI-RISP'), dataThemeScheme],
    'dct:language': languageOf('es'),
    'dct:license': [provisionalLicense],
  }),
  dataset: (facts, options) => ({
    'dct:spatial': [],
    'dct:publisher': [spanishPublisher(facts, options)],
    'dcat:theme': [
      ...orElse(
        [...new Set(themesOf(facts).map((code) => sectors[code] ?? 'sector-publico'))].map(sectorConcept),
        sectorConcept('sector-publico'),
      ),
      ...themesOf(facts).map(themeConcept),
    ],
  }),
})

function spanishPublisher(facts: DatasetFacts, options: CatalogOptions): Resource {
  const body = [facts.publisher, ...facts.contributors].find((text) => text?.startsWith(bodies))
  return node(
    'foaf:Agent',
    [['foaf:name', literal(facts.publisher ?? options.title)]],
    webAddress(body ?? undefined),
  )
}

const flanders = extended({
  hasRecords: true,
  catalog: (options) => ({
    'dct:identifier': [literal(options.catalogUrl)],
    'dct:license': [provisionalLicense],
    'dcat:contactPoint': [
      node('vcard:Organization', [
        ['vcard:fn', literal(options.title)],
        ['vcard:hasURL', iri(options.portalUrl)],
      ]),
    ],
  }),
  dataset: (facts) => ({
    'mdcat:statuut': facts.isRestricted
      ? []
      : [iri('https://metadata.vlaanderen.be/id/GDI-Vlaanderen-Trefwoorden/VLOPENDATA')],
  }),
  distribution: (facts, { url, title }) => ({
    'dct:identifier': [literal(url)],
    'dct:description': [title],
    'dct:license': orElse(licenseOf(facts), provisionalLicense),
  }),
})

const mobility = 'https://w3id.org/mobilitydcat-ap/'
const belgium = node('dct:Location', [['dct:identifier', iri(country('BEL'))]])
const belgianAccessPoint = extended({
  hasRecords: true,
  catalog: () => ({ 'dct:spatial': [belgium] }),
  dataset: (facts) => ({
    // Nothing but a name in its vocabulary says which part of mobility a dataset is about.
    'mobilitydcatap:mobilityTheme': facts.themes
      .filter((theme) => theme.startsWith(`${mobility}mobility-theme/`))
      .flatMap((theme) => iris(webAddress(theme))),
    // By name alone: of each rights statement it wants the conditions, and a vocabulary's has none.
    'dct:accessRights': [iri(accessRightIri(facts.isRestricted))],
    'dct:accrualPeriodicity': frequencyOrUnknown(facts),
    'dct:spatial': [belgium],
  }),
  distribution: (facts, { format }) => ({
    'dct:format': formatOrNone(format),
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
