import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { shopSchema } from '../../../test/support/shops-schema.ts'
import { AppError } from '../../kernel/index.ts'
import { prepareQuery } from '../resolve/query.ts'
import { translateQ } from './translate-q.ts'

describe('q becomes a condition', () => {
  const cases: readonly (readonly [q: string, where: string | null])[] = [
    ['', null],
    ['  ', null],
    ['lyon caf', 'suggest("lyon") and suggest("caf")'],
    ['lyon AND caf', 'suggest("lyon") and suggest("caf")'],
    ['lyon OR caf', 'suggest("lyon") or suggest("caf")'],
    ['a OR b c', 'suggest("a") or (suggest("b") and suggest("c"))'],
    ['(a OR b) c', '(suggest("a") or suggest("b")) and suggest("c")'],
    ['NOT a', 'not suggest("a")'],
    ['"café de la gare"', '"café de la gare"'],
    ['city:Lyon', 'city like "Lyon"'],
    ['city:"Saint Denis" price > 5', 'city like "Saint Denis" and price > "5"'],
    ['price:5', 'price = "5"'],
    ['price >= 5 AND price<10', 'price >= "5" and price < "10"'],
    ['city=Lyon', 'city = "Lyon"'],
    ['opened:[2010 TO 2020]', 'opened >= "2010" and opened <= "2020"'],
    ['price:[5 TO *]', 'price >= "5"'],
    ['price:]5 TO 9[', 'price > "5" and price < "9"'],
    ['seen_at > #now(days=-1, hour=0)', 'seen_at > now(days=-1, hour=0)'],
    ['#null(price)', 'price is null'],
    ['#exact(city, "Lyon")', 'city = "Lyon"'],
    ['#search(name, city, "bok x")', 'search(name, city, "bok x")'],
    ['#startswith(name, "Bo")', 'startswith(name, "Bo")'],
    ['#distance(place, "45.7,4.8", 1000)', "within_distance(place, geom'POINT(4.8 45.7)', 1000)"],
    ['#polygon(place, "(1,2),(3,4),(5,0)")', "within(place, geom'POLYGON((2 1, 4 3, 0 5, 2 1))')"],
    ['nofield:value', 'suggest("nofield") and suggest("value")'],
    ['a"; drop', 'suggest("a") and suggest(";") and suggest("drop")'],
    ['NOT', null],
    ['NOT NOT a', 'suggest("a")'],
    ['NOT NOT NOT a', 'not suggest("a")'],
    ['#search(name, "a, \\"b\\"", c)', 'search(name, `a, "b"`, "c")'],
    ['AND OR )(', null],
    ['#exact(city, "a`b")', 'city = "a`b"'],
    ['#null(`)', 'suggest("null `")'],
    ['#null(a`b)', 'suggest("null a`b")'],
    ['#distance(place, "45.7,4.8", 1 km)', 'suggest("distance place 45.7,4.8 1 km")'],
  ]
  for (const [q, where] of cases) test(q || '(nothing)', () => assert.equal(translateQ(q, shopSchema), where))
})

test('anything at all can be typed: it is a condition that parses, or nothing', () => {
  const pieces = fc.constantFrom(
    'city',
    'price',
    ':',
    '>=',
    '"',
    '(',
    ')',
    '[',
    ']',
    'TO',
    '*',
    'NOT',
    'AND',
    'OR',
    '#null(',
    '#now(',
    '#distance(',
    '#polygon(',
    '#search(',
    '#exact(',
    ' ',
    '\\',
    '5',
    'é',
    '`',
    "'",
    ',',
    'geom',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
      ),
      (q) => {
        const where = translateQ(q, shopSchema)
        if (where === null) return
        const result = prepareQuery({ where: [where], now: 0 }, shopSchema)
        // Values of another type and unknown fields in calls are errors; the grammar never is.
        if (!result.ok && !q.includes('\0'))
          for (const error of result.errors) assert.notEqual(error.key, 'odsql.syntax', `${q}: ${where}`)
      },
    ),
    { numRuns: 3000 },
  )
})

describe('a q made to keep the server busy', () => {
  const hostile: readonly (readonly [what: string, q: string])[] = [
    ['spaces before what is no argument', `#a(${' '.repeat(4000)}"b"c)`],
    ['quotes that are never closed', `"${'\\"'.repeat(2000)}`],
    ['calls that are never closed', '#a('.repeat(1300)],
    ['negations', `${'not '.repeat(1000)}a`],
    ['brackets', `${'('.repeat(2000)}a`],
  ]
  for (const [what, q] of hostile) {
    test(`is answered: ${what}`, { timeout: 20_000 }, () => {
      const where = translateQ(q, shopSchema)
      if (where !== null) assert.equal(typeof where, 'string')
    })
  }

  test('is refused beyond 4,096 characters', () => {
    assert.throws(
      () => translateQ('a '.repeat(2049), shopSchema),
      (error) => error instanceof AppError && error.key === 'odsql.too_complex',
    )
  })
})
