import assert from 'node:assert/strict'
import { test } from 'node:test'
import { titleOfFile } from '../../shared/title-of-file.ts'
import { likelyType, looksLikeFacet, planFields, specificationEdits, specificationsOf } from './field-plan.ts'
import type { Step } from './types.ts'

const columns = [
  { name: 'code', label: 'Code', type: 'int' },
  { name: 'name', label: 'name', type: 'text' },
  { name: 'junk', label: 'junk', type: 'text' },
]
const step = (name: string, args: Step['args'], n = 0): Step => ({ processor_uid: `pr_${n}`, name, args })

test('specifications become a plan per field, and the plans the same specifications', () => {
  const steps = [
    step('delete', { field: 'junk' }),
    step('rename', { from_name: 'code', to_name: 'id', label: 'Identifier' }),
    step('type', { field: 'id', type: 'text' }),
    step('description', { field: 'id', description: 'Of the town' }),
    step('annotate', { field: 'id', annotation: 'id', args: [] }),
    step('annotate', { field: 'name', annotation: 'unit', args: ['kg'] }),
    step('order', ['name', 'id']),
  ]
  const plans = planFields(columns, steps)
  assert.deepEqual(
    plans.map(({ source, name, type, isDeleted }) => [source, name, type, isDeleted]),
    [
      ['name', 'name', null, false],
      ['code', 'id', 'text', false],
      ['junk', 'junk', null, true],
    ],
  )
  const again = specificationsOf(plans, columns)
  assert.deepEqual(
    planFields(
      columns,
      again.map(({ name, args }, n) => step(name, args, n)),
    ),
    plans,
  )
  assert.deepEqual(specificationEdits(steps, again), { remove: [], append: [] })
})

test('only what differs is taken away and appended', () => {
  const present = [
    step('annotate', { annotation: 'facet', field: 'name' }, 1),
    step('type', { field: 'code', type: 'double' }, 2),
  ]
  const plans = planFields(columns, present).map((plan) =>
    plan.source === 'code' ? { ...plan, type: 'text' } : plan,
  )
  const { remove, append } = specificationEdits(present, specificationsOf(plans, columns))
  assert.deepEqual(
    remove.map(({ processor_uid }) => processor_uid),
    ['pr_2'],
  )
  assert.deepEqual(append, [{ name: 'type', args: { field: 'code', type: 'text' } }])
})

test('texts that repeat look like facets, identifiers and numbers do not', () => {
  const records = ['cow', 'cow', 'goat', 'goat', 'ewe'].map((kind, n) => ({ kind, name: `cheese ${n}`, n }))
  const field = (name: string, type: string) => ({ name, label: name, type })
  assert.equal(looksLikeFacet(field('kind', 'text'), records), true)
  assert.equal(looksLikeFacet(field('name', 'text'), records), false)
  assert.equal(looksLikeFacet(field('n', 'int'), records), false)
  assert.equal(looksLikeFacet(field('kind', 'text'), records.slice(0, 2)), false)
})

test('a file lends its name to the title', () => {
  assert.equal(titleOfFile('air_quality-2031.csv'), 'Air quality 2031')
  assert.equal(titleOfFile('C:\\data\\towns.geojson.gz'), 'Towns')
  assert.equal(titleOfFile('.csv'), '.csv')
})

test('texts that are numbers, days, times or yes and no elsewhere are proposed as these', () => {
  const typeOf = (...values: (string | null)[]) =>
    likelyType(
      { name: 'x', label: 'x', type: 'text' },
      values.map((x) => ({ x })),
    )
  assert.equal(typeOf('1,5', null, '-20', ' 3,25 '), 'double')
  assert.equal(typeOf('1 234,5', '12\u202f345', '0,5'), 'double')
  assert.equal(typeOf('1 23,5', '2,5'), null)
  assert.equal(typeOf('01,5', '2,5'), null)
  assert.equal(typeOf('1,5', 'n.c.'), null)
  assert.equal(typeOf('1', '2'), null)
  assert.equal(typeOf('03/02/2031', '28/02/2031'), 'date')
  assert.equal(typeOf('03/02/2031', '04/05/2031'), null, 'days or months')
  assert.equal(typeOf('28/02/2031', '02/28/2031'), null)
  assert.equal(typeOf('28/02/2031 12:30', '01/03/2031 08:00'), 'datetime')
  assert.equal(typeOf('Oui', 'non'), 'boolean')
  assert.equal(typeOf('non', 'non'), null)
  assert.equal(typeOf(null, ''), null)
  assert.equal(likelyType({ name: 'x', label: 'x', type: 'int' }, [{ x: '1,5' }]), null)
})
