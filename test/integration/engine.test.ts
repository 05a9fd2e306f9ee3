/** The engine refuses whatever a query has no business doing, stops when told to, and shares its connections fairly. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DuckDBValue } from '@duckdb/node-api'
import {
  type Connection,
  createFairQueue,
  createPool,
  deadline,
  type Engine,
  type FairQueue,
  openEngine,
  openEngines,
} from '../../src/engine/index.ts'
import { AppError, quoteIdentifier, quoteLiteral } from '../../src/kernel/index.ts'
import { tempDirectory as newTempDirectory } from '../support/builder.ts'

interface World {
  readonly engine: Engine
  readonly connection: Connection
  /** The only directory the engine may use. */
  readonly allowed: string
  /** Its neighbour, with a file `secret.csv`. */
  readonly forbidden: string
}

async function openWorld(
  t: TestContext,
  options: { niceness?: number; threads?: number; memoryLimitMb?: number } = {},
): Promise<World> {
  const root = newTempDirectory(t)
  const allowed = join(root, 'allowed')
  const forbidden = join(root, 'forbidden')
  for (const path of [allowed, forbidden]) mkdirSync(path)
  writeFileSync(join(forbidden, 'secret.csv'), 'a,b\n1,secret\n')
  writeFileSync(join(allowed, 'open.csv'), 'a,b\n1,open\n')
  const engine = await openEngine({
    memoryLimitMb: 200,
    threads: 1,
    tempDirectory: join(root, 'spill'),
    allowedDirectories: [allowed],
    ...options,
  })
  const connection = await engine.connect()
  t.after(() => {
    connection.close()
    engine.close()
  })
  return { engine, connection, allowed, forbidden }
}

const refusals: [what: string, sql: (world: World) => string][] = [
  ['reading a CSV file elsewhere', ({ forbidden }) => `select * from read_csv('${forbidden}/secret.csv')`],
  ['reading a file as text', ({ forbidden }) => `select * from read_text('${forbidden}/secret.csv')`],
  ['reading a file as bytes', () => "select * from read_blob('/proc/self/environ')"],
  ['reading a file by its bare name', ({ forbidden }) => `select * from '${forbidden}/secret.csv'`],
  ['reading Parquet elsewhere', ({ forbidden }) => `select * from read_parquet('${forbidden}/x.parquet')`],
  ['reading JSON elsewhere', ({ forbidden }) => `select * from read_json('${forbidden}/x.json')`],
  [
    'leaving the allowed directory by ..',
    ({ allowed }) => `select * from read_text('${allowed}/../forbidden/secret.csv')`,
  ],
  ['listing files', ({ forbidden }) => `select * from glob('${forbidden}/*')`],
  ['sniffing a file', ({ forbidden }) => `select * from sniff_csv('${forbidden}/secret.csv')`],
  ['writing a file elsewhere', ({ forbidden }) => `copy (select 1) to '${forbidden}/out.csv'`],
  [
    'appending by COPY from elsewhere',
    ({ forbidden }) => `create table t (a int, b text); copy t from '${forbidden}/secret.csv'`,
  ],
  ['attaching a database elsewhere', ({ forbidden }) => `attach '${forbidden}/x.duckdb'`],
  ['exporting the database', ({ forbidden }) => `export database '${forbidden}/dump'`],
  ['importing a database', ({ forbidden }) => `import database '${forbidden}'`],
  ['reading from the network', () => "select * from read_csv('http://127.0.0.1:9/x.csv')"],
  ['reading from S3', () => "select * from read_parquet('s3://bucket/x.parquet')"],
  ['installing an extension', () => 'install httpfs'],
  ['loading an extension', () => 'load httpfs'],
  ['loading an extension from a file', ({ allowed }) => `load '${allowed}/evil.duckdb_extension'`],
  ['allowing community extensions', () => 'set allow_community_extensions = true'],
  ['allowing unsigned extensions', () => 'set allow_unsigned_extensions = true'],
  ['switching external access on again', () => 'set enable_external_access = true'],
  ['widening the allowed directories', () => "set allowed_directories = ['/']"],
  ['allowing single paths', () => "set allowed_paths = ['/etc/passwd']"],
  ['moving the temporary directory', () => "set temp_directory = '/tmp'"],
  ['raising the memory limit', () => "set memory_limit = '64GB'"],
  ['raising the number of threads', () => 'set threads = 64'],
  ['unlocking the configuration', () => 'set lock_configuration = false'],
  ['resetting the configuration', () => 'reset lock_configuration'],
  ['profiling into a file', ({ forbidden }) => `pragma profiling_output = '${forbidden}/profile.json'`],
  ['logging into a file', ({ forbidden }) => `set log_query_path = '${forbidden}/log.sql'`],
  ['a persistent secret', () => "create persistent secret s (type s3, key_id 'x', secret 'y')"],
]
for (const [what, sql] of refusals) {
  test(`the engine refuses ${what}`, async (t) => {
    const world = await openWorld(t)
    const statements = sql(world).split('; ')
    for (const statement of statements.slice(0, -1)) await world.connection.run(statement)
    await assert.rejects(world.connection.all(statements.at(-1)!), (error: Error) => {
      // Refused for being forbidden, not for a mistake in this test.
      assert.doesNotMatch(error.message, /Parser Error|Binder Error/)
      return true
    })
    // And the engine goes on working.
    assert.deepEqual(await world.connection.all('select 1 as one'), [{ one: 1 }])
  })
}

