/** The best matches come first: over records with postings and without, over the catalog, and over HTTP. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { AppError } from '../../src/kernel/index.ts'
import { sourceOf } from '../support/builder.ts'
import { explorePath } from '../support/http-client.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { type Clauses, openBoth, type Reader } from '../support/shops.ts'

const housesCsv = `id;name;tags;note
1;Les grandes maisons de la rue;;
2;Maisonnette;bleu|rouge;
3;Maison;;bleue
4;La maison bleue;;
5;Secretes book;;
6;The secret book;rare;
7;Book of secrets;;a maison
8;Book;common|rare;
9;Book;common;
10;Secret;common;
`

let readers: readonly Reader[]
before(async (t) => {
  const source = sourceOf(t as never, 'houses.csv', housesCsv, 'csvfile')
  const { indexed, scanned } = await openBoth(t as never, [source], {
    fieldSpecifications: [
      {
        processor_uid: 'pr_0',
        name: 'annotate',
        args: { field: 'tags', annotation: 'multivalued', args: ['|'] },
      },
    ],
  })
  readers = [indexed, scanned]
})

/** The ids as they come, which must be alike with postings and without. */
async function ids(clauses: Clauses): Promise<unknown[]> {
  const [indexed, scanned] = await Promise.all(
    readers.map(async (reader) => (await reader.rows({ select: 'id', ...clauses })).map((row) => row.id)),
  )
  assert.deepEqual(scanned, indexed)
  return indexed!
}

test('letters with a stroke and ligatures are found as people type them, and as they are', async (t) => {
  const text = 'id;name\n1;Łódzka straße\n2;Færøsk Þór\n3;Lodzka Strasse\n'
  const readers = await openBoth(t, [sourceOf(t, 'letters.csv', text, 'csvfile')])
  for (const { rows } of [readers.indexed, readers.scanned])
    for (const [where, expected] of [
      ['"lodzka"', [1, 3]],
      ['name like "STRASSE" and "łódzka"', [1, 3]],
      ['suggest(name, "łódz")', [1, 3]],
      ['"faerösk" and "thor"', [2]],
    ] as const)
      assert.deepEqual(
        (await rows({ select: 'id', where })).map((row) => row.id),
        expected,
        where,
      )
})

describe('records without an order come by relevance', () => {
  const cases: readonly (readonly [what: string, where: string, ids: readonly number[]])[] = [
    [
      'the word itself before its beginning, each by the length of the field',
      'suggest(name, "maison")',
      [3, 4, 2, 1],
    ],
    ['a short field before a long one', '"maison"', [3, 7, 4]],
    ['one edit before two, the word itself before both', 'search(name, "secret boo")', [6, 7, 5]],
    ['case and accents do not count', '"MÀISON"', [3, 7, 4]],
    ['the best field of a record counts', 'suggest("bleu")', [2, 3, 4]],
    ['a value of a list counts with all of them', '"rare"', [6, 8]],
    ['more of the words before fewer', '"common" or "rare" or "book"', [8, 6, 9, 10, 5, 7]],
    [
      'a rare word before a common one',
      'suggest(name, "secretes") or suggest(name, "maison")',
      [5, 3, 4, 2, 1],
    ],
    ['what must not be found does not count', 'name like "book" and not "secret"', [8, 9, 5, 7]],
    ['conditions on values do not count', '"common" and id > 8', [9, 10]],
    ['an empty search finds all in the order of the source', 'suggest("") and id < 4', [1, 2, 3]],
    ['no word, no relevance', 'id > 7', [8, 9, 10]],
  ]
  for (const [what, where, expected] of cases) {
    test(what, async () => assert.deepEqual(await ids({ where }), expected))
  }

  test('pages of it are pieces of one order', async () => {
    const where = '"common" or "rare" or "book"'
    const all = await ids({ where })
    const pages = await Promise.all([0, 2, 4, 6].map((offset) => ids({ where, offset, limit: 2 })))
    assert.deepEqual(pages.flat(), all)
  })
})

