/** Generated queries answer as a naive evaluator does, over three hundred rows with nulls, repeats and lists. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import type { Comparator, Expr, OrderItem } from '../../src/odsql/ast.ts'
import { print } from '../../src/odsql/print.ts'
import { sourceOf } from '../support/builder.ts'
import {
  aggregate,
  evaluate,
  groupRows,
  holds,
  type Row,
  sortRows,
  type Value,
} from '../support/naive-odsql.ts'
import { type Clauses, openBoth, type Reader } from '../support/shops.ts'

const words = ['ash', 'Birch', 'cedar', 'Elm', 'fir', '']
const wordAt = (index: number) => words[index % words.length]!
/** Halves and quarters only: sums of them are exact in any order. */
const rows: readonly Row[] = Array.from({ length: 300 }, (_, id): Row => {
  const tags = [wordAt(id), wordAt(id * 7 + 1), wordAt(id * 3 + 2)]
    .filter((tag) => tag !== '')
    .slice(0, id % 4)
  return {
    id,
    n: id % 9 === 0 ? null : ((id * 37) % 41) - 20,
    x: id % 7 === 0 ? null : (((id * 53) % 97) - 40) / 4,
    t: id % 5 === 0 ? null : wordAt(id * 11) || null,
    u: id % 13 === 0 ? null : `${wordAt(id)}${id % 3}`,
    m: tags.length === 0 ? null : [...new Set(tags)],
    d:
      id % 11 === 0
        ? null
        : `20${String(10 + (id % 14)).padStart(2, '0')}-${String(1 + (id % 12)).padStart(2, '0')}-15`,
    b: id % 6 === 0 ? null : id % 4 === 0,
  }
})

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  const text = rows
    .map((row) =>
      JSON.stringify({ ...row, m: row.m === null ? null : (row.m as readonly string[]).join('|') }),
    )
    .join('\n')
  const step = (name: string, args: Record<string, unknown>, index: number) =>
    ({ processor_uid: `pr_${index}`, name, args }) as never
  readers = await openBoth(t as never, [sourceOf(t as never, 'rows.jsonl', text, 'jsonl')], {
    fieldSpecifications: [
      step('annotate', { field: 'm', annotation: 'multivalued', args: ['|'] }, 0),
      step('type', { field: 'x', type: 'double' }, 1),
      step('type', { field: 'n', type: 'int' }, 2),
      step('type', { field: 'd', type: 'date' }, 3),
      step('type', { field: 'b', type: 'boolean' }, 4),
    ],
  })
})

const span = { start: 0, end: 0 }
const name = (value: string): Expr => ({ kind: 'name', name: value, span })
const call = (callee: string, ...args: Expr[]): Expr => ({
  kind: 'call',
  name: callee,
  isDistinct: false,
  args: args.map((value) => ({ name: null, value })),
  span,
})
const number = fc
  .integer({ min: 0, max: 80 })
  .map((value): Expr => ({ kind: 'number', text: String(value / 4), span }))
const text = fc
  .constantFrom(...words, 'fir1', 'nothing')
  .map((value): Expr => ({ kind: 'string', value, span }))
const day = fc
  .constantFrom('2010-11-15', '2015-06-15', '2019-01-15', '2023-02-28')
  .map((value): Expr => ({ kind: 'date', text: value, span }))

function numbers(depth: number): Arbitrary<Expr> {
  const flat = fc.oneof(fc.constantFrom(name('n'), name('x'), name('id')), number)
  if (depth === 0) return flat
  const inner = numbers(depth - 1)
  return fc.oneof(
    flat,
    fc
      .tuple(fc.constantFrom<'+' | '-' | '*' | '/'>('+', '-', '*', '/'), inner, inner)
      .map(([operator, left, right]): Expr => ({ kind: 'arithmetic', operator, left, right, span })),
    inner.map((operand): Expr => ({ kind: 'negate', operand, span })),
    texts.map((value) => call('length', value)),
    fc.constantFrom('year', 'month').map((part) => call(part, name('d'))),
    fc.tuple(inner, inner).map(([value, other]) => call('ifnull', value, other)),
  )
}
const texts: Arbitrary<Expr> = fc.oneof(
  fc.constantFrom(name('t'), name('u')),
  text,
  fc.constantFrom('lower', 'upper').map((callee) => call(callee, name('t'))),
  text.map((other) => call('ifnull', name('t'), other)),
)
const comparator = fc.constantFrom<Exclude<Comparator, 'like'>>('=', '!=', '>', '>=', '<', '<=')

function about(left: Arbitrary<Expr>, right: Arbitrary<Expr>): Arbitrary<Expr> {
  return fc.oneof(
    fc
      .tuple(comparator, left, right)
      .map(([operator, a, b]): Expr => ({ kind: 'compare', operator, left: a, right: b, span })),
    fc
      .tuple(left, fc.array(right, { minLength: 1, maxLength: 4 }))
      .map(([operand, items]): Expr => ({ kind: 'in_list', operand, items, span })),
    fc.tuple(left, right, right, fc.boolean(), fc.boolean()).map(
      ([operand, low, high, isLowOpen, isHighOpen]): Expr => ({
        kind: 'in_range',
        operand,
        low,
        high,
        isLowOpen,
        isHighOpen,
        span,
      }),
    ),
    fc
      .tuple(left, fc.boolean())
      .map(([operand, isNegated]): Expr => ({ kind: 'is_null', operand, isNegated, span })),
  )
}

