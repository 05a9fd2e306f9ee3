/**
 * The language against the real engine: every row of its conformance table, once through the postings of a serving file
 * and once by scanning the parts.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { AppError, type ErrorKey, errorSpec } from '../../src/kernel/index.ts'
import { type Clauses, openShops, type Reader } from '../support/shops.ts'

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  readers = await openShops(t as never)
})
const modes = ['indexed', 'scanned'] as const

const filters: readonly (readonly [name: string, where: string, ids: readonly number[]])[] = [
  ['W1', 'price > 10', [3, 6, 7]],
  ['W2', 'price >= 10 and city = "Lyon"', [11]],
  ['W3', 'price < 4 or qty > 40', [2, 8, 9, 10]],
  ['W4', 'price < 4 or qty > 40 and active', [2, 8, 9, 10]],
  ['W5', '(price < 4 or qty > 40) and active', [2, 8, 9]],
  ['W6', 'not active', [3, 6, 10, 12]],
  ['W7', 'active is false', [3, 6, 10]],
  ['W8', 'active', [1, 2, 4, 5, 7, 8, 9, 11]],
  ['W9', 'active is not null', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ['W10', 'price is null', [5]],
  ['W11', 'name is null', [10]],
  ['W12', 'not (price > 5)', [1, 2, 5, 8, 10]],
  ['W13', 'city != "Paris"', [1, 2, 6, 7, 8, 9, 10, 11]],
  ['W14', 'city = "paris"', []],
  ['W15', 'city in ("Lyon", "Köln")', [1, 2, 8, 10, 11]],
  ['W16', 'not city in ("Lyon", "Paris")', [6, 7, 8, 9, 10]],
  ['W17', 'qty in [5..12]', [1, 6, 11, 12]],
  ['W18', 'qty in ]5..12[', [6, 12]],
  ['W19', 'qty in [5 TO 12[', [6, 11, 12]],
  ['W20', "opened in [date'2018'..date'2020']", [1, 6, 7]],
  ['W21', "opened > date'2020'", [11, 12]],
  ['W22', "opened = date'2022/07/14'", [11, 12]],
  ['W23', "seen_at >= date'2024-07-14T19:00'", [11]],
  ['W24', '"rare" in tags', [3, 5, 12]],
  ['W25', 'tags = "books"', [3, 4, 6, 9]],
  ['W26', 'tags is null', [10]],
  ['W27', 'price * 2 > 20', [3, 6, 7]],
  ['W28', 'qty / 0 > 1', []],
  ['W29', 'length(name) > 15', [2, 3, 5]],
  ['W30', 'lower(name) = "fish & co"', [7]],
  ['W31', 'ifnull(qty, 100) > 50', [2, 7]],
  ['W32', 'year(opened) = 2022', [11, 12]],
  ['W33', 'month(seen_at) = 1', [1, 2, 7]],
  ['W34', 'date_format(opened, "YYYY-MM") = "2022-07"', [11, 12]],
  ['W35', "name = 'Don\\'t Panic'", [9]],
  ['W36', `name = "Don't Panic"`, [9]],
  ['W37', "within_distance(place, geom'POINT(2.3522 48.8566)', 2km)", [3, 4, 12]],
  ['W38', "within_distance(place, geom'POINT(2.3522 48.8566)', 1mi)", [3, 4, 12]],
  ['W39', "not within_distance(place, geom'POINT(2.3522 48.8566)', 600km)", [10]],
  ['W40', 'in_bbox(place, 45, 4, 46, 5)', [1, 2, 11]],
  ['W41', "within(place, geom'POLYGON((2 48, 3 48, 3 49, 2 49, 2 48))')", [3, 4, 5, 12]],
  ['W42', "disjoint(place, geom'POLYGON((2 48, 3 48, 3 49, 2 49, 2 48))')", [1, 2, 6, 7, 8, 9, 11]],
  ['T1', '"paris"', [3, 4, 5, 12]],
  ['T2', '"cafe"', [1]],
  ['T3', '"gare lyon"', [1]],
  ['T4', '"books" and not "rare"', [4, 6, 9]],
  ['T5', 'search("film")', [11, 12]],
  ['T6', 'search(name, "bok of secret")', [3]],
  ['T7', 'search("libres quai")', [6]],
  ['T8', 'search(name, "bok")', []],
  ['T9', 'suggest("caf")', [1]],
  ['T10', 'suggest(name, "boo")', [3, 4]],
  ['T11', 'suggest(name, tags, "boo")', [3, 4, 6, 9]],
  ['T12', 'startswith(name, "Book")', [4]],
  ['T13', 'startswith(name, "book")', []],
  ['T14', 'name like "book"', [3, 4]],
  ['T15', '"zwolf" or "elan"', [2, 8]],
  ['T16', 'search(*, "saint pier")', [5]],
]

describe('filters return the records of the conformance table', () => {
  for (const [name, where, ids] of filters) {
    for (const mode of modes) {
      test(`${name} ${where} (${mode})`, async () => {
        const rows = await readers[mode].rows({ select: 'id', where, orderBy: 'id' })
        assert.deepEqual(
          rows.map((row) => row.id),
          ids,
        )
      })
    }
  }
})

const queries: readonly (readonly [
  name: string,
  clauses: Clauses,
  rows: readonly Record<string, unknown>[],
])[] = [
  ['Q1', { select: 'count(*)' }, [{ 'count(*)': 12 }]],
  ['Q2', { select: 'count(qty) as n' }, [{ n: 11 }]],
  [
    'Q3',
    { select: 'sum(qty) as s, avg(price) as a, min(price) as lo, max(price) as hi' },
    [{ s: 235, a: 9.060909, lo: 0, hi: 25 }],
  ],
  ['Q4', { select: 'median(price) as m' }, [{ m: 8.75 }]],
  ['Q5', { select: 'percentile(price, 25) as p' }, [{ p: 4.2 }]],
  ['Q6', { select: 'count(distinct city) as c' }, [{ c: 5 }]],
  [
    'Q7',
    { select: 'min(opened) as first, max(opened) as last' },
    [{ first: '1949-05-01', last: '2022-07-14' }],
  ],
  [
    'Q8',
    { select: 'city, count(*) as n', groupBy: 'city', orderBy: 'n desc, city' },
    [
      { city: 'Paris', n: 4 },
      { city: 'Lyon', n: 3 },
      { city: 'Köln', n: 2 },
      { city: 'Nantes', n: 2 },
      { city: 'London', n: 1 },
    ],
  ],
  [
    'Q9',
    { select: 'active, count(*) as n', groupBy: 'active', orderBy: 'n desc' },
    [
      { active: true, n: 8 },
      { active: false, n: 3 },
      { active: null, n: 1 },
    ],
  ],
  [
    'Q10',
    { select: 'y, count(*) as n', groupBy: 'year(opened) as y', orderBy: 'n desc, y desc', limit: 3 },
    [
      { y: 2022, n: 2 },
      { y: 2020, n: 1 },
      { y: 2019, n: 1 },
    ],
  ],
  [
    'Q11',
    { select: 'tags, count(*) as n', groupBy: 'tags', orderBy: 'n desc, tags', limit: 4 },
    [
      { tags: 'books', n: 4 },
      { tags: 'coffee', n: 3 },
      { tags: 'rare', n: 3 },
      { tags: 'film', n: 2 },
    ],
  ],
  [
    'Q12',
    {
      select: 'city, avg(price) as a',
      groupBy: 'city',
      where: 'price is not null',
      orderBy: 'a desc',
      limit: 2,
    },
    [
      { city: 'Nantes', a: 15.2 },
      { city: 'Paris', a: 14.416667 },
    ],
  ],
  [
    'Q13',
    { select: 'id, price * qty as total', orderBy: 'total desc', limit: 3 },
    [
      { id: 9, total: 269.64 },
      { id: 4, total: 131.25 },
      { id: 2, total: 96 },
    ],
  ],
  ['Q14', { select: 'id', orderBy: 'price', limit: 3 }, [{ id: 10 }, { id: 2 }, { id: 8 }]],
  ['Q15', { select: 'id', orderBy: 'price desc', limit: 3 }, [{ id: 3 }, { id: 7 }, { id: 6 }]],
  ['Q16', { select: 'id', orderBy: 'opened desc, id desc', limit: 2 }, [{ id: 12 }, { id: 11 }]],
  ['Q17', { select: 'id', limit: 2, offset: 10, orderBy: 'id' }, [{ id: 11 }, { id: 12 }]],
  ['Q18', { select: 'length(name) as l', where: 'id=8' }, [{ l: 5 }]],
  [
    'Q19',
    { select: 'b, count(*) as n', groupBy: 'range(price, *, 5, 10, *) as b' },
    [
      { b: '[*, 5[', n: 4 },
      { b: '[5, 10[', n: 3 },
      { b: '[10, *[', n: 4 },
    ],
  ],
]

const rounded = (rows: readonly Record<string, unknown>[]) =>
  JSON.parse(
    JSON.stringify(rows, (_key, value) =>
      typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
    ),
  )

describe('queries answer as the conformance table says', () => {
  for (const [name, clauses, expected] of queries) {
    for (const mode of modes) {
      test(`${name} (${mode})`, async () => {
        assert.deepEqual(rounded(await readers[mode].rows(clauses)), expected)
      })
    }
  }

  for (const mode of modes) {
    test(`Q20 distances are right to half a percent (${mode})`, async () => {
      const rows = await readers[mode].rows({
        select: "id, distance(place, geom'POINT(2.3522 48.8566)') as d",
        orderBy: 'd',
        limit: 3,
      })
      assert.deepEqual(
        rows.map((row) => row.id),
        [3, 12, 4],
      )
      for (const [index, metres] of [0, 1055, 1157].entries()) {
        assert.ok(Math.abs(Number(rows[index]!.d) - metres) <= metres * 0.005, `${rows[index]!.d} metres`)
      }
    })
  }
})

/** Clause, key of the error, position, hint. */
const faults: readonly (readonly [clauses: Clauses, key: ErrorKey, position: number, hint?: string])[] = [
  [{ where: 'price >' }, 'odsql.syntax', 7],
  [{ where: 'foo(price) > 1' }, 'odsql.unknown_function', 0],
  [{ where: 'colour = "red"' }, 'odsql.unknown_field', 0, ''],
  [{ where: 'prise > 1' }, 'odsql.unknown_field', 0, 'Did you mean price?'],
  [{ where: 'price > "abc"' }, 'odsql.type_mismatch', 8],
  [{ groupBy: 'place' }, 'odsql.type_mismatch', 0],
  [{ select: 'name, count(*)' }, 'odsql.not_grouped', 0],
  [{ where: "opened > date'2024-02-30'" }, 'odsql.invalid_literal', 9],
  [{ where: "within_distance(place, geom'POINT(2', 1km)" }, 'odsql.invalid_literal', 23],
  [{ where: 'in_bbox(place, 1, 2, 3)' }, 'odsql.wrong_arguments', 0],
  [{ select: 'percentile(price, 101)' }, 'odsql.wrong_arguments', 0],
  [{ groupBy: 'range(opened, 2 month)' }, 'odsql.wrong_arguments', 0],
  [{ select: "date_format(opened, 'Q')" }, 'odsql.wrong_arguments', 20],
  [{ where: 'name = "unclosed' }, 'odsql.syntax', 7],
  [{ where: `${'('.repeat(300)}price > 1${')'.repeat(300)}` }, 'odsql.too_complex', 201],
]

describe('faulty queries are refused with their position', () => {
  for (const [clauses, key, position, hint] of faults) {
    const shown = String(Object.values(clauses)[0]).slice(0, 40)
    test(`${shown}: ${key}`, async () => {
      await assert.rejects(readers.indexed.rows(clauses), (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.key, key)
        assert.equal(errorSpec(error.key).status, 400)
        assert.equal(error.params.position, position)
        if (hint !== undefined) assert.equal(error.params.suggestion, hint)
        return true
      })
    })
  }
})
