/** The expression language: the examples of its docs, what it refuses, and a naive evaluator's word for the rest. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Connection, type Engine, openEngine } from '../../src/engine/index.ts'
import { expressionColumn, findFault } from '../../src/ingest/expressions/expression.ts'
import { expressionFunctions } from '../../src/ingest/expressions/functions.ts'
import { asText } from '../../src/ingest/types/types.ts'
import { AppError, quoteIdentifier, quoteLiteral } from '../../src/kernel/index.ts'
import { evaluateText, type Fields, randomExpression } from '../support/naive-expressions.ts'
import { createChance } from '../support/seed.ts'

let engine: Engine
let connection: Connection
before(async () => {
  engine = await openEngine({
    memoryLimitMb: 200,
    threads: 1,
    tempDirectory: '/nowhere',
    allowedDirectories: [],
  })
  connection = await engine.connect()
})
after(() => {
  connection.close()
  engine.close()
})

const failed = (msg: string) =>
  new AppError('ingest.processor_failed', { processor_id: 'pr', field: 'x', msg })

function sqlOf(text: string, names: readonly string[]): string {
  const columns = names.map((name) => ({ name, label: name, engineType: 'VARCHAR' }))
  const { engineType, sql } = expressionColumn(text, { columns, now: '2031-02-03T04:05:06Z' }, failed)
  return asText(engineType, `(${sql})`)
}

async function valueIn(text: string, fields: Fields = {}): Promise<string | null> {
  const items = Object.entries(fields).map(
    ([name, value]) =>
      `${value === null ? 'null' : quoteLiteral(value)}::varchar as ${quoteIdentifier(name)}`,
  )
  const [row] = await connection.all(
    `select ${sqlOf(text, Object.keys(fields))} as v from (select ${items.join(', ') || '1 as nothing'})`,
  )
  return row!.v as string | null
}

test('every function does what its examples say', async () => {
  for (const [name, { examples }] of Object.entries(expressionFunctions)) {
    assert.ok(examples.length > 0 || name === 'now' || name === 'today', name)
    for (const [expression, expected] of examples) {
      const value = await valueIn(expression)
      const shown = value?.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\+00$/, '$1T$2+00:00') ?? null
      assert.equal(shown, expected, expression)
    }
  }
})

test('an expression gives what a naive evaluator gives', async (t) => {
  const chance = createChance(t)
  const texts = ['3', '-2', '1.5', '1,25', '10', 'x', 'Ab c', 'no', ' 4 ', '', '1e2', 'é', 'nan', null]
  const rows = Array.from({ length: 12 }, () =>
    Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, chance.pick(texts)])),
  )
  const values = rows.map((row) => {
    const items = ['a', 'b', 'c', 'd'].map((name) => (row[name] === null ? 'null' : quoteLiteral(row[name]!)))
    return `(${items.join(', ')})`
  })
  await connection.run(
    `create temp table drawn as select * from (values ${values.join(', ')}) as v(a, b, c, d)`,
  )
  for (let round = 0; round < 300; round++) {
    const text = randomExpression(chance, 1 + chance.below(4))
    const found = await connection.all(`select ${sqlOf(text, ['a', 'b', 'c', 'd'])} as v from drawn`)
    for (const [index, row] of rows.entries())
      assert.ok(
        isSame(found[index]!.v as string | null, evaluateText(text, row)),
        `${text} over ${JSON.stringify(row)}: ${found[index]!.v}, not ${evaluateText(text, row)}`,
      )
  }
})

/** Roots and quotients may differ in their last digit, and very large numbers in how they are written. */
function isSame(found: string | null, expected: string | null): boolean {
  if (found === expected) return true
  const [a, b] = [Number(found), Number(expected)]
  return found !== null && expected !== null && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

const refused: [expression: string, reason: RegExp][] = [
  ['', /the expression ends where a value or a field is expected at position 0/],
  ['a +', /the expression ends where a value or a field is expected at position 3/],
  ['a b', /there is 'b' where an operator or the end is expected at position 2/],
  ['(a', /the expression ends where '\)' is expected at position 2/],
  ['a < b < c', /there is '<' where an operator or the end is expected at position 6/],
  ['{{ lowr(a) }}', /there is no function lowr at position 3\. Did you mean lower\?/],
  [
    '=substring(a)',
    /it is called as substring\(text, start\[, length\]\), not with 1 argument at position 1/,
  ],
  ["'open", /a string is not closed at position 0/],
  ['a; drop table x', /unexpected character ; at position 1/],
  ['5x', /there is 'x' where the end of the number is expected/],
  ['$', /there is no name of a field behind \$/],
  ['a\0b', /unexpected character NUL/],
  [`${'('.repeat(200)}1${')'.repeat(200)}`, /nested deeper than 100 levels/],
  [`${'-'.repeat(5000)}1`, /nested deeper than 100 levels/],
  [`1${'+1'.repeat(200)}`, /nested deeper than 100 levels/],
  ['a ? '.repeat(300), /nested deeper than 100 levels/],
  [`concat(${'a,'.repeat(3000)}a)`, /has more than 2000 parts/],
  ['x'.repeat(20_000), /longer than 16384 bytes/],
  [`{{${'}}'.repeat(1_000_000)}`, /longer than 16384 bytes/],
]
test('what is no expression is refused where it is configured, with the place and what was expected', () => {
  for (const [expression, reason] of refused)
    assert.match(findFault(expression) ?? '', reason, expression.slice(0, 40))
})

const refusedWithFields: [expression: string, reason: RegExp][] = [
  ['nam & 1', /there is no field nam at position 0\. Did you mean name\?/],
  ["name + 'x'", /a number is expected, not the text "x"; texts are joined by & at position 7/],
  ['year(3)', /a date is expected, not an int at position 5/],
  ["year('soon')", /a date is expected, not the text "soon" at position 5/],
  ['match(name, name)', /match: a regular expression must be written out, in quotes at position 12/],
  ["hour(name, 'Mars/Base')", /there is no time zone Mars\/Base/],
  ["datediff(name, name, 'aeon')", /the unit must be one of year, quarter/],
  [`${'capitalize('.repeat(20)}name${')'.repeat(20)}`, /^$/],
  [`${'(name < '.repeat(40)}name${')'.repeat(40)}`, /^$/],
  [`${'(name ? name & '.repeat(5)}${'case'.repeat(3000)}${')'.repeat(5)}`, /there is no field case/],
]
test('what does not fit the fields is refused with its place; what only looks long is not', async () => {
  for (const [expression, reason] of refusedWithFields) {
    let told = ''
    try {
      await valueIn(expression, { name: 'x' })
    } catch (error) {
      told = String((error as AppError).params.msg ?? error)
    }
    assert.match(told, reason, expression.slice(0, 60))
  }
})

test('texts stay texts and names stay names, whatever they hold', async () => {
  const hostile = `'); drop table t; -- "x" \\ $1 %s`
  await connection.run('create or replace temp table t as select 1 as n')
  assert.equal(await valueIn(`a & ${JSON.stringify(hostile)}`, { a: hostile }), hostile + hostile)
  assert.equal(await valueIn('$select & $20_to_25', { select: '1', n_20_to_25: '2' }), '12')
  assert.equal(await valueIn('`a` == \'"a"\'', { a: '"a"' }), 'true')
  assert.equal((await connection.all('select n from t')).length, 1)
})

test('fields go before nothing, constants and functions before fields, a dollar makes a field of any of them', async () => {
  const fields = { pi: '1', e: '2', length: '3', year: '1999' }
  assert.equal(
    await valueIn('round(pi) & $pi & round(e) & $e & length & length(length) & year', fields),
    '313231' + '1999',
  )
})

test('now is the time that is given, today its day', async () => {
  assert.equal(await valueIn('now()'), '2031-02-03 04:05:06+00')
  assert.equal(await valueIn("today() & ' ' & format_date(now(), '%H:%M', 'Asia/Tokyo')"), '2031-02-03 13:05')
})
