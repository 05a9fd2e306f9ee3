import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shopSchema } from '../../../test/support/shops-schema.ts'
import { type ErrorKey, errorCatalogue, formatTemplate } from '../../kernel/index.ts'
import { prepareQuery, type QueryText } from './query.ts'

const now = Date.UTC(2024, 0, 31, 10, 20, 30, 456)
const prepare = (text: Partial<QueryText>) => prepareQuery({ now, ...text }, shopSchema)

function query(text: Partial<QueryText>) {
  const result = prepare(text)
  assert.ok(result.ok, result.ok ? '' : result.errors[0]!.message)
  return result.value
}

function errors(text: Partial<QueryText>) {
  const result = prepare(text)
  assert.ok(!result.ok, 'it was accepted')
  return result.errors.map(({ key, params }) => {
    const spec = errorCatalogue[key] as { hint?: string }
    return {
      key,
      clause: params.clause,
      position: params.position,
      hint: formatTemplate(spec.hint ?? '', params),
      said: [params.reason, params.name, params.field].filter(Boolean).join(' '),
    }
  })
}

describe('refusals in where', () => {
  const cases: readonly (readonly [where: string, key: ErrorKey, position: number, said?: RegExp])[] = [
    ['1 = 1 and colour = 2', 'odsql.unknown_field', 10, /colour/],
    ['lenght(name) > 1', 'odsql.unknown_function', 0, /lenght/],
    ['__proto__ = 1', 'odsql.unknown_field', 0],
    ['constructor(name) = 1', 'odsql.unknown_function', 0],
    ['toString() = 1', 'odsql.unknown_function', 0],
    ['name > 1', 'odsql.type_mismatch', 7, /text and int/],
    ['active > 1', 'odsql.type_mismatch', 9],
    ['place = 1', 'odsql.type_mismatch', 8],
    ['name + 1 = 2', 'odsql.type_mismatch', 0, /'\+' needs numbers, not text/],
    ['price', 'odsql.type_mismatch', 0, /a condition is needed/],
    ['null', 'odsql.type_mismatch', 0],
    ['price is true', 'odsql.type_mismatch', 0],
    ['count(*) > 1', 'odsql.type_mismatch', 0, /aggregate/],
    ['qty in (1, count(*))', 'odsql.type_mismatch', 11],
    ['qty in (1, "x")', 'odsql.type_mismatch', 11],
    ['qty in ["a".."b"]', 'odsql.type_mismatch', 8],
    ['"x" in qty', 'odsql.type_mismatch', 0],
    ['1 in tags', 'odsql.type_mismatch', 0],
    ['price like "1"', 'odsql.type_mismatch', 0, /'like' needs a text field/],
    ['name like city', 'odsql.type_mismatch', 0],
    ['(a = 1) = 2', 'odsql.syntax', 8],
    ['length(name, 2) > 1', 'odsql.wrong_arguments', 0, /takes 1 argument, not 2/],
    ['length(price) > 1', 'odsql.wrong_arguments', 0, /needs a text, not double/],
    ['length(text=name) > 1', 'odsql.wrong_arguments', 0, /no argument text/],
    ['lower(distinct name) = "x"', 'odsql.wrong_arguments', 0, /distinct/],
    ['year(price) = 1', 'odsql.wrong_arguments', 0],
    ['ifnull(price, "x") > 1', 'odsql.wrong_arguments', 0, /cannot stand for each other/],
    ['ifnull(tags, 1) = "x"', 'odsql.wrong_arguments', 0],
    ['search(price, "x")', 'odsql.wrong_arguments', 0, /price is not a text field/],
    ['search(name)', 'odsql.wrong_arguments', 0],
    ['search(colour, "x")', 'odsql.unknown_field', 7],
    ['search(words="x")', 'odsql.wrong_arguments', 0],
    ['search(distinct "x")', 'odsql.wrong_arguments', 0],
    ['range(price, 5) = 1', 'odsql.wrong_arguments', 0, /cannot be used here/],
    ['random(1) = 1', 'odsql.wrong_arguments', 0],
    ['envelope(place) = 1', 'odsql.type_mismatch', 0],
    ['within_distance(area, geom"LINESTRING(1 2, 3 4)", 1km)', 'odsql.wrong_arguments', 0],
    ['within_distance(name, geom"POINT(1 2)", 1km)', 'odsql.wrong_arguments', 0],
    ['within_distance(place, geom"POINT(1 2)", 1day)', 'odsql.wrong_arguments', 0, /a distance/],
    ['within_distance(place, geom"POLYGON((1 1, 2 2, 3 1, 1 1))", 1km)', 'odsql.wrong_arguments', 0],
    ['within(place, geom"LINESTRING(1 1)")', 'odsql.invalid_literal', 14],
    ['within(place, geom"POLYGON((1 1, 2 2, 3 1, 1 2))")', 'odsql.invalid_literal', 14, /does not end where/],
    ['within(place, geom"POLYGON((1 1, 0x2 2, 3 1, 1 1))")', 'odsql.invalid_literal', 14],
    ['within(place, geom"POINT(1 91)")', 'odsql.invalid_literal', 14],
    ['within(place, geom\'{"type":"Polygon"}\')', 'odsql.invalid_literal', 14],
    ['within(place, geom"{broken")', 'odsql.invalid_literal', 14],
    ['geometry(place, geom"POLYGON((1 1, 2 2, 3 1, 1 1))", TOUCHES)', 'odsql.wrong_arguments', 0],
    ["opened > date'20/20'", 'odsql.invalid_literal', 9],
    ["opened > date'2023-02-29'", 'odsql.invalid_literal', 9],
    ["opened > date'2024-01-01T25:00'", 'odsql.invalid_literal', 9],
    ["opened > date'2024-01-01T00:00+25:00'", 'odsql.invalid_literal', 9],
    ["opened > date'0001-01-01T00:00+05:00'", 'odsql.invalid_literal', 9],
    ['opened > "yesterday"', 'odsql.invalid_literal', 9],
    ['price > 1e999', 'odsql.invalid_literal', 8],
    ['opened > now(fortnights=1)', 'odsql.wrong_arguments', 9, /no part fortnights/],
    ['opened > now(month=13)', 'odsql.wrong_arguments', 9],
    ['opened > now(years=9999)', 'odsql.wrong_arguments', 9],
    ['opened > now(1)', 'odsql.wrong_arguments', 9],
  ]
  for (const [where, key, position, said] of cases) {
    test(where, () => {
      const [error] = errors({ where: [where] })
      assert.deepEqual([error!.key, error!.clause, error!.position], [key, 'where', position])
      if (said) assert.match(error!.said, said)
    })
  }
})

