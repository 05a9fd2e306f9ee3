import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { createBlobStore } from '../../src/ingest/index.ts'
import { AppError, createIds } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'

function openStore(t: TestContext) {
  const root = tempDirectory(t)
  const directory = join(root, 'blobs')
  mkdirSync(directory)
  const tmpDirectory = join(root, 'tmp')
  const store = createBlobStore({ directory, tmpDirectory, ids: createIds() })
  return { store, directory, unfinished: () => readdirSync(tmpDirectory) }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const limits = { maxBytes: 1 << 20 }

async function listed(blobs: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const name of blobs) found.push(name)
  return found.sort()
}

test('what is put can be read under the hash of its content, and is kept once', async (t) => {
  const { store, directory, unfinished } = openStore(t)
  const first = await store.put(Readable.from([Buffer.from('he'), Buffer.from('llo')]), limits)
  const second = await store.put(Readable.from([Buffer.from('hello')]), limits)
  assert.deepEqual(first, { sha256: sha256('hello'), bytes: 5 })
  assert.deepEqual(second, first)
  assert.equal(readFileSync(store.path(first.sha256), 'utf8'), 'hello')
  assert.deepEqual(await listed(store.list()), [first.sha256])
  assert.equal(store.path(first.sha256), join(directory, first.sha256.slice(0, 2), first.sha256))
  assert.deepEqual(unfinished(), [])
})

test('an empty blob is a blob', async (t) => {
  const { store } = openStore(t)
  const empty = await store.put(Readable.from([]), limits)
  assert.deepEqual(empty, { sha256: sha256(''), bytes: 0 })
  assert.equal(await store.has(empty.sha256), true)
})

test('bytes are counted as they come', async (t) => {
  const { store } = openStore(t)
  const seen: number[] = []
  await store.put(Readable.from([Buffer.alloc(3), Buffer.alloc(4)]), {
    ...limits,
    onBytes: (total) => seen.push(total),
  })
  assert.deepEqual(seen, [3, 7])
})

test('nothing is left of a put that grows too large, breaks off or is stopped', async (t) => {
  const { store, unfinished } = openStore(t)
  await assert.rejects(
    store.put(Readable.from([Buffer.alloc(5), Buffer.alloc(6)]), { maxBytes: 10 }),
    (error) => {
      return (
        error instanceof AppError && error.key === 'ingest.source_too_large' && error.params.maxBytes === 10
      )
    },
  )
  async function* broken() {
    yield Buffer.from('x')
    throw new Error('cut')
  }
  await assert.rejects(store.put(Readable.from(broken()), limits), /cut/)
  const stop = new AbortController()
  async function* endless() {
    for (let n = 0; ; n++) {
      if (n === 3) stop.abort(new Error('stopped'))
      yield Buffer.from('x')
    }
  }
  const source = Readable.from(endless())
  await assert.rejects(store.put(source, { ...limits, signal: stop.signal }), /stopped/)
  assert.ok(source.destroyed)
  assert.deepEqual(unfinished(), [])
  assert.deepEqual(await listed(store.list()), [])
})

test('a put of exactly the limit is accepted', async (t) => {
  const { store } = openStore(t)
  assert.equal((await store.put(Readable.from([Buffer.alloc(10)]), { maxBytes: 10 })).bytes, 10)
})

test('puts of the same content at once end in one blob', async (t) => {
  const { store } = openStore(t)
  const put = () =>
    store.put(Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(1000, 'a'))), limits)
  const results = await Promise.all(Array.from({ length: 8 }, put))
  assert.equal(new Set(results.map((result) => result.sha256)).size, 1)
  assert.equal((await listed(store.list())).length, 1)
})

test('a blob that is old enough is removed, and removing it again does nothing', async (t) => {
  const { store } = openStore(t)
  const put = () => store.put(Readable.from([Buffer.from('x')]), limits)
  const { sha256: name } = await put()
  const { mtimeMs } = statSync(store.path(name))
  assert.equal(store.removeOlder(name, mtimeMs), false)
  assert.equal(await store.has(name), true)
  assert.equal(store.removeOlder(name, mtimeMs + 1), true)
  assert.equal(store.removeOlder(name, mtimeMs + 1), false)
  assert.equal(await store.has(name), false)
})

test('bytes that are put again in the moment when they are to go stay, or come back', async (t) => {
  const { store } = openStore(t)
  const put = () => store.put(Readable.from([Buffer.from('x')]), limits)
  const { sha256: name } = await put()
  for (let round = 0; round < 50; round++) {
    utimesSync(store.path(name), 1, 1)
    let isPut = false
    const putting = put().then(() => {
      isPut = true
    })
    while (!isPut) {
      store.removeOlder(name, 2000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await putting
    assert.equal(await store.has(name), true)
  }
})

test('a name that is no hash is a mistake, never a path', (t) => {
  const { store } = openStore(t)
  for (const name of [
    '',
    '..',
    '../../etc/passwd',
    'A'.repeat(64),
    `${'a'.repeat(63)}/`,
    `${'a'.repeat(64)}\n`,
    '0'.repeat(63),
  ])
    assert.throws(() => store.path(name), TypeError, JSON.stringify(name))
})

test('files that are no blobs are not listed', async (t) => {
  const { store, directory } = openStore(t)
  const { sha256: name } = await store.put(Readable.from([Buffer.from('x')]), limits)
  writeFileSync(join(directory, 'README'), '')
  writeFileSync(join(directory, name.slice(0, 2), 'note.txt'), '')
  mkdirSync(join(directory, 'zz'))
  assert.deepEqual(await listed(store.list()), [name])
})