const tags = fc.constant(name('m'))
function conditions(depth: number): Arbitrary<Expr> {
  const flat = fc.oneof(
    about(numbers(1), numbers(1)),
    about(texts, text),
    about(tags, text),
    about(fc.constant(name('d')), day),
    text.map((value): Expr => ({ kind: 'member', value, field: name('m'), span })),
    fc.constant(name('b')),
    fc
      .tuple(fc.boolean(), fc.boolean())
      .map(
        ([value, isNegated]): Expr => ({ kind: 'is_boolean', operand: name('b'), value, isNegated, span }),
      ),
  )
  if (depth === 0) return flat
  const inner = conditions(depth - 1)
  return fc.oneof(
    flat,
    inner.map((operand): Expr => ({ kind: 'not', operand, span })),
    fc
      .tuple(fc.constantFrom<'and' | 'or'>('and', 'or'), fc.array(inner, { minLength: 2, maxLength: 3 }))
      .map(([operator, operands]): Expr => ({ kind: 'logic', operator, operands, span })),
  )
}

async function both(clauses: Clauses): Promise<Record<string, Value>[]> {
  const found: Record<string, Value>[] = []
  for (let offset = 0; ; offset += 100) {
    const page = await readers.indexed.rows({ ...clauses, limit: 100, offset })
    found.push(...(page as Record<string, Value>[]))
    if (page.length < 100) return found
  }
}
/** fast-check prints the seed and the smallest query that fails. */
const check = <T>(given: Arbitrary<T>, test: (value: T) => Promise<void>, numRuns: number) =>
  fc.assert(fc.asyncProperty(given, test), { numRuns })

test('conditions keep the rows that they keep in plain words', async () => {
  let kept = 0
  await check(
    conditions(3),
    async (where) => {
      const expected = rows.filter((row) => holds(where, row)).map((row) => row.id)
      const found = await both({ select: 'id', where: print(where), orderBy: 'id' })
      assert.deepEqual(
        found.map((row) => row.id),
        expected,
        print(where),
      )
      if (expected.length > 0 && expected.length < rows.length) kept++
    },
    250,
  )
  assert.ok(kept > 80, `only ${kept} conditions divided the rows`)
})

const close = (found: Value | undefined, expected: Value, what: string) => {
  if (typeof expected !== 'number' || typeof found !== 'number')
    return assert.deepEqual(found, expected, what)
  assert.ok(
    Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${found}, ${expected}`,
  )
}

test('values are what they are in plain words', async () => {
  await check(
    fc.oneof(numbers(3), texts),
    async (expr) => {
      const found = await both({ select: `id, ${print(expr)} as v`, orderBy: 'id' })
      assert.equal(found.length, rows.length)
      for (const [index, row] of rows.entries()) close(found[index]!.v, evaluate(expr, row), print(expr))
    },
    60,
  )
})

test('order is what it is in plain words, nulls last, ties in their order', async () => {
  const key = fc.oneof(fc.constantFrom(name('n'), name('x'), name('t'), name('u'), name('d')), numbers(1))
  const order = fc.array(
    fc.tuple(key, fc.boolean()).map(([expr, isDescending]): OrderItem => ({ expr, isDescending })),
    { minLength: 1, maxLength: 3 },
  )
  await check(
    order,
    async (items) => {
      const orderBy = items
        .map(({ expr, isDescending }) => `${print(expr)}${isDescending ? ' desc' : ''}`)
        .join(', ')
      const found = await both({ select: 'id', orderBy })
      assert.deepEqual(
        found.map((row) => row.id),
        sortRows(rows, items).map((row) => row.id),
        orderBy,
      )
    },
    60,
  )
})

test('groups and their aggregates are what they are in plain words', async () => {
  const key = fc.constantFrom(
    name('n'),
    name('t'),
    name('m'),
    name('b'),
    name('d'),
    call('year', name('d')),
    call('length', name('u')),
    call('lower', name('t')),
  )
  const measure = fc.tuple(fc.constantFrom('count', 'sum', 'avg', 'min', 'max', 'median'), numbers(1))
  await check(
    fc.tuple(key, fc.array(measure, { minLength: 1, maxLength: 3 }), conditions(1)),
    async ([group, measures, where]) => {
      const groups = groupRows(
        rows.filter((row) => holds(where, row)),
        group,
      )
      const columns = measures.map(
        ([callee, argument], index) => `${callee}(${print(argument)}) as a${index}`,
      )
      const clauses = {
        select: `g, count(*) as rows, ${columns.join(', ')}`,
        where: print(where),
        groupBy: `${print(group)} as g`,
      }
      const found = await both(clauses)
      const what = JSON.stringify(clauses)
      assert.equal(found.length, groups.size, what)
      for (const row of found) {
        const members = groups.get(row.g!)
        assert.ok(members, `${what}: ${row.g}`)
        assert.equal(row.rows, members.length, what)
        for (const [index, [callee, argument]] of measures.entries())
          close(row[`a${index}`], aggregate(callee, argument, members), what)
      }
    },
    80,
  )
})