describe('refusals in the other clauses', () => {
  const cases: readonly (readonly [text: Partial<QueryText>, key: ErrorKey, position: number])[] = [
    [{ select: 'colour' }, 'odsql.unknown_field', 0],
    [{ select: 'include(colour)' }, 'odsql.unknown_field', 8],
    [{ select: 'name, price * 2 as name' }, 'odsql.syntax', 6],
    [{ select: 'name, price as Name' }, 'odsql.syntax', 6],
    [{ select: 'name, count(*)' }, 'odsql.not_grouped', 0],
    [{ select: 'sum(avg(price))' }, 'odsql.wrong_arguments', 0],
    [{ select: 'sum(distinct price)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'sum(name)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'min(name)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'percentile(price, qty)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'percentile(price, null)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'bbox(name)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'envelope(area)' }, 'odsql.wrong_arguments', 0],
    [{ select: "geom'POINT(1 2)'" }, 'odsql.type_mismatch', 0],
    [{ select: "distance(place, 'x')" }, 'odsql.wrong_arguments', 0],
    [{ select: "date_format(opened, 'yyy')" }, 'odsql.wrong_arguments', 20],
    [{ select: "date_format(opened, 'é')" }, 'odsql.wrong_arguments', 20],
    [{ select: `date_format(opened, '${'-'.repeat(201)}')` }, 'odsql.wrong_arguments', 20],
    [{ select: 'date_format(opened, name)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'city', groupBy: 'qty' }, 'odsql.not_grouped', 0],
    [{ select: 'city, count(*) as city', groupBy: 'city' }, 'odsql.syntax', 6],
    [{ groupBy: 'city as x, qty as x' }, 'odsql.syntax', 11],
    [{ groupBy: 'count(*)' }, 'odsql.type_mismatch', 0],
    [{ groupBy: 'area' }, 'odsql.type_mismatch', 0],
    [{ groupBy: 'geo_cluster(place, 26)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'geo_cluster(area, 3)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'geo_cluster(place)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'geo_cluster(place, 3, 0)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'range(price)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'range(price, 1 day)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'range(price, 0)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'range(price, 1, *, 5)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: "range(price, date'2020', date'2021')" }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'range(price * 2, 5)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: 'range(opened, 99999999999999 days)' }, 'odsql.wrong_arguments', 0],
    [{ groupBy: `range(price, ${Array(1001).fill('1').join(',')})` }, 'odsql.wrong_arguments', 0],
    [{ orderBy: 'colour' }, 'odsql.unknown_field', 0],
    [{ orderBy: 'name, place' }, 'odsql.type_mismatch', 6],
    [{ orderBy: 'count(*)' }, 'odsql.type_mismatch', 0],
    [{ orderBy: 'random(name)' }, 'odsql.wrong_arguments', 0],
    [{ select: 'count(*)', groupBy: 'city', orderBy: 'price' }, 'odsql.not_grouped', 0],
  ]
  for (const [text, key, position] of cases) {
    test(JSON.stringify(text).slice(0, 80), () => {
      const [error] = errors(text)
      assert.deepEqual([error!.key, error!.position], [key, position])
    })
  }
})

describe('hints', () => {
  const cases: readonly (readonly [where: string, hint: string])[] = [
    ['prise > 1', 'Did you mean price?'],
    ['PRICE > 1', 'Did you mean price?'],
    ['seen > 1', ''],
    ['lenght(name) > 1', 'Did you mean length?'],
    ['sarch("x")', 'Did you mean search?'],
    ['frobnicate(name) = 1', ''],
    [`${'x'.repeat(5000)} = 1`, ''],
  ]
  for (const [where, hint] of cases) {
    test(`${where.slice(0, 30)}: ${hint || 'none'}`, () =>
      assert.equal(errors({ where: [where] })[0]!.hint, hint))
  }
})

test('every faulty clause is reported, and none that only builds on one', () => {
  const found = errors({
    groupBy: 'colour',
    select: 'city',
    where: ['a = 1', 'qty > 1', 'b ='],
    refine: ['x:1'],
  })
  assert.deepEqual(
    found.map(({ key, clause }) => [key, clause]),
    [
      ['odsql.unknown_field', 'group_by'],
      ['odsql.unknown_field', 'where'],
      ['odsql.syntax', 'where'],
      ['odsql.unknown_facet', undefined],
    ],
  )
})

describe('what an answer has for columns', () => {
  const names = (text: Partial<QueryText>) => query(text).select.map((column) => column.name)
  const all = 'id name city tags price qty opened seen_at active place area photo'.split(' ')

  test('all fields, without the technical ones', () => {
    assert.deepEqual(names({}), all)
    assert.deepEqual(names({ select: '*' }), all)
    assert.deepEqual(names({ select: ' ' }), all)
  })
  test('normal forms for what has no name', () => {
    assert.deepEqual(names({ select: 'COUNT( * ), sum(price*2), max(`qty`)' }), [
      'count(*)',
      'sum(price * 2)',
      'max(qty)',
    ])
  })
  test('technical fields that are asked for', () => {
    assert.deepEqual(names({ select: 'recordid, include(datasetid)' }), ['recordid', 'datasetid'])
  })
  test('one column for what is asked twice', () => {
    assert.deepEqual(names({ select: 'name, *, name' }).sort(), [...all].sort())
    assert.deepEqual(names({ select: 'count(*), COUNT(*)' }), ['count(*)'])
  })
  test('prefixes included and excluded', () => {
    assert.deepEqual(names({ select: 'include(p*)' }), ['price', 'place', 'photo'])
    assert.deepEqual(names({ select: 'exclude(p*), exclude(id, tags, seen_at)' }), [
      'name',
      'city',
      'qty',
      'opened',
      'active',
      'area',
    ])
    assert.deepEqual(names({ select: 'include(p*), exclude(photo)' }), ['price', 'place'])
    assert.deepEqual(names({ select: 'include(zzz*)' }), [])
  })
  test('groups, by alias or expression', () => {
    assert.deepEqual(names({ groupBy: 'city, year(opened) as y' }), ['city', 'y'])
    assert.deepEqual(names({ select: '*, count(*)', groupBy: 'city' }), ['city', 'count(*)'])
    assert.deepEqual(names({ select: 'year(opened), y as z', groupBy: 'YEAR( opened ) as y' }), ['y', 'z'])
    assert.deepEqual(names({ groupBy: 'range(price, *, 5, 10)' }), ['range(price, *, 5, 10)'])
  })
})

describe('now()', () => {
  const cases: readonly (readonly [call: string, instant: string])[] = [
    ['now()', '2024-01-31 10:20:30.456000'],
    ['now(days=-1)', '2024-01-30 10:20:30.456000'],
    ['now(months=1)', '2024-02-29 10:20:30.456000'],
    ['now(years=1, month=2)', '2025-02-28 10:20:30.456000'],
    ['now(year=2000, month=2, day=31)', '2000-02-29 10:20:30.456000'],
    ['now(hour=0, minute=0, second=0, microsecond=0)', '2024-01-31 00:00:00.000000'],
    ['now(weekday=2)', '2024-01-31 10:20:30.456000'],
    ['now(weekday=0)', '2024-02-05 10:20:30.456000'],
    ['now(mondays=1)', '2024-02-05 10:20:30.456000'],
    ['now(mondays=-1)', '2024-01-29 10:20:30.456000'],
    ['now(wednesdays=1)', '2024-02-07 10:20:30.456000'],
    ['now(wednesdays=-2)', '2024-01-17 10:20:30.456000'],
    ['now(hours=-11, minutes=1, seconds=31)', '2024-01-30 23:22:01.456000'],
    ['now(weeks=1, days=1, days=2)', '2024-02-09 10:20:30.456000'],
  ]
  for (const [call, instant] of cases) {
    test(`${call} is ${instant}`, () => {
      const { where } = query({ where: [`seen_at > ${call}`] })
      assert.ok(where?.kind === 'compare' && where.right.kind === 'moment')
      assert.deepEqual([where.right.local, where.right.isInstant], [instant, true])
    })
  }
})

describe('date literals begin at their first instant', () => {
  const cases: readonly (readonly [text: string, local: string, isInstant: boolean])[] = [
    ['2020', '2020-01-01 00:00:00.000000', false],
    ['2020-06', '2020-06-01 00:00:00.000000', false],
    ['2020/6/7', '2020-06-07 00:00:00.000000', false],
    ['2020-06-07T08:09', '2020-06-07 08:09:00.000000', false],
    ['2020-06-07 08:09:10.1234567', '2020-06-07 08:09:10.123456', false],
    ['2020-06-07T00:30+02:00', '2020-06-06 22:30:00.000000', true],
    ['2020-06-07T00:30Z', '2020-06-07 00:30:00.000000', true],
    ['0050', '0050-01-01 00:00:00.000000', false],
  ]
  for (const [text, local, isInstant] of cases) {
    test(text, () => {
      const { where } = query({ where: [`seen_at = date'${text}'`] })
      assert.ok(where?.kind === 'compare' && where.right.kind === 'moment')
      assert.deepEqual([where.right.local, where.right.isInstant], [local, isInstant])
    })
  }
})

test('words of a search are split at what is neither letter nor digit, the last as a prefix', () => {
  const { where } = query({ where: ['search("l\'été, 24 ab-cdefgh \u0301")'] })
  assert.ok(where?.kind === 'words')
  assert.deepEqual(
    where.words.map(({ text, match, distance }) => `${text} ${match} ${distance}`),
    ['l exact 0', 'été fuzzy 1', '24 exact 0', 'ab exact 0', 'cdefgh prefix 0'],
  )
})

describe('refinements', () => {
  test('of one field are joined by or when it is disjunctive, by and when not', () => {
    const refine = ['city:Lyon', 'city:Paris', 'active:true']
    const narrow = query({ refine }).where
    const wide = query({ refine, disjunctive: ['city'] }).where
    assert.ok(narrow?.kind === 'logic' && wide?.kind === 'logic')
    assert.deepEqual([narrow.operator, narrow.operands.length], ['and', 3])
    assert.deepEqual([wide.operator, wide.operands.length], ['and', 2])
    assert.ok(wide.operands.some((operand) => operand.kind === 'logic' && operand.operator === 'or'))
  })
  test('are not without number', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `city:${n}`)
    assert.ok(query({ refine: many(600), exclude: many(400) }).where)
    assert.equal(errors({ refine: many(600), exclude: many(401) })[0]!.key, 'odsql.too_complex')
    const where = Array.from({ length: 1001 }, () => 'colour = 1')
    assert.deepEqual(
      errors({ where }).map(({ key }) => key),
      ['odsql.too_complex'],
    )
  })
  const refused: readonly (readonly [refinement: string, key: ErrorKey])[] = [
    ['city', 'odsql.invalid_refinement'],
    [':x', 'odsql.invalid_refinement'],
    ['price:cheap', 'odsql.invalid_refinement'],
    ['active:perhaps', 'odsql.invalid_refinement'],
    ['opened:2020/13', 'odsql.invalid_refinement'],
    ['opened:2021-02-29', 'odsql.invalid_refinement'],
    ['opened:0000', 'odsql.invalid_refinement'],
    ['place:1', 'odsql.invalid_refinement'],
    ['colour:red', 'odsql.unknown_facet'],
    ['recordid:x', 'odsql.unknown_facet'],
    ['__proto__:x', 'odsql.unknown_facet'],
  ]
  for (const [refinement, key] of refused) {
    test(`${refinement} is refused`, () => {
      assert.deepEqual(
        errors({ refine: [refinement] }).map((error) => error.key),
        [key],
      )
      assert.equal(errors({ exclude: [refinement] })[0]!.key, key)
    })
  }
})
