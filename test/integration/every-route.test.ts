/**
 * What holds on every route of the search API, taken from the server's router: a version reaches it, and an unpublished
 * dataset is to it as if it had never been.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import {
  addressesOf,
  isOfDataset,
  isPublic,
  type Route,
  readRoutes,
  type Subject,
  withParameter,
} from '../support/explore-routes.ts'
import { type Auth, explorePath, managementPath, type RequestOptions } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

/** Not under an earlier address of the same. */
const isCurrent = ({ path }: Route) => !/^\/api\/(v2|explore\/v2\.0)\//.test(path)

const shopsCsv = (city: string) => `id,name,city,opened,lat,lon
1,Café de ${city},${city},2019-03-01,45.7606,4.8612
2,Zwölf,${city},2012-12-12,50.9375,6.9603
3,Book Nook,Paris,2010-06-15,48.8606,2.3376
`
/** Say the same of every publication of a dataset whose fields stay. */
const sameForAll =
  /\/(exports|boundingbox|geocluster|odsql|versions|versions\/diff|diff\/records)(\?|$)|\/(attachments|alternative_exports)(\/\w+)?(\?|$)/

test('every route of the search API', async (t) => {
  const server = await startServer(t)
  const routes = await readRoutes()
  const explore = routes.filter((route) => isPublic(route) && route.method === 'GET')
  assert.ok(explore.length > 40, `${explore.length} routes`)
  const lists = explore.filter((route) => !isOfDataset(route)).flatMap((route) => addressesOf(route, nothing))
  lists.push(`${explorePath}?where=${encodeURIComponent('search("shops")')}`)
  lists.push(
    '/api/explore/v2.1/catalog/facets?facet=keyword',
    '/api/datasets/1.0/search?q=shops&facet=keyword',
    '/api/datasets/1.0/search?format=rss',
    '/api/datasets/1.0/search?format=atom',
  )

  async function ask(method: string, address: string, options: RequestOptions = {}) {
    const { status, headers, bytes } = await server.request(method, address, options)
    const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'server-timing'].includes(name))
    return { status, headers: Object.fromEntries(kept), body: withoutFileTimes(bytes.toString('latin1')) }
  }
  const bodiesOf = async (addresses: readonly string[]) => {
    const bodies = new Map<string, string>()
    for (const address of addresses) {
      const { status, headers, body } = await ask('GET', address)
      assert.ok(status === 200 || status === 302, `${address}: ${status} ${body}`)
      bodies.set(address, status === 302 ? headers.location! : body)
    }
    return bodies
  }

  const empty = await bodiesOf(lists)
  const dataset = await server.createDataset('shops', {
    filename: 'shops.csv',
    content: shopsCsv('Lyon'),
    metas: { default: { title: 'Shops', keyword: ['trade'], publisher: 'City', language: 'en' } },
    processors: [
      { name: 'create_geopoint', args: { latitude: 'lat', longitude: 'lon', output_field: 'place' } },
    ],
    fieldSpecifications: [{ name: 'annotate', args: { field: 'city', annotation: 'facet' } }],
  })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const order = async (path: string) => server.jobDone(await server.order('PUT', `${base}/${path}`))

  const upload = await server.upload('about.txt', 'About shops')
  const attach = async (family: string) =>
    (await server.expect(201, 'POST', `${base}/${family}`, { body: { url: upload.url } })).json
  const { attachment_uid: attachment } = await attach('attachments')
  const { export_uid: alternative } = await attach('alternative_exports')

  async function subjectOf(datasetId: string, generationUid: string): Promise<Subject> {
    const page = await server.expect(
      200,
      'GET',
      `${explorePath}/shops/records?include_app_metas=true&limit=1`,
    )
    const directory = join(server.dataDirectory, 'generations', generationUid)
    const parts = readdirSync(directory).filter((name) => /^part.*\.parquet$/.test(name))
    assert.ok(parts.length > 0)
    const attached = { attachments: [attachment], alternative_exports: [alternative] }
    return { datasetId, recordId: page.json.results[0]._id, parts, attached }
  }
  const ofShops = (subject: Subject, isAsked = isCurrent) =>
    explore
      .filter((route) => isOfDataset(route) && isAsked(route))
      .flatMap((route) => addressesOf(route, subject))

  const first = await order('publish')
  const saved = (await order('save_version')).result.version_uid
  const version = `version=${saved}`
  const subject = await subjectOf('shops', first.result.generation_uid)
  const addresses = ofShops(subject)
  const atFirst = await bodiesOf(addresses)

  await t.test('a version answers what was answered when it was saved', async () => {
    await server.replaceFile(dataset, 'shops.csv', shopsCsv('Nantes'))
    await server.expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: 'Later' } })
    const second = await order('publish')
    const now = await bodiesOf(ofShops(await subjectOf('shops', second.result.generation_uid)))
    const plain = (text: string) =>
      text.replaceAll(new RegExp(`[?&](amp;)?${version}`, 'g'), '').replace(`,"version":"${saved}"`, '')
    let changed = 0
    for (const address of addresses) {
      const { status, headers, body } = await ask('GET', withParameter(address, version))
      assert.ok(status === 200 || status === 302, `${address}: ${status} ${body}`)
      const seen = status === 302 ? headers.location! : body
      assertSame(plain(seen), atFirst.get(address), `${address} of the version`)
      if (status === 302) assert.ok(seen.includes(version), `${address} leads to ${seen}`)
      if (status === 302 || sameForAll.test(address)) continue
      // A record or a part of the first publication may not be there any more.
      if (now.has(address))
        assert.notEqual(now.get(address), atFirst.get(address), `${address} has not changed`)
      changed++
    }
    assert.ok(changed > addresses.length / 2)
  })

  await t.test('lists show what is published, or the next test would prove nothing', async () => {
    for (const address of lists) {
      if (sameForAll.test(address)) continue
      const { body } = await ask('GET', address)
      assert.ok(body !== empty.get(address), address)
    }
  })

  await t.test('after unpublish each answers as for an unknown dataset, byte for byte', async () => {
    const { headers } = await server.expect(200, 'GET', `${explorePath}/shops/records`)
    await order('unpublish')
    const unknownUid = `da_${'x'.repeat(dataset.datasetUid.length - 3)}`
    const pairs = [
      ['shops', 'shopz'],
      [dataset.datasetUid, unknownUid],
    ] as const
    let asked = 0
    for (const [name, unknown] of pairs) {
      const namesake = ofShops({ ...subject, datasetId: unknown }, () => true)
      for (const [index, address] of ofShops({ ...subject, datasetId: name }, () => true).entries()) {
        const isVaried = name === 'shops' && isCurrent({ method: 'GET', path: address })
        for (const query of isVaried ? ['', version, 'where=((', 'limit=-7'] : ['']) {
          for (const method of query === version ? ['GET', 'HEAD'] : ['GET']) {
            const answers = []
            for (const [who, at] of [
              [name, address],
              [unknown, namesake[index]!],
            ] as const) {
              const path = query === '' ? at : withParameter(at, query)
              const answer = await ask(method, path, { headers: { 'If-None-Match': headers.get('etag')! } })
              answers.push(JSON.stringify(answer).replaceAll(who, '?'))
              if (query === '' || query === version) assert.equal(answer.status, 404, `${method} ${path}`)
            }
            assertSame(answers[0]!, answers[1], `${method} ${address} ${query}`)
            asked++
          }
        }
      }
    }
    t.diagnostic(`${asked} addresses`)
    for (const [address, body] of await bodiesOf(lists)) assertSame(body, empty.get(address), address)
  })

  await t.test('the APIs of publishers tell nobody of it who may not edit it', async () => {
    const stranger = addUser(server, 'stranger', { user: [], key: [] })
    const jobs: string[] = (await server.expect(200, 'GET', `${base}/jobs`)).json.map(
      ({ job_id }: { job_id: string }) => job_id,
    )
    const own: Readonly<Record<string, string>> = {
      ':dataset_uid': dataset.datasetUid,
      ':resource_uid': dataset.resourceUid,
      ':version_uid': saved,
      ':job_id': jobs[0]!,
      ':generation_uid': first.result.generation_uid,
    }
    const another = (value: string) => `${value.slice(0, 3)}${'9'.repeat(value.length - 3)}`
    const about = routes.filter(
      ({ path }) => /^\/api\/(management|automation)\//.test(path) && /:(dataset_uid|job_id)/.test(path),
    )
    assert.ok(about.length > 120, `${about.length} routes`)
    for (const { method, path } of about) {
      const fill = (value: (name: string) => string) => path.replace(/:\w+/g, value)
      const real = fill((name) => own[name] ?? 'x')
      const other = fill((name) => (own[name] ? another(own[name]) : 'x'))
      for (const auth of ['none', stranger] as const satisfies Auth[]) {
        const answers = []
        for (const address of [real, other]) {
          const answer = await ask(method, address, { auth, signal: AbortSignal.timeout(20_000) })
          let text = JSON.stringify(answer)
          for (const value of Object.values(own))
            text = text.replaceAll(value, '?').replaceAll(another(value), '?')
          answers.push(text)
          assert.ok(answer.status >= 400, `${method} ${address}: ${answer.status}`)
          if (auth === 'none') assert.equal(answer.status, 401, `${method} ${address}`)
        }
        assertSame(answers[0]!, answers[1], `${method} ${path}`)
      }
    }
    await server.expect(200, 'GET', base)
  })
})

/** Workbooks and shapefiles are zip archives made anew for every answer: their files have the time of that. */
function withoutFileTimes(body: string): string {
  // biome-ignore-start lint/suspicious/noControlCharactersInRegex: the signatures of such an archive
  return body
    .replace(/(PK\x03\x04[\s\S]{6}|PK\x01\x02[\s\S]{8})[\s\S]{4}/g, '$1')
    .replace(/UT\x05\0[\s\S]{5}/g, '')
  // biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above
}

/** Says where two answers part: whole ones would fill the screen. */
function assertSame(actual: string, expected: string | undefined, what: string): void {
  if (actual === expected) return
  const known = expected ?? ''
  let at = 0
  while (at < actual.length && actual[at] === known[at]) at++
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 80))
  assert.fail(`${what}, at ${at}: ${around(actual)} is not ${around(known)}`)
}

const nothing: Subject = { datasetId: '', recordId: '', parts: [] }
