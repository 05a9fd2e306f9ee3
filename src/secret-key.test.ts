import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readSecretKey } from './secret-key.ts'
import { SettingError } from './settings.ts'

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'broadsheet-key-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('the first start makes a key that the next ones find, and leaves nothing else', (t) => {
  const home = directory(t)
  const path = join(home, 'secret.key')
  const key = readSecretKey(null, path)
  assert.equal(key.length, 32)
  assert.deepEqual(readSecretKey(null, path), key)
  assert.deepEqual(readdirSync(home), ['secret.key'])
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('what a start left that was killed while it made the key is no key', (t) => {
  const home = directory(t)
  writeFileSync(join(home, 'secret.key.0badcafe'), '')
  assert.equal(readSecretKey(null, join(home, 'secret.key')).length, 32)
})

test('a file without a key is refused, a setting goes before it', (t) => {
  const path = join(directory(t), 'secret.key')
  writeFileSync(path, '')
  assert.throws(() => readSecretKey(null, path), SettingError)
  assert.deepEqual(readSecretKey('ab'.repeat(32), path), Buffer.from('ab'.repeat(32), 'hex'))
})
