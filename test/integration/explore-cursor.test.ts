/** Paging by cursor: every record once, from one generation, whatever happens to the dataset meanwhile. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { type Answer, type CreatedDataset, explorePath } from '../support/http-client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const count = 230
const csvOf = (word: string) =>
  `id;grade;price;word;seen\n${Array.from({ length: count }, (_, id) => {
    const grade = id % 7 === 0 ? '' : String(id % 5)
    const price = id % 11 === 0 ? '' : ((id * 37) % 50) / 4
    return `${id};${grade};${price};${word}${id % 3};2024-0${1 + (id % 9)}-01T00:00:00.${String(id % 1000).padStart(3, '0')}Z`
  }).join('\n')}\n`

let server: TestServer
let dataset: CreatedDataset
before(async (t) => {
  server = await startServer(t as never)
  dataset = await server.publishFile('pages', { filename: 'pages.csv', content: csvOf('a') })
  await server.publishFile('others', { filename: 'others.csv', content: csvOf('z') })
})

type Query = Readonly<Record<string, string>>
const address = (query: Query, id = 'pages') => `${explorePath}/${id}/records?${new URLSearchParams(query)}`
const page = (query: Query, status = 200): Promise<Answer> => server.expect(status, 'GET', address(query))

async function walk(query: Query, limits: readonly number[] = [100]): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  let cursor: string | null = ''
  for (let turn = 0; cursor !== null; turn++) {
    const { json }: Answer = await page({ ...query, cursor, limit: String(limits[turn % limits.length]) })
    found.push(...json.results)
    assert.ok(json.results.length > 0 || json.total_count === 0)
    assert.ok(found.length <= json.total_count, 'more records than there are')
    cursor = json.next_cursor
  }
  return found
}

describe('every record once', () => {
  test('in any order, under any condition, with pages of any size', async () => {
    const order = fc
      .array(
        fc.tuple(
          fc.constantFrom(
            'grade',
            'price',
            'word',
            'seen',
            'id',
            'random(4)',
            'relevance()',
            'grade + price',
            'length(word)',
            '1',
          ),
          fc.constantFrom('', ' asc', ' desc'),
        ),
        { maxLength: 3 },
      )
      .map((items) => items.map(([key, direction]) => key + direction).join(', '))
    const where = fc.constantFrom('', 'price > 4', 'not (grade = 2)', '"a1"', 'price is null', 'id < 0')
    const limits = fc.array(fc.integer({ min: 17, max: 100 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(order, where, limits, async (orderBy, condition, sizes) => {
        const query = { select: 'id', order_by: orderBy, where: condition }
        const ids = (await walk(query, sizes)).map((row) => row.id)
        // Offsets reach all of them too, and must come in the same order.
        const expected: unknown[] = []
        for (let offset = 0; offset < count; offset += 100)
          expected.push(...(await page({ ...query, limit: '100', offset: String(offset) })).json.results)
        assert.deepEqual(
          ids,
          expected.map((row) => (row as { id: number }).id),
        )
      }),
      { numRuns: 12 },
    )
  })

  test('the last full page says that it is the last', async () => {
    const first = (await page({ cursor: '', limit: '100', where: 'id < 100' })).json
    assert.deepEqual([first.results.length, first.total_count, first.next_cursor], [100, 100, null])
  })

  test('links lead on, and only forward', async () => {
    const first = (await page({ cursor: '', limit: '100', include_links: 'true' })).json
    assert.deepEqual(
      first._links.map((link: { rel: string }) => link.rel),
      ['self', 'next'],
    )
    const next = await server.expect(200, 'GET', first._links[1].href.replace(server.url, ''))
    assert.equal(next.json.results[0].id, 100)
  })

  test('without the parameter there is no next_cursor', async () => {
    assert.ok(!('next_cursor' in (await page({})).json))
  })
})

describe('what a cursor is not for', () => {
  const first = async (query: Query = {}) =>
    String((await page({ ...query, cursor: '', limit: '50' })).json.next_cursor)
  const refused = async (query: Query, status: number, said: RegExp, id = 'pages') => {
    const { json } = await server.expect(status, 'GET', address(query, id))
    assert.match(json.message, said)
    assert.deepEqual(Object.keys(json).slice(0, 2), ['error_code', 'message'])
  }
  test('another query', async () => {
    const cursor = await first({ where: 'id > 5' })
    await refused({ cursor, where: 'id > 6' }, 400, /another query/)
    await refused({ cursor }, 400, /another query/)
    await page({ cursor, where: 'id > 5', limit: '7' })
  })
  test('another dataset', async () => {
    await refused({ cursor: await first() }, 400, /another dataset/, 'others')
  })
  test('one that was tampered with, and no cursor at all', async () => {
    const cursor = await first()
    const bytes = Buffer.from(cursor, 'base64url')
    // What it says is nobody's to read: positions would tell how many hidden records lie between.
    assert.ok(!bytes.toString('latin1').includes('afterRow'))
    for (const at of [0, 15, 40, bytes.length - 1]) {
      const forged = Buffer.from(bytes)
      forged[at]! ^= 1
      await refused({ cursor: forged.toString('base64url') }, 400, /not one of ours/)
    }
    for (const text of ['x', '.', 'a.b', `${cursor}.c`, `${cursor}.`, `${cursor}é`, 'A'.repeat(3000)])
      await refused({ cursor: text }, 400, /not one of ours/)
  })
  test('groups, aggregates, offsets, empty pages', async () => {
    await refused({ cursor: '', group_by: 'word' }, 400, /groups have no cursor/)
    await refused({ cursor: '', select: 'count(*)' }, 400, /one row/)
    const first = await page({ cursor: '', limit: '7' })
    const jumped = await page({ cursor: '', offset: '5', limit: '2' })
    assert.deepEqual(jumped.json.results, first.json.results.slice(5))
    await refused({ cursor: jumped.json.next_cursor, offset: '5' }, 400, /where to begin/)
    await refused({ cursor: '', limit: '0' }, 400, /a record at least/)
    await refused({ cursor: '', limit: '101' }, 400, /limit/)
    await refused({ cursor: '', where: 'nothing = 1' }, 400, /Unknown field/)
  })
})

test('a walk stays on its generation while the dataset is published again, and now() stays what it was', async () => {
  const query = { select: 'id, word', order_by: 'price desc', where: 'seen < now()', limit: '100' }
  const before = (await page({ ...query, cursor: '' })).json
  await server.replaceFile(dataset, 'pages.csv', csvOf('b').split('\n').slice(0, 40).join('\n'))
  await server.jobDone(await server.publish(dataset.datasetUid))
  const fresh = (await page({ ...query, cursor: '' })).json
  assert.equal(fresh.total_count, 39)
  assert.ok(fresh.results.every((row: { word: string }) => row.word.startsWith('b')))
  const words = [...before.results]
  for (let cursor = before.next_cursor; cursor !== null; ) {
    const { json }: Answer = await page({ ...query, cursor })
    assert.equal(json.total_count, count)
    words.push(...json.results)
    cursor = json.next_cursor
  }
  assert.equal(new Set(words.map((row) => row.id)).size, count)
  assert.ok(words.every((row) => row.word.startsWith('a')))
})

test('a cursor of a generation that is gone says so, and one of an unpublished dataset nothing', async (t) => {
  const impatient = await startServer(t, { env: { BROADSHEET_RETENTION_HOURS: '0' } })
  const small = await impatient.publishFile('pages', { filename: 'a.csv', content: csvOf('a') })
  const { json } = await impatient.expect(200, 'GET', address({ cursor: '', limit: '50' }))
  await impatient.replaceFile(small, 'b.csv', csvOf('b'))
  await impatient.jobDone(await impatient.publish(small.datasetUid))
  const next = address({ cursor: json.next_cursor, limit: '50' })
  const path = `/api/management/v2/datasets/${small.datasetUid}`
  let answer = await impatient.expect(200, 'GET', next)
  // A rule for versions is applied at once, and the collector with it; until it has been, the page is served.
  while (answer.status === 200) {
    await impatient.expect(200, 'PUT', `${path}/versions_retention`, {
      body: { retention: { keep_last: 5 } },
    })
    await delay(500)
    answer = await impatient.request('GET', next)
  }
  assert.equal(answer.status, 410)
  assert.equal(answer.json.error_code, 'CursorGone')
  await impatient.jobDone(await impatient.order('PUT', `${path}/unpublish`))
  const unseen = await impatient.expect(404, 'GET', next)
  assert.equal(unseen.json.error_code, 'DatasetNotFound')
})
