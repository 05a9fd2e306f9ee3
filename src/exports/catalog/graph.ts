/** A small graph of resources, and its two syntaxes: Turtle and RDF/XML. */
import { xmlHead, xmlText } from '../print/xml.ts'

export type Value =
  | { readonly literal: string; readonly datatype?: Term; readonly language?: string }
  /** `type: never` tells it from a resource of which more is said. */
  | { readonly iri: string; readonly type?: never }
  | Resource
/** Prefix and local name, e.g. `dct:title`. */
export type Term = `${keyof typeof prefixes}:${string}`

export interface Resource {
  /** Null: a blank node. */
  readonly iri: string | null
  readonly type: Term
  /** Properties that have no value are left out by whoever makes the list. */
  readonly properties: readonly (readonly [property: Term, value: Value])[]
}

export const prefixes = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  dcat: 'http://www.w3.org/ns/dcat#',
  dct: 'http://purl.org/dc/terms/',
  foaf: 'http://xmlns.com/foaf/0.1/',
  vcard: 'http://www.w3.org/2006/vcard/ns#',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  dc: 'http://purl.org/dc/elements/1.1/',
  dcatapit: 'http://dati.gov.it/onto/dcatapit#',
  dcatde: 'http://dcat-ap.de/def/dcatde/',
  mdcat: 'https://data.vlaanderen.be/ns/metadata-dcat#',
  mobilitydcatap: 'https://w3id.org/mobilitydcat-ap#',
} as const

function iriOf(term: Term): string {
  const [prefix, name] = term.split(':') as [keyof typeof prefixes, string]
  return prefixes[prefix] + name
}

export const turtleHead = Object.entries(prefixes)
  .map(([prefix, iri]) => `@prefix ${prefix}: <${iri}> .\n`)
  .join('')

export function turtleOf(resource: Resource): string {
  return `${resource.iri === null ? '[]' : `<${resource.iri}>`} ${turtleBody(resource)} .\n`
}

function turtleBody({ type, properties }: Resource): string {
  return [`a ${type}`, ...properties.map(([property, value]) => `${property} ${turtleValue(value)}`)].join(
    ' ;\n  ',
  )
}

function turtleValue(value: Value): string {
  if ('literal' in value) {
    const quoted = JSON.stringify(value.literal.toWellFormed())
    if (value.language !== undefined) return `${quoted}@${value.language}`
    return value.datatype === undefined ? quoted : `${quoted}^^${value.datatype}`
  }
  // What is said of a resource with a name is a sentence of its own.
  return 'properties' in value && value.iri === null ? `[ ${turtleBody(value)} ]` : `<${value.iri}>`
}

export const rdfXmlHead = `${xmlHead}<rdf:RDF ${Object.entries(prefixes)
  .map(([prefix, iri]) => `xmlns:${prefix}="${iri}"`)
  .join(' ')}>\n`
export const rdfXmlEnd = '</rdf:RDF>\n'

export function rdfXmlOf({ iri, type, properties }: Resource): string {
  const about = iri === null ? '' : ` rdf:about="${xmlText(iri)}"`
  return `<${type}${about}>\n${properties.map(([property, value]) => rdfXmlProperty(property, value)).join('')}</${type}>\n`
}

function rdfXmlProperty(property: Term, value: Value): string {
  if ('literal' in value) {
    const language = value.language === undefined ? '' : ` xml:lang="${value.language}"`
    const datatype = value.datatype === undefined ? '' : ` rdf:datatype="${iriOf(value.datatype)}"`
    return `<${property}${language}${datatype}>${xmlText(value.literal)}</${property}>\n`
  }
  if ('properties' in value && value.iri === null) return `<${property}>${rdfXmlOf(value)}</${property}>\n`
  return `<${property} rdf:resource="${xmlText(value.iri!)}"/>\n`
}

/** Prints resources, and once each that has a name inside of them: what many datasets point at is said one time. */
export function createPrinter(print: (resource: Resource) => string): (resource: Resource) => string {
  const printed = new Set<string>()
  function inside({ properties }: Resource): string[] {
    return properties.flatMap(([, value]) => {
      if (!('properties' in value)) return []
      if (value.iri === null) return inside(value)
      const key = `${value.type} ${value.iri}`
      if (printed.has(key)) return []
      printed.add(key)
      return [print(value), ...inside(value)]
    })
  }
  return (resource) => [print(resource), ...inside(resource)].join('')
}
