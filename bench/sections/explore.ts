/**
 * Every kind of read of the search API at three sizes and with 1, 8 and 32 callers, over HTTP, against the same SQL on the
 * engine alone, on SQLite with FTS5 behind a minimal HTTP server and on PostgreSQL with indexes. The sides take turns;
 * each has its time, not its number of calls, so that a slow side does not make the run endless.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { Pool } from 'undici'
import { copiedInput, type Input, workDirectory } from '../inputs/inputs.ts'
import { queryMemoryMb } from '../limits.ts'
import { openPostgres } from '../peers/postgresql.ts'
import { openServing, type RawEngine } from '../peers/raw-engine.ts'
import { findSqlite, importIntoSqlite, serveSqlite } from '../peers/sqlite.ts'
import { exploreReads, type Peer, type Read, type Sample, type Statement } from '../reads.ts'
import { atLeast, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, publishOnce, uploadInput, withServer } from '../server.ts'
import { median, quantile } from '../stats.ts'

const section = 'explore'
const callerCounts = [1, 8, 32]
/** All callers are one client here, which may not have as many exports open otherwise. */
const exportsForAll = { BROADSHEET_EXPORTS_PER_CLIENT: String(2 * callerCounts.at(-1)!) }
/** What a side is given for one kind of read with so many callers. */
const shares = { full: 2_500, small: 300 } as const
/** A peer whose single call takes longer is not asked by many at once: they would only wait for each other. */
const patienceMs = 1_000

/** Somebody who answers call `n` of a read on behalf of a caller. */
interface Side {
  readonly name: string
  open(callers: number): Promise<{
    call(read: Read, n: number, caller: number): Promise<void>
    close(): Promise<void>
  }>
}

export async function exploreSection({ scale, millions, peers }: SectionOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const copies of millions)
    findings.push(...(await exploreAt(await copiedInput(scale, copies), shares[scale], peers)))
  findings.push(...(await repeatedQueries(await copiedInput(scale, 1), shares[scale])))
  return findings
}

async function exploreAt(input: Input, shareMs: number, wanted: readonly string[]): Promise<Finding[]> {
  return withServer(async (server) => {
    const dataset = await createFrom(server, 'city', await uploadInput(server, input))
    await publishOnce(server, dataset, input.rows)
    // By hand all callers run at once, and what they hold does not fit into what the server does them in.
    const raw = await openServing(6 * queryMemoryMb)
    const peers = await openPeers(input, wanted)
    try {
      const reads = exploreReads('city', await samplesOf(raw))
      const sides = [overHttp('ours', server.url), byHand(raw), ...peers.sides]
      const slow = new Set<string>()
      const findings: Finding[] = []
      for (const callers of callerCounts) {
        const opened = await Promise.all(
          sides.map(async (side) => ({ name: side.name, ...(await side.open(callers)) })),
        )
        for (const read of reads) {
          const times = new Map<string, number[]>()
          for (const { name, call } of opened) {
            if (slow.has(`${name} ${read.name}`)) continue
            const measured = await measure(callers, shareMs, (n, caller) => call(read, n, caller))
            times.set(name, measured)
            if (name !== 'ours' && median(measured) > patienceMs) slow.add(`${name} ${read.name}`)
          }
          const finding = describe(read, input.rows, callers, times)
          say(`${finding.name}: ${finding.measured}`)
          findings.push(finding)
        }
        await Promise.all(opened.map(({ close }) => close()))
      }
      return findings
    } finally {
      await peers.close()
      raw.close()
    }
  }, exportsForAll)
}

/** Calls for a share of the time, the first round not counted; at least two rounds. Answers milliseconds. */
async function measure(
  callers: number,
  shareMs: number,
  call: (n: number, caller: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = []
  let calls = 0
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(calls++, caller)))
  const endsAt = performance.now() + shareMs
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let round = 0; round < 2 || performance.now() < endsAt; round++) {
        const startedAt = performance.now()
        await call(calls++, caller)
        times.push(performance.now() - startedAt)
      }
    }),
  )
  return times
}

function describe(
  read: Read,
  rows: number,
  callers: number,
  times: ReadonlyMap<string, readonly number[]>,
): Finding {
  const p50 = (name: string) => (times.has(name) ? median(times.get(name)!) : Number.POSITIVE_INFINITY)
  const shown = [...times].map(
    ([name, list]) => `${name} ${tidy(median(list))} (${tidy(quantile(list, 0.99))})`,
  )
  const ours = p50('ours')
  const peers = [...times.keys()].filter((name) => name !== 'ours' && name !== 'engine')
  return {
    section,
    name: `${read.name} of ${tidy(rows)} records, ${callers} caller${callers > 1 ? 's' : ''}: p50 (p99) in ms`,
    goal: `at most 1.25 times the engine + 2 ms; ${read.peersFactor === 1 ? 'ahead of' : `at most ${read.peersFactor} times`} the others`,
    measured: shown.join(', '),
    isMet: ours <= 1.25 * p50('engine') + 2 && peers.every((peer) => ours <= read.peersFactor * p50(peer)),
  }
}

async function samplesOf(raw: RawEngine): Promise<Sample[]> {
  const reader = await raw.connection.runAndReadAll(
    `select replace(_id::varchar, '-', '') as id, unique_key as key, location.lat as lat, location.lon as lon
     from serving.records where location is not null using sample 2000 rows (reservoir, 7)`,
  )
  return reader.getRowObjects().map(({ id, key, lat, lon }) => ({
    id: String(id),
    key: Number(key),
    lat: Number(lat),
    lon: Number(lon),
  }))
}

