/** What must hold of a server at rest, whatever happened to it: docs/invariants.md. Looks from outside and on disk. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Manifest } from '../../src/kernel/index.ts'
import { type CreatedDataset, type JobAnswer, managementPath } from './http-client.ts'
import { until } from './processes.ts'
import type { TestServer } from './server.ts'

interface GenerationRow {
  readonly generation_uid: string
  readonly state: string
}

/** Rows of a statement on the control database of a running server. */
export async function controlRows<T>(server: TestServer, sql: string): Promise<T[]> {
  if (server.databaseUrl === null) {
    const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'), { readOnly: true })
    try {
      database.exec('pragma busy_timeout = 5000')
      return database.prepare(sql).all() as T[]
    } finally {
      database.close()
    }
  }
  const client = new pg.Client({ connectionString: server.databaseUrl })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** The jobs of a dataset, newest first, once all of them have ended: each in exactly one way. */
export async function endedJobs(
  server: TestServer,
  dataset: CreatedDataset,
  most = 100,
): Promise<JobAnswer[]> {
  const path = `${managementPath}/datasets/${dataset.datasetUid}/jobs?rows=100`
  let jobs: JobAnswer[] = []
  await until(
    async () => {
      jobs = []
      for (let page = 1; jobs.length === (page - 1) * 100 && jobs.length < most; page++) {
        jobs.push(...(await server.expect(200, 'GET', `${path}&page=${page}`)).json)
      }
      return jobs.every((job) => job.state === 'done' || job.state === 'error')
    },
    () => `jobs do not end: ${JSON.stringify(jobs)}`,
  )
  for (const job of jobs) {
    assert.equal((job.result === undefined) !== (job.error === undefined), true, JSON.stringify(job))
  }
  return jobs
}

/**
 * Nothing runs: every generation on disk is a sealed one and whole, every sealed one is there, nothing else is left. A
 * sweep that a deletion started may still be at work: it gets its time.
 */
export async function assertNoLeftovers(server: TestServer): Promise<void> {
  let failure: unknown = null
  await until(
    async () => {
      failure = await lookForLeftovers(server).then(
        () => null,
        (error) => error,
      )
      return failure === null
    },
    () => {
      throw failure
    },
    20_000,
  )
}

async function lookForLeftovers(server: TestServer): Promise<void> {
  const running = await controlRows(server, `select job_uid from jobs where state not in ('done', 'error')`)
  assert.deepEqual(running, [], 'jobs that do not end')
  const rows = await controlRows<GenerationRow>(server, 'select generation_uid, state from generations')
  const states = [...new Set(rows.map((row) => row.state))]
  assert.deepEqual(states, states.length === 0 ? [] : ['sealed'], 'only sealed generations are left')
  const sealed = rows.map((row) => row.generation_uid).sort()
  const root = server.dataDirectory
  assert.deepEqual(readdirSync(join(root, 'generations')).sort(), sealed, 'generations on disk')
  const served = readdirSync(join(root, 'serving')).map((name) => name.replace(/\.duckdb(\.wal)?$/, ''))
  assert.deepEqual(
    served.filter((name) => !sealed.includes(name)),
    [],
    'serving files of no generation',
  )
  const tmp = readdirSync(join(root, 'tmp')).flatMap((name) =>
    ['exports', 'previews', 'spill'].includes(name) ? readdirSync(join(root, 'tmp', name)) : [name],
  )
  // Directories of engines that have spilled.
  for (const name of ['short', 'long'].filter((one) => tmp.includes(one)))
    tmp.splice(tmp.indexOf(name), 1, ...readdirSync(join(root, 'tmp', 'spill', name)))
  assert.deepEqual(tmp, [], 'temporary files')
  for (const generationUid of sealed) await assertAsSealed(join(root, 'generations', generationUid))
  const dangling = await controlRows<{ generation_uid: string }>(
    server,
    `select generation_uid from publications where generation_uid not in (select generation_uid from generations)
     union select generation_uid from versions
     where generation_uid is not null and generation_uid not in (select generation_uid from generations)`,
  )
  assert.deepEqual(dangling, [], 'publications and versions of lost generations')
}

/** The manifest names every part with its bytes and their hash, and nothing else lies beside them. */
export async function assertAsSealed(directory: string): Promise<Manifest> {
  const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as Manifest
  for (const part of manifest.parts) {
    const { bytes, sha256 } = await hashFile(join(directory, part.file))
    assert.deepEqual(
      { bytes, sha256 },
      { bytes: part.bytes, sha256: part.sha256 },
      `${directory} ${part.file}`,
    )
  }
  const named = [
    manifest.rejects.file,
    manifest.record_errors.file,
    ...manifest.parts.map(({ file }) => file),
  ]
  const expected = ['manifest.json', ...named].filter((file) => file !== null).sort()
  assert.deepEqual(readdirSync(directory).sort(), expected)
  return manifest
}

export async function hashFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    hash.update(chunk)
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Path to digest of every file of every generation. */
export async function hashGenerations(dataDirectory: string): Promise<Record<string, string>> {
  const root = join(dataDirectory, 'generations')
  const hashes: Record<string, string> = {}
  for (const generation of readdirSync(root)) {
    for (const file of readdirSync(join(root, generation))) {
      const path = join(generation, file)
      if (existsSync(join(root, path))) hashes[path] = (await hashFile(join(root, path))).sha256
    }
  }
  return hashes
}
