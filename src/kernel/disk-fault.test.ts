import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskFault } from './disk-fault.ts'

const fault = (message: string, more: object = {}) => Object.assign(new Error(message), more)

test('errors of a full or failing disk are known by what each system says, also as a cause', () => {
  const cases: readonly (readonly [unknown, string | undefined])[] = [
    [fault('write', { code: 'ENOSPC' }), 'jobs.disk_full'],
    [fault('write', { code: 'EFBIG' }), 'jobs.disk_full'],
    [fault('database or disk is full', { code: 'ERR_SQLITE_ERROR', errcode: 13 }), 'jobs.disk_full'],
    [fault('could not extend file', { code: '53100' }), 'jobs.disk_full'],
    [fault('IO Error: Could not write file "/x": No space left on device'), 'jobs.disk_full'],
    [fault('outer', { cause: fault('inner', { code: 'ENOSPC' }) }), 'jobs.disk_full'],
    [fault('read', { code: 'EIO' }), 'jobs.disk_failed'],
    [fault('rename', { code: 'EXDEV' }), 'jobs.disk_failed'],
    [fault('disk I/O error', { code: 'ERR_SQLITE_ERROR', errcode: 10 | (3 << 8) }), 'jobs.disk_failed'],
    [fault('unique', { code: 'ERR_SQLITE_ERROR', errcode: 2067 }), undefined],
    [fault('no such file', { code: 'ENOENT' }), undefined],
    ['ENOSPC', undefined],
  ]
  for (const [error, key] of cases) assert.equal(diskFault(error)?.key, key, String(error))
})
