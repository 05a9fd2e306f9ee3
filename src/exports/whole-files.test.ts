import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { askedBy } from '../engine/index.ts'
import { AppError, createIds } from '../kernel/index.ts'
import { createWholeFiles } from './whole-files.ts'

const never = new AbortController().signal

test('a file is written once for all who ask, and only so many are written at once', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-whole-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const files = createWholeFiles({ ids: createIds(), directory })
  const finish: (() => void)[] = []
  let written = 0
  const slow = async (path: string) => {
    written++
    await new Promise<void>((resolve) => finish.push(resolve))
    await writeFile(path, 'abc')
  }

  const take = (client: string, key: string) => askedBy(client, () => files.take(key, never, slow))
  const refused = (max: number) => (error: unknown) => {
    assert.ok(error instanceof AppError)
    assert.equal(error.key, 'exports.too_many_files')
    assert.equal(error.params.max, max)
    return true
  }
  const taken = ['a', 'b', 'c', 'a'].map((key) => take('crowd', key))
  await assert.rejects(take('crowd', 'd'), refused(3))
  taken.push(take('guest', 'd'), take('guest', 'a'))
  await assert.rejects(take('guest', 'e'), refused(4))
  assert.equal(written, 4)
  for (const end of finish.splice(0)) end()
  for (const file of await Promise.all(taken)) {
    assert.equal(file.bytes, 3)
    await file.handle.close()
  }
  const again = await files.take('a', never, slow)
  assert.equal(written, 4)
  await again.handle.close()
})

test('a file nobody waits for any more is not written to its end', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-whole-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const files = createWholeFiles({ ids: createIds(), directory })
  const gone = new AbortController()
  let path = ''
  const taken = files.take('a', gone.signal, async (at, signal) => {
    path = at
    await writeFile(at, 'a')
    signal.throwIfAborted()
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  gone.abort()
  await assert.rejects(taken)
  await new Promise((resolve) => setImmediate(resolve))
  for (let tries = 0; existsSync(path) && tries < 200; tries++) await new Promise((r) => setTimeout(r, 10))
  assert.equal(existsSync(path), false)
})

test('a file that is whole in the moment it is given up does not stay', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-whole-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const files = createWholeFiles({ ids: createIds(), directory })
  const gone = new AbortController()
  const end = Promise.withResolvers<void>()
  let path = ''
  const taken = files.take('a', gone.signal, async (at) => {
    path = at
    await writeFile(at, 'abc')
    await end.promise
  })
  gone.abort()
  end.resolve()
  await taken.then(
    ({ handle }) => handle.close(),
    () => {},
  )
  for (let tries = 0; existsSync(path) && tries < 200; tries++) await new Promise((r) => setTimeout(r, 10))
  assert.equal(existsSync(path), false)
})