function overHttp(name: string, url: string): Side {
  return {
    name,
    async open(callers) {
      const pool = new Pool(url, { connections: callers })
      return {
        async call(read, n) {
          const { statusCode, body } = await pool.request({ method: 'GET', path: read.path(n) })
          const text = await body.text()
          if (statusCode !== 200) throw new Error(`${read.name}: ${statusCode} ${text.slice(0, 500)}`)
        },
        close: () => pool.close(),
      }
    },
  }
}

function byHand(raw: RawEngine): Side {
  return {
    name: 'engine',
    async open(callers) {
      const connections = await Promise.all(Array.from({ length: callers }, () => raw.connect()))
      return {
        async call(read, n, caller) {
          for (const { sql, values } of read.statements(n, 'engine')) {
            const reader = await connections[caller]!.runAndReadAll(sql, values ? [...values] : undefined)
            reader.getRows()
          }
        },
        async close() {
          for (const connection of connections) connection.closeSync()
        },
      }
    },
  }
}

interface Peers {
  readonly sides: readonly Side[]
  close(): Promise<void>
}

/** Those that are installed, loaded with the same table. */
async function openPeers(input: Input, wanted: readonly string[]): Promise<Peers> {
  const sides: Side[] = []
  const closers: (() => Promise<void> | void)[] = []
  const command = wanted.includes('sqlite') ? findSqlite() : null
  if (command !== null) {
    const directory = join(workDirectory, 'sqlite')
    say('explore: loading SQLite')
    importIntoSqlite(command, input.path, directory)
    const sqlite = await serveSqlite(command, directory)
    closers.push(sqlite.stop, () => rmSync(directory, { recursive: true, force: true }))
    sides.push(statementsOverHttp('SQLite', 'sqlite', sqlite.url))
  }
  const postgres = wanted.includes('postgresql') ? await openPostgres() : null
  if (postgres !== null) {
    closers.push(postgres.stop)
    say('explore: loading PostgreSQL')
    postgres.import(input.path)
    postgres.prepareReads()
    sides.push(overItsProtocol(postgres.url))
  }
  return {
    sides,
    async close() {
      for (const close of closers) await close()
    },
  }
}

function statementsOverHttp(name: string, peer: Peer, url: string): Side {
  const numbered = ({ sql, values }: Statement) => ({ sql: sql.replaceAll(/\$(\d+)/g, '?$1'), values })
  return {
    name,
    async open(callers) {
      const pool = new Pool(url, { connections: callers, headersTimeout: 0, bodyTimeout: 0 })
      return {
        async call(read, n) {
          const body = JSON.stringify(read.statements(n, peer).map(numbered))
          const answer = await pool.request({ method: 'POST', path: '/', body })
          const text = await answer.body.text()
          if (answer.statusCode !== 200) throw new Error(`${name}, ${read.name}: ${text.slice(0, 500)}`)
        },
        close: () => pool.close(),
      }
    },
  }
}

/** Spared HTTP altogether: its own client, with prepared statements. */
function overItsProtocol(url: string): Side {
  return {
    name: 'PostgreSQL',
    async open(callers) {
      const pool = new pg.Pool({ connectionString: url, max: callers })
      // A connection that is lost fails the call that uses it; an idle one is no matter.
      pool.on('error', () => {})
      const names = new Map<string, string>()
      const nameOf = (sql: string) => {
        if (!names.has(sql)) names.set(sql, `s${names.size}`)
        return names.get(sql)!
      }
      return {
        async call(read, n) {
          for (const { sql, values } of read.statements(n, 'postgresql')) {
            await pool.query({ name: nameOf(sql), text: sql, values: values ? [...values] : [] })
          }
        },
        close: () => pool.end(),
      }
    },
  }
}

/** The same few questions again and again, on an unchanged publication: what the response cache is for. */
async function repeatedQueries(input: Input, shareMs: number): Promise<Finding[]> {
  return withServer(
    async (server) => {
      const dataset = await createFrom(server, 'city', await uploadInput(server, input))
      await publishOnce(server, dataset, input.rows)
      const raw = await openServing(queryMemoryMb)
      const reads = exploreReads('city', await samplesOf(raw)).filter(({ name }) =>
        /page|facets|group/.test(name),
      )
      raw.close()
      const callers = 32
      const pool = new Pool(server.url, { connections: callers })
      let calls = 0
      const ask = async () => {
        const read = reads[calls++ % reads.length]!
        const { statusCode, body } = await pool.request({ method: 'GET', path: read.path(1) })
        await body.dump()
        if (statusCode !== 200) throw new Error(`${read.name}: ${statusCode}`)
      }
      await measure(callers, shareMs, ask)
      const startedAt = performance.now()
      const times = await measure(callers, shareMs, ask)
      const rate = times.length / ((performance.now() - startedAt) / 1000)
      await pool.close()
      return [
        {
          section,
          name: `repeated queries from the response cache, ${callers} callers: p50 ${tidy(median(times))} ms, p99 ${tidy(quantile(times, 0.99))} ms`,
          ...atLeast(5000, rate, 'requests/s'),
        },
      ]
    },
    { BROADSHEET_RESPONSE_CACHE_MB: '64' },
  )
}
