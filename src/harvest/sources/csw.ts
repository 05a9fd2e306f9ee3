import { childOf, readElements, type XmlElement } from '../../ingest/index.ts'
import type { JsonObject } from '../../kernel/index.ts'
import {
  addressOf,
  chooseResources,
  common,
  type Found,
  type HarvestSource,
  isTrue,
  notUnderstood,
  requireAll,
  textOf,
} from '../remote.ts'

const pageRows = 50
const gmd = 'http://www.isotc211.org/2005/gmd'

/** OGC's Catalogue Service for the Web 2.0.2, with records of ISO 19139. */
export const cswSource: HarvestSource = {
  type: 'csw',
  label: 'CSW',
  description: 'A catalogue of geographic data, with records of ISO 19139',
  parameters: [
    {
      name: 'url',
      label: 'Address',
      type: 'text',
      description: 'Of the service, e.g. https://geo.example.org/geonetwork/srv/eng/csw',
      isMandatory: true,
    },
    common.allResources,
    common.metadataOnly,
  ],
  async *list(params, http) {
    for (let start = 1; ; ) {
      const url = addressOf(params, 'url', '')
      url.search = new URLSearchParams({
        service: 'CSW',
        version: '2.0.2',
        request: 'GetRecords',
        resultType: 'results',
        elementSetName: 'full',
        typeNames: 'gmd:MD_Metadata',
        namespace: `xmlns(gmd=${gmd})`,
        outputSchema: gmd,
        startPosition: String(start),
        maxRecords: String(pageRows),
      }).toString()
      const page = await readPage(await http.text(url), url)
      if (page.records.length === 0) return requireAll(url, page.matched, start - 1)
      yield page.records.map((record) => readRecord(record, params))
      // Some services say 0 at the end, others a number beyond the last, others nothing.
      const next = page.next ?? start + page.records.length
      if (next > page.matched) return
      if (next <= start) return requireAll(url, page.matched, start - 1 + page.records.length)
      start = next
    }
  },
}

interface Page {
  readonly records: readonly XmlElement[]
  readonly matched: number
  readonly next: number | null
}

/** Errors: harvest.not_understood; ingest.invalid_xml, xml_entities, xml_limit, too_deep. */
async function readPage(text: string, url: URL): Promise<Page> {
  const records: XmlElement[] = []
  let results: Readonly<Record<string, string>> | null = null
  let root = 'nothing'
  async function* chunks(): AsyncGenerator<string> {
    yield text
  }
  const batches = readElements(chunks(), {
    filename: url.hostname,
    isWanted: (path) => path.at(-1) === 'MD_Metadata',
    onOutside(path, attributes) {
      if (path.length === 1) root = path[0]!
      if (path.at(-1) === 'SearchResults') results = attributes
    },
  })
  for await (const batch of batches) records.push(...batch)
  if (results === null) throw notUnderstood(url, `it is ${root.slice(0, 60)}, and no results of a search`)
  const numberOf = (name: string) => {
    const given = results?.[name]
    return given !== undefined && /^\d{1,9}$/.test(given) ? Number(given) : null
  }
  return { records, matched: numberOf('numberOfRecordsMatched') ?? 0, next: numberOf('nextRecord') }
}

/** The first element at a path below another, whatever lies between being one of several. */
function at(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let found = element
  for (const name of path) found = found && childOf(found, name)
  return found
}

/** ISO 19139 puts a text into an element of its type. */
function said(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  const holder = at(element, ...path)
  if (!holder) return undefined
  return (
    textOf(holder.text) ??
    holder.children.map((child) => textOf(child.text)).find((text) => text !== undefined)
  )
}

const all = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element?.children.filter((child) => child.name === name) ?? []

function readRecord(record: XmlElement, params: JsonObject): Found {
  const information = childOf(record, 'identificationInfo')?.children[0]
  const title = said(information, 'citation', 'CI_Citation', 'title') ?? ''
  const remoteId = said(record, 'fileIdentifier')
  if (remoteId === undefined) return { remoteId: '', title, broken: 'it has no fileIdentifier' }
  const party =
    at(information, 'pointOfContact', 'CI_ResponsibleParty') ?? at(record, 'contact', 'CI_ResponsibleParty')
  const links = all(at(record, 'distributionInfo', 'MD_Distribution'), 'transferOptions')
    .flatMap((options) => all(childOf(options, 'MD_DigitalTransferOptions'), 'onLine'))
    .flatMap((line) => childOf(line, 'CI_OnlineResource') ?? [])
    .map((resource) => {
      const url = said(resource, 'linkage')
      const outputFormat =
        url !== undefined && URL.canParse(url) ? new URL(url).searchParams.get('outputFormat') : null
      return {
        url,
        title: said(resource, 'name'),
        formats: [outputFormat ?? undefined, said(resource, 'applicationProfile')],
      }
    })
  const legal = all(information, 'resourceConstraints').flatMap(
    (one) => childOf(one, 'MD_LegalConstraints') ?? [],
  )
  return {
    remoteId,
    title,
    metas: {
      default: {
        title,
        description: said(information, 'abstract'),
        keyword: all(information, 'descriptiveKeywords').flatMap((group) =>
          all(childOf(group, 'MD_Keywords'), 'keyword').flatMap((keyword) => said(keyword) ?? []),
        ),
        theme: all(information, 'topicCategory').flatMap((topic) => said(topic) ?? []),
        license: legal
          .map((one) => said(one, 'otherConstraints') ?? said(one, 'useLimitation'))
          .find(Boolean),
        publisher: said(party, 'organisationName'),
        modified: said(record, 'dateStamp'),
      },
      dcat: {
        contact_name: said(party, 'individualName'),
        contact_email: said(
          party,
          'contactInfo',
          'CI_Contact',
          'address',
          'CI_Address',
          'electronicMailAddress',
        ),
      },
    },
    resources: isTrue(params.metadata_only) ? [] : chooseResources(links, isTrue(params.all_resources)),
  }
}
