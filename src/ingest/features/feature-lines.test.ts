import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectionOf } from '../projections/projections.ts'
import { projectedFeature } from './feature-lines.ts'

test('a feature is projected and keeps all else to the digit', () => {
  const line =
    '{ "type": "Feature", "properties": {"id": 12345678901234567890, "price": 1.50, "geometry": {"type": "Point"}}, "geometry": {"type": "Point", "coordinates": [0, 0]} }'
  assert.equal(
    projectedFeature(line, projectionOf(3857)),
    line.replace(
      '"geometry": {"type": "Point", "coordinates": [0, 0]}',
      '"geometry": {"type":"Point","coordinates":[0,0]}',
    ),
  )
})

test('what is no feature is left as it is', () => {
  for (const line of [
    '',
    '7',
    '{"geometry"',
    '{"geometry": 7}',
    '{"geometry": {"type',
    '{"geometry": {]}',
    '"geometry": {}',
    '[{"geometry": {"coordinates": [1e9, 2]}}]',
    '{"x": "\\',
  ])
    assert.equal(projectedFeature(line, projectionOf(2154)), line)
})
