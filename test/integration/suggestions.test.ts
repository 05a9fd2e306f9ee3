/** What helps somebody who types: values of a field, with postings and without, and what a query can hold. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { AppError } from '../../src/kernel/index.ts'
import type { QueryText } from '../../src/odsql/index.ts'
import { disjunctiveFields, hierarchiesOf } from '../../src/records/index.ts'
import { sourceOf } from '../support/builder.ts'
import { explorePath } from '../support/http-client.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { openBoth, type Reader } from '../support/shops.ts'

const streetsCsv = `id;town;street;kind;tags
1;Lyon;Rue de l'Épée;a;old|narrow
2;Lyon;Rue de l'Épée;a;old
3;Lyon;Épéistes;b;new|old town
4;Paris;Rue Lepic;a;new
5;Paris;Place de l'epee;b;newly paved|old
6;Paris;Épée;b;
7;Saint-Étienne;;a;old
8;Saint-Malo;Rue 8 mai;b;
9;Saint-Malo;"Rue ""du"" <b>9</b>";b;old
`
const annotate = (field: string, annotation: string, args: readonly string[] = []) => ({
  processor_uid: 'pr_0',
  name: 'annotate',
  args: { field, annotation, args: [...args] },
})
const fieldSpecifications = [
  annotate('tags', 'multivalued', ['|']),
  annotate('kind', 'facet'),
  annotate('town', 'facet'),
  annotate('town', 'disjunctive'),
]

let readers: readonly Reader[]
before(async (t) => {
  const source = sourceOf(t as never, 'streets.csv', streetsCsv, 'csvfile')
  const { indexed, scanned } = await openBoth(t as never, [source], { fieldSpecifications })
  readers = [indexed, scanned]
})

async function suggest(
  field: string,
  typed: string,
  more: Partial<QueryText> = {},
  limit = 10,
): Promise<string> {
  const [indexed, scanned] = await Promise.all(
    readers.map(async ({ facets, publication }) => {
      const { fields } = publication
      const text = {
        now: 0,
        hierarchies: hierarchiesOf(fields),
        disjunctive: disjunctiveFields(fields),
        ...more,
      }
      const facet = await facets.suggest(publication, text, { field, typed, limit })
      assert.equal(facet.name, field)
      return facet.facets
        .map(({ value, count, state }) => `${value}${state === 'refined' ? '*' : ''} ${count}`)
        .join(', ')
    }),
  )
  assert.equal(scanned, indexed)
  return indexed!
}

describe('values that hold words beginning so', () => {
  type Case = readonly [what: string, field: string, typed: string, values: string, more?: Partial<QueryText>]
  const cases: readonly Case[] = [
    [
      'the value itself, then those that begin so, then the others',
      'street',
      'epee',
      "Épée 1, Rue de l'Épée 2, Place de l'epee 1",
    ],
    ['a beginning', 'street', 'ÉPÉ', "Épée 1, Épéistes 1, Rue de l'Épée 2, Place de l'epee 1"],
    ['several words in any order', 'street', 'ep rue', "Rue de l'Épée 2"],
    ['digits and signs', 'street', 'rue 9', 'Rue "du" <b>9</b> 1'],
    ['nothing typed: the most frequent', 'town', '', 'Lyon 3, Paris 3, Saint-Malo 2, Saint-Étienne 1'],
    ['only signs typed', 'town', ' -% ', 'Lyon 3, Paris 3, Saint-Malo 2, Saint-Étienne 1'],
    ['nothing found', 'town', 'lyons', ''],
    ['each value of a list by itself', 'tags', 'old', 'old 5, old town 1'],
    ['all words in one value of a list', 'tags', 'new pav', 'newly paved 1'],
    ['under a condition', 'town', 'saint', 'Saint-Malo 2', { where: ['kind = "b"'] }],
    ['under a refinement', 'street', 'ep', "Rue de l'Épée 2", { refine: ['kind:a', 'town:Lyon'] }],
    ['under an exclusion', 'town', 's', 'Saint-Étienne 1', { exclude: ['kind:b'] }],
    [
      'a disjunctive field offers what may be added',
      'town',
      'p',
      'Paris 3',
      { refine: ['town:Lyon'], where: ['id < 7'] },
    ],
    [
      'what is refined says so',
      'town',
      'saint',
      'Saint-Malo* 2, Saint-Étienne 1',
      { refine: ['town:Saint-Malo'] },
    ],
    [
      'with words in the condition too',
      'town',
      'p',
      'Paris 3',
      { where: ['suggest(street, "e") or "lepic"'] },
    ],
  ]
  for (const [what, field, typed, values, more] of cases)
    test(what, async () => assert.equal(await suggest(field, typed, more), values))

  test('as many as are asked for', async () => {
    assert.equal(await suggest('town', '', {}, 2), 'Lyon 3, Paris 3')
  })

  test('only texts are typed', async () => {
    for (const field of ['id', 'nothing', 'recordid', 'town"; drop table x'])
      await assert.rejects(
        suggest(field, 'a'),
        (error) =>
          error instanceof AppError &&
          error.key === 'odsql.unknown_facet' &&
          /town, street, kind, tags/.test(String(error.params.suggestion)),
      )
  })
})

describe('over HTTP', () => {
  const shared = shareServer()
  let server: TestServer
  before(async () => {
    server = await shared()
    await server.publishFile('streets', {
      filename: 'streets.csv',
      content: streetsCsv,
      fieldSpecifications,
      metas: { default: { title: 'Streets of France', keyword: ['voirie', 'Éclairage'] } },
    })
    await server.createDataset('hidden', {
      filename: 'a.csv',
      content: 'a\n1\n',
      metas: { default: { title: 'Streets that nobody sees' } },
    })
  })
  const address = (path: string, query: Record<string, string>) =>
    `/api/explore/v2.1/catalog/${path}?${new URLSearchParams(query)}`
  const get = (path: string, query: Record<string, string> = {}, status = 200) =>
    server.expect(status, 'GET', address(path, query))
  const towns = 'datasets/streets/facets/town/suggest'

  test('a facet of the answer of facets', async () => {
    const { json, headers } = await get(towns, { q: 'saint-e', refine: 'kind:a', limit: '5' })
    assert.deepEqual(json, {
      name: 'town',
      facets: [{ name: 'Saint-Étienne', value: 'Saint-Étienne', count: 1, state: 'displayed' }],
    })
    const again = await server.request(
      'GET',
      address(towns, { q: 'saint-e', refine: 'kind:a', limit: '5' }),
      {
        headers: { 'If-None-Match': headers.get('etag')! },
      },
    )
    assert.equal(again.status, 304)
  })

  test('what cannot be asked is refused by name', async () => {
    for (const limit of ['0', '101', 'x'])
      assert.match((await get(towns, { limit }, 400)).json.message, /limit/)
    assert.match((await get(towns, { q: 'a'.repeat(101) }, 400)).json.message, /100 characters/)
    await get(towns, { q: 'a '.repeat(50) })
    assert.equal((await get(towns, { where: 'nothing = 1' }, 400)).json.key, 'odsql.unknown_field')
    const unknown = (await get('datasets/streets/facets/id/suggest', {}, 400)).json
    assert.equal(unknown.error_code, 'UnknownFacetError')
    assert.match(unknown.hint, /town, street/)
    await get('datasets/hidden/facets/a/suggest', {}, 404)
    assert.equal((await get(`${towns}`, { version: 'dv_nothing' }, 404)).json.key, 'records.unknown_version')
  })

  test('the catalog: keywords and titles of what the reader may see', async () => {
    const values = async (field: string, query: Record<string, string>) =>
      (await get(`facets/${field}/suggest`, query)).json.facets.map((found: { value: string }) => found.value)
    assert.deepEqual(await values('keyword', { q: 'ecl' }), ['Éclairage'])
    assert.deepEqual(await values('title', { q: 'street' }), ['Streets of France'])
    assert.deepEqual(await values('title', { q: 'street', where: 'keyword = "other"' }), [])
    await get('facets/modified/suggest', { q: '2' }, 400)
    await server.expect(200, 'GET', explorePath)
  })

  test('an editor is told what can be written about a dataset, and about the catalog', async () => {
    const { json } = await get('datasets/streets/odsql')
    assert.deepEqual(
      json.clauses.map((clause: { name: string }) => clause.name),
      ['select', 'where', 'group_by', 'order_by'],
    )
    assert.deepEqual(
      json.fields.find((field: { name: string }) => field.name === 'tags'),
      {
        name: 'tags',
        text: 'tags',
        type: 'multitext',
        is_technical: false,
        label: 'tags',
        description: null,
      },
    )
    const search = json.functions.find((found: { name: string }) => found.name === 'search')
    assert.deepEqual(
      [search.kind, search.usage, search.clauses],
      ['predicate', 'search(text, "words")', ['where']],
    )
    const catalog = (await get('odsql')).json
    assert.deepEqual(catalog.functions, json.functions)
    assert.ok(catalog.fields.some((field: { name: string }) => field.name === 'title'))
    await get('datasets/hidden/odsql', {}, 404)
  })
})
