/** What `broadsheet verify` finds, with a server on the directory and without. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, type TestContext, test } from 'node:test'
import { loadDump } from '../../src/control/index.ts'
import { type Findings, verify as verifyDirectory } from '../../src/upkeep/index.ts'
import { tempDirectory } from '../support/builder.ts'
import { callCli, runCli } from '../support/cli.ts'
import { flipByte } from '../support/damage.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { launchServer, startServer, type TestServer } from '../support/server.ts'

interface Problem {
  readonly severity: string
  readonly key: string
  readonly subject: string
  readonly file: string | null
}

/** What verify says: its exit code, problems and last event. */
async function verify(
  directory: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
  runs = callCli,
) {
  const run = await runs(['--json', 'verify', directory, ...flags], env)
  const events = run.code === 2 ? [] : run.events()
  const problems: Problem[] = events.filter((event) => event.event === 'problem')
  const summary = events.find((event) => event.event === 'verified')
  return { code: run.code, problems, summary, text: run.stdout + run.stderr }
}

/** The same without a process of its own, for the many. */
async function look(t: TestContext, root: string, isQuick = false): Promise<Findings> {
  return verifyDirectory(root, { isQuick, databaseUrl: null, tempDirectory: tempDirectory(t) })
}

const keysOf = (problems: readonly Problem[]) => problems.map(({ severity, key }) => `${severity} ${key}`)

const rejecting = 'n,word\n1,a\n2,b,too,many\n3,c\n3,c\n3,c\n'

/** A server with a dataset of rejects and twins, one with id fields, and a version. */
async function publishSome(server: TestServer) {
  const twins = await server.publishFile('twins', {
    filename: 't.csv',
    content: rejecting,
    extractor: 'csvfile',
  })
  const visits = await server.publishFile('visits', {
    filename: 'v.csv',
    content: visitsCsv(300),
    extractor: 'csvfile',
    fieldSpecifications: [{ name: 'annotate', args: { field: 'number', annotation: 'id', args: [] } }],
  })
  await server.jobDone(
    await server.order('PUT', `${managementPath}/datasets/${twins.datasetUid}/save_version`),
  )
  return { twins: String(twins.job.result.generation_uid), visits: String(visits.job.result.generation_uid) }
}

const home = mkdtempSync(join(tmpdir(), 'broadsheet-verify-'))
let made: { readonly root: string; readonly twins: string; readonly visits: string }
before(async () => {
  const { server, clear } = await launchServer({ database: 'sqlite' })
  const generations = await publishSome(server)
  assert.equal(await server.stop(), 0)
  cpSync(server.dataDirectory, home, { recursive: true })
  await clear()
  made = { root: home, ...generations }
})
after(() => rmSync(home, { recursive: true, force: true }))

/** A data directory whose server has stopped, to spoil. */
function stoppedDirectory(t: TestContext) {
  const root = join(tempDirectory(t), 'data')
  cpSync(made.root, root, { recursive: true })
  return { ...made, root, part: join(root, 'generations', made.visits, 'part-00000.parquet') }
}

forEachDatabase(
  (database, options) => {
    test(
      `a data directory in use is well, and verify says what it looked at (${database})`,
      options,
      async (t) => {
        const server = await startServer(t, { database })
        await publishSome(server)
        const env: Record<string, string> =
          server.databaseUrl === null ? {} : { DATABASE_URL: server.databaseUrl }
        const whole = await verify(server.dataDirectory, [], env, runCli)
        assert.deepEqual([whole.code, whole.problems], [0, []], whole.text)
        const { generations, parts, blobs, serving_files, bytes_hashed, content_hashes, ok } = whole.summary
        assert.deepEqual([ok, generations, parts, blobs, serving_files], [true, 2, 2, 2, 2])
        assert.ok(bytes_hashed > 1000)
        assert.equal(content_hashes, 1, 'ids tell the content only where no field is marked as id')
        const quick = await verify(server.dataDirectory, ['--quick'], env)
        assert.deepEqual([quick.code, quick.problems, quick.summary.bytes_hashed], [0, [], 0], quick.text)
      },
    )
  },
  { isLong: true },
)

