/** What an editor is told can be written is what the compiler takes, clause by clause. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shopSchema } from '../../test/support/shops-schema.ts'
import { describeLanguage } from './describe.ts'
import { allFunctionNames, queryClauses } from './functions.ts'
import { prepareQuery, type QueryText } from './resolve/query.ts'

const { clauses, functions, fields } = describeLanguage(shopSchema)

/** Fields and numbers for the names in a usage. */
const stand: Readonly<Record<string, string>> = {
  text: 'name',
  texts: 'tags',
  number: 'price',
  date: 'opened',
  any: 'qty',
  point: 'place',
  geo: 'area',
  value: 'city',
  other: '"x"',
  seed: '7',
  zoom: '9',
  radius: '40',
}
const filled = (name: string, usage: string) =>
  usage
    .replaceAll(/"[^"]*"|'[^']*'|[a-z]\w*/g, (word) => stand[word] ?? word)
    .replace(/^percentile\(.*/, 'percentile(price, 50)')
    .replace(/^\w+/, name)

describe('functions', () => {
  test('all are there, once', () => {
    assert.deepEqual(functions.map(({ name }) => name).toSorted(), allFunctionNames.toSorted())
  })
  for (const { name, kind, usage, clauses: possible } of functions) {
    const call = filled(name, usage)
    const grouped = kind === 'aggregate' ? { groupBy: 'city' } : {}
    const queries: Readonly<Record<(typeof queryClauses)[number], Omit<QueryText, 'now'>>> = {
      select: { select: `${call} as x`, ...grouped },
      where: { where: [kind === 'predicate' ? call : `${call} is not null`] },
      group_by: { groupBy: call, select: 'count(*)' },
      order_by: { orderBy: call, ...grouped },
    }
    test(`${call} stands in ${possible.join(', ')} and nowhere else`, () => {
      const accepted = queryClauses.filter(
        (clause) => prepareQuery({ now: 0, ...queries[clause] }, shopSchema).ok,
      )
      assert.deepEqual(accepted, possible)
    })
  }
})

test('fields are written as the compiler reads them', () => {
  const odd = {
    columns: [
      { ...shopSchema.columns[0]!, name: 'order by' },
      { ...shopSchema.columns[1]!, name: 'year' },
    ],
  }
  const described = describeLanguage(odd).fields
  assert.deepEqual(
    described.map(({ text }) => text),
    ['`order by`', '`year`'],
  )
  for (const [schema, all] of [
    [odd, described],
    [shopSchema, fields],
  ] as const)
    for (const { text } of all) assert.ok(prepareQuery({ now: 0, select: text }, schema).ok, text)
  assert.deepEqual(
    fields.filter((field) => field.is_technical).map(({ name }) => name),
    ['recordid', 'record_timestamp', 'datasetid'],
  )
})

test('keywords cannot be names of fields without back quotes', () => {
  for (const { keywords } of clauses)
    for (const name of keywords) {
      const schema = { columns: [{ ...shopSchema.columns[0]!, name }] }
      assert.equal(describeLanguage(schema).fields[0]!.text, `\`${name}\``)
    }
})
