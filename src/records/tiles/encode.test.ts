import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'
import { encodeTile } from './encode.ts'

/** The properties of a point, written and read by a library that is not ours. */
function readBack(properties: Readonly<Record<string, unknown>>) {
  const bytes = encodeTile('records', [{ id: 1, kind: 'point', geometry: [[[1, 2]]], properties }])
  return new VectorTile(new PbfReader(bytes)).layers.records!.feature(0).properties
}

test('numbers of every size are read as they were written', () => {
  const around = [0, 31, 32, 52, 53].flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1])
  const numbers = [0.5, 1e300, ...around, ...around.map((number) => 0 - number), -0.25, -(2 ** 52) - 1]
  for (const number of numbers) assert.equal(Number(readBack({ number }).number), number, String(number))
})

test('names of properties are names, whatever they are', () => {
  const properties = JSON.parse('{"constructor": "a", "__proto__": "b", "toString": 1, "": true}')
  const bytes = encodeTile('records', [{ id: 1, kind: 'point', geometry: [[[1, 2]]], properties }])
  const read = new VectorTile(new PbfReader(bytes)).layers.records!.feature(0).properties
  for (const name of ['constructor', 'toString', '']) assert.equal(read[name], properties[name], name)
})
