import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, type JsonObject } from '../kernel/index.ts'
import { defaultGates, readGates } from './gates.ts'

test('what is left out has its default, and what was answered can be sent back', () => {
  assert.deepEqual(readGates({}), defaultGates)
  const gates = readGates({
    record_loss_percent: null,
    required_fields: ['a', 'a'],
    ranges: { day: { min: '2031-05-09' }, price: { min: 0, max: 0.5 } },
  })
  assert.deepEqual(gates.required_fields, ['a'])
  assert.deepEqual(gates.ranges, { day: { min: '2031-05-09', max: null }, price: { min: 0, max: 0.5 } })
  assert.deepEqual(readGates(JSON.parse(JSON.stringify(gates))), gates)
})

test('every fault is told, each with its gate', () => {
  const faults: JsonObject = {
    record_loss_percent: -1,
    field_lost: 'no',
    unknown_gate: 1,
    unique_keys: [['"; --']],
    ranges: { a: { min: 2, max: 1 } },
  }
  assert.throws(
    () => readGates(faults),
    (error) =>
      error instanceof AppError &&
      error.errors.map(({ params }) => params.gate).join() === Object.keys(faults).join(),
  )
})

test('names that objects have by birth are fields like others, or none', () => {
  assert.throws(() => readGates(JSON.parse('{"__proto__": 1}')), { key: 'checks.invalid_gate' })
  assert.throws(() => readGates({ toString: 1 }), { key: 'checks.invalid_gate' })
  assert.throws(() => readGates(JSON.parse('{"patterns": {"__proto__": "x"}}')), {
    key: 'checks.invalid_gate',
  })
})
