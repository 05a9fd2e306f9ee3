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
  requests: number
}

export async function startPortal(t: TestContext, datasets: PortalDataset[]): Promise<Portal> {
  const portal: { -readonly [K in keyof Portal]: Portal[K] } = {
    url: '',
    datasets,
    answer: null,
    requests: 0,
  }
  const server = createServer((request, response) => {
    portal.requests++
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
