import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfiguredStep, Field, JsonObject } from '../kernel/index.ts'
import { presentFields, withoutPresentation } from './presentation.ts'
import { computeRecipe } from './recipe.ts'

const field = (name: string, label = name): Field => ({
  name,
  label,
  type: 'text',
  description: null,
  annotations: {},
})
const step = (name: string, args: JsonObject): ConfiguredStep => ({ processor_uid: 'pr_1', name, args })
const recipeOf = (fieldSpecifications: readonly ConfiguredStep[]) =>
  computeRecipe({
    pipelineVersion: 1,
    sources: [],
    processors: [],
    fieldSpecifications,
    maxRecords: null,
    joined: {},
  })

test('labels and descriptions are laid over the fields, through renames and deletions, the last one winning', () => {
  const steps = [
    step('description', { field: 'town', description: 'Where' }),
    step('rename', { from_name: 'town', to_name: 'city', label: 'Town' }),
    step('rename', { from_name: 'city', label: 'City' }),
    step('delete', { field: 'note' }),
    step('rename', { from_name: 'n', to_name: 'note', label: 'Number' }),
  ]
  assert.deepEqual(presentFields([field('city', 'town'), field('note', 'n'), field('kept', 'Kept')], steps), [
    { ...field('city', 'City'), description: 'Where' },
    field('note', 'Number'),
    field('kept', 'Kept'),
  ])
})

test('a step that names a field which is not there fails as it would in a build', () => {
  for (const steps of [
    [step('rename', { from_name: 'nothing', label: 'X' })],
    [step('description', { field: 'nothing', description: 'X' })],
    [step('delete', { field: 'note' }), step('description', { field: 'note', description: 'X' })],
  ]) {
    assert.throws(() => presentFields([field('city')], steps), { key: 'ingest.processor_failed' })
  }
})

test('the recipe knows nothing of labels and descriptions, and everything of the rest', () => {
  const plain = recipeOf([step('rename', { from_name: 'a', to_name: 'b' })])
  assert.equal(recipeOf([step('rename', { from_name: 'a', to_name: 'b', label: 'B' })]), plain)
  assert.equal(
    recipeOf([
      step('rename', { from_name: 'a', to_name: 'b' }),
      step('rename', { from_name: 'b', label: 'Bee' }),
      step('description', { field: 'b', description: 'A bee' }),
    ]),
    plain,
  )
  assert.notEqual(recipeOf([step('rename', { from_name: 'a', to_name: 'c' })]), plain)
  assert.notEqual(
    recipeOf([step('rename', { from_name: 'a', to_name: 'b' }), step('type', { field: 'b', type: 'text' })]),
    plain,
  )
})

test('what the builder gets names every step and no label', () => {
  const [rename, type] = withoutPresentation([
    step('rename', { from_name: 'a', to_name: 'b', label: 'B' }),
    step('type', { field: 'b', type: 'text' }),
  ])
  assert.deepEqual(rename!.args, { from_name: 'a', to_name: 'b' })
  assert.deepEqual(type!.args, { field: 'b', type: 'text' })
})
