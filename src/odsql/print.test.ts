import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aggregate, condition, range, value } from '../../test/support/odsql-arbitraries.ts'
import { parseCall, parseWhere } from './parse/parse.ts'
import { print, printTitle } from './print.ts'

/** A tree without its spans. */
const bare = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree, (key, part) => (key === 'span' ? undefined : part)))

test('a printed condition reads back as the same tree', () => {
  fc.assert(
    fc.property(condition(3), (expr) => {
      assert.deepEqual(bare(parseWhere(print(expr))), bare(expr))
    }),
    { numRuns: 1500 },
  )
})

test('a printed value reads back as the same tree', () => {
  fc.assert(
    fc.property(fc.oneof(value, aggregate(), range), (expr) => {
      assert.deepEqual(bare(parseCall(print(expr))), bare(expr))
    }),
    { numRuns: 1500 },
  )
})

test('any name is printed so that it reads back, reserved words and odd characters included', () => {
  const name = fc.oneof(
    fc.constantFrom(
      'and',
      'Date',
      'to',
      'in',
      'true',
      'm',
      '2020',
      'default.title',
      '__proto__',
      '',
      'x-y',
      'é',
    ),
    fc.string({ unit: 'grapheme' }).filter((text) => !/[`\0]/.test(text)),
  )
  fc.assert(
    fc.property(name, (text) => {
      const expr = { kind: 'name', name: text, span: { start: 0, end: 0 } } as const
      assert.deepEqual(bare(parseCall(print(expr))), bare(expr))
      assert.deepEqual(bare(parseWhere(`${print(expr)} is null`)), {
        kind: 'is_null',
        operand: bare(expr),
        isNegated: false,
      })
    }),
  )
})

const normalForms: readonly (readonly [written: string, printed: string])[] = [
  ['COUNT( * )', 'count(*)'],
  ['Sum(price)', 'sum(price)'],
  ['count(DISTINCT city)', 'count(distinct city)'],
  ['price+1*2', 'price + 1 * 2'],
  ['(price + 1)*2', '(price + 1) * 2'],
  ['price-(1-2)', 'price - (1 - 2)'],
  ['- - price', '-(-price)'],
  ["'it\\'s'", '"it\'s"'],
  ['`default.title`', '`default.title`'],
  ['range(opened, 1day)', 'range(opened, 1 day)'],
  ['now( days = -1 )', 'now(days=-1)'],
]

test('a column without a name is called as it was written, unless that were another expression', () => {
  const titles = ['min(`date`)', 'count(distinct `year`)', 'max(`true`)', 'sum(`a b`)']
  assert.deepEqual(
    titles.map((written) => printTitle(parseCall(written))),
    ['min(date)', 'count(distinct year)', 'max(`true`)', 'sum(`a b`)'],
  )
})

for (const [written, printed] of normalForms) {
  test(`the normal form of ${written} is ${printed}`, () => {
    assert.equal(print(parseCall(written)), printed)
  })
}
