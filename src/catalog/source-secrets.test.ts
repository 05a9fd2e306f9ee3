import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, createIds, createSecretBox, isSealed, type JsonObject } from '../kernel/index.ts'
import { withoutSecrets, withSecretsOf } from './secrets.ts'
import { openSourceParams, sealSourceParams, withoutSealed } from './source-secrets.ts'

const box = createSecretBox(Buffer.alloc(32, 1), createIds())
const url = 'https://api.example.org/a?b=1'
const params: JsonObject = {
  separator: ';',
  headers: { Accept: 'text/csv', 'X-Anything': 'h-secret', Authorization: 'Bearer h2-secret' },
  authentication: { type: 'basic', username: 'ada', password: 'p-secret' },
  body: { query: 'all', auth: { client_secret: 'b-secret' }, list: [{ token: 't-secret' }, 'plain'] },
}

test('secrets of a source are sealed in their places, shown as ***, and open again', () => {
  const sealed = sealSourceParams(box, url, params, null)
  assert.ok(!JSON.stringify(sealed).includes('-secret'))
  assert.deepEqual(openSourceParams(box, url, sealed), params)
  const shown = {
    separator: ';',
    headers: { Accept: 'text/csv', 'X-Anything': '***', Authorization: '***' },
    authentication: { type: 'basic', username: 'ada', password: '***' },
    body: { query: 'all', auth: { client_secret: '***' }, list: [{ token: '***' }, 'plain'] },
  }
  assert.deepEqual(withoutSealed(sealed), shown)
  assert.deepEqual(withoutSecrets(sealed), shown)
  // What is shown, edited, keeps what it does not name.
  const edited = { ...shown, separator: ',' }
  const again = sealSourceParams(box, 'https://api.example.org/other', edited, { url, params: sealed })
  assert.deepEqual(openSourceParams(box, url, again), { ...params, separator: ',' })
  // And what a change kept is filled from the present.
  assert.deepEqual(withSecretsOf(shown, sealed), sealed)
  assert.equal(withSecretsOf(shown, {}), null)
  assert.equal(withSecretsOf(shown.headers, {}), null)
})

test('a body that is a text is a secret as a whole', () => {
  const sealed = sealSourceParams(box, url, { body: 'user=ada&pw=1' }, null)
  assert.ok(isSealed(sealed.body))
  assert.deepEqual(withoutSealed(sealed), { body: '***' })
  assert.deepEqual(openSourceParams(box, url, sealed), { body: 'user=ada&pw=1' })
})

test('a secret stays with its server', () => {
  const sealed = sealSourceParams(box, url, params, null)
  const shown = withoutSealed(sealed)
  const isNeeded = (error: unknown) => error instanceof AppError && error.key === 'catalog.secret_needed'
  for (const other of [
    'https://example.org/a',
    'http://api.example.org/a',
    'https://api.example.org:444/a',
    'sftp://api.example.org/a',
  ])
    assert.throws(() => sealSourceParams(box, other, shown, { url, params: sealed }), isNeeded)
  assert.throws(() => sealSourceParams(box, url, shown, null), isNeeded)
  // Stored under another address by whatever way, it does not open.
  assert.throws(() => openSourceParams(box, 'https://evil.example/a', sealed), AppError)
  // A sealed text that somebody sends is a text like any other.
  const copied = {
    authentication: { type: 'bearer', token: (sealed.authentication as JsonObject).password! },
  }
  assert.deepEqual(openSourceParams(box, url, sealSourceParams(box, url, copied, null)), copied)
})
