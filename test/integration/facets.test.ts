/** Facets over real generations: counts, order, nesting, what a refinement does to them. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { AppError } from '../../src/kernel/index.ts'
import type { QueryText } from '../../src/odsql/index.ts'
import type { FacetValue } from '../../src/records/facets.ts'
import { disjunctiveFields, hierarchiesOf } from '../../src/records/index.ts'
import { sourceOf } from '../support/builder.ts'
import { openBoth, openShops, type Reader } from '../support/shops.ts'

let shops: readonly Reader[]
let paths: readonly Reader[]
before(async (t) => {
  const { indexed, scanned } = await openShops(t as never)
  shops = [indexed, scanned]
  const csv = 'a;n\nx/y/z;1\nx/y/w;2\nx/v;3\nx;4\nu/y;5\n;6\n'
  const annotate = (annotation: string, args: string[]) => ({
    processor_uid: 'pr_0',
    name: 'annotate',
    args: { field: 'a', annotation, args },
  })
  const built = await openBoth(t as never, [sourceOf(t as never, 'paths.csv', csv, 'csvfile')], {
    fieldSpecifications: [
      annotate('facet', []),
      annotate('hierarchical', ['/']),
      annotate('disjunctive', []),
    ],
  })
  paths = [built.indexed, built.scanned]
})

/** `name count` for each value, nested values in brackets, a star on those that are refined. */
function shown(values: readonly FacetValue[]): string {
  return values
    .map(({ name, count, state, facets }) => {
      const mark = { displayed: '', refined: '*', excluded: '!' }[state]
      return `${name}${mark}${count === undefined ? '' : ` ${count}`}${facets ? ` (${shown(facets)})` : ''}`
    })
    .join(', ')
}

async function facet(
  readers: readonly Reader[],
  name: string,
  more: Partial<QueryText> = {},
): Promise<string> {
  const answers = await Promise.all(
    readers.map(async ({ facets, publication }) => {
      const text = {
        now: 0,
        hierarchies: hierarchiesOf(publication.fields),
        disjunctive: disjunctiveFields(publication.fields),
        ...more,
      }
      return shown((await facets.query(publication, text, [name]))[0]!.facets)
    }),
  )
  assert.equal(answers[0], answers[1])
  return answers[0]!
}

describe('values with their counts', () => {
  const cases: readonly (readonly [facet: string, values: string, more?: Partial<QueryText>])[] = [
    ['city', 'Paris 4, Lyon 3, Köln 2, Nantes 2, London 1'],
    ['city', 'Lyon 2, Paris 1', { where: ['price < 9 and active'], exclude: ['city:Köln', 'city:London'] }],
    ['city', 'Lyon* 3', { refine: ['city:Lyon'] }],
    [
      'facet(name="city", disjunctive=true)',
      'Paris 4, Lyon* 3, Köln 2, Nantes 2, London 1',
      { refine: ['city:Lyon'] },
    ],
    ['facet(name=city, sort="alphanum", limit=2)', 'Köln 2, London 1'],
    ['facet("city", sort="-alphanum", limit=2)', 'Paris 4, Nantes 2'],
    ['facet("city", sort="count", limit=2)', 'London 1, Köln 2'],
    ['tags', 'books 4, coffee 3, rare 3, film 2, bar 1, bread 1, fabric 1, fish 1'],
    ['active', 'true 8, false 3'],
    ['facet(name="qty", sort="-num", limit=3)', '80 1, 42 1, 40 1'],
    ['opened', '2022 2, 1949 1, 1979 1, 2001 1, 2010 1, 2012 1, 2015 1, 2018 1, 2019 1, 2020 1'],
    ['opened', '2022* 2 (07* 2 (14 2))', { refine: ['opened:2022/07'] }],
    ['seen_at', '2023* 2 (12* 2 (31* 2))', { refine: ['seen_at:2023/12/31'], timezone: 'America/New_York' }],
  ]
  for (const [name, values, more] of cases) {
    test(`${name} ${more ? JSON.stringify(more) : ''}`, async () => {
      const excluded = (more?.exclude ?? []).map((item) => `, ${item.slice(5)}!`).join('')
      assert.equal(await facet(shops, name, more), values + excluded)
    })
  }
})

