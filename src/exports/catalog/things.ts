/** What a description points at, with the class that DCAT-AP gives it: validators look no name up. */
import type { Resource, Term, Value } from './graph.ts'
import {
  accessRightIri,
  dataThemes,
  fileTypeIri,
  frequencyIri,
  languageIri,
  themeCode,
  themeIri,
  themeName,
} from './vocabularies.ts'

export const literal = (text: string, more: { datatype?: Term; language?: string } = {}): Value => ({
  literal: text,
  ...more,
})

export const instant = (text: string) =>
  literal(text, { datatype: text.includes('T') ? 'xsd:dateTime' : 'xsd:date' })

export const node = (
  type: Term,
  properties: Resource['properties'],
  iri: string | null = null,
): Resource => ({ iri, type, properties })

/** A thing known by its address; in a vocabulary, mostly. */
export const named = (type: Term, iri: string): Resource => node(type, [], iri)
export const namedOrNone = (type: Term, iri: string | null): Resource[] =>
  iri === null ? [] : [named(type, iri)]
/** A thing that no vocabulary has: what somebody wrote of it. */
const described = (type: Term, label: Value): Resource => node(type, [['rdfs:label', label]])

const inEnglish = (text: string) => literal(text, { language: 'en' })
export const concept = (iri: string, label: string): Resource =>
  node('skos:Concept', [['skos:prefLabel', inEnglish(label)]], iri)
export const scheme = (iri: string, title: string): Resource =>
  node('skos:ConceptScheme', [['dct:title', inEnglish(title)]], iri)

export const dataThemeScheme = scheme(dataThemes, 'Data theme')
export const themeConcept = (code: string) => concept(themeIri(code), themeName(code))
export const languageOf = (text: string | null) => namedOrNone('dct:LinguisticSystem', languageIri(text))
export const frequencyOf = (text: string | null) => namedOrNone('dct:Frequency', frequencyIri(text))
export const fileTypeOf = (format: string) => namedOrNone('dct:MediaTypeOrExtent', fileTypeIri(format))
export const accessRight = (isRestricted: boolean) =>
  named('dct:RightsStatement', accessRightIri(isRestricted))
export const license = (iri: string) => named('dct:LicenseDocument', iri)
export const mediaTypeOf = (mediaType: string) =>
  named('dct:MediaType', `https://www.iana.org/assignments/media-types/${mediaType}`)
/** With a name of its own: DCAT-AP.de takes no other. */
export const rights = (datasetUrl: string, label: Value) =>
  node('dct:RightsStatement', [['rdfs:label', label]], `${datasetUrl}#rights`)

type Told = (text: string) => Value

/** As those above, and words where the vocabulary has no name. */
export const themeOrWords = (text: string, told: Told): Resource => {
  const code = themeCode(text)
  return code === null ? node('skos:Concept', [['skos:prefLabel', told(text)]]) : themeConcept(code)
}
export const frequencyOrWords = (text: string, told: Told): Resource =>
  frequencyOf(text)[0] ?? described('dct:Frequency', told(text))
export const formatOrWords = (format: string): Resource =>
  fileTypeOf(format)[0] ?? described('dct:MediaTypeOrExtent', literal(format))
export const periodOrWords = (text: string, told: Told): Resource =>
  periodOf(text)[0] ?? described('dct:PeriodOfTime', told(text))

const day = /^\d{4}(-\d\d(-\d\d)?)?$/
const datatypes = ['xsd:gYear', 'xsd:gYearMonth', 'xsd:date'] as const

/** Of an ISO 8601 interval of years, months or days, either end of which may be open: `2000/2020-06`, `2000/..`. */
export function periodOf(text: string | null): Resource[] {
  const ends = (text ?? '').split('/').map((end) => end.trim().replace(/^\.\.$/, ''))
  if (ends.length > 2 || ends.every((end) => end === '')) return []
  if (!ends.every((end) => end === '' || day.test(end))) return []
  const [start, end = start] = ends
  const at = (property: Term, when: string | undefined): Resource['properties'] =>
    when ? [[property, literal(when, { datatype: datatypes[when.split('-').length - 1]! })]] : []
  return [node('dct:PeriodOfTime', [...at('dcat:startDate', start), ...at('dcat:endDate', end)])]
}
