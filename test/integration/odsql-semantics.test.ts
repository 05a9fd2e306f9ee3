/** Rules of the language that its conformance table leaves open, on the real engine, with postings and without. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Clauses, openShops, type Reader } from '../support/shops.ts'

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  readers = await openShops(t as never)
})

async function both(clauses: Clauses): Promise<Record<string, unknown>[]> {
  const rows = await readers.indexed.rows(clauses)
  assert.deepEqual(await readers.scanned.rows(clauses), rows)
  return rows
}

/** Ids that a condition returns, in order. */
const idsOf = async (where: string, more: Clauses = {}) =>
  (await both({ select: 'id', orderBy: 'id', where, ...more })).map((row) => row.id)

/** One value, of the first shop. */
const shownAs = async (expression: string, more: Clauses = {}) =>
  (await both({ select: `${expression} as v`, where: 'id = 1', ...more }))[0]!.v

function filters(cases: readonly (readonly [where: string, ids: readonly number[], more?: Clauses])[]): void {
  for (const [where, ids, more] of cases) {
    const zone = more?.timezone ? ` (${more.timezone})` : ''
    test(where + zone, async () => assert.deepEqual(await idsOf(where, more), ids))
  }
}

function values(cases: readonly (readonly [expression: string, value: unknown, more?: Clauses])[]): void {
  for (const [expression, value, more] of cases) {
    test(`${expression} is ${JSON.stringify(value)}`, async () =>
      assert.deepEqual(await shownAs(expression, more), value))
  }
}

