/**
 * Words of metadata to names in controlled vocabularies: those of the EU (https://op.europa.eu/en/web/eu-vocabularies),
 * which all DCAT-AP profiles share. A value that is a name in the vocabulary already stays; one that is not known has none.
 */

const authority = 'http://publications.europa.eu/resource/authority/'

const languages: Readonly<Record<string, string>> = {
  ar: 'ARA',
  ca: 'CAT',
  de: 'DEU',
  en: 'ENG',
  es: 'SPA',
  eu: 'EUS',
  fr: 'FRA',
  it: 'ITA',
  nl: 'NLD',
  pt: 'POR',
  sv: 'SWE',
}

/** By code; what the vocabulary calls them in English. */
const themes: Readonly<Record<string, string>> = {
  AGRI: 'Agriculture, fisheries, forestry and food',
  ECON: 'Economy and finance',
  EDUC: 'Education, culture and sport',
  ENER: 'Energy',
  ENVI: 'Environment',
  GOVE: 'Government and public sector',
  HEAL: 'Health',
  INTR: 'International issues',
  JUST: 'Justice, legal system and public safety',
  REGI: 'Regions and cities',
  SOCI: 'Population and society',
  TECH: 'Science and technology',
  TRAN: 'Transport',
}

const frequencies: Readonly<Record<string, string>> = {
  continuous: 'UPDATE_CONT',
  'continuously updated': 'UPDATE_CONT',
  'real time': 'UPDATE_CONT',
  hourly: 'HOURLY',
  daily: 'DAILY',
  weekly: 'WEEKLY',
  fortnightly: 'BIWEEKLY',
  biweekly: 'BIWEEKLY',
  monthly: 'MONTHLY',
  bimonthly: 'BIMONTHLY',
  quarterly: 'QUARTERLY',
  biannual: 'ANNUAL_2',
  'semi-annual': 'ANNUAL_2',
  'twice a year': 'ANNUAL_2',
  annual: 'ANNUAL',
  annually: 'ANNUAL',
  yearly: 'ANNUAL',
  biennial: 'BIENNIAL',
  irregular: 'IRREG',
  'as needed': 'IRREG',
  never: 'NEVER',
  unknown: 'UNKNOWN',
}

/** Export formats; the vocabulary has none for the others. */
const fileTypes: Readonly<Record<string, string>> = {
  csv: 'CSV',
  geojson: 'GEOJSON',
  json: 'JSON',
  jsonld: 'JSON_LD',
  kml: 'KML',
  n3: 'N3',
  rdfxml: 'RDF_XML',
  shp: 'SHP',
  turtle: 'RDF_TURTLE',
  xlsx: 'XLSX',
}

function nameIn(list: string, known: readonly string[], text: string): string | null {
  const prefix = `${authority}${list}/`
  const code = text.startsWith(prefix) ? text.slice(prefix.length) : text
  return known.includes(code) ? prefix + code : null
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | null =>
  Object.hasOwn(record, key) ? record[key]! : null

/** Of `fr`, `fr-CA` or a name in the vocabulary. */
export function languageIri(text: string | null): string | null {
  if (text === null) return null
  const code = own(languages, text.toLowerCase().split('-')[0]!)
  return nameIn('language', Object.values(languages), code ?? text)
}

/** Of a code (`ENVI`), what the vocabulary calls it in English, or its name there. */
export function themeCode(text: string): string | null {
  const folded = text.trim().toLowerCase()
  const code = Object.keys(themes).find((key) => themes[key]!.toLowerCase() === folded)
  const name = nameIn('data-theme', Object.keys(themes), code ?? text.trim())
  return name === null ? null : name.split('/').at(-1)!
}

export const dataThemes = `${authority}data-theme`
export const themeIri = (code: string) => `${dataThemes}/${code}`
/** In English. */
export const themeName = (code: string) => themes[code] ?? 'Provisional data'

export function frequencyIri(text: string | null): string | null {
  if (text === null) return null
  const code = own(frequencies, text.trim().toLowerCase())
  return nameIn('frequency', Object.values(frequencies), code ?? text.trim())
}

export function fileTypeIri(format: string): string | null {
  const code = own(fileTypes, format)
  return code === null ? null : `${authority}file-type/${code}`
}

export const accessRightIri = (isRestricted: boolean) =>
  `${authority}access-right/${isRestricted ? 'RESTRICTED' : 'PUBLIC'}`

/** What the vocabularies have for values that nobody has chosen yet. */
export const provisionalCode = 'OP_DATPRO'
export const provisional = (list: 'file-type' | 'licence') => `${authority}${list}/${provisionalCode}`
export const unknownFrequency = `${authority}frequency/UNKNOWN`
export const country = (code: string) => `${authority}country/${code}`
