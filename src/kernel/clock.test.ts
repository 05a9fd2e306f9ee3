import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatInstant, formatInstantIn } from './clock.ts'

test('an instant is the same wherever it is shown', () => {
  const at = Date.UTC(2031, 6, 1, 22, 30, 5)
  for (const [timezone, shown] of [
    ['UTC', '2031-07-01T22:30:05+00:00'],
    ['Europe/Paris', '2031-07-02T00:30:05+02:00'],
    ['America/St_Johns', '2031-07-01T20:00:05-02:30'],
    ['Asia/Kathmandu', '2031-07-02T04:15:05+05:45'],
  ] as const) {
    assert.equal(formatInstantIn(at, timezone), shown)
    assert.equal(formatInstant(Date.parse(shown)), formatInstant(at))
  }
})
