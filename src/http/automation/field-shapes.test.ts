import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfiguredStep } from '../../kernel/index.ts'
import { isShownField, overField, printField, readField } from './field-shapes.ts'

const step = (name: string, args: ConfiguredStep['args'], label?: string): ConfiguredStep => ({
  processor_uid: 'pr_1',
  name,
  args,
  ...(label === undefined ? {} : { label }),
})

test('what is printed reads back as the step that it was', () => {
  const steps = [
    step('rename', { from_name: 'a', to_name: 'b', label: 'B' }, 'Renamed'),
    step('type', { field: 'b', type: 'int' }, ''),
    step('annotate', { field: 'b', annotation: 'unit', args: ['kg'] }, 'Unit'),
    step('annotate', { field: 'b', annotation: 'id' }, 'Id'),
    step('description', { field: 'b', description: 'What it is' }, 'Text'),
    step('order', ['b', 'c'], 'Order'),
    step('delete', { field: 'c' }, 'Away'),
  ]
  for (const known of steps) {
    const { uid: _uid, ...printed } = printField(known)
    assert.deepEqual(readField(printed), { name: known.name, args: known.args, label: known.label })
  }
})

test('what the management API leaves out is filled in: clients demand it', () => {
  assert.deepEqual(printField(step('rename', { from_name: 'a' })), {
    uid: 'pr_1',
    type: 'rename',
    label: 'Rename',
    from_name: 'a',
    to_name: 'a',
    field_label: '',
  })
})

test('facets and booleans are not shown: clients would refuse the list', () => {
  for (const annotation of ['facet', 'facetsort', 'disjunctive', 'timerangeFilter'])
    assert.equal(isShownField(step('annotate', { field: 'a', annotation })), false, annotation)
  assert.equal(isShownField(step('type', { field: 'a', type: 'boolean' })), false)
  assert.equal(isShownField(step('annotate', { field: 'a', annotation: 'multivalued', args: [';'] })), true)
})

test('a change says only what changes; another type begins anew', () => {
  const present = step('rename', { from_name: 'a', to_name: 'b', label: 'B' }, 'Renamed')
  assert.deepEqual(readField(overField(present, { field_label: 'New' })), {
    name: 'rename',
    args: { from_name: 'a', to_name: 'b', label: 'New' },
    label: 'Renamed',
  })
  assert.throws(() => readField(overField(present, { type: 'delete' })), { key: 'http.invalid_parameter' })
})