test('the allowed directory can be read and written', async (t) => {
  const { connection, allowed } = await openWorld(t)
  await connection.run(`copy (select 7 as n) to '${allowed}/out.parquet' (format parquet)`)
  assert.deepEqual(await connection.all(`select * from '${allowed}/out.parquet'`), [{ n: 7 }])
  assert.deepEqual(await connection.all(`select b from read_csv('${allowed}/open.csv')`), [{ b: 'open' }])
})

test('a symbolic link out of the allowed directory is refused', async (t) => {
  const { connection, allowed, forbidden } = await openWorld(t)
  symlinkSync(join(forbidden, 'secret.csv'), join(allowed, 'link.csv'))
  await assert.rejects(connection.all(`select b from read_csv('${allowed}/link.csv')`), /Permission Error/)
})

test('an allowed directory that is reached through a symbolic link works', async (t) => {
  const root = newTempDirectory(t)
  mkdirSync(join(root, 'disk'))
  symlinkSync(join(root, 'disk'), join(root, 'data'))
  const allowed = join(root, 'data', 'parts')
  mkdirSync(allowed)
  const engine = await openEngine({
    memoryLimitMb: 200,
    threads: 1,
    tempDirectory: join(root, 'spill'),
    allowedDirectories: [allowed],
  })
  t.after(() => engine.close())
  const connection = await engine.connect()
  await connection.run(`copy (select 7 as n) to '${allowed}/out.parquet' (format parquet)`)
  assert.deepEqual(await connection.all(`select * from '${allowed}/out.parquet'`), [{ n: 7 }])
  connection.close()
})

const hostile = [
  "'",
  "''; drop table keep; --",
  '"',
  '"; drop table keep; --',
  '\\',
  "\\'",
  'é\n\t',
  '$1',
  '?',
  '{x}',
  '🎈',
  'a'.repeat(5000),
]

test('hostile texts survive as identifiers, literals and bound values', async (t) => {
  const { connection } = await openWorld(t)
  await connection.run('create table keep (n int)')
  for (const text of hostile) {
    const [row] = await connection.all(
      `select ${quoteLiteral(text)} as ${quoteIdentifier(text)}, $1 as bound`,
      [text],
    )
    assert.deepEqual(row, { [text]: text, bound: text })
  }
  assert.deepEqual(await connection.all('select count(*)::int as n from keep'), [{ n: 0 }])
  for (const quote of [quoteLiteral, quoteIdentifier]) assert.throws(() => quote('a\0b'), TypeError)
})

test("a session's time zone is UTC", async (t) => {
  const { connection } = await openWorld(t)
  const [row] = await connection.all("select timestamptz '2031-05-09 10:00:00'::varchar as text")
  assert.equal(row!.text, '2031-05-09 10:00:00+00')
})

const noThreads = existsSync('/proc/self/task') ? false : 'this system lists no threads'

/** The niceness of each thread of this process: field 19 of its line, behind the name in parentheses. */
function priorities(): Map<string, number> {
  return new Map(
    readdirSync('/proc/self/task').map((thread) => {
      const line = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
      return [thread, Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16])]
    }),
  )
}

const endless = 'select count(*) from range(1000000000000) a, range(1000) b'
const isKey = (key: string) => (error: unknown) => error instanceof AppError && error.key === key

test('an engine that is closed while connections are made makes none of them, and the process lives', async (t) => {
  const root = newTempDirectory(t)
  for (let round = 0; round < 5; round++) {
    const engine = await openEngine({
      memoryLimitMb: 64,
      threads: 1,
      tempDirectory: join(root, 'spill'),
      allowedDirectories: [],
    })
    const making = Array.from({ length: 20 }, () => engine.connect())
    engine.close()
    engine.close()
    for (const made of await Promise.allSettled(making)) assert.equal(made.status, 'rejected')
    await assert.rejects(engine.connect(), { key: 'engine.query_cancelled' })
  }
})

