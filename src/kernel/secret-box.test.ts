import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from './errors.ts'
import { createIds } from './ids.ts'
import { createSecretBox, isSealed } from './secret-box.ts'

const box = createSecretBox(Buffer.alloc(32, 1), createIds())
const isUnreadable = (error: unknown) =>
  error instanceof AppError && error.key === 'catalog.secret_unreadable'

test('what is sealed opens again, and is never sealed the same way twice', () => {
  for (const text of ['', 'pässword', 'x'.repeat(10_000), 'a\0b\n']) {
    const sealed = box.seal(text, 'here')
    assert.ok(isSealed(sealed))
    assert.notEqual(sealed, box.seal(text, 'here'))
    assert.equal(box.open(sealed, 'here'), text)
  }
})

test('it opens with the same key, for the same context and undamaged, or not at all', () => {
  const sealed = box.seal('secret', 'here')
  const other = createSecretBox(Buffer.alloc(32, 2), createIds())
  assert.throws(() => other.open(sealed, 'here'), isUnreadable)
  assert.throws(() => box.open(sealed, 'there'), isUnreadable)
  for (let at = 'sealed:1:'.length; at < sealed.length - 1; at += 7) {
    const damaged = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
    assert.throws(() => box.open(damaged, 'here'), isUnreadable)
  }
  for (const short of ['sealed:1:', 'sealed:1:AAAA', sealed.slice(0, 30), 'secret'])
    assert.throws(() => box.open(short, 'here'), isUnreadable)
})
