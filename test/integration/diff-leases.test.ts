/** What a diff holds while it is read, and how it is stopped; on the real engine, without HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../src/kernel/index.ts'
import { type ComparedStates, createDiffs } from '../../src/records/index.ts'
import { sourceOf } from '../support/builder.ts'
import { openShops, openTogether } from '../support/shops.ts'

test('a diff holds its generations, stops with its reader, and is the same with and without serving files', async (t) => {
  const both = await openShops(t)
  const { publication } = both.indexed
  const state = { ...publication, generationUid: publication.row.generation_uid }
  const states: ComparedStates = { from: state, to: state }
  const records = both.manifest.records_count
  for (const reader of [both.indexed, both.scanned]) {
    const { pool, store } = reader
    const diffs = createDiffs({ pool, store, queryTimeoutMs: 20_000 })
    const isCancelled = (error: unknown) =>
      error instanceof AppError && error.key === 'engine.query_cancelled'
    await assert.rejects(diffs.summary(states, AbortSignal.abort()), isCancelled)
    const leaving = new AbortController()
    const left = diffs.summary(states, leaving.signal)
    leaving.abort()
    await assert.rejects(left, isCancelled)

    // Somebody who stays gets the answer, whoever left.
    const summary = await diffs.summary(states)
    assert.deepEqual(summary.records, { added: 0, removed: 0, changed: 0, unchanged: records })
    assert.deepEqual(summary.recordsCounts, { from: records, to: records })
    const shares = summary.fields.null_shares as { name: string; from: number; to: number }[]
    assert.deepEqual(
      shares.find(({ name }) => name === 'price'),
      { name: 'price', from: Number((1 / 12).toFixed(6)), to: Number((1 / 12).toFixed(6)) },
    )
  }

  const { pool, store } = both.indexed
  const diffs = createDiffs({ pool, store, queryTimeoutMs: 20_000 })
  const open = await diffs.open(states, new AbortController().signal)
  let isRetired = false
  const retired = store.retire(state.generationUid).then(() => {
    isRetired = true
  })
  // The collector waits: the generation can still be read to its end.
  const rows = await pool.use((connection) => connection.all(`select count(*) as n from ${open.to.relation}`))
  assert.equal(Number(rows[0]!.n), records)
  assert.equal(isRetired, false)
  open.release()
  await retired
  await assert.rejects(diffs.summary(states), { key: 'records.generation_gone' })
})

test('numbers of a pair are told again without the engine, and only of what is there, as it is called', async (t) => {
  const { indexed } = await openShops(t)
  const { store, publication } = indexed
  let isIdle = false
  const pool: typeof indexed.pool = {
    ...indexed.pool,
    use(...order) {
      assert.equal(isIdle, false, 'the engine is asked')
      return indexed.pool.use(...order)
    },
  }
  const diffs = createDiffs({ pool, store, queryTimeoutMs: 20_000 })
  const state = { ...publication, generationUid: publication.row.generation_uid }
  const summary = await diffs.summary({ from: state, to: state })
  const renamed = { ...state, fields: state.fields.map((field) => ({ ...field, label: 'Other' })) }
  const other = await diffs.summary({ from: state, to: renamed })
  assert.equal((other.fields.relabelled as unknown[]).length, state.fields.length)
  isIdle = true
  assert.deepEqual(await diffs.summary({ from: state, to: state }), summary)
  assert.deepEqual(await diffs.summary({ from: state, to: renamed }), other)
  isIdle = false
  await store.retire(state.generationUid)
  await assert.rejects(diffs.summary({ from: state, to: state }), { key: 'records.generation_gone' })
})

test('a diff that takes too long is stopped and says so', async (t) => {
  const { indexed } = await openShops(t)
  const { pool, store, publication } = indexed
  const diffs = createDiffs({ pool, store, queryTimeoutMs: 0 })
  const state = { ...publication, generationUid: publication.row.generation_uid }
  await assert.rejects(diffs.summary({ from: state, to: state }), { key: 'engine.query_timed_out' })
})

test('of what diffs have listed only the last ones are kept in the engine', async (t) => {
  const texts = ['a\n1\n', 'a\n2\n', 'a\n3\n']
  const built = await openTogether(
    t,
    texts.map((text) => ({ sources: [sourceOf(t, 'a.csv', text, 'csvfile')] })),
  )
  const { pool, store } = built[0]!.indexed
  const diffs = createDiffs({ pool, store, queryTimeoutMs: 20_000 })
  const states = built.map(({ indexed: { publication } }) => ({
    ...publication,
    generationUid: publication.row.generation_uid,
  }))
  for (const from of states) for (const to of states) await diffs.summary({ from, to })
  const kept = async () => {
    const [row] = await pool.use((connection) =>
      connection.all(`select count(*)::integer as n from duckdb_tables() where table_name like 'diff_%'`),
    )
    return Number(row!.n)
  }
  // They are dropped in turns of their own.
  for (let tries = 0; tries < 100 && (await kept()) > 4; tries++);
  assert.equal(await kept(), 4)
})
