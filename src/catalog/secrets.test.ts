import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../kernel/index.ts'
import { withoutSecrets, withSecretsOf } from './secrets.ts'

const cases: [what: string, value: JsonValue, shown: JsonValue][] = [
  ['a user in an address', 'https://ada:pw@example.org/a?b=1', 'https://***@example.org/a?b=1'],
  ['an @ behind the host', 'https://example.org/@ada?b=1', 'https://example.org/@ada?b=1'],
  ['a key in an address', 'http://h/x?APIKEY=1&page=2&key=3', 'http://h/x?APIKEY=***&page=2&key=***'],
  [
    'a signed address',
    'http://h/x?sig=abc&access_token=d&sort=e',
    'http://h/x?sig=***&access_token=***&sort=e',
  ],
  [
    'a parameter by its name',
    { url: 'x', password: 'p', client_secret: 's' },
    { url: 'x', password: '***', client_secret: '***' },
  ],
  ['a parameter deep down', { http: [{ token: 't', page: 1 }] }, { http: [{ token: '***', page: 1 }] }],
  ['an empty secret', { password: '' }, { password: '' }],
  [
    'what only looks like one',
    { local_key: 'id', tokens: 3, keyword: 'k', text: 'a key=1' },
    { local_key: 'id', tokens: 3, keyword: 'k', text: 'a key=1' },
  ],
]

for (const [what, value, shown] of cases) {
  test(`nothing secret is left of ${what}`, () => {
    assert.deepEqual(withoutSecrets(value), shown)
    // What is shown can be shown again, and filled from what it was made of.
    assert.deepEqual(withoutSecrets(shown), shown)
    assert.deepEqual(withSecretsOf(shown, value), value)
  })
}

test('a secret that the present does not have is not made up', () => {
  const kept = withoutSecrets({ url: 'http://h/a?token=1', params: { password: 'p', page: 1 } })
  assert.equal(withSecretsOf(kept, undefined), null)
  assert.equal(
    withSecretsOf(kept, { url: 'http://other/a?token=1', params: { password: 'p', page: 1 } }),
    null,
  )
  assert.equal(withSecretsOf(kept, { url: 'http://h/a?token=1', params: { page: 1 } }), null)
})

test('what is no secret comes from what was kept', () => {
  const kept = withoutSecrets({ url: 'http://h/a?token=1', title: 'old', params: { page: 1, none: null } })
  const present = { url: 'http://h/a?token=2', title: 'new', params: { page: 2 } }
  assert.deepEqual(withSecretsOf(kept, present), {
    url: 'http://h/a?token=2',
    title: 'old',
    params: { page: 1, none: null },
  })
})
