import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfiguredStep, JsonObject } from '../kernel/index.ts'
import { facetsOf } from './facet-settings.ts'

const step = (name: string, args: JsonObject): ConfiguredStep => ({ processor_uid: 'pr_1', name, args })
const annotate = (field: string, annotation: string, ...args: string[]) =>
  step('annotate', { field, annotation, ...(args.length > 0 ? { args } : {}) })

test('a facet is called what its field is called in the end, and has all that is said of it', () => {
  const facets = facetsOf([
    annotate('a', 'disjunctive'),
    annotate('a', 'facet'),
    step('rename', { from_name: 'a', to_name: 'city' }),
    annotate('city', 'facetsort', '-count'),
    annotate('opened', 'facet'),
    annotate('opened', 'timerangeFilter'),
  ])
  assert.deepEqual(facets, [
    { fieldName: 'city', sort: '-count', isDisjunctive: true, isTimerange: false },
    { fieldName: 'opened', sort: null, isDisjunctive: false, isTimerange: true },
  ])
})

test('what is no facet in the end is none', () => {
  assert.deepEqual(
    facetsOf([
      annotate('a', 'disjunctive'),
      annotate('b', 'facet'),
      step('delete', { field: 'b' }),
      annotate('c', 'unit', 'kg'),
    ]),
    [],
  )
})
