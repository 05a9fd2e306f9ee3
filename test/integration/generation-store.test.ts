/** Where readers get a generation from, on the server's two engines; without HTTP. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Connection, type Engine, openEngines } from '../../src/engine/index.ts'
import { AppError, servingLayout } from '../../src/kernel/index.ts'
import { createGenerationStore, type DamageEvent } from '../../src/records/index.ts'
import { runBuild, sourceOf, tempDirectory } from '../support/builder.ts'

/** A generation with its serving file, and engines of which the one for long work fails as `failures` say. */
async function openWorld(t: TestContext, failures: AppError[] = []) {
  const root = tempDirectory(t)
  const [generations, serving, spill] = ['generations', 'serving', 'spill'].map((name) => join(root, name))
  for (const directory of [generations!, serving!, spill!]) mkdirSync(directory)
  const { plan } = await runBuild(t, [sourceOf(t, 'towns.csv', 'name\nLyon\nParis\n', 'csvfile')])
  const uid = plan.generationUid
  renameSync(plan.directory, join(generations!, uid))
  renameSync(plan.servingFile, join(serving!, `${uid}.duckdb`))
  const engines = await openEngines({
    memoryLimitMb: 200,
    threads: 1,
    niceness: 5,
    tempDirectory: spill!,
    allowedDirectories: [generations!, serving!],
  })
  const long: Engine = {
    ...engines.long,
    async connect() {
      const connection = await engines.long.connect()
      const run: Connection['run'] = async (sql, ...rest) => {
        const failure = sql.startsWith('attach') ? failures.shift() : undefined
        if (failure) throw failure
        return connection.run(sql, ...rest)
      }
      return { ...connection, run }
    },
  }
  const damage: DamageEvent['kind'][] = []
  const store = createGenerationStore({
    onDamage: ({ kind }) => damage.push(kind),
    engines: [engines.short, long],
    generationsDirectory: generations!,
    servingDirectory: serving!,
  })
  t.after(() => {
    store.close()
    engines.short.close()
    engines.long.close()
  })
  return { uid, store, engines, damage, servingFile: join(serving!, `${uid}.duckdb`) }
}

test('a serving file that one engine could not take is taken by both the next time', async (t) => {
  const stopped = new AppError('engine.query_cancelled', {})
  const { uid, store, engines } = await openWorld(t, [stopped])
  await assert.rejects(store.acquire(uid), stopped)
  const handle = await store.acquire(uid)
  assert.notEqual(handle.ids, null, 'it is read from its parts')
  for (const engine of [engines.short, engines.long]) {
    const connection = await engine.connect()
    const attached = await connection.all("select 1 from duckdb_databases() where database_name like 'ge%'")
    connection.close()
    assert.equal(attached.length, 1)
  }
  handle.release()
})

test('readers of a generation wait until an engine has memory for it', async (t) => {
  const { uid, store } = await openWorld(
    t,
    Array.from({ length: 3 }, () => new AppError('engine.out_of_memory', {})),
  )
  const handle = await store.acquire(uid)
  assert.notEqual(handle.ids, null)
  handle.release()
})

test('a serving file of another release is not read: the parts are, until it has been derived anew', async (t) => {
  const { uid, store, engines, damage, servingFile } = await openWorld(t)
  const connection = await engines.long.connect()
  t.after(() => connection.close())
  const say = async (layout: string) => {
    await connection.run(`attach '${servingFile}' as written`)
    await connection.run(`update written.meta set value = '${layout}' where key = 'layout'`)
    await connection.run('detach written')
  }
  await say('4')
  const older = await store.acquire(uid)
  assert.deepEqual([older.ids, older.search, damage], [null, null, ['outdated']])
  for (const engine of [engines.short, engines.long]) {
    const reading = await engine.connect()
    assert.deepEqual(await reading.all(`select name from ${older.relation} order by _row`), [
      { name: 'Lyon' },
      { name: 'Paris' },
    ])
    reading.close()
  }
  older.release()
  await say(String(servingLayout.version))
  await store.refresh(uid)
  const again = await store.acquire(uid)
  assert.notEqual(again.ids, null)
  again.release()
})
