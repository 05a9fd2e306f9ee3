/** Another portal, as far as harvesters see it: the same datasets by each protocol, and manners to be afraid of. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface PortalDataset {
  readonly id: string
  readonly title?: string
  readonly description?: string
  readonly csv?: string
}

export interface Portal {
  readonly url: string
  /** What it has now; may be changed. */
  datasets: PortalDataset[]
  /** Answers instead of the protocols, when set. */
  answer: ((path: URL, response: ServerResponse) => void) | null
  /** What the header Authorization must say; null: anything. */
  authorization: string | null
  requests: number
}

export async function startPortal(t: TestContext, datasets: PortalDataset[]): Promise<Portal> {
  const portal: { -readonly [K in keyof Portal]: Portal[K] } = {
    url: '',
    datasets,
    answer: null,
    authorization: null,
    requests: 0,
  }
  const server = createServer((request, response) => {
    portal.requests++
    if (portal.authorization !== null && request.headers.authorization !== portal.authorization)
      return void response.writeHead(401).end('who are you?')
    const path = new URL(request.url!, portal.url)
    if (portal.answer) return portal.answer(path, response)
    const send = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const { pathname, searchParams } = path
    const fileOf = (id: string) => `${portal.url}/files/${id}.csv`
    const from = Number(searchParams.get('start') ?? searchParams.get('offset') ?? 0)
    const rows = Number(searchParams.get('rows') ?? searchParams.get('limit') ?? 100)
    const page = portal.datasets.slice(from, from + rows)
    const csvOf = (id: string) => portal.datasets.find((one) => one.id === id)?.csv ?? 'a;b\n1;2\n'
    if (pathname === '/api/3/action/package_search') {
      const results = page.map((one) => ({
        ...(one.id === '' ? {} : { id: one.id }),
        title: one.title,
        notes: one.description,
        tags: [{ display_name: 'trees' }],
        organization: { title: 'City' },
        metadata_modified: '2031-01-02T03:04:05.678',
        resources: [
          { url: `${portal.url}/about/${one.id}.pdf`, format: 'PDF', name: 'About' },
          { url: fileOf(one.id), format: 'CSV', name: 'Data' },
        ],
      }))
      return void send({ success: true, result: { count: portal.datasets.length, results } })
    }
    if (pathname === '/data.json' || pathname === '/api/feed/dcat-us/1.1.json') {
      const dataset = portal.datasets.map((one) => ({
        ...(one.id === '' ? {} : { identifier: one.id }),
        title: one.title,
        description: one.description,
        keyword: ['trees'],
        publisher: { name: 'City' },
        distribution: [{ downloadURL: fileOf(one.id), mediaType: 'text/csv' }],
      }))
      return void send({ conformsTo: 'https://project-open-data.cio.gov/v1.1/schema', dataset })
    }
    if (pathname === '/api/explore/v2.1/catalog/datasets') {
      const results = page.map((one) => ({
        dataset_id: one.id,
        has_records: true,
        metas: {
          default: { title: one.title, description: one.description, keyword: ['trees'], publisher: 'City' },
        },
      }))
      return void send({ total_count: portal.datasets.length, results })
    }
    if (pathname === '/api/catalog/v1') {
      const results = page.map((one) => ({
        resource: { id: one.id, name: one.title, description: one.description, attribution: 'City' },
        classification: { domain_tags: ['trees'] },
      }))
      return void send({ resultSetSize: portal.datasets.length, results })
    }
    if (pathname === '/csw') {
      const start = Number(searchParams.get('startPosition')) - 1
      // Two at a time, whatever is asked for.
      const records = portal.datasets.slice(start, start + 2)
      const next = start + 2 < portal.datasets.length ? start + 3 : 0
      response.writeHead(200, { 'content-type': 'application/xml' })
      return void response.end(searchResults(records, portal.datasets.length, next, fileOf))
    }
    const file =
      /\/files\/(.+)\.csv$/.exec(pathname) ??
      /\/datasets\/(.+)\/exports\/csv$/.exec(pathname) ??
      /\/views\/(.+)\/rows\.csv$/.exec(pathname)
    if (file) return void response.writeHead(200, { 'content-type': 'text/csv' }).end(csvOf(file[1]!))
    response.writeHead(404).end('nothing here')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  portal.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return portal
}

const text = (value: string | undefined) =>
  `<gco:CharacterString>${(value ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</gco:CharacterString>`

function searchResults(
  datasets: readonly PortalDataset[],
  matched: number,
  next: number,
  fileOf: (id: string) => string,
): string {
  const records = datasets.map(
    (one) => `<gmd:MD_Metadata>
      ${one.id === '' ? '' : `<gmd:fileIdentifier>${text(one.id)}</gmd:fileIdentifier>`}
      <gmd:dateStamp><gco:DateTime>2031-01-02T03:04:05</gco:DateTime></gmd:dateStamp>
      <gmd:identificationInfo><gmd:MD_DataIdentification>
        <gmd:citation><gmd:CI_Citation><gmd:title>${text(one.title)}</gmd:title></gmd:CI_Citation></gmd:citation>
        <gmd:abstract>${text(one.description)}</gmd:abstract>
        <gmd:pointOfContact><gmd:CI_ResponsibleParty>
          <gmd:organisationName>${text('City')}</gmd:organisationName>
        </gmd:CI_ResponsibleParty></gmd:pointOfContact>
        <gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword>${text('trees')}</gmd:keyword></gmd:MD_Keywords></gmd:descriptiveKeywords>
      </gmd:MD_DataIdentification></gmd:identificationInfo>
      <gmd:distributionInfo><gmd:MD_Distribution><gmd:transferOptions><gmd:MD_DigitalTransferOptions>
        <gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>${fileOf(one.id)}</gmd:URL></gmd:linkage></gmd:CI_OnlineResource></gmd:onLine>
      </gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution></gmd:distributionInfo>
    </gmd:MD_Metadata>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
    <csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco">
    <csw:SearchResults numberOfRecordsMatched="${matched}" numberOfRecordsReturned="${datasets.length}" nextRecord="${next}">
    ${records.join('')}</csw:SearchResults></csw:GetRecordsResponse>`
}
