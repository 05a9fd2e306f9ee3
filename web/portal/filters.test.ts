import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Field } from './dataset.ts'
import { apiFilters, countFilters, quote, readFilters, toggled, without, writeFilters } from './filters.ts'

const field = (name: string, type: string): Field => ({
  name,
  label: name,
  type,
  description: null,
  annotations: {},
})
const fields = [
  field('name', 'text'),
  field('size', 'int'),
  field('day', 'date'),
  field('at', 'datetime'),
  field('place', 'geo_point_2d'),
]
const read = (query: string) => readFilters(new URLSearchParams(query), fields)

/** As they are read from an address. */
const plain = { noNullPrototype: true } as const

test('the address says all of the filters, and nothing else is in them', () => {
  const text = fc
    .string({ minLength: 1, maxLength: 8 })
    .filter((value) => value.trim() === value && value !== '')
  const pairs = fc.array(
    fc.record({ field: fc.constantFrom(...fields.map(({ name }) => name)), value: text }, plain),
    { maxLength: 3 },
  )
  const bounds = fc.subarray([
    { field: 'size', value: '-1.5' },
    { field: 'day', value: '2031-05-09' },
    { field: 'at', value: '2031-05-09T10:00:00Z' },
  ])
  const filters = fc.record(
    {
      q: fc.oneof(fc.constant(''), text),
      refine: pairs,
      exclude: pairs,
      text: pairs,
      from: bounds,
      to: bounds,
      geo: fc.constantFrom(null, [1.5, -2, 3, 4] as const),
      where: fc.oneof(fc.constant(''), text),
      sort: fc.constantFrom(
        null,
        { field: 'size', isDescending: true },
        { field: 'name', isDescending: false },
      ),
      columns: fc.constantFrom(null, ['name', 'at']),
      version: fc.constantFrom('', 'ch_abc'),
    },
    plain,
  )
  fc.assert(
    fc.property(filters, (state) => {
      // In the address the values of a list stand by field; their order within it stays.
      assert.deepEqual(
        readFilters(new URLSearchParams(writeFilters(state as never).toString()), fields),
        state,
      )
    }),
  )
})

test('names that are no fields, and numbers that are none, are dropped', () => {
  const { refine, sort, columns, geo } = read('refine.nothing=1&sort=-nothing&cols=nothing,name&geo=1,2,x,4')
  assert.deepEqual({ refine, sort, columns, geo }, { refine: [], sort: null, columns: ['name'], geo: null })
  const { where } = apiFilters(read('from.size=1;drop&to.day=tomorrow&from.name=a'), fields)
  assert.deepEqual(where, [])
})

test('filters become conditions of ODSQL, in which every value is quoted', () => {
  const { where, refine } = apiFilters(
    read(
      'q=a"b\\&text.name=x"&from.size=-1.5&to.day=2031-05-09&to.at=2031-05-09&geo=1,2,3,4&where=size%20>%201&refine.name=a:b',
    ),
    fields,
  )
  assert.deepEqual(where, [
    '"a\\"b\\\\"',
    'search(`name`, "x\\"")',
    '`size` >= -1.5',
    "`day` <= date'2031-05-09'",
    "`at` <= date'2031-05-09T23:59:59.999Z'",
    'in_bbox(`place`, 1, 2, 3, 4)',
    'size > 1',
  ])
  assert.deepEqual(refine, ['name:a:b'])
  assert.equal(quote('a"\\'), '"a\\"\\\\"')
})

test('a value is added, taken away, counted', () => {
  const once = toggled(read('q=x'), 'refine', 'name', 'a')
  assert.equal(countFilters(once), 2)
  assert.deepEqual(toggled(once, 'refine', 'name', 'a').refine, [])
  assert.equal(countFilters(without(once)), 0)
})
