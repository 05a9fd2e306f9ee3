/** What is on disk before it is said to be: the order of fsyncs and renames, as Node itself traces them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { openControl } from '../../src/control/index.ts'
import { checkBelonging, layOut } from '../../src/data-directory.ts'
import { createIds } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { startServer } from '../support/server.ts'

interface TraceEvent {
  readonly cat: string
  readonly ph: string
  readonly name: string
  readonly ts: number
  readonly args: { readonly path?: string; readonly old_path?: string; readonly new_path?: string }
}

/** Runs a small publish. Out: per process, `open PATH`, `fsync` and `rename OLD NEW` in their order. */
async function traceOfPublish(t: TestContext) {
  const traces = tempDirectory(t)
  const env = {
    NODE_OPTIONS: `--trace-event-categories=node.fs.async --trace-event-file-pattern=${traces}/\${pid}.json`,
  }
  const server = await startServer(t, { database: 'sqlite', env })
  const { job } = await server.publishFile('visits', { filename: 'v.csv', content: visitsCsv(100) })
  assert.equal(await server.stop(), 0)
  const processes = readdirSync(traces).map((name) => {
    const { traceEvents } = JSON.parse(readFileSync(join(traces, name), 'utf8')) as {
      traceEvents: TraceEvent[]
    }
    return traceEvents
      .filter(({ cat, ph }) => cat.includes('fs.async') && ph === 'b')
      .sort((a, b) => a.ts - b.ts)
      .flatMap(({ name: call, args }) => {
        if (call === 'open') return [`open ${args.path}`]
        if (call === 'rename') return [`rename ${args.old_path} ${args.new_path}`]
        return call === 'fsync' ? ['fsync'] : []
      })
  })
  return { processes, generation: String(job.result.generation_uid), data: server.dataDirectory }
}

/** The calls come in this order, whatever lies between them. */
function assertOrder(calls: readonly string[], expected: readonly string[]): void {
  let at = 0
  for (const call of expected) {
    const found = calls.indexOf(call, at)
    assert.ok(found >= 0, `${call} does not come where it should:\n${calls.join('\n')}`)
    at = found + 1
  }
}

test('parts, manifest, directories and sources are on disk before anything names them', async (t) => {
  const { processes, generation, data } = await traceOfPublish(t)
  const directory = join(data, 'generations', generation)
  const part = join(directory, 'part-00000.parquet')
  const manifest = join(directory, 'manifest.json')
  const builder = processes.find((calls) => calls.includes(`open ${part}`))
  assert.ok(builder, 'the builder is traced')
  const isSynced = [
    [`open ${part}`, 'fsync'],
    [`open ${manifest}.new`, 'fsync', `rename ${manifest}.new ${manifest}`],
    [`open ${directory}`, 'fsync', `open ${dirname(directory)}`, 'fsync'],
    [
      `open ${join(data, 'tmp', generation, 'serving.duckdb')}`,
      'fsync',
      `rename ${join(data, 'tmp', generation, 'serving.duckdb')} ${join(data, 'serving', `${generation}.duckdb`)}`,
    ],
  ]
  assertOrder(builder, isSynced.flat())

  // The builder opens it, too, and whose process id comes first is left to chance.
  const isStored = (call: string) => call.startsWith('rename ') && call.includes('/blobs/')
  const server = processes.find((calls) => calls.some(isStored))
  assert.ok(server, 'the server is traced')
  const stored = server.find(isStored)!
  const [, unfinished, blob] = stored.split(' ') as [string, string, string]
  assert.match(basename(blob), /^[0-9a-f]{64}$/)
  const shard = dirname(blob)
  assertOrder(server, [
    `open ${unfinished}`,
    'fsync',
    stored,
    `open ${shard}`,
    'fsync',
    `open ${dirname(shard)}`,
    'fsync',
  ])
})

test('the embedded control database syncs at every commit', async (t) => {
  const control = await openControl({ databaseUrl: null, sqlitePath: join(tempDirectory(t), 'c.sqlite') })
  t.after(() => control.close())
  const pragma = async (name: string) =>
    Object.values((await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(control.db)).rows[0]!)[0]
  assert.deepEqual([await pragma('synchronous'), await pragma('journal_mode')], [2, 'wal'])
})

test('a data directory whose first start was cut off by the power has no empty name', async (t) => {
  const root = tempDirectory(t)
  const { db, close } = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  t.after(close)
  const directory = layOut(root)
  writeFileSync(directory.directoryId, '')
  await checkBelonging(directory, db, createIds())
  const id = readFileSync(directory.directoryId, 'utf8')
  assert.match(id, /^[0-9a-f]{32}$/)
  await checkBelonging(directory, db, createIds())
  assert.equal(readFileSync(directory.directoryId, 'utf8'), id)
})