describe('null is neither equal nor unequal, and never true', () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  filters([
    ['price = null', []],
    ['price != null', all],
    ['not price = null', all],
    ['price in (1.2, null)', [2]],
    ['not price in (1.2, null)', all.filter((id) => id !== 2)],
    ['not qty in [0..100]', [7]],
    ['name != "Zwölf"', all.filter((id) => id !== 8)],
    ['not (name = "Zwölf" or price > 0)', [5, 10]],
    ['not tags = "books"', [1, 2, 5, 7, 8, 10, 11, 12]],
    ['tags != "books"', [1, 2, 5, 7, 8, 10, 11, 12]],
    ['not startswith(name, "B")', [1, 3, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['not "paris"', [1, 2, 6, 7, 8, 9, 10, 11]],
    ['not (active and price > 1)', [3, 5, 6, 10, 12]],
    ['price / 0 is null and not price / 0 = 1', all],
    ['active is not false', [1, 2, 4, 5, 7, 8, 9, 11, 12]],
    ['active != true', [3, 6, 10, 12]],
  ])
})

describe('a multivalued field satisfies what one of its values does', () => {
  filters([
    ['tags in ("bar", "fish")', [1, 7]],
    ['tags > "film"', [3, 5, 7, 12]],
    ['"film" < tags', [3, 5, 7, 12]],
    ['tags in ["bread".."coffee"]', [1, 2, 8, 9]],
    ['tags in ]"bar".."books"[', []],
    ['tags = tags', [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]],
    ['tags = lower("FILM")', [11, 12]],
    ['startswith(tags, "fi")', [7, 11, 12]],
  ])
})

describe('days and instants', () => {
  filters([
    ["opened = date'2022-07-14'", [11, 12], { timezone: 'America/New_York' }],
    ["opened = date'2022-07-14'", [11, 12], { timezone: 'Asia/Tokyo' }],
    ["opened in (date'2022-07-14', '2020-01-01')", [7, 11, 12], { timezone: 'America/New_York' }],
    ["seen_at = date'2024-01-01'", [7]],
    ["seen_at < date'2024-01-01'", [6]],
    ["seen_at < date'2024-01-01'", [6, 7], { timezone: 'America/New_York' }],
    ["seen_at >= date'2024-07-14T20:00+02:00'", [11, 12]],
    ['seen_at > "2024-06"', [8, 11, 12]],
    ['seen_at > now(days=-10)', [11, 12]],
    ['opened < now(years=-45)', [5]],
    ['day(seen_at) = 6', [2], { timezone: 'Europe/Paris' }],
    ['hour(seen_at) = 3', [4], { timezone: 'Europe/Paris' }],
    ['month(opened) = 7', [11, 12], { timezone: 'America/New_York' }],
    ['opened < seen_at', [1, 2, 3, 4, 6, 7, 8, 9, 11, 12]],
    ['opened = seen_at', []],
  ])
  values([
    ['seen_at', '2024-01-05T09:30:00+01:00', { timezone: 'Europe/Paris' }],
    ["ifnull(opened, date'2020')", '2019-03-01', { timezone: 'America/New_York' }],
    ["ifnull(opened, date'2020')", '2020-01-01', { where: 'id = 10', timezone: 'America/New_York' }],
    [
      'ifnull(seen_at, opened)',
      '1949-05-01T00:00:00-04:00',
      { where: 'id = 5', timezone: 'America/New_York' },
    ],
    ["date'2024-07-01'", '2024-07-01T00:00:00+02:00', { timezone: 'Europe/Paris' }],
    ['now()', '2024-07-20T15:30:45.123000+00:00'],
  ])
})

describe('date_format', () => {
  const of = (pattern: string) => `date_format(seen_at, "${pattern}")`
  values([
    [of('yy YY yyyy YYYY'), '24 24 2024 2024'],
    [of('M MM MMMM'), '1 01 January'],
    [of('d dd D DDD'), '5 05 5 005'],
    [of('H HH m mm s ss'), '8 08 30 30 0 00'],
    [of('xx xxxx w ww e'), '24 2024 1 01 5'],
    [of('E EEEE'), 'Fri Friday'],
    [of("'le' d''MM 'o''clock' ?,.:/-"), "le 5'01 o'clock ?,.:/-"],
    [of('😀 d €'), '😀 5 €'],
    [of(''), ''],
    [of('EEEE d MMMM'), 'vendredi 5 janvier', { lang: 'fr' }],
    [of('EEEE'), 'Friday', { lang: 'xx-nonsense-' }],
    [of('HH'), '09', { timezone: 'Europe/Paris' }],
    [of('YYYY'), null, { where: 'id = 10' }],
    ["date_format(date'2021-01-03', 'xxxx ww e')", '2020 53 7'],
  ])
})

describe('numbers', () => {
  values([
    ['2 + 3 * 4 - 1', 13],
    ['(2 + 3) * -4', -20],
    ['7 / 2', 3.5],
    ['1 / (1 / 0)', null],
    ['9223372036854775807 + 1', null],
    ['-9223372036854775807 - 1', Number.MIN_SAFE_INTEGER * 1024 - 1024],
    ['-(-9223372036854775807 - 1)', null],
    ['1e308 * 10', null],
    ['1e300', 1e300],
    ['-null', null],
    ['price * null', null],
    ['ifnull(null, qty)', 12],
    ['length("é😀名")', 3],
    ['upper("zwölf é")', 'ZWÖLF É'],
    ['second(seen_at) + millisecond(seen_at)', 0],
    ['dayofweek(seen_at) * 10 + quarter(seen_at)', 51],
  ])
})

describe('boxes', () => {
  filters([
    ['in_bbox(place, 46, 5, 45, 4)', [1, 2, 11]],
    ['in_bbox(place, 46, 4, 45, 5)', [1, 2, 11]],
    ['in_bbox(place, 45, 6, 52, 4)', [3, 4, 5, 6, 7, 8, 9, 12]],
    ['not in_bbox(place, -90, -180, 90, 180)', [10]],
  ])
})

describe('words', () => {
  filters([
    ['""', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['search("...")', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['"BOOK"', [3, 4]],
    ['"don t"', [9]],
    ['suggest("quai LIV")', [6]],
    ['search(city, name, "lion gare")', [1]],
    ['"element"', []],
    ['search(tags, "rares books")', [3]],
    ['recordid like "nothing"', []],
  ])
})

describe('groups', () => {
  const cases: readonly (readonly [what: string, clauses: Clauses, rows: readonly unknown[]])[] = [
    ['alone are the distinct values', { groupBy: 'city', limit: 2 }, [{ city: 'Köln' }, { city: 'London' }]],
    [
      'of equal width leave out what is empty, and are shown when select does not name them',
      { select: 'count(*) as n', groupBy: 'range(price, 5) as r', orderBy: 'r desc' },
      [
        { r: '[25, 30[', n: 1 },
        { r: '[15, 20[', n: 1 },
        { r: '[10, 15[', n: 2 },
        { r: '[5, 10[', n: 3 },
        { r: '[0, 5[', n: 4 },
      ],
    ],
    [
      'stay away when something selected has their name',
      { select: 'count(*) as city', groupBy: 'city', limit: 1 },
      [{ city: 2 }],
    ],
    [
      'of a width with decimals have clean keys',
      { groupBy: 'range(price, 0.1) as r', where: 'price < 5' },
      [{ r: '[0, 0.1[' }, { r: '[1.2, 1.3[' }, { r: '[3.9, 4[' }, { r: '[4.5, 4.6[' }],
    ],
    [
      'of days are days wherever one is',
      {
        select: 'r, count(*) as n',
        groupBy: "range(opened, date'2020-01-01', date'2022-07-14', date'2022-07-15') as r",
        timezone: 'America/New_York',
      },
      [
        { r: '[2020-01-01, 2022-07-14[', n: 1 },
        { r: '[2022-07-14, 2022-07-15[', n: 2 },
      ],
    ],
    [
      'of quarters and years',
      { select: 'r, count(*) as n', groupBy: 'range(seen_at, 1 quarter) as r', timezone: 'Europe/Paris' },
      [
        { r: '[2024-01-01T00:00:00, 2024-04-01T00:00:00[', n: 6 },
        { r: '[2024-04-01T00:00:00, 2024-07-01T00:00:00[', n: 1 },
        { r: '[2024-07-01T00:00:00, 2024-10-01T00:00:00[', n: 3 },
      ],
    ],
    [
      'of weeks begin on Monday',
      { groupBy: 'range(opened, 1 week) as r', where: 'id = 12' },
      [{ r: '[2022-07-11, 2022-07-18[' }],
    ],
    [
      'of several values combine',
      { select: 'city, active, count(*) as n', groupBy: 'city, active', where: 'city = "Paris"' },
      [
        { city: 'Paris', active: false, n: 1 },
        { city: 'Paris', active: true, n: 2 },
        { city: 'Paris', active: null, n: 1 },
      ],
    ],
    [
      'of a multivalued field are one for each value, and one for none',
      { select: 'tags, count(*) as n', groupBy: 'tags', where: 'id in (1, 10)' },
      [
        { tags: 'bar', n: 1 },
        { tags: 'coffee', n: 1 },
        { tags: null, n: 1 },
      ],
    ],
    [
      'may be ordered by what is not shown',
      { select: 'city', groupBy: 'city', orderBy: 'sum(qty) desc, city', limit: 2 },
      [{ city: 'Lyon' }, { city: 'Paris' }],
    ],
    [
      'none, over no record',
      { select: 'count(*) as n, sum(qty) as s, max(opened) as m', where: 'id = 0' },
      [{ n: 0, s: null, m: null }],
    ],
    [
      'one row, whatever the order',
      { select: 'sum(qty * 2) + 1 as s', orderBy: 'random(3), avg(price)' },
      [{ s: 471 }],
    ],
  ]
  for (const [what, clauses, rows] of cases) {
    test(what, async () => assert.deepEqual(await both(clauses), rows))
  }
})

describe('order', () => {
  test('is total: pages cover every record once', async () => {
    for (const orderBy of [undefined, 'city', 'active desc', 'tags', 'random(7)', 'price * 0', 'null']) {
      const pages = []
      for (let offset = 0; offset < 15; offset += 5)
        pages.push(...(await both({ select: 'id', orderBy, limit: 5, offset })))
      assert.deepEqual(
        pages.map((row) => Number(row.id)).sort((a, b) => a - b),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      )
    }
  })
  test('puts nulls last in both directions', async () => {
    for (const orderBy of ['price', 'price desc']) {
      assert.equal((await both({ select: 'id', orderBy })).at(-1)!.id, 5)
    }
  })
  test('is by code points for text', async () => {
    const rows = await both({ select: 'name', orderBy: 'name', where: 'name is not null' })
    const names = rows.map((row) => String(row.name))
    assert.deepEqual(names, [...names].sort())
  })
  test('at random is repeatable, and differs by seed', async () => {
    const order = (seed: number) => both({ select: 'id', orderBy: `random(${seed})` })
    assert.deepEqual(await order(1), await order(1))
    assert.notDeepEqual(await order(1), await order(2))
  })
  test('by an alias that hides a field is by the alias', async () => {
    const rows = await both({ select: 'id, -price as price', orderBy: 'price', limit: 2 })
    assert.deepEqual(
      rows.map((row) => row.id),
      [3, 7],
    )
  })
})

describe('refinements', () => {
  const cases: readonly (readonly [clauses: Clauses, ids: readonly number[]])[] = [
    [{ refine: ['city:Lyon'] }, [1, 2, 11]],
    [{ refine: ['city:"Lyon"'] }, [1, 2, 11]],
    [{ refine: ['tags:books', 'tags:rare'] }, [3]],
    [{ refine: ['city:Lyon', 'city:Köln'], disjunctive: ['city'] }, [1, 2, 8, 10, 11]],
    [{ refine: ['city:Lyon', 'city:Köln'] }, []],
    [{ exclude: ['tags:books', 'city:Paris'] }, [1, 2, 7, 8, 10, 11]],
    [{ refine: ['opened:2022/07'] }, [11, 12]],
    [{ refine: ['opened:2022'], timezone: 'America/New_York' }, [11, 12]],
    [{ refine: ['seen_at:2023'] }, [6]],
    [{ refine: ['seen_at:2023'], timezone: 'America/New_York' }, [6, 7]],
    [{ refine: ['opened:9999'] }, []],
    [{ refine: ['qty:5'] }, [11]],
    [{ refine: ['price:9.5'] }, [12]],
    [{ refine: ['active:false'] }, [3, 6, 10]],
    [{ exclude: ['active:false'] }, [1, 2, 4, 5, 7, 8, 9, 11, 12]],
    [{ refine: ['name:Fish'], hierarchies: { name: ' & ' } }, [7]],
  ]
  for (const [clauses, ids] of cases) {
    test(JSON.stringify(clauses), async () => {
      assert.deepEqual(
        (await both({ select: 'id', orderBy: 'id', ...clauses })).map((row) => row.id),
        ids,
      )
    })
  }
})
