/** Rubbish, soups of tokens and monsters: every query ends soon, in an answer or in a typed error. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { AppError, errorSpec } from '../../src/kernel/index.ts'
import { explainQuery, parseFacet, prepareQuery } from '../../src/odsql/index.ts'
import { type Clauses, openShops, type Reader } from '../support/shops.ts'
import { shopSchema } from '../support/shops-schema.ts'

let reader: Reader
before(async (t) => {
  reader = (await openShops(t as never)).indexed
})

/** Rows, or the key of a client's error. Anything else fails the test. */
async function run(clauses: Clauses): Promise<unknown[] | string> {
  try {
    return await reader.rows({ limit: 5, ...clauses })
  } catch (error) {
    if (error instanceof AppError && errorSpec(error.key).status === 400) return error.key
    throw error
  }
}

/** The text as every clause there is, and as a refinement and a facet. */
async function runEverywhere(text: string): Promise<void> {
  for (const clauses of [{ where: text }, { select: text }, { groupBy: text }, { orderBy: text }]) {
    await run(clauses)
  }
  await run({ refine: [text] })
  await run({ exclude: [`name:${text}`] })
  const facet = parseFacet(text, shopSchema)
  assert.ok(facet.ok || facet.errors[0] instanceof AppError)
  assert.equal(typeof explainQuery({ now: 0, where: [text] }, shopSchema).text, 'string')
}

const bytes = fc
  .uint8Array({ maxLength: 200 })
  .map((array) => Buffer.from(array).toString(array.length % 2 === 0 ? 'utf8' : 'latin1'))

const words = (
  'select where not and or in is like null true false as asc desc to date geom distinct include exclude range random ' +
  'count sum percentile search suggest startswith within_distance in_bbox within ifnull date_format now json_format ' +
  'price qty name tags city opened seen_at active place id recordid colour __proto__ ' +
  '( ) ( ) [ ] , , * + - / = != < >= .. : ` " \' \\ -- 5 1.5 1e400 .5 10km 1day "books" \'x\' `name` ' +
  "date'2020' geom'POINT(1_2)' 'YYYY-MM'"
).split(' ')
const soup = fc
  .array(fc.constantFrom(...words), { maxLength: 25 })
  .chain((tokens) => fc.constantFrom(' ', '').map((glue) => tokens.join(glue).replaceAll('_2', ' 2')))

/** Parsing and resolving alone, which are quick. */
function prepareEverywhere(text: string): void {
  const clauses = [
    { where: [text] },
    { select: text },
    { groupBy: text },
    { orderBy: text },
    { refine: [text] },
  ]
  for (const clause of clauses) {
    const result = prepareQuery({ now: 0, ...clause }, shopSchema)
    assert.ok(result.ok || result.errors.every((error) => errorSpec(error.key).status === 400))
  }
}

test('random bytes', async () => {
  fc.assert(fc.property(bytes, prepareEverywhere), { numRuns: 3000 })
  await fc.assert(fc.asyncProperty(bytes, runEverywhere), { numRuns: 100 })
})

test('soups of tokens', async () => {
  fc.assert(fc.property(soup, prepareEverywhere), { numRuns: 8000 })
  await fc.assert(fc.asyncProperty(soup, runEverywhere), { numRuns: 150 })
})

test('queries with a piece cut out, doubled or put elsewhere', async () => {
  const whole =
    'not (price * 2 > 10 and search(name, "book of")) or tags in (\'a\', "b") and qty in ]5..12] or opened >= date\'2020-01-01\'' +
    " and within_distance(place, geom'POINT(2.35 48.85)', 2km) or date_format(opened, 'EEEE d') = lower(ifnull(city, `name`))"
  const at = fc.nat({ max: whole.length })
  const damaged = fc.tuple(at, at, at).map(([a, b, c]) => {
    const [from, to] = a < b ? [a, b] : [b, a]
    const piece = whole.slice(from, to)
    const rest = whole.slice(0, from) + whole.slice(to)
    return c % 3 === 0 ? rest : c % 3 === 1 ? whole + piece : rest.slice(0, c) + piece + rest.slice(c)
  })
  await fc.assert(
    fc.asyncProperty(damaged, async (text) => {
      await run({ where: text })
    }),
    { numRuns: 200 },
  )
})

const mega = 1024 * 1024
const wide = (count: number, item: (index: number) => string, glue: string) =>
  Array.from({ length: count }, (_, index) => item(index)).join(glue)

