/**
 * Tables that tell by their content which one they are: what a reader got is one known publication, whole, or the test
 * fails. Served by a source of the test's own, so that a publish fetches, too.
 */
import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { visitsCsv } from './fixtures.ts'
import { type Client, type CreatedDataset, explorePath, managementPath } from './http-client.ts'

/** Each edition has its own number of rows, all below a page. */
function rowsOf(edition: number): number {
  return 20 + (edition % 60)
}

export function editionCsv(edition: number): string {
  return visitsCsv(rowsOf(edition), { edition, seed: edition })
}

const known = new Map<number, Record<string, unknown>[]>()

function recordsOf(edition: number): Record<string, unknown>[] {
  const found = known.get(edition)
  if (found) return found
  const [, ...lines] = editionCsv(edition).trimEnd().split('\n')
  const records = lines.map((line) => {
    const [number, day, city, amount, ofEdition, note] = line.split(',')
    return {
      number: Number(number),
      day,
      city,
      amount: Number(amount),
      edition: Number(ofEdition),
      note,
    }
  })
  known.set(edition, records)
  return records
}

/**
 * The edition that readers see, null when there is no such dataset for them. Fails when the answer is an error or not
 * exactly the records of one edition.
 */
export async function readEdition(
  client: Client,
  datasetId: string,
  versionUid?: string,
): Promise<number | null> {
  const version = versionUid === undefined ? '' : `&version=${versionUid}`
  const path = `${explorePath}/${datasetId}/records?limit=100${version}`
  const answer = await client.request('GET', path)
  if (answer.status === 404) return null
  assert.equal(answer.status, 200, `${path}: ${answer.text}`)
  const edition = Number(answer.json.results[0]?.edition)
  assert.deepEqual(answer.json.results, recordsOf(edition), `${path} is not edition ${edition}`)
  assert.equal(answer.json.total_count, rowsOf(edition))
  return edition
}

/** What a source answers: an edition, something that cannot be read, or nothing until it is released. */
export type SourceContent = number | 'broken' | 'hanging'

export interface EditionSource {
  url(name: string): string
  set(name: string, content: SourceContent): void
  /** Waiting requests are cut. */
  close(): Promise<void>
}

export async function serveEditions(): Promise<EditionSource> {
  const contents = new Map<string, SourceContent>()
  const server = createServer((request, response) => {
    const content = contents.get(request.url ?? '')
    if (content === undefined) return void response.writeHead(404).end()
    if (content === 'hanging') return void response.writeHead(200).write('number,day\n')
    sendContent(response, content, request.headers['if-none-match'])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    set: (name, content) => contents.set(`/${name}`, content),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function sendContent(
  response: ServerResponse,
  content: Exclude<SourceContent, 'hanging'>,
  knownTag: string | undefined,
): void {
  const etag = `"${content}"`
  if (knownTag === etag) return void response.writeHead(304, { etag }).end()
  const body = content === 'broken' ? '<!doctype html><html><body>Sign in</body></html>' : editionCsv(content)
  response.writeHead(200, { etag, 'content-type': 'text/csv' }).end(body)
}

/** Servers that may fetch from a source of the test. */
export const sourceEnv = { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1' }

/** A dataset whose only resource is fetched from the source's file of the same name. */
export function createEditions(
  client: Client,
  source: EditionSource,
  datasetId: string,
): Promise<CreatedDataset> {
  return client.createDataset(datasetId, {
    filename: `${datasetId}.csv`,
    content: { url: source.url(datasetId) },
    extractor: 'csvfile',
  })
}

export const datasetPath = (dataset: CreatedDataset): string =>
  `${managementPath}/datasets/${dataset.datasetUid}`
