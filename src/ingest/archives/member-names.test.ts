import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLook } from './member-names.ts'

const csv = /\.csv$/
const json = /\.json$/
/** Where a look ends among members of so many MiB each. */
const endOf = (look: ReturnType<typeof createLook>, names: readonly string[], mebibytes = 1) =>
  names.findIndex((name) => look({ name, bytes: mebibytes << 20 }))

test('a look at an archive ends where a member is certainly the one, or many bytes behind one that would do', () => {
  assert.equal(endOf(createLook(undefined, [csv, json]), ['a.txt', 'b.json', 'c.csv', 'd.csv']), 2)
  assert.equal(endOf(createLook('b.*', [csv]), ['a.csv', 'b.txt', 'b.csv']), 1)
  assert.equal(endOf(createLook('b.csv', [csv]), ['a/b.csv', 'b.csv']), 1)
  const filler = Array.from({ length: 100 }, (_, n) => `${n}.txt`)
  assert.equal(endOf(createLook(undefined, [csv, json]), ['a.json', ...filler]), 63)
  assert.equal(endOf(createLook(undefined, [csv, json]), [...filler, 'a.json']), 100)
  assert.equal(endOf(createLook(undefined, [csv, json]), filler), -1)
})

test('a look takes each member into its hands once', () => {
  let asked = 0
  const counting = { test: () => void asked++ } as unknown as RegExp
  const look = createLook(undefined, [counting])
  for (let n = 0; n < 50_000; n++) look({ name: `${n}`, bytes: 1 << 20 })
  assert.ok(asked <= 100_000, `${asked} questions`)
})
