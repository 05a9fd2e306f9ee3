import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { attempt } from '../fault.ts'
import { print } from '../print.ts'
import { parseCall, parseGroupBy, parseOrderBy, parseSelect, parseWhere } from './parse.ts'

/** A tree as brackets, to see what binds what. */
function shape(text: string): string {
  const show = (node: ReturnType<typeof parseWhere>): string => {
    switch (node.kind) {
      case 'arithmetic':
      case 'compare':
        return `(${show(node.left)} ${node.operator} ${show(node.right)})`
      case 'logic':
        return `(${node.operands.map(show).join(` ${node.operator} `)})`
      case 'not':
        return `(not ${show(node.operand)})`
      case 'negate':
        return `(- ${show(node.operand)})`
      default:
        return print(node)
    }
  }
  return show(parseWhere(text))
}

function failure(pass: () => unknown) {
  const result = attempt('where', pass)
  assert.ok(!result.ok, 'it was read')
  const [error] = result.errors
  return { key: error!.key, position: error!.params.position, message: error!.message }
}

describe('what binds what', () => {
  const cases: readonly (readonly [text: string, shape: string])[] = [
    ['a = 1 or b = 2 and c = 3', '((a = 1) or ((b = 2) and (c = 3)))'],
    ['(a = 1 or b = 2) and c = 3', '(((a = 1) or (b = 2)) and (c = 3))'],
    ['not a and b', '((not a) and b)'],
    ['not not a', '(not (not a))'],
    ['not (a or b)', '(not (a or b))'],
    ['a + b * c > d - e - f', '((a + (b * c)) > ((d - e) - f))'],
    ['(a + b) * c > 1', '(((a + b) * c) > 1)'],
    ['((a)) + 1 > 2', '((a + 1) > 2)'],
    ['((a + 1) * 2 - 3) / 4 = 5', '(((((a + 1) * 2) - 3) / 4) = 5)'],
    ['-a * -(b + 1) = 0', '(((- a) * (- (b + 1))) = 0)'],
    ['NOT a = 1 AND b LIKE "x"', '((not (a = 1)) and (b like "x"))'],
    ['a : 1', '(a = 1)'],
    ['a == 1', '(a = 1)'],
    ['a <> 1', '(a != 1)'],
    ['(a) in (1, 2)', 'a in (1, 2)'],
    ['(a + 1) is null', '(a + 1) is null'],
    ['a in ]1 to 5]', 'a in ]1 to 5]'],
    ['a in [1..5[', 'a in [1 to 5['],
    ['"x" in tags', '"x" in tags'],
    ['("x") in tags', '"x" in tags'],
    ['active is not true', 'active is not true'],
    ['search(*, "a b")', 'search(*, "a b")'],
    ['within_distance(p, geom"POINT(1 2)", 10 km)', "within_distance(p, geom'POINT(1 2)', 10km)"],
    ['year > 2000 and date = 1', '((`year` > 2000) and (`date` = 1))'],
    ['year(date) = 1', '(year(`date`) = 1)'],
    ['`and` = 1', '(`and` = 1)'],
    ['count(distinct distinct) = 1', '(count(distinct `distinct`) = 1)'],
  ]
  for (const [text, expected] of cases) test(text, () => assert.equal(shape(text), expected))
})

