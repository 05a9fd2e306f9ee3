import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Field } from '../kernel/index.ts'
import { defaultGates, type Gates } from './gates.ts'
import { type GateFacts, judge, type Measured, needsRecords } from './judge.ts'

const fields: Field[] = ['a', 'b'].map((name) => ({
  name,
  label: name,
  type: 'text',
  description: null,
  annotations: {},
}))
const measured = (recordsCount: number, known = { a: recordsCount, b: recordsCount }): Measured => ({
  recordsCount,
  fields,
  known,
})
const facts = (previous: Measured | null, built: Measured): GateFacts => ({
  previous,
  built,
  doubled: [],
  ranges: {},
  mismatched: {},
})
const failing = (gates: Partial<Gates>, given: GateFacts) =>
  judge({ ...defaultGates, ...gates }, given).map(({ gate }) => gate)

test('a loss is held from the first record beyond the limit, and growth never', () => {
  for (const [was, is, isHeld] of [
    [100, 80, false],
    [100, 79, true],
    [100, 100, false],
    [100, 1_000_000, false],
    [0, 5, false],
    [3, 2, true],
  ] as const) {
    const expected = isHeld ? ['record_loss_percent'] : []
    assert.deepEqual(failing({}, facts(measured(was), measured(is))), expected, `${was} to ${is}`)
  }
  assert.deepEqual(failing({ record_loss_percent: null }, facts(measured(100), measured(1))), [])
})

test('without a publication only the absolute gates count', () => {
  assert.deepEqual(failing({}, facts(null, measured(1))), [])
  assert.deepEqual(failing({}, facts(null, measured(0))), ['min_records'])
  assert.deepEqual(failing({ required_fields: ['zip'] }, facts(null, measured(1))), ['required_fields'])
})

test('a share of nulls may rise by the points of its field, before those of all fields', () => {
  const given = facts(measured(100, { a: 100, b: 90 }), measured(200, { a: 150, b: 120 }))
  assert.deepEqual(failing({}, given), ['null_share_points', 'null_share_points'])
  assert.deepEqual(failing({ null_share_points: 30 }, given), [])
  assert.deepEqual(failing({ null_share_points_by_field: { a: null } }, given), ['null_share_points'])
  assert.deepEqual(failing({ null_share_points: null, null_share_points_by_field: { b: 10 } }, given), [
    'null_share_points',
  ])
  // A share may fall, and an empty side has none.
  assert.deepEqual(failing({}, facts(measured(10, { a: 0, b: 0 }), measured(10))), [])
  assert.deepEqual(failing({}, facts(measured(0, { a: 0, b: 0 }), measured(10, { a: 0, b: 0 }))), [])
})

test('a gate whose field is gone does not pass', () => {
  const gates = { unique_keys: [['zip']], ranges: { zip: { min: 1, max: null } }, patterns: { zip: 'x' } }
  assert.deepEqual(failing(gates, { ...facts(null, measured(1)), doubled: [null] }), [
    'unique_keys',
    'ranges',
    'patterns',
  ])
})

test('the records are looked at only where a gate needs them', () => {
  const manifestsOnly: Gates = { ...defaultGates, null_share_points: null }
  assert.equal(needsRecords(defaultGates, false), false)
  assert.equal(needsRecords(defaultGates, true), true)
  assert.equal(needsRecords(manifestsOnly, true), false)
  assert.equal(needsRecords({ ...manifestsOnly, null_share_points_by_field: { a: null } }, true), false)
  for (const more of [
    { null_share_points_by_field: { a: 5 } },
    { required_fields: ['a'] },
    { unique_keys: [['a']] },
    { ranges: { a: { min: 1, max: null } } },
    { patterns: { a: 'x' } },
  ] satisfies Partial<Gates>[]) {
    assert.equal(needsRecords({ ...manifestsOnly, ...more }, true), true)
  }
})
