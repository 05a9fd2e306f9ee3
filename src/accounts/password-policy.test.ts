import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkNewPassword } from './password-policy.ts'

const ada = { username: 'ada.lovelace', email: 'ada@example.org' }
const refused = { key: 'access.password_refused' }

test('what everybody would try first is refused', () => {
  for (const password of [
    '',
    'short',
    'ninechars',
    'aaaaaaaaaaaa',
    'abababababab',
    'abcdefghijkl',
    '9876543210',
    'ada.lovelace',
    'ADA.Lovelace1',
    'ada@example.org',
    '1ada@example.org2',
    '💥💥💥💥💥',
    'x'.repeat(257),
  ]) {
    assert.throws(() => checkNewPassword(password, ada, 10), refused, password)
  }
})

test('what is long and nobody knows is taken, whatever its characters', () => {
  for (const password of [
    'correct horse battery',
    'ninechars!',
    'пароль с пробелами',
    'ada.lovelace was right in 1843',
    'hm, 3 more',
  ]) {
    assert.doesNotThrow(() => checkNewPassword(password, ada, 10), password)
  }
  assert.doesNotThrow(() => checkNewPassword('a1b2c3d4', { username: 'a', email: null }, 8))
})
