import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shown } from './shown.ts'

test('an address is shown without what may be a secret', () => {
  assert.equal(shown('https://x.org/a?b=1&api_key=abc&c=2#d'), 'https://x.org/a?b=1&api_key=...&c=2#d')
  assert.equal(shown('https://x.org/a?X-Amz-Signature=abc'), 'https://x.org/a?X-Amz-Signature=...')
  assert.equal(shown('ftp://me:pass@word@x.org/a'), 'ftp://...@x.org/a')
  assert.equal(shown('https://x.org/a@b?c=d@e'), 'https://x.org/a@b?c=d@e')
  assert.equal(shown('odsfile://a.csv'), 'odsfile://a.csv')
  assert.equal(shown(`https://x.org/${'a'.repeat(1000)}`).length, 500)
})
