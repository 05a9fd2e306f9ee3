/** A server on the loopback that speaks the protocols of geocoders, as their documentation shows them. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface GeocoderServer {
  readonly url: string
  /** `METHOD path` of each request, in their order. */
  readonly requests: string[]
  /** Statuses that the next requests are answered with, before any is answered well. */
  readonly failures: number[]
  /** What the next request is answered with instead. */
  instead: string | null
}

/** What all of them know. */
const places: Readonly<Record<string, readonly [lon: number, lat: number]>> = {
  '1 rue X, Paris': [2.35, 48.85],
  'Dam 1, Amsterdam': [4.89, 52.37],
  '1 Main St, Springfield, IL, 62701': [-89.65, 39.8],
}

export async function startGeocoders(t: TestContext): Promise<GeocoderServer> {
  const state: { instead: string | null } = { instead: null }
  const requests: string[] = []
  const failures: number[] = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://x')
    requests.push(`${request.method} ${url.pathname}`)
    const body = await read(request)
    const failure = failures.shift()
    if (failure !== undefined) {
      response.writeHead(failure, failure === 429 ? { 'retry-after': '0' } : {}).end('no')
      return
    }
    const answer = state.instead ?? answers[url.pathname]?.(url.searchParams, body)
    state.instead = null
    response.writeHead(answer === undefined ? 404 : 200).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return Object.assign(state, { url: `http://127.0.0.1:${port}`, requests, failures })
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

type Answer = (query: URLSearchParams, body: string) => string

/** The file in a form, as lines without the quotes of CSV. */
const fileIn = (body: string) =>
  body
    .slice(body.indexOf('text/csv\r\n\r\n') + 12, body.lastIndexOf('\r\n--'))
    .split('\r\n')
    .filter((line) => line !== '')

const answers: Readonly<Record<string, Answer>> = {
  '/ban/search/csv/'(_, body) {
    const [header, ...lines] = fileIn(body)
    const rows = lines.map((line) => {
      const [, , address] = /^(\d+),"?(.*?)"?$/.exec(line)!
      const place = places[address!]
      return place
        ? `${line},${place[1]},${place[0]},"1 Rue X, 75001 Paris",0.97,,housenumber`
        : `${line},,,,,,`
    })
    return [
      `${header},latitude,longitude,result_label,result_score,result_score_next,result_type`,
      ...rows,
    ].join('\n')
  },
  '/nominatim/search'(query) {
    const place = places[query.get('q')!]
    if (!place || query.get('format') !== 'jsonv2') return '[]'
    return JSON.stringify([
      { lat: String(place[1]), lon: String(place[0]), display_name: 'X', importance: 0.4 },
    ])
  },
  '/arcgis/geocodeAddresses'(_, body) {
    const form = new URLSearchParams(body)
    if (form.get('token') !== 'secret')
      return JSON.stringify({ error: { code: 499, message: 'Token Required', details: [] } })
    const { records } = JSON.parse(form.get('addresses')!)
    const locations = records.map(
      ({ attributes }: { attributes: { OBJECTID: number; SingleLine: string } }) => {
        const place = places[attributes.SingleLine]
        return {
          address: place ? 'X' : '',
          location: place ? { x: place[0], y: place[1] } : { x: 'NaN', y: 'NaN' },
          score: place ? 99.5 : 0,
          attributes: { ResultID: attributes.OBJECTID, Status: place ? 'M' : 'U' },
        }
      },
    )
    // In any order, as theirs are.
    return JSON.stringify({ spatialReference: { wkid: 4326 }, locations: locations.reverse() })
  },
  '/census/geocoder/locations/addressbatch'(_, body) {
    const rows = fileIn(body).map((line) => {
      const [id, ...parts] = line.split(',')
      const asked = parts.join(', ')
      const place = places[asked]
      return place
        ? `"${id}","${asked}","Match","Exact","1 MAIN ST, SPRINGFIELD, IL, 62701","${place[0]},${place[1]}","1","L"`
        : `"${id}","${asked}","No_Match"`
    })
    return rows.reverse().join('\n')
  },
  '/pdok/free'(query) {
    const place = places[query.get('q')!]
    const docs = place
      ? [
          {
            weergavenaam: 'Dam 1, 1012JS Amsterdam',
            score: 12.5,
            centroide_ll: `POINT(${place[0]} ${place[1]})`,
          },
        ]
      : []
    return JSON.stringify({ response: { numFound: docs.length, start: 0, docs } })
  },
}