describe('relevance() in order_by', () => {
  const where = 'suggest(name, "maison")'
  const cases: readonly (readonly [orderBy: string, ids: readonly number[], where?: string])[] = [
    ['relevance() desc', [3, 4, 2, 1]],
    ['relevance()', [1, 2, 4, 3]],
    ['RELEVANCE() DESC, id', [3, 4, 2, 1]],
    ['id', [1, 2, 3, 4]],
    ['relevance() desc, id desc, relevance()', [9, 8], 'name like "book" and id in [8..9]'],
    ['relevance() desc, id desc', [10, 9, 8], 'id > 7'],
    ['relevance() desc, id desc', [3, 2, 1], 'not "book" and id < 4'],
    ['length(name) desc, relevance() desc', [1, 4, 2, 3]],
  ]
  for (const [orderBy, expected, condition = where] of cases) {
    test(`${orderBy} where ${condition}`, async () => {
      assert.deepEqual(await ids({ where: condition, orderBy }), expected)
    })
  }

  const refused: readonly (readonly [clauses: Clauses, key: string])[] = [
    [{ where, orderBy: 'relevance(name)' }, 'odsql.wrong_arguments'],
    [{ where, orderBy: 'relevance() + 1' }, 'odsql.wrong_arguments'],
    [{ where, select: 'relevance()' }, 'odsql.wrong_arguments'],
    [{ where: 'relevance() > 1' }, 'odsql.wrong_arguments'],
    [{ where, select: 'name, count(*)', groupBy: 'name', orderBy: 'relevance()' }, 'odsql.type_mismatch'],
  ]
  for (const [clauses, key] of refused) {
    test(`${JSON.stringify(clauses)} is ${key}`, async () => {
      await assert.rejects(
        readers[0]!.rows(clauses),
        (error) => error instanceof AppError && error.key === key,
      )
    })
  }

  test('groups of a search come in their own order', async () => {
    const clauses = { where, select: 'name, count(*) as n', groupBy: 'name' }
    for (const reader of readers) assert.equal((await reader.rows(clauses))[0]!.name, 'La maison bleue')
  })
})

describe('over HTTP', () => {
  const shared = shareServer()
  let server: TestServer
  before(async () => {
    server = await shared()
    await server.publishFile('houses', { filename: 'houses.csv', content: housesCsv })
    const about: readonly (readonly [id: string, title: string, description: string, keyword: string[]])[] = [
      ['aa', 'A first list', 'All trees of the town', []],
      ['bb', 'B list of the town', 'The trees', ['trees']],
      ['cc', 'C treasures', 'Nothing that grows', []],
      ['dd', 'Trees of the streets and parks', 'Counted by volunteers', []],
    ]
    for (const [id, title, description, keyword] of about)
      await server.publishFile(id, {
        filename: `${id}.csv`,
        content: 'a\n1\n',
        metas: { default: { title, description, keyword } },
      })
  })
  const get = async (path: string, query: Record<string, string>) =>
    (await server.expect(200, 'GET', `${path}?${new URLSearchParams(query)}`)).json
  const idsOf = (records: readonly { id: number }[]) => records.map(({ id }) => id)
  const where = 'suggest(name, "maison")'

  test('records, and an order that is asked for', async () => {
    const path = `${explorePath}/houses/records`
    assert.deepEqual(idsOf((await get(path, { where })).results), [3, 4, 2, 1])
    assert.deepEqual(idsOf((await get(path, { where, order_by: 'id' })).results), [1, 2, 3, 4])
    assert.deepEqual(idsOf((await get(path, { where, order_by: 'relevance() desc' })).results), [3, 4, 2, 1])
  })

  test('pages by cursor', async () => {
    const found: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { results: { id: number }[]; next_cursor: string | null } = await get(
        `${explorePath}/houses/records`,
        { where, cursor, limit: '1' },
      )
      found.push(...idsOf(page.results))
      cursor = page.next_cursor
    }
    assert.deepEqual(found, [3, 4, 2, 1])
  })

  test('exports keep the order of the source unless relevance is asked for', async () => {
    const path = `${explorePath}/houses/exports/json`
    assert.deepEqual(idsOf(await get(path, { where })), [1, 2, 3, 4])
    assert.deepEqual(idsOf(await get(path, { where, order_by: 'relevance() desc' })), [3, 4, 2, 1])
  })

  test('API 1.0: search by relevance, download by position', async () => {
    const query = { dataset: 'houses', q: 'maison' }
    const { records } = await get('/api/records/1.0/search', query)
    const fields = (list: readonly { fields: { id: number } }[]) => list.map((record) => record.fields.id)
    assert.deepEqual(fields(records), [3, 7, 4, 2, 1])
    assert.deepEqual(
      fields(await get('/api/records/1.0/download', { ...query, format: 'json' })),
      [1, 2, 3, 4, 7],
    )
  })

  test('the catalog: titles before keywords before descriptions', async () => {
    const catalog = async (query: Record<string, string>) =>
      (await get(explorePath, query)).results.map((found: { dataset_id: string }) => found.dataset_id)
    assert.deepEqual(await catalog({ where: 'suggest("tre")' }), ['cc', 'dd', 'bb', 'aa'])
    assert.deepEqual(await catalog({ where: '"trees"' }), ['dd', 'bb', 'aa'])
    assert.deepEqual(await catalog({ where: '"trees"', select: 'dataset_id' }), ['dd', 'bb', 'aa'])
    assert.deepEqual(await catalog({ where: '"trees"', order_by: 'title' }), ['aa', 'bb', 'dd'])
    assert.deepEqual(await catalog({ where: 'dataset_id != "houses"' }), ['aa', 'bb', 'cc', 'dd'])
    const { datasets } = await get('/api/datasets/1.0/search', { q: 'trees' })
    assert.deepEqual(
      datasets.map((found: { datasetid: string }) => found.datasetid),
      ['dd', 'bb', 'aa'],
    )
  })
})
