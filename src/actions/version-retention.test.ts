import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiredVersions, type RetentionRule } from './version-retention.ts'

const day = 86_400_000
const now = 1000 * day

/** Newest first: `saved(0, 1)` is two versions, of now and of a day ago. */
function version(version_uid: string, ageDays: number, more: { label?: string; isAutomatic?: boolean } = {}) {
  const { label = null, isAutomatic = false } = more
  return { version_uid, label, is_automatic: isAutomatic ? 1 : 0, created_at: now - ageDays * day }
}
const rule = (changes: Partial<RetentionRule>): RetentionRule => ({
  keep_last: null,
  keep_days: null,
  keep_labelled: true,
  ...changes,
})
const five = [0, 1, 2, 3, 4].map((age) => version(`v${age}`, age))

test('without a rule every version that somebody saved is kept', () => {
  assert.deepEqual(expiredVersions([...five, version('old', 900)], null, now), [])
})

test('keep_last keeps the newest', () => {
  assert.deepEqual(expiredVersions(five, rule({ keep_last: 2 }), now), ['v2', 'v3', 'v4'])
  assert.deepEqual(expiredVersions(five, rule({ keep_last: 5 }), now), [])
})

test('keep_days keeps the young, to the millisecond', () => {
  assert.deepEqual(expiredVersions(five, rule({ keep_days: 3 }), now), ['v3', 'v4'])
  assert.deepEqual(expiredVersions(five, rule({ keep_days: 3 }), now - 1), ['v4'])
})

test('either reason is enough to be kept', () => {
  assert.deepEqual(expiredVersions(five, rule({ keep_last: 1, keep_days: 3 }), now), ['v3', 'v4'])
  assert.deepEqual(expiredVersions(five, rule({ keep_last: 4, keep_days: 1 }), now), ['v4'])
})

test('a label keeps a version for ever, unless the rule says otherwise', () => {
  const versions = [...five, version('final', 900, { label: 'final' }), version('blank', 900, { label: '' })]
  assert.deepEqual(expiredVersions(versions, rule({ keep_last: 5 }), now), ['blank'])
  assert.deepEqual(expiredVersions(versions, rule({ keep_last: 5, keep_labelled: false }), now), [
    'final',
    'blank',
  ])
})

test('automatic versions have limits of their own and take no place of the others', () => {
  const automatic = [0, 1, 2, 3, 4, 5, 6].map((age) => version(`a${age}`, age, { isAutomatic: true }))
  assert.deepEqual(expiredVersions([...automatic, ...five], null, now), ['a5', 'a6'])
  assert.deepEqual(expiredVersions([...automatic, ...five], rule({ keep_last: 4 }), now), ['v4', 'a5', 'a6'])
  const old = version('forgotten', 30, { isAutomatic: true })
  const kept = version('named', 900, { isAutomatic: true, label: 'before the accident' })
  assert.deepEqual(expiredVersions([old, kept], null, now), ['forgotten'])
})
