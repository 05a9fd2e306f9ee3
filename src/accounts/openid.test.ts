import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localPath } from './openid.ts'
import { joinClaims, readClaims } from './openid-client.ts'

test('where the browser goes after signing in is a path of this server', () => {
  for (const path of ['/', '/backoffice', '/explore/a%20b?x=1&y=2#top', '/a//b', '/@x'])
    assert.equal(localPath(path), path)
  for (const path of [
    '',
    'backoffice',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '\\\\evil.example',
    '/a\nb',
    'javascript:alert(1)',
    '/..//evil.example/\u0000',
    `/${'a'.repeat(3000)}`,
  ])
    assert.equal(localPath(path), '/', JSON.stringify(path))
})

test('an address counts only where the provider vouches for it', () => {
  const of = (email_verified: unknown) => readClaims({ sub: '1', email: 'a@b.example', email_verified }, null)
  assert.equal(of(true).verifiedEmail, 'a@b.example')
  for (const verified of [false, undefined, 'true', 1, null]) assert.equal(of(verified).verifiedEmail, null)
  assert.equal(readClaims({ sub: '1', email_verified: true }, null).verifiedEmail, null)
  assert.equal(
    readClaims({ sub: '1', email: ['a@b.example'], email_verified: true }, null).verifiedEmail,
    null,
  )
})

test('an address and whether it is vouched for come from one answer', () => {
  const of = (token: object, beside: object) =>
    readClaims(joinClaims({ sub: '1', ...token }, { sub: '1', ...beside }), null).verifiedEmail
  const vouched = { email: 'a@b.example', email_verified: true }
  assert.equal(of(vouched, {}), 'a@b.example')
  assert.equal(of({}, vouched), 'a@b.example')
  assert.equal(of({ email: 'typed@b.example' }, vouched), 'a@b.example')
  assert.equal(of({ email: 'typed@b.example' }, { email_verified: true }), null)
  assert.equal(of({ email: 'typed@b.example', email_verified: false }, vouched), null)
  assert.equal(joinClaims({ sub: '1', name: 'token' }, { name: 'beside', nickname: 'n' }).name, 'token')
})

test('groups are read where a claim is named, and are texts', () => {
  assert.equal(readClaims({ sub: '1', groups: ['a'] }, null).groups, null)
  assert.equal(readClaims({ sub: '1' }, 'groups').groups, null)
  assert.deepEqual(readClaims({ sub: '1', groups: ['a', 7, { b: 1 }, 'c'] }, 'groups').groups, ['a', 'c'])
  assert.deepEqual(readClaims({ sub: '1', groups: 'a' }, 'groups').groups, ['a'])
})
