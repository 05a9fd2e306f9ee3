/** The platform's own TypeScript client builds queries and reads answers against our server: every builder it documents. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import client from '@opendatasoft/api-client'
import { startServer, type TestServer } from '../support/server.ts'
import { shopsDataset } from '../support/shops.ts'

const {
  ApiClient,
  AuthenticationError,
  NotFoundError,
  Query,
  UserError,
  all,
  date,
  dateFromIsoString,
  dateTime,
  exactMatch,
  field,
  fromCatalog,
  fromDataNetwork,
  fromMonitoring,
  list,
  lower,
  not,
  one,
  string,
  textSearch,
  textStartWith,
  textSuggest,
} = client

interface Page {
  readonly total_count: number
  // biome-ignore lint/suspicious/noExplicitAny: a record's shape is what a test is there to check
  readonly results: any[]
}

let server: TestServer
let api: InstanceType<typeof ApiClient>
before(async (t) => {
  server = await startServer(t as never)
  await server.publishFile('shops', shopsDataset)
  api = new ApiClient({ domain: server.url })
})

const shops = () => fromCatalog().dataset('shops')
async function ids(where: string): Promise<number[]> {
  const page = await api.get<Page>(shops().records().select('id').orderBy('id').where(where).limit(100))
  return page.results.map((row) => row.id)
}

describe('conditions', () => {
  const cases: readonly (readonly [name: string, where: () => string, ids: readonly number[]])[] = [
    ['textSearch', () => textSearch('film'), [11, 12]],
    ['textSearch in fields', () => textSearch('books', ['name', 'tags']), [3, 4, 6, 9]],
    ['textStartWith', () => textStartWith('Book', ['name']), [4]],
    ['textSuggest', () => textSuggest('boo', ['name', 'tags']), [3, 4, 6, 9]],
    ['exactMatch', () => exactMatch('name', "Don't Panic"), [9]],
    ['all', () => all('price > 10', null, `${field('city')} = ${string('Nantes')}`, undefined), [6, 7]],
    ['one', () => one(exactMatch('city', 'London'), 'price > 20'), [3, 9]],
    ['not', () => not('active'), [3, 6, 10, 12]],
    ['list', () => `city in (${list(string('London'), string('Nantes'))})`, [6, 7, 9]],
    ['lower', () => `${lower('city')} = ${string('nantes')}`, [6, 7]],
    ['date', () => `opened = ${date({ year: 2022, month: 7, day: 14 })}`, [11, 12]],
    ['dateFromIsoString', () => `opened = ${dateFromIsoString('2022-07-14')}`, [11, 12]],
    ['dateTime', () => `seen_at >= ${dateTime(new Date('2024-07-14T20:00:00Z'))}`, [11]],
  ]
  for (const [name, where, expected] of cases)
    test(name, async () => assert.deepEqual(await ids(where()), expected))
})

describe('queries', () => {
  test('every clause', async () => {
    const query = shops()
      .records()
      .select('city, count(*) as n')
      .where('price is not null')
      .where((current) => all(current, 'qty >= 0'))
      .groupBy(field('city'))
      .orderBy('n desc, city')
      .limit(2)
      .offset(1)
      .lang('fr')
      .timezone('Europe/Paris')
    const { results, total_count } = await api.get<Page>(query)
    assert.equal(total_count, undefined)
    assert.deepEqual(results, [
      { city: 'Paris', n: 3 },
      { city: 'Köln', n: 2 },
    ])
  })

  test('refine, exclude, set, append, update, unset', async () => {
    const refined = shops().records().select('id').refine('city:Paris').exclude('tags:film').orderBy('id')
    const { results } = await api.get<Page>(refined)
    assert.deepEqual(
      results.map((row) => row.id),
      [3, 4, 5],
    )
    const made = new Query('catalog/datasets/shops/records', { limit: '1' })
      .set('select', 'id')
      .append('where', 'id > 1')
      .append('where', 'id < 3')
      .update('limit', (limit) => String(Number(limit) + 1))
      .unset('lang')
    assert.deepEqual((await api.get<Page>(made)).results, [{ id: 2 }])
  })

  test('a record, its dataset, its facets, an export', async () => {
    const [first] = (await api.get<Page>(shops().records().set('include_app_metas', 'true').limit(1))).results
    const record = await api.get<{ id: number }>(shops().record(first._id))
    assert.equal(record.id, first.id)
    const dataset = await api.get<{ dataset_id: string; fields: { type: string }[] }>(shops().itself())
    assert.equal(dataset.dataset_id, 'shops')
    const types: readonly string[] = Object.values(client.ODS_DATASET_FIELD_TYPE)
    for (const { type } of dataset.fields) assert.ok(types.includes(type), type)
    const facets = await api.get<{ facets: { name: string; facets: { value: string }[] }[] }>(
      shops().facets().facet('city'),
    )
    assert.equal(facets.facets[0]!.name, 'city')
    const rows = await api.get<{ id: number }[]>(shops().export('json').select('id').where('id < 3'))
    assert.deepEqual(
      rows.map((row) => row.id),
      [1, 2],
    )
  })

  test('the catalog and its facets', async () => {
    const { results, total_count } = await api.get<Page>(fromCatalog().datasets().where('records_count > 1'))
    assert.deepEqual([total_count, results[0].dataset_id], [1, 'shops'])
    const { facets } = await api.get<{ facets: unknown[] }>(fromCatalog().facets())
    assert.ok(facets.length > 0)
  })
})

describe('errors reach the client as its own', () => {
  const fails = (query: InstanceType<typeof Query>, kind: unknown, said: RegExp, using = api) =>
    assert.rejects(using.get(query), (error: Error) => {
      assert.ok(error instanceof (kind as typeof Error), error.constructor.name)
      assert.match(error.message, said)
      return true
    })
  test('a faulty query', () => fails(shops().records().where('prise > 1'), UserError, /Unknown field: prise/))
  test('an unknown dataset', () => fails(fromCatalog().dataset('none').records(), NotFoundError, /none/))
  test('a wrong key', () =>
    fails(
      shops().records(),
      AuthenticationError,
      /./,
      new ApiClient({ domain: server.url, apiKey: 'wrong' }),
    ))
  test('what the server does not have: monitoring, the network, assets', async () => {
    await fails(fromMonitoring().datasets(), NotFoundError, /./)
    await fails(fromDataNetwork().datasets(), NotFoundError, /./)
    await fails(fromCatalog().assets(), NotFoundError, /./)
  })
})