const cases: {
  readonly name: string
  readonly expected: readonly string[]
  /** With --quick; the same when left out. */
  readonly quick?: readonly string[]
  readonly spoil: (at: { root: string; twins: string; visits: string; part: string }) => void
}[] = [
  {
    name: 'a flipped byte in a part',
    expected: ['error hash_differs'],
    quick: [],
    spoil: ({ part }) => flipByte(part),
  },
  {
    name: 'a part cut short',
    expected: ['error size_differs'],
    spoil: ({ part }) => truncateSync(part, 100),
  },
  { name: 'a part that is gone', expected: ['error part_missing'], spoil: ({ part }) => rmSync(part) },
  {
    name: 'an empty part',
    expected: ['error size_differs'],
    spoil: ({ part }) => writeFileSync(part, ''),
  },
  {
    name: 'a part of another generation',
    expected: ['error size_differs'],
    spoil: ({ root, twins, part }) =>
      copyFileSync(join(root, 'generations', twins, 'part-00000.parquet'), part),
  },
  {
    name: 'damaged rejects',
    expected: ['error size_differs'],
    spoil: ({ root, twins }) => writeFileSync(join(root, 'generations', twins, 'rejects.parquet'), 'x'),
  },
  {
    name: 'a manifest that is not JSON',
    expected: ['error manifest_unreadable'],
    spoil: ({ part }) => writeFileSync(join(part, '..', 'manifest.json'), '{'),
  },
  {
    name: 'a manifest that points out of its directory',
    expected: ['error manifest_unreadable'],
    spoil: (at) => editManifest(at, (text) => text.replaceAll('part-00000.parquet', '../../x.parquet')),
  },
  {
    name: 'a manifest with other books',
    expected: ['error unbalanced', 'error manifest_differs'],
    spoil: (at) => editManifest(at, (text) => text.replace('"rows_read": 300', '"rows_read": 301')),
  },
  {
    name: 'a generation that is gone',
    expected: ['error generation_missing'],
    spoil: ({ root, visits }) => rmSync(join(root, 'generations', visits), { recursive: true }),
  },
  {
    name: 'a blob that is another',
    expected: ['error hash_differs'],
    quick: [],
    spoil: ({ root }) => flipByte(firstBlob(root)),
  },
  {
    name: 'a blob that is gone',
    expected: ['error blob_missing'],
    spoil: ({ root }) => rmSync(firstBlob(root)),
  },
  {
    name: 'a serving file that is no database',
    expected: ['warning serving_unusable'],
    spoil: ({ root, visits }) => writeFileSync(join(root, 'serving', `${visits}.duckdb`), 'x'.repeat(5000)),
  },
  {
    name: 'a serving file of another generation',
    expected: ['warning serving_unusable'],
    spoil: ({ root, visits, twins }) =>
      copyFileSync(join(root, 'serving', `${twins}.duckdb`), join(root, 'serving', `${visits}.duckdb`)),
  },
  {
    name: 'directories and files that belong to nothing',
    expected: ['warning orphan', 'warning orphan', 'warning orphan'],
    spoil: ({ root, part }) => {
      mkdirSync(join(root, 'generations', 'ge_nobody'))
      writeFileSync(join(root, 'serving', 'ge_nobody.duckdb'), '')
      writeFileSync(join(part, '..', 'stray.parquet'), '')
    },
  },
  {
    name: 'a publication that points at nothing sealed',
    expected: ['error control_reference', 'warning orphan', 'warning orphan'],
    spoil: ({ root, visits }) => {
      const database = new DatabaseSync(join(root, 'control.sqlite'))
      database.exec('pragma foreign_keys = off')
      database.exec(`delete from generations where generation_uid = '${visits}'`)
      database.close()
    },
  },
  {
    name: 'a control database that is none',
    expected: ['error control_damaged'],
    spoil: ({ root }) => writeFileSync(join(root, 'control.sqlite'), 'x'.repeat(9000)),
  },
  {
    name: 'a directory id of another directory',
    expected: ['error directory_mismatch'],
    spoil: ({ root }) => writeFileSync(join(root, 'directory-id'), 'other'),
  },
]

function editManifest({ part }: { part: string }, edit: (text: string) => string): void {
  const path = join(part, '..', 'manifest.json')
  const text = readFileSync(path, 'utf8')
  assert.notEqual(edit(text), text)
  writeFileSync(path, edit(text))
}

function firstBlob(root: string): string {
  const [shard] = readdirSync(join(root, 'blobs')).sort()
  return join(root, 'blobs', shard!, readdirSync(join(root, 'blobs', shard!))[0]!)
}

test('verify names exactly what is wrong, and nothing else', async (t) => {
  for (const { name, expected, quick = expected, spoil } of cases) {
    const at = stoppedDirectory(t)
    const { root } = at
    spoil(at)
    const found = await look(t, root)
    assert.deepEqual(
      keysOf(found.list).sort(),
      [...expected].sort(),
      `${name}: ${JSON.stringify(found.list)}`,
    )
    for (const { message } of found.list) assert.ok(!message.includes(root), `no paths: ${message}`)
    const fast = await look(t, root, true)
    assert.deepEqual(keysOf(fast.list).sort(), [...quick].sort(), `${name}, quick`)
  }
})

test('one generation is checked by itself; its content hash comes from its record ids, twins included', async (t) => {
  const { root, twins } = stoppedDirectory(t)
  const directory = join(root, 'generations', twins)
  const whole = await verify(directory)
  assert.deepEqual([whole.code, whole.problems, whole.summary.content_hashes], [0, [], 1], whole.text)
  // Another content hash, in a manifest that is otherwise right.
  const path = join(directory, 'manifest.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  const other = createHash('sha256').update('x').digest('hex')
  writeFileSync(path, JSON.stringify({ ...manifest, content_hash: other }))
  const found = await verify(directory)
  assert.deepEqual([found.code, keysOf(found.problems)], [1, ['error content_hash_differs']])
})

test('verify does not touch what it looks at, and refuses what it cannot look at', async (t) => {
  const { root } = stoppedDirectory(t)
  const database = join(root, 'control.sqlite')
  const before = readFileSync(database)
  assert.equal((await verify(root)).code, 0)
  assert.deepEqual(readFileSync(database), before)
  assert.equal((await verify(join(root, 'nowhere'))).code, 2)
  assert.equal((await verify(tempDirectory(t))).code, 2)
  renameSync(database, `${database}.away`)
  const lost = await verify(root)
  assert.equal(lost.code, 2)
  assert.match(lost.text, /DATABASE_URL/)
  assert.ok(!existsSync(database), 'no database is made by looking for one')
})

test('a data directory that an earlier release left is checked as it is', async (t) => {
  const root = tempDirectory(t)
  for (const name of ['generations', 'serving', 'blobs']) mkdirSync(join(root, name))
  const dump = join(tempDirectory(t), 'control.jsonl')
  const settings = { table: 'settings', rows: [{ key: 'directory_id', value: 'earlier' }] }
  const lines = [{ format: 1, migration: '0007-joined-datasets' }, settings]
  writeFileSync(dump, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  writeFileSync(join(root, 'directory-id'), 'earlier')
  const sqlitePath = join(root, 'control.sqlite')
  await (await loadDump(dump, { databaseUrl: null, sqlitePath })).close()
  assert.deepEqual((await look(t, root)).list, [])
})
