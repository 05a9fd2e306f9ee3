/** docs/odsql.md says what the tables of functions and errors say, and its examples are queries. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { shopSchema } from '../../test/support/shops-schema.ts'
import { odsqlErrors } from '../kernel/errors/odsql.ts'
import {
  aggregateFunctions,
  allFunctionNames,
  type NamedFunction,
  predicateFunctions,
  scalarFunctions,
  specialFunctions,
} from './functions.ts'
import { prepareQuery, type QueryText } from './resolve/query.ts'

const docs = readFileSync(new URL('../../docs/odsql.md', import.meta.url), 'utf8')

/** The lines of a table of the page, between its markers, without heading. */
function tableOf(name: string): string[] {
  const match = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- /${name} -->`).exec(docs)
  assert.ok(match, `docs/odsql.md has no table ${name}`)
  return match[1]!.trim().split('\n').slice(2)
}

const call = (name: string, args: readonly string[]) => `\`${name}(${args.join(', ')})\``
const resultOf = (result: string) =>
  result === 'same' ? 'as its argument' : result === 'sum' ? 'int or double' : result

test('the table of scalar functions is the one of the code', () => {
  const rows = Object.entries(scalarFunctions).map(
    ([name, { args, result, doc }]) => `| ${call(name, args)} | ${resultOf(result)} | ${doc} |`,
  )
  assert.deepEqual(tableOf('scalar'), rows)
})

test('the table of aggregates is the one of the code', () => {
  const rows = Object.entries(aggregateFunctions).map(
    ([name, { args, result, doc }]) => `| ${call(name, args)} | ${resultOf(result)} | ${doc} |`,
  )
  assert.deepEqual(tableOf('aggregate'), rows)
})

test('the tables of functions with rules of their own, and of predicates, are those of the code', () => {
  const rows = (table: Readonly<Record<string, NamedFunction>>) =>
    Object.values(table).map(({ usage, doc }) => `| \`${usage}\` | ${doc} |`)
  assert.deepEqual(tableOf('special'), rows(specialFunctions))
  assert.deepEqual(tableOf('predicate'), rows(predicateFunctions))
})

test('the table of errors names every key of the room, and no other', () => {
  const named = tableOf('errors').map((row) => /`([a-z_.]+)`/.exec(row)![1])
  assert.deepEqual(named, Object.keys(odsqlErrors))
})

test('no function is in two tables', () => {
  assert.equal(new Set(allFunctionNames).size, allFunctionNames.length)
})

describe('examples of the page', () => {
  const examples = [...docs.matchAll(/```odsql\n([\s\S]*?)```/g)].flatMap((block) =>
    block[1]!.trim().split('\n'),
  )
  test('there are some', () => assert.ok(examples.length > 15))
  for (const example of examples) {
    test(example, () => {
      const text: Record<string, unknown> = { now: 0 }
      for (const piece of example.split(' & ')) {
        const [, name, value] = /^(select|where|group_by|order_by|refine)=(.*)$/.exec(piece)!
        const key = name === 'group_by' ? 'groupBy' : name === 'order_by' ? 'orderBy' : name!
        text[key] = key === 'where' || key === 'refine' ? [value] : value
      }
      const result = prepareQuery(text as unknown as QueryText, shopSchema)
      assert.ok(result.ok, result.ok ? '' : result.errors[0]!.message)
    })
  }
})
