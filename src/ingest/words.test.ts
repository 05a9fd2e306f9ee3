import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractors } from './extractors/extractors.ts'
import { processors } from './processors/processors.ts'
import { extractorIn, processorIn } from './words.ts'

/** Words that both languages have. */
const shared = new Set(['GeoPackage', 'Projection'])

function requireOther(where: string, english: string, french: string): void {
  if (!shared.has(english)) assert.notEqual(french, english, `${where}: ${english}`)
}

test('every processor, argument, extractor and parameter has French words', () => {
  for (const processor of processors.values()) {
    const french = processorIn('fr', processor)
    requireOther(processor.name, processor.label, french.label)
    requireOther(processor.name, processor.doc, french.doc)
    for (const [at, { name, description }] of processor.args.entries()) {
      requireOther(`${processor.name}.${name}`, description, french.args[at]!.description)
      assert.ok(french.args[at]!.label, `${processor.name}.${name} has a label`)
      assert.match(french.args[at]!.label, /^[A-ZÀ-Ý]/, `${processor.name}.${name} has a label`)
    }
  }
  for (const extractor of extractors.values()) {
    const french = extractorIn('fr', extractor)
    requireOther(extractor.type, extractor.label, french.label)
    for (const [at, { name, label, description }] of extractor.parameters.entries()) {
      requireOther(`${extractor.type}.${name}`, label, french.parameters[at]!.label)
      requireOther(`${extractor.type}.${name}`, description, french.parameters[at]!.description)
    }
  }
})

test('in English they are as they are', () => {
  for (const processor of processors.values())
    assert.deepEqual(processorIn('en', processor).args, processor.args)
  for (const extractor of extractors.values())
    assert.deepEqual(extractorIn('en', extractor).parameters, extractor.parameters)
})

test('what French adds for one processor does not stand in another: codes and names stay', () => {
  const french = processorIn('fr', processors.get('convert_number')!)
  assert.deepEqual(
    french.args.map(({ name, type, choices }) => [name, type, choices]),
    processors.get('convert_number')!.args.map(({ name, type, choices }) => [name, type, choices]),
  )
})