describe('clauses', () => {
  test('select has everything, rules and named expressions', () => {
    const items = parseSelect('*, include(a, b*), exclude(`c d`), price * 2 as `the double`, count(*)')
    assert.deepEqual(
      items.map((item) => item.kind),
      ['all', 'rule', 'rule', 'item', 'item'],
    )
    const [, include, , double] = items
    assert.ok(include?.kind === 'rule' && double?.kind === 'item')
    assert.deepEqual(
      include.patterns.map(({ name, isPrefix }) => [name, isPrefix]),
      [
        ['a', false],
        ['b', true],
      ],
    )
    assert.equal(double.alias, 'the double')
  })

  test('order_by has a direction for each item', () => {
    const order = parseOrderBy('a desc, b ASC, c, random(3) desc')
    assert.deepEqual(
      order.map((item) => item.isDescending),
      [true, false, false, true],
    )
  })

  test('group_by has ranges with open ends and intervals', () => {
    const groups = parseGroupBy('a as x, range(b, *, 1, -2.5, *) as y, range(c, 1 day), range(d, 5)')
    assert.deepEqual(
      groups.map(({ expr, alias }) => [print(expr), alias]),
      [
        ['a', 'x'],
        ['range(b, *, 1, -2.5, *)', 'y'],
        ['range(c, 1 day)', null],
        ['range(d, 5)', null],
      ],
    )
  })

  test('every node knows its place', () => {
    const text = ' (price + 1) * 2 > now(days=-1)'
    const tree = parseWhere(text)
    assert.ok(tree.kind === 'compare' && tree.left.kind === 'arithmetic')
    const cut = ({ start, end }: { start: number; end: number }) => text.slice(start, end)
    assert.equal(cut(tree.span), '(price + 1) * 2 > now(days=-1)')
    assert.equal(cut(tree.left.span), '(price + 1) * 2')
    assert.equal(cut(tree.left.left.span), 'price + 1')
    assert.equal(cut(tree.right.span), 'now(days=-1)')
  })
})

describe('refusals say what stands where something else is expected', () => {
  const cases: readonly (readonly [text: string, position: number, message: RegExp])[] = [
    ['price >', 7, /the clause ends where a value or a field is expected/],
    ['price > > 1', 8, /there is '>'/],
    ['a b', 2, /there is 'b' where the end of the clause is expected/],
    ['(a = 1', 6, /where '\)' is expected/],
    ['a = 1)', 5, /the end of the clause/],
    ['a in', 4, /'\(' or '\['/],
    ['a in [1, 2]', 7, /'\.\.' or 'to'/],
    ['a in [1..2', 10, /']' or '\['/],
    ['a is nothing', 5, /'null', 'true' or 'false'/],
    ['and', 0, /a value or a field/],
    ['a = 5x', 5, /a unit or the end of the number/],
    ['(a = 1) + 2', 8, /the end of the clause/],
    ['f(,)', 2, /a value or a field/],
    ['', 0, /the clause ends/],
  ]
  for (const [text, position, message] of cases) {
    test(JSON.stringify(text), () => {
      const error = failure(() => parseWhere(text))
      assert.equal(error.key, 'odsql.syntax')
      assert.equal(error.position, position)
      assert.match(error.message, message)
    })
  }
})

describe('size is limited', () => {
  const deep = 200
  const tooBig: Readonly<Record<string, string>> = {
    brackets: `${'('.repeat(deep + 1)}a${')'.repeat(deep + 1)}`,
    'ten thousand brackets': '('.repeat(10_000),
    negations: `${'not '.repeat(deep + 1)}a`,
    'minus signs': `${'- '.repeat(deep + 1)}a = 1`,
    calls: `${'lower('.repeat(deep + 1)}a${')'.repeat(deep + 1)} = 1`,
    'a chain of operators': `${'a + '.repeat(deep)}a = 1`,
    'chains in brackets': `${'('.repeat(20)}a${`${' + 1'.repeat(20)})`.repeat(20)} = 1`,
    'ten thousand parts': Array(6000).fill('a').join(' and ').replaceAll('a', 'not a'),
  }
  for (const [what, text] of Object.entries(tooBig)) {
    test(`${what} are refused`, () => {
      assert.equal(failure(() => parseWhere(text)).key, 'odsql.too_complex')
    })
  }

  test('what is just small enough is read', () => {
    parseWhere(`${'('.repeat(deep)}a${')'.repeat(deep)}`)
    parseWhere(`${'not '.repeat(deep - 1)}a`)
    parseWhere(`${'a + '.repeat(deep - 2)}a = 1`)
    parseWhere(Array(3000).fill('a = 1').join(' and '))
    parseCall(`f(${Array(9000).fill('1').join(',')})`)
  })
})
