import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readForm } from '../kit/form.ts'
import { formIn, formOf, type Gates, gatesIn } from './gates-form.ts'

const name = fc.constantFrom('a', 'b', 'c_2', 'price')
const points = fc.option(fc.integer({ min: 0, max: 100 }))
const bound = fc.oneof(
  fc.integer(),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((n) => Math.round(n) / 4),
)
const anyGates: fc.Arbitrary<Gates> = fc.record({
  enabled: fc.boolean(),
  record_loss_percent: points,
  min_records: points,
  field_lost: fc.boolean(),
  type_changed: fc.boolean(),
  null_share_points: points,
  null_share_points_by_field: fc.dictionary(name, points),
  required_fields: fc.uniqueArray(name),
  unique_keys: fc.array(fc.uniqueArray(name, { minLength: 1 })),
  ranges: fc.dictionary(name, fc.record({ min: bound, max: fc.option(bound) })),
  patterns: fc.dictionary(name, fc.constantFrom('[A-Z]{2}\\d+', ' a|b ', '-')),
})

/** As a browser sends what it is shown. */
function sent({ isEnabled, numbers, flags, keys, fields }: ReturnType<typeof formOf>) {
  const ticked = (isSet: boolean, field: string): [string, string][] => (isSet ? [[field, 'on']] : [])
  return readForm({
    file: null,
    fields: [
      ...ticked(isEnabled, 'enabled'),
      ...Object.entries(numbers),
      ...Object.entries(flags).flatMap(([flag, isSet]) => ticked(isSet, flag)),
      ['unique_keys', keys.replaceAll('\n', '\r\n')],
      ...fields.flatMap(({ isRequired, ...texts }, index) => [
        ...Object.entries(texts).map(([column, text]): [string, string] => [`f.${index}.${column}`, text]),
        ...ticked(isRequired, `f.${index}.required`),
      ]),
    ],
  })
}

/** In the order of the form's rows. */
const sorted = (gates: object) =>
  JSON.parse(JSON.stringify({ ...gates, required_fields: [...(gates as Gates).required_fields].sort() }))

test('gates that are saved as they are shown stay what they are, whatever fields the dataset has', () => {
  fc.assert(
    fc.property(anyGates, fc.uniqueArray(name), (gates, names) => {
      assert.deepEqual(sorted(gatesIn(formIn(sent(formOf(gates, names))))), sorted(gates))
    }),
  )
})

test('numbers are taken as people write them, and what is none is left for the API to refuse', () => {
  const form = (loss: string) => formIn(readForm({ file: null, fields: [['record_loss_percent', loss]] }))
  assert.equal(gatesIn(form(' 2,5 ')).record_loss_percent, 2.5)
  assert.equal(gatesIn(form('')).record_loss_percent, null)
  assert.equal(gatesIn(form('many')).record_loss_percent, 'many')
})