for (const [how, options] of [
  ['', {}],
  [' in the background', { niceness: 5 }],
] as const) {
  test(`a statement${how} stops when its signal is aborted, and the connection stays usable`, async (t) => {
    const { connection } = await openWorld(t, options)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    await assert.rejects(connection.all(endless, [], stop.signal), isKey('engine.query_cancelled'))
    assert.deepEqual(await connection.all('select 1 as one'), [{ one: 1 }])
    await assert.rejects(connection.all('select 1', [], stop.signal), isKey('engine.query_cancelled'))
  })

  test(`a deadline stops a statement${how} and says so`, async (t) => {
    const { connection } = await openWorld(t, options)
    const limit = deadline(undefined, 20)
    await assert.rejects(connection.all(endless, [], limit.signal), isKey('engine.query_timed_out'))
    limit.clear()
  })
}

test('what runs in the background answers and fails as what does not', async (t) => {
  const worlds = [await openWorld(t), await openWorld(t, { niceness: 5, threads: 2 })]
  const statements: [sql: string, values?: DuckDBValue[]][] = [
    ['select 1 as one'],
    ['select $1 as text, $2::bigint as number', ['é', 7n]],
    ['select $1::double as wide', [1e300]],
    ['select range as n, n % 3 as third from range(5000) t(n) order by third, n limit 7 offset 2000'],
    ['select n % 10 as ten, count(*) as records from range(300000) t(n) group by ten order by ten'],
    ['create table kept (n int)'],
    ['insert into kept select * from range(10)'],
    ['select sum(n) as sum from kept'],
    ['select n from kept where n > 100'],
    ['select * from nowhere'],
    ["select 'x'::integer"],
    ['select $1::integer', ['x']],
    ["select error('no') from range(100000)"],
    ['select 9223372036854775807 + n from range(2) t(n)'],
    ['select list(range) from range(100000000)'],
  ]
  for (const [sql, values] of statements) {
    const [plain, background] = await Promise.all(
      worlds.map(({ connection }) =>
        connection.all(sql, values).then(
          (rows) => ({ rows }),
          (error) => ({ error: error instanceof AppError ? error.key : String(error).split('\n')[0] }),
        ),
      ),
    )
    assert.deepEqual(background, plain, sql)
  }
})

test('statements of one connection that nobody waits for come one after the other', async (t) => {
  for (const options of [{}, { niceness: 5, threads: 2 }]) {
    const { connection } = await openWorld(t, options)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        connection.all(`select ${n} as n, sum(range) as sum from range(${n % 3 ? 10 : 1_000_000})`),
      ),
    )
    assert.deepEqual(
      answers.map(([row]) => row!.n),
      answers.map((_, n) => n),
    )
  }
})

for (const [how, options] of [
  ['', {}],
  [' in the background', { niceness: 5 }],
] as const) {
  test(`a statement${how} that is stopped before its turn does not stop the one before it`, async (t) => {
    const { connection } = await openWorld(t, options)
    const stop = new AbortController()
    const first = connection.all(
      'select count(*)::int as n from range(3000000) t(n) where md5(n::varchar) > $1',
      [''],
    )
    const second = connection.all('select 1', [], stop.signal)
    setTimeout(() => stop.abort(), 20)
    await assert.rejects(second, isKey('engine.query_cancelled'))
    assert.deepEqual(await first, [{ n: 3_000_000 }])
  })
}

test('statements in the background share its threads: a short one ends beside one without end', async (t) => {
  const { engine, connection } = await openWorld(t, { niceness: 5, threads: 1 })
  const other = await engine.connect()
  t.after(() => other.close())
  const stop = new AbortController()
  const long = connection.all('select sum(hash(range)) from range(1000000000000)', [], stop.signal)
  // It has the only thread by now, or will soon.
  await other.all('select 1')
  const limit = deadline(undefined, 20_000)
  const [row] = await other.all('select count(*)::int as n from range(300000)', [], limit.signal)
  limit.clear()
  assert.deepEqual(row, { n: 300_000 })
  stop.abort()
  await assert.rejects(long, isKey('engine.query_cancelled'))
})

