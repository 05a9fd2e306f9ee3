/** The expression language: the examples of its docs, what it refuses, and a naive evaluator's word for the rest. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Connection, type Engine, openEngine } from '../../src/engine/index.ts'
import { expressionColumn, findFault } from '../../src/ingest/expressions/expression.ts'
import { expressionFunctions } from '../../src/ingest/expressions/functions.ts'
import { asText } from '../../src/ingest/types/types.ts'
import { AppError, quoteIdentifier, quoteLiteral } from '../../src/kernel/index.ts'
import { createChance } from '../support/seed.ts'
import { evaluateText, type Fields, randomExpression } from '../support/naive-expressions.ts'

let engine: Engine
let connection: Connection
before(async () => {
  engine = await openEngine({ memoryLimitMb: 200, threads: 1, tempDirectory: '/nowhere', allowedDirectories: [] })
  connection = await engine.connect()
})
after(() => {
  connection.close()
  engine.close()
})

const failed = (msg: string) => new AppError('ingest.processor_failed', { processor_id: 'pr', field: 'x', msg })

function sqlOf(text: string, names: readonly string[]): string {
  const columns = names.map((name) => ({ name, label: name, engineType: 'VARCHAR' }))
  const { engineType, sql } = expressionColumn(text, { columns, now: '2031-02-03T04:05:06Z' }, failed)
  return asText(engineType, `(${sql})`)
}

async function valueOf(text: string, fields: Fields = {}): Promise<string | null> {
  const items = Object.entries(fields).map(
    ([name, value]) => `${value === null ? 'null' : quoteLiteral(value)}::varchar as ${quoteIdentifier(name)}`,
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
      const value = await valueOf(expression)
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