const monsters: Readonly<Record<string, string>> = {
  'a megabyte of one letter': 'a'.repeat(mega),
  'a megabyte of blanks': ' '.repeat(mega),
  'a megabyte of conditions': 'price > 1 and '.repeat(mega / 14),
  'a megabyte of an open string': `"${'x'.repeat(mega)}`,
  'a megabyte of brackets': '('.repeat(mega),
  'a megabyte of a number': '9'.repeat(mega),
  'ten thousand brackets': `${'('.repeat(10_000)}price > 1${')'.repeat(10_000)}`,
  'ten thousand calls': `${'lower('.repeat(10_000)}name${')'.repeat(10_000)} = "x"`,
  'ten thousand nots': `${'not '.repeat(10_000)}active`,
  'ten thousand minus signs': `${'- '.repeat(10_000)}price > 1`,
  'square brackets in a list': `price in (${'['.repeat(10_000)}`,
  'escapes without an end': `"${'\\'.repeat(60_000)}`,
  'quotes and back quotes': '"\'`'.repeat(20_000),
  'a geometry of brackets': `within(place, geom'POLYGON${'('.repeat(50_000)}')`,
  'a geometry of nested JSON': `within(place, geom'${'{"a":'.repeat(10_000)}')`,
  'nested GeoJSON': `within(place, geom'{"type":"Polygon","coordinates":${'['.repeat(20_000)}${']'.repeat(20_000)}}')`,
  'a hundred words': `search("${'word '.repeat(100)}")`,
  'a hundred searches': `${'"word" and '.repeat(100)}active`,
  'a pattern of quotes': `date_format(opened, "${"'".repeat(50_000)}") = "x"`,
}

describe('monsters are refused within a second', () => {
  for (const [what, text] of Object.entries(monsters)) {
    test(what, async () => {
      const startedAt = process.hrtime.bigint()
      const result = prepareQuery({ now: 0, where: [text] }, shopSchema)
      const ms = Number(process.hrtime.bigint() - startedAt) / 1e6
      // A blank clause is no clause.
      assert.equal(result.ok, text.trim() === '')
      if (!result.ok) assert.match(result.errors[0]!.key, /^odsql\./)
      if (!result.ok) assert.ok(result.errors[0]!.message.length < 500, 'the message repeats the query')
      assert.ok(ms < 1000, `${ms} ms`)
    })
  }
})

describe('what is just within the limits runs on the engine', () => {
  const large: Readonly<Record<string, Clauses>> = {
    '199 nots': { where: `${'not '.repeat(199)}active` },
    '200 brackets': { where: `${'('.repeat(200)}price > 1${')'.repeat(200)}` },
    'sums, 198 deep': { where: `${'qty + '.repeat(198)}qty > 1` },
    'products, 198 deep': { where: `${'price * '.repeat(198)}2 > 1` },
    'quotients, 190 deep': { where: `${'(1 / '.repeat(190)}qty${')'.repeat(190)} > 0` },
    'differences of whole numbers, 190 deep': { where: `${'(1 - '.repeat(190)}qty${')'.repeat(190)} > 0` },
    'signs, 190 deep': { where: `${'-(1 * '.repeat(95)}qty${')'.repeat(95)} > 0` },
    'fallbacks, 190 deep': { where: `${'ifnull(price, '.repeat(190)}qty${')'.repeat(190)} > 0` },
    'functions, 190 deep': { where: `${'lower('.repeat(190)}name${')'.repeat(190)} = "x"` },
    'conditions in conditions, 60 deep': {
      where: `${'not (active or price > 1 and '.repeat(60)}active${')'.repeat(60)}`,
    },
    'three thousand conditions': { where: wide(3000, (index) => `price > ${index}`, ' or ') },
    'nine thousand values': { where: `qty in (${wide(9000, String, ',')})` },
    'a thousand ranges': { groupBy: `range(price, ${wide(1000, String, ',')})` },
    'a thousand columns': { select: wide(1000, (index) => `price + ${index}`, ',') },
    'a polygon of two thousand corners': {
      where: `within(place, geom'POLYGON((${wide(2000, (index) => `${index % 90} ${index % 80}`, ',')}, 0 0))')`,
    },
    'fifty fuzzy words': { where: `search("${wide(50, (index) => `wordly${index}`, ' ')}")` },
    'fifty searches': { where: wide(50, (index) => `not "word${index}"`, ' or ') },
  }
  for (const [what, clauses] of Object.entries(large)) {
    test(what, async () => {
      assert.ok(Array.isArray(await run(clauses)))
    })
  }
})