test('a connection that is closed under a statement in the background closes when that has ended', async (t) => {
  const { engine } = await openWorld(t, { niceness: 5, threads: 1 })
  for (let round = 0; round < 10; round++) {
    const closing = await engine.connect()
    const rows = closing.all('select sum(hash(range))::varchar is not null as has from range(30000000)')
    await closing.all('select 1').catch(() => {})
    const late = closing.all('select sum(hash(range))::varchar is not null as has from range(3000000)')
    closing.close()
    assert.deepEqual(await rows, [{ has: true }])
    assert.deepEqual(await late, [{ has: true }])
  }
})

async function openPair(t: TestContext, memoryLimitMb: number) {
  const tempDirectory = join(newTempDirectory(t), 'spill')
  mkdirSync(tempDirectory)
  const engines = await openEngines({
    memoryLimitMb,
    threads: 2,
    niceness: 5,
    tempDirectory,
    allowedDirectories: [],
  })
  t.after(() => {
    engines.short.close()
    engines.long.close()
  })
  return engines
}

test('two engines that spill at the same time do not touch what the other has written', async (t) => {
  const { short, long } = await openPair(t, 64)
  const rows = 1_500_000
  const texts = (name: string) => `select md5('${name} ' || range) as text, range as n from range(${rows})`
  const digest = (from: string) => `select sum(hash(text, n)::hugeint)::varchar as digest from ${from}`
  const digests = await Promise.all(
    [short, long].map(async (engine, at) => {
      const connection = await engine.connect()
      await connection.run(`create table kept as ${texts(`engine ${at}`)}`)
      const answers = [
        await connection.all(digest('kept')),
        await connection.all(digest('kept')),
        await connection.all(digest(`(${texts(`engine ${at}`)})`)),
      ]
      connection.close()
      return new Set(answers.map(([row]) => row!.digest))
    }),
  )
  assert.deepEqual(
    digests.map(({ size }) => size),
    [1, 1],
  )
})

test('short work for which its engine is too small is done by the other', async (t) => {
  const engines = await openPair(t, 400)
  const pool = createPool(engines, queueOf(1))
  t.after(() => pool.close())
  const wide = "select len(string_agg(repeat('x', 1000), '')) as n from range(60000)"
  const connection = await engines.short.connect()
  t.after(() => connection.close())
  await assert.rejects(connection.all(wide), isKey('engine.out_of_memory'))
  const read = () => pool.use((lent) => lent.all(wide), undefined, 'short')
  assert.deepEqual(await read(), [{ n: 60_000_000n }])
})

test('a table for statements of any kind is made when others have taken the memory of one engine', async (t) => {
  const engines = await openPair(t, 64)
  let refusals = 3
  const long: Engine = {
    ...engines.long,
    async connect() {
      const connection = await engines.long.connect()
      const run: Connection['run'] = async (...statement) => {
        if (refusals-- > 0) throw new AppError('engine.out_of_memory', {})
        return connection.run(...statement)
      }
      return { ...connection, run }
    },
  }
  const pool = createPool({ short: engines.short, long }, queueOf(1))
  t.after(() => pool.close())
  await pool.useEach((connection) => connection.run('create table made as select 1 as one'))
  for (const kind of ['short', 'long'] as const)
    assert.deepEqual(
      await pool.use((connection) => connection.all('select one from made'), undefined, kind),
      [{ one: 1 }],
    )
})

test('long work stands back: its threads have a lower priority, and only these', {
  skip: noThreads,
}, async (t) => {
  const before = priorities()
  const root = newTempDirectory(t)
  const engines = await openEngines({
    memoryLimitMb: 64,
    threads: 3,
    niceness: 7,
    tempDirectory: root,
    allowedDirectories: [],
  })
  t.after(() => {
    engines.short.close()
    engines.long.close()
  })
  const added = [...priorities()].filter(([thread]) => !before.has(thread)).map(([, niceness]) => niceness)
  assert.deepEqual(added.filter((niceness) => niceness === 7).length, 3)
  assert.ok(added.filter((niceness) => niceness !== 7).every((niceness) => niceness === getPriority()))
})

test('a deadline follows its parent', () => {
  const parent = new AbortController()
  const limit = deadline(parent.signal, 60_000)
  parent.abort()
  assert.ok(limit.signal.aborted)
  limit.clear()
  assert.ok(deadline(parent.signal, 60_000).signal.aborted)
})

test('a query that needs more memory than it may have fails with engine.out_of_memory', async (t) => {
  const { connection } = await openWorld(t)
  const hungry = "select len(string_agg(repeat(i::varchar, 1000), '')) from range(10000000) r(i)"
  await assert.rejects(connection.all(hungry), isKey('engine.out_of_memory'))
  assert.deepEqual(await connection.all('select 1 as one'), [{ one: 1 }])
})