describe('hierarchies', () => {
  test('show their first level', async () => assert.equal(await facet(paths, 'a'), 'x 4, u 1'))
  test('open where they are refined', async () => {
    assert.equal(await facet(paths, 'a', { refine: ['a:x/y'] }), 'x* 4 (y* 2 (w 1, z 1), v 1), u 1')
  })
  test('select what is at and below a path', async () => {
    const text = { hierarchies: { a: '/' } }
    for (const reader of paths) {
      const count = async (refine: string) =>
        (await reader.rows({ select: 'n', refine: [refine], ...text })).map((row) => row.n)
      assert.deepEqual(await count('a:x'), [1, 2, 3, 4])
      assert.deepEqual(await count('a:x/y'), [1, 2])
      assert.deepEqual(await count('a:x/'), [])
    }
  })
})

test('all annotated fields are listed when none is named', async () => {
  const [{ facets, publication }] = [shops[0]!]
  assert.deepEqual(
    (await facets.query(publication, { now: 0 }, [])).map(({ name }) => name),
    ['city'],
  )
})

test('the empty text is no value, however many records have it, and takes no place of another', async (t) => {
  const rows = ['-', '-', '-', 'x', 'x', 'y'].map((a, n) => ({ a, n }))
  const source = sourceOf(t, 'empty.json', JSON.stringify(rows), 'jsonfile')
  const emptied = { processor_uid: 'pr_0', name: 'string_replace', args: { field: 'a', old: '-', new: '' } }
  const { indexed, scanned } = await openBoth(t, [source], { processors: [emptied] })
  const readers = [indexed, scanned]
  assert.equal(await facet(readers, 'a'), 'x 2, y 1')
  assert.equal(await facet(readers, 'facet(name="a", limit=1)'), 'x 2')
  assert.equal(await facet(readers, 'facet(name="a", limit=2)'), 'x 2, y 1')
  assert.equal(await facet(readers, 'facet(name="a", sort="alphanum", limit=1)'), 'x 2')
})

describe('refused facets', () => {
  const cases: readonly (readonly [facet: string, key: string])[] = [
    ['colour', 'odsql.unknown_facet'],
    ['place', 'odsql.unknown_facet'],
    ['recordid', 'odsql.unknown_facet'],
    ['facet(name="colour")', 'odsql.unknown_facet'],
    ['facet(sort="count")', 'odsql.unknown_facet'],
    ['facet(name="city", sort="sideways")', 'odsql.wrong_arguments'],
    ['facet(name="city", limit=-1)', 'odsql.wrong_arguments'],
    ['facet(name="city", separator="")', 'odsql.wrong_arguments'],
    ['facet(name="city", colour="red")', 'odsql.wrong_arguments'],
    ['facet(name="city", "again")', 'odsql.wrong_arguments'],
    ['facet(', 'odsql.syntax'],
    ['count(*)', 'odsql.syntax'],
    ['', 'odsql.syntax'],
  ]
  for (const [name, key] of cases) {
    test(JSON.stringify(name), async () => {
      await assert.rejects(facet(shops, name), (error) => error instanceof AppError && error.key === key)
    })
  }
})

test('facets and refinements that fill an address are refused, and not multiplied', async () => {
  const [{ facets, publication }] = [shops[0]!]
  const tooMany = (error: unknown) => error instanceof AppError && error.key === 'odsql.too_complex'
  const names = Array.from({ length: 20_000 }, () => 'city')
  await assert.rejects(facets.query(publication, { now: 0 }, names), tooMany)
  const refine = Array.from({ length: 20_000 }, (_, n) => `city:${n}`)
  await assert.rejects(facets.query(publication, { now: 0, refine }, names.slice(0, 500)), tooMany)
})
