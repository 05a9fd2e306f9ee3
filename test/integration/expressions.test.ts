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
