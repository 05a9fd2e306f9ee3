import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWithin } from './check-connection.ts'

const connection = { kind: 'sftp', url: 'sftp://files.example.org/public' }

test('a connection is for what lies below its path, however the way out of it is written', () => {
  for (const url of ['sftp://files.example.org/public/a.csv', 'sftp://files.example.org/public/b%20c/d.csv'])
    assert.equal(isWithin(connection, url), true, url)
  for (const url of [
    'sftp://files.example.org/publicity.csv',
    'sftp://files.example.org/public/../etc/passwd',
    'sftp://files.example.org/public/..%2f..%2fetc/passwd',
    'sftp://files.example.org/public/%2e%2e/secret',
    'sftp://files.example.org/public/..%5Csecret',
    'sftp://other.example.org/public/a.csv',
    'ftp://files.example.org/public/a.csv',
  ])
    assert.equal(isWithin(connection, url), false, url)
  const bucket = { kind: 's3', url: 'https://objects.example.org/base' }
  assert.equal(isWithin(bucket, 's3://bucket/key.csv'), true)
  assert.equal(isWithin(bucket, 's3://bucket/a%2f..%2f..%2fother'), false)
})
