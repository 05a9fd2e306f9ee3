import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harvestSources } from './sources/sources.ts'
import { harvestSourceIn } from './words.ts'

test('every type of harvester and its parameters have French words', () => {
  for (const source of harvestSources.values()) {
    const french = harvestSourceIn('fr', source)
    assert.notEqual(french.description, source.description, source.type)
    for (const [at, { name, label, description }] of source.parameters.entries()) {
      assert.notEqual(french.parameters[at]!.label, label, `${source.type}.${name}`)
      assert.notEqual(french.parameters[at]!.description, description, `${source.type}.${name}`)
    }
    assert.equal(harvestSourceIn('en', source), source)
  }
})
