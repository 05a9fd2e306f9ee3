import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Field } from '../kernel/index.ts'
import { compareFields } from './fields.ts'

const field = (name: string, more: Partial<Field> = {}): Field => ({
  name,
  label: name,
  type: 'text',
  description: null,
  annotations: {},
  ...more,
})

test('fields are added, removed, retyped and relabelled by name; a rename is one removed and one added', () => {
  const from = [field('a'), field('b'), field('c'), field('d', { label: 'D' })]
  const to = [field('d', { label: 'Dee' }), field('a'), field('b', { type: 'int' }), field('c2')]
  assert.deepEqual(compareFields(from, to), {
    added: [{ name: 'c2', label: 'c2', type: 'text' }],
    removed: [{ name: 'c', label: 'c', type: 'text' }],
    retyped: [{ name: 'b', from: 'text', to: 'int' }],
    relabelled: [{ name: 'd', from: 'D', to: 'Dee' }],
  })
})

test('a text that becomes a list has another type', () => {
  const list = field('tags', { annotations: { multivalued: [','] } })
  assert.deepEqual(compareFields([field('tags')], [list]).retyped, [
    { name: 'tags', from: 'text', to: 'text[]' },
  ])
})