test('a statement that is stopped while it is planned does not run', async (t) => {
  const { engine } = await openWorld(t)
  const connection = await engine.connect()
  t.after(() => connection.close())
  await connection.run("create table texts as select 'number ' || range as name from range(1000)")
  const values = Array.from({ length: 1500 }, (_, n) => `0 ${n}`)
  const terms = values.map((_, n) => `coalesce(starts_with(name, $${n + 1}), false)`)
  const leaving = new AbortController()
  const answer = connection.all(
    `select count(*) from texts where ${terms.join(' or ')}`,
    values,
    leaving.signal,
  )
  setImmediate(() => leaving.abort())
  await assert.rejects(answer, isKey('engine.query_cancelled'))
  assert.deepEqual(await connection.all('select 1 as one'), [{ one: 1 }])
})

/** For long work of the server itself, which is what is asked where nobody says more: `slots` at once. */
function queueOf(slots: number): FairQueue {
  const options = { maxWaitingOfClient: 10, maxWaiting: 10, stopwatch: () => 0 }
  return createFairQueue({ ...options, slots: slots + 1, longSlots: slots })
}

test('a pool opens no more connections than its size and serves first come, first served', async (t) => {
  const { engine } = await openWorld(t)
  let opened = 0
  let inUse = 0
  let most = 0
  const counted: Engine = {
    ...engine,
    connect: () => {
      opened++
      return engine.connect()
    },
  }
  const pool = createPool({ short: counted, long: counted }, queueOf(2))
  t.after(() => pool.close())
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      pool.use(async (connection) => {
        most = Math.max(most, ++inUse)
        order.push(n)
        await connection.all('select 1')
        inUse--
      }),
    ),
  )
  assert.deepEqual([opened, most], [2, 2])
  // The first two open a connection each, and either may be there first.
  assert.deepEqual(order.slice(0, 2).sort(), [0, 1])
  assert.deepEqual(order.slice(2), [2, 3, 4, 5, 6, 7, 8, 9])
})

test('a pool gives a connection back when the work fails', async (t) => {
  const { engine } = await openWorld(t)
  const pool = createPool({ short: engine, long: engine }, queueOf(1))
  t.after(() => pool.close())
  await assert.rejects(
    pool.use(() => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.deepEqual(await pool.use((connection) => connection.all('select 1 as one')), [{ one: 1 }])
})

test('a pool tries short work again when others have taken the memory, and long work not', async (t) => {
  const { engine } = await openWorld(t)
  const pool = createPool({ short: engine, long: engine }, queueOf(1))
  t.after(() => pool.close())
  let tries = 0
  const work = async () => {
    if (++tries < 3) throw new AppError('engine.out_of_memory', {})
    return 'done'
  }
  assert.equal(await pool.use(work, undefined, 'short'), 'done')
  assert.equal(tries, 3)
  tries = 0
  await assert.rejects(pool.use(work, undefined, 'long'), isKey('engine.out_of_memory'))
  assert.equal(tries, 1)
})

test('a pool survives a connection that cannot be opened', async (t) => {
  const { engine } = await openWorld(t)
  let fails = true
  const flaky: Engine = {
    ...engine,
    connect: () => (fails ? Promise.reject(new Error('not now')) : engine.connect()),
  }
  const pool = createPool({ short: flaky, long: flaky }, queueOf(1))
  t.after(() => pool.close())
  await assert.rejects(
    pool.use(() => Promise.resolve()),
    /not now/,
  )
  fails = false
  assert.deepEqual(await pool.use((connection) => connection.all('select 1 as one')), [{ one: 1 }])
})

test('work for each engine is tried again where others have taken the memory, and done on one where it fails on the other', async (t) => {
  const { engine } = await openWorld(t)
  let tries = 0
  const both = createPool({ short: engine, long: { ...engine } }, queueOf(1))
  t.after(() => both.close())
  await both.useEach(async () => {
    if (++tries < 3) throw new AppError('engine.out_of_memory', {})
  })
  assert.equal(tries, 4)
  const broken: Engine = { ...engine, connect: () => Promise.reject(new Error('not now')) }
  const one = createPool({ short: broken, long: engine }, queueOf(1))
  t.after(() => one.close())
  await assert.rejects(
    one.useEach((connection) => connection.run('create table there as select 1 as one')),
    /not now/,
  )
  assert.deepEqual(await one.use((connection) => connection.all('select one from there')), [{ one: 1 }])
})
