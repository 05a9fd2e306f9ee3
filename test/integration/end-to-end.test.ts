/** The main job over HTTP, on both control databases: a file goes in, is published, changed, saved, restored, withdrawn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visitsCsv } from '../support/fixtures.ts'
import { type Client, explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { shareServer } from '../support/server.ts'

const cityFacet = { name: 'annotate', args: { field: 'city', annotation: 'facet' } }
const fewVisits = 300
const moreVisits = 500

async function countOf(client: Client, datasetId: string): Promise<number> {
  return (await client.expect(200, 'GET', `${explorePath}/${datasetId}/records?limit=0`)).json.total_count
}

async function editionOf(client: Client, datasetId: string, query = ''): Promise<number> {
  const answer = await client.expect(200, 'GET', `${explorePath}/${datasetId}/records?limit=1${query}`)
  return answer.json.results[0].edition
}

/** Rows of a CSV without quotes; numbers as numbers, because a file may write one in several ways. */
function rowsOf(csv: string): (string | number)[][] {
  const cells = (line: string) => line.split(',').map((cell) => (/^[\d.]+$/.test(cell) ? Number(cell) : cell))
  return csv.trimEnd().split(/\r?\n/).map(cells)
}

forEachDatabase((database, options) => {
  const theServer = shareServer({ database })

  test(`a file becomes records, facets and exports of the search API (${database})`, options, async () => {
    const server = await theServer()
    const dataset = await server.createDataset('visits', {
      filename: 'visits.csv',
      content: visitsCsv(fewVisits),
      metas: { default: { title: 'Visits', description: 'Who came when', language: 'en' } },
      fieldSpecifications: [cityFacet],
    })
    await server.expect(404, 'GET', `${explorePath}/visits/records`)

    const jobId = await server.publish(dataset.datasetUid)
    assert.match(jobId, /^[0-9a-f]{40}$/)
    const seen = new Set<string>()
    const job = await server.jobDone(jobId, { onState: ({ state }) => seen.add(state) })
    assert.ok([...seen].every((state) => ['waiting', 'started', 'running', 'done'].includes(state)))
    assert.equal(job.result.records_count, fewVisits)
    assert.equal(job.result.published, true)
    assert.equal(job.result.partial, false)

    const status = await server.expect(200, 'GET', `${managementPath}/datasets/${dataset.datasetUid}/status`)
    assert.equal(status.json.name, 'idle')
    assert.equal(status.json.published, true)
    assert.equal(status.json.records_errors, 0)

    const where = encodeURIComponent('dataset_id = "visits"')
    const catalog = await server.expect(200, 'GET', `${explorePath}?where=${where}`)
    assert.equal(catalog.json.total_count, 1)
    assert.equal(catalog.json.results[0].metas.default.title, 'Visits')
    assert.equal(catalog.json.results[0].metas.default.records_count, fewVisits)
    const types = catalog.json.results[0].fields.map((field: { name: string; type: string }) => [
      field.name,
      field.type,
    ])
    assert.deepEqual(types, [
      ['number', 'int'],
      ['day', 'date'],
      ['city', 'text'],
      ['amount', 'double'],
      ['edition', 'int'],
      ['note', 'text'],
    ])

    const path = `${explorePath}/visits/records`
    const page = await server.expect(200, 'GET', `${path}?order_by=number&limit=2&offset=10`)
    assert.equal(page.json.total_count, fewVisits)
    const numbers = page.json.results.map((record: { number: number }) => record.number)
    assert.deepEqual(numbers, [10, 11])
    const inNimes = encodeURIComponent('city = "Nîmes" and number < 100')
    const filtered = await server.expect(200, 'GET', `${path}?where=${inNimes}&limit=100`)
    assert.equal(filtered.json.total_count, filtered.json.results.length)
    assert.ok(filtered.json.results.length > 0)
    for (const record of filtered.json.results) assert.equal(record.city, 'Nîmes')
    // Full text finds words whatever their accents.
    const words = encodeURIComponent('search("ecole")')
    const found = await server.expect(200, 'GET', `${path}?where=${words}&limit=100`)
    assert.ok(found.json.total_count > 0)
    for (const record of found.json.results) assert.match(record.note, /école/)

    const withIds = await server.expect(200, 'GET', `${path}?order_by=number&limit=1&include_app_metas=true`)
    const recordId = withIds.json.results[0]._id
    const one = await server.expect(200, 'GET', `${path}/${recordId}`)
    assert.equal(one.json.number, 0)

    const facets = await server.expect(200, 'GET', `${explorePath}/visits/facets`)
    assert.deepEqual(
      facets.json.facets.map((facet: { name: string }) => facet.name),
      ['city'],
    )
    const counts = facets.json.facets[0].facets.map((bucket: { count: number }) => bucket.count)
    assert.equal(
      counts.reduce((total: number, count: number) => total + count, 0),
      fewVisits,
    )

    const csv = await server.expect(
      200,
      'GET',
      `${explorePath}/visits/exports/csv?with_bom=false&delimiter=,&order_by=number`,
    )
    assert.deepEqual(rowsOf(csv.text), rowsOf(visitsCsv(fewVisits)))
    const lines = await server.expect(200, 'GET', `${explorePath}/visits/exports/jsonl`)
    assert.equal(lines.text.trimEnd().split('\n').length, fewVisits)
    const array = await server.expect(200, 'GET', `${explorePath}/visits/exports/json`)
    assert.equal(array.json.length, fewVisits)
    const parquet = await server.expect(200, 'GET', `${explorePath}/visits/exports/parquet`)
    assert.equal(parquet.bytes.subarray(0, 4).toString('latin1'), 'PAR1')
  })

  test(
    `a version is saved, queried and restored after the data has changed (${database})`,
    options,
    async () => {
      const server = await theServer()
      const dataset = await server.publishFile('saved', {
        filename: 'visits.csv',
        content: visitsCsv(fewVisits, { edition: 1 }),
        fieldSpecifications: [cityFacet],
      })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
      assert.equal(saved.result.records_count, fewVisits)
      const versions = (await server.expect(200, 'GET', `${base}/versions`)).json
      assert.equal(versions.length, 1)
      const version = versions[0].version_uid
      assert.equal(version, saved.result.version_uid)

      await server.replaceFile(dataset, 'visits.csv', visitsCsv(moreVisits, { edition: 2 }))
      assert.equal(await countOf(server, 'saved'), fewVisits, 'a configuration change alone changes nothing')
      await server.jobDone(await server.publish(dataset.datasetUid))
      assert.equal(await countOf(server, 'saved'), moreVisits)
      assert.equal(await editionOf(server, 'saved'), 2)
      assert.equal(await editionOf(server, 'saved', `&version=${version}`), 1)

      await server.jobDone(await server.order('PUT', `${base}/versions/${version}/restore`))
      assert.equal(await countOf(server, 'saved'), fewVisits)
      assert.equal(await editionOf(server, 'saved'), 1)
      // The configuration came back with the data: publishing it again finds the same generation.
      const again = await server.jobDone(await server.publish(dataset.datasetUid))
      assert.equal(again.result.reused, true)
      assert.equal(await editionOf(server, 'saved'), 1)
    },
  )

  test(
    `publishing again without a change reuses the generation and keeps the ETag (${database})`,
    options,
    async () => {
      const server = await theServer()
      const first = await server.publishFile('same', {
        filename: 'visits.csv',
        content: visitsCsv(fewVisits),
      })
      const paths = ['', '/records', '/exports/csv', '/facets'].map((path) => `${explorePath}/same${path}`)
      const look = () => Promise.all(paths.map((path) => server.expect(200, 'GET', path)))
      const before = await look()
      const tags = before.map(({ headers }) => headers.get('etag')!)
      const second = await server.jobDone(await server.publish(first.datasetUid))
      assert.equal(second.result.generation_uid, first.job.result.generation_uid)
      assert.equal(second.result.content_hash, first.job.result.content_hash)
      const after = await look()
      assert.deepEqual(
        after.map(({ text }) => text),
        before.map(({ text }) => text),
      )
      assert.deepEqual(
        after.map(({ headers }) => headers.get('etag')),
        tags,
      )
      for (const [n, path] of paths.entries()) {
        await server.expect(304, 'GET', path, { headers: { 'if-none-match': tags[n]! } })
      }
      const base = `${managementPath}/datasets/${first.datasetUid}`
      await server.expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: 'Renamed' } })
      await server.jobDone(await server.publish(first.datasetUid))
      for (const [n, path] of paths.entries()) {
        await server.expect(200, 'GET', path, { headers: { 'if-none-match': tags[n]! } })
      }
    },
  )

  test(
    `readers of a dataset that is published again and again see one edition or another, never a mixture, never an error (${database})`,
    options,
    async () => {
      const server = await theServer()
      const rows = new Map([
        [1, 3000],
        [2, 4000],
        [3, 2000],
      ])
      const content = (edition: number) => visitsCsv(rows.get(edition)!, { edition })
      const dataset = await server.publishFile('editions', {
        filename: 'visits.csv',
        content: content(1),
        fieldSpecifications: [cityFacet],
      })
      let isOver = false
      const seen = new Set<number>()
      const select = encodeURIComponent('count(*) as n, min(edition) as low, max(edition) as high')

      async function readRecords(): Promise<void> {
        const { json } = await server.expect(200, 'GET', `${explorePath}/editions/records?select=${select}`)
        const { n, low, high } = json.results[0]
        assert.equal(low, high, 'records of two editions in one answer')
        assert.equal(n, rows.get(low))
        seen.add(low)
      }
      async function readExport(): Promise<void> {
        const { text } = await server.expect(
          200,
          'GET',
          `${explorePath}/editions/exports/jsonl?select=edition`,
        )
        const editions = text.trimEnd().split('\n')
        assert.equal(new Set(editions).size, 1, 'records of two editions in one export')
        assert.equal(editions.length, rows.get(JSON.parse(editions[0]!).edition))
      }
      async function readFacets(): Promise<void> {
        const { json } = await server.expect(200, 'GET', `${explorePath}/editions/facets`)
        const total = json.facets[0].facets.reduce(
          (sum: number, bucket: { count: number }) => sum + bucket.count,
          0,
        )
        assert.ok([...rows.values()].includes(total), `${total} records counted`)
      }
      const readers = [readRecords, readRecords, readExport, readFacets].map(async (read) => {
        let reads = 0
        while (!isOver) {
          await read()
          reads++
        }
        return reads
      })
      const everyRead = Promise.all(readers)
      // A reader's failure ends the test at once instead of after the last publish.
      const publishing = (async () => {
        for (const edition of [2, 3, 1, 3]) {
          await server.replaceFile(dataset, 'visits.csv', content(edition))
          await server.jobDone(await server.publish(dataset.datasetUid))
          assert.equal(await editionOf(server, 'editions'), edition)
        }
        isOver = true
      })()
      await Promise.race([publishing, everyRead])
      await publishing
      for (const reads of await everyRead) assert.ok(reads > 3, `only ${reads} reads`)
      assert.deepEqual([...seen].sort(), [1, 2, 3])
    },
  )

  test(
    `after unpublish every route of the search API answers byte for byte as for an unknown dataset (${database})`,
    options,
    async () => {
      const server = await theServer()
      const catalog = await server.expect(200, 'GET', explorePath)
      const dataset = await server.publishFile('withdrawn', {
        filename: 'visits.csv',
        content: visitsCsv(fewVisits),
        fieldSpecifications: [cityFacet],
      })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
      const published = await server.expect(
        200,
        'GET',
        `${explorePath}/withdrawn/records?include_app_metas=true`,
      )
      const recordId = published.json.results[0]._id
      const etag = published.headers.get('etag')!

      const job = await server.jobDone(await server.order('PUT', `${base}/unpublish`))
      assert.equal(job.result.published, false)

      const routes = [
        '',
        '/records',
        '/records?where=city%20%3D%20%22Brest%22',
        '/records?where=((',
        '/records?limit=-7',
        `/records?version=${saved.result.version_uid}`,
        `/records/${recordId}`,
        '/facets',
        '/facets?facet=city',
        '/facets?facet=nothing',
        '/exports',
        ...['csv', 'json', 'jsonl', 'parquet'].map((format) => `/exports/${format}`),
        '/exports/unheard-of',
        '/attachments',
      ]
      // One letter apart, so that nothing but the name itself can differ.
      const unknown = 'withdrawm'
      for (const prefix of ['/api/explore/v2.1', '/api/explore/v2.0', '/api/v2']) {
        for (const route of routes) {
          for (const method of ['GET', 'HEAD']) {
            const answers = []
            for (const name of ['withdrawn', unknown]) {
              const path = `${prefix}/catalog/datasets/${name}${route}`
              const { status, headers, text } = await server.request(method, path, {
                headers: { 'If-None-Match': etag },
              })
              const kept = [...headers].filter(([header]) => !['date', 'x-request-id'].includes(header))
              answers.push({ status, headers: kept, text: text.replaceAll(name, '?') })
            }
            assert.deepEqual(answers[0], answers[1], `${method} ${prefix} ${route}`)
            if (!route.includes('((') && !route.includes('-7') && !route.includes('unheard')) {
              assert.equal(answers[0]!.status, 404, `${method} ${prefix} ${route}`)
            }
          }
        }
      }
      const byUid = await server.request('GET', `${explorePath}/${dataset.datasetUid}`)
      assert.equal(byUid.status, 404)
      assert.equal((await server.expect(200, 'GET', explorePath)).text, catalog.text)
      const all = await server.expect(
        200,
        'GET',
        `${explorePath}?where=${encodeURIComponent('search("withdrawn")')}`,
      )
      assert.equal(all.json.total_count, 0)

      // It is still there for those who edit it, and comes back without reading the source again.
      await server.expect(200, 'GET', base)
      const back = await server.jobDone(await server.publish(dataset.datasetUid))
      assert.equal(back.result.reused, true)
      assert.equal(await countOf(server, 'withdrawn'), fewVisits)
    },
  )

  test(`a deleted dataset is gone from both APIs (${database})`, options, async () => {
    const server = await theServer()
    const dataset = await server.publishFile('deleted', { filename: 'visits.csv', content: visitsCsv(10) })
    await server.expect(204, 'DELETE', `${managementPath}/datasets/${dataset.datasetUid}`)
    await server.expect(404, 'GET', `${managementPath}/datasets/${dataset.datasetUid}`)
    await server.expect(404, 'GET', `${explorePath}/deleted/records`)
  })

  test(
    `a publish whose source cannot be read ends in a named error and readers keep what they had (${database})`,
    options,
    async () => {
      const server = await theServer()
      const dataset = await server.publishFile('unreadable', {
        filename: 'visits.csv',
        content: visitsCsv(fewVisits),
      })
      await server.replaceFile(dataset, 'visits.csv', '')
      const job = await server.waitForJob(await server.publish(dataset.datasetUid))
      assert.equal(job.state, 'error')
      assert.match(job.error.error_key, /Exception$/)
      const status = await server.expect(
        200,
        'GET',
        `${managementPath}/datasets/${dataset.datasetUid}/status`,
      )
      assert.equal(status.json.name, 'error')
      assert.equal(status.json.published, true)
      assert.equal(await countOf(server, 'unreadable'), fewVisits)
    },
  )
})
