/** From the order to publish until readers have it, against the engine by hand, SQLite and PostgreSQL. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cityInput, workDirectory } from '../inputs/inputs.ts'
import { builderMemoryMb, builderThreads } from '../limits.ts'
import { openPostgres } from '../peers/postgresql.ts'
import { buildByHand, openRawEngine } from '../peers/raw-engine.ts'
import { findSqlite, importIntoSqlite } from '../peers/sqlite.ts'
import { atLeast, atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, deleteDataset, phasesOf, publishOnce, uploadInput, withServer } from '../server.ts'
import { alternate, median, medianRatio, timed } from '../stats.ts'

export async function publishSection({ scale, rounds }: SectionOptions): Promise<Finding[]> {
  const input = await cityInput(scale)
  const scratch = join(workDirectory, 'peers')
  const raw = await openRawEngine({
    memoryMb: builderMemoryMb,
    threads: builderThreads,
    tempDirectory: join(scratch, 'spill'),
  })
  const findings: Finding[] = []
  const find = (name: string, rest: Omit<Finding, 'section' | 'name'>) =>
    findings.push({ section: 'publish', name, ...rest })
  const processor = { ours: [] as number[], theirs: [] as number[] }
  let phases = ''
  try {
    const times = await withServer(async (server) => {
      const url = await uploadInput(server, input)
      return alternate(
        rounds,
        async (round) => {
          const dataset = await createFrom(server, `city-${round}`, url)
          const run = await publishOnce(server, dataset, input.rows)
          await deleteDataset(server, dataset)
          processor.ours.push(run.processorSeconds)
          phases = phasesOf(run.job)
          say(`publish: ours ${tidy(run.ms / 1000)} s (${phases})`)
          return run.ms
        },
        async () => {
          const before = process.cpuUsage()
          const { ms } = await timed(() => buildByHand(raw.connection, input.path, join(scratch, 'raw')))
          const { user, system } = process.cpuUsage(before)
          processor.theirs.push((user + system) / 1e6)
          say(`publish: the engine by hand ${tidy(ms / 1000)} s`)
          return ms
        },
      )
    })
    const ours = median(times.ours)
    const size = `${input.rows.toLocaleString('en-US')} records, ${tidy(input.bytes / 1e6)} MB`
    find(`publish to queryable (${size})`, {
      goal: '',
      measured: `${tidy(ours / 1000)} s, ${tidy(input.rows / (ours / 1000))} records/s`,
      isMet: null,
    })
    find('where the time goes, in seconds', { goal: '', measured: phases, isMet: null })
    find(
      `against the engine by hand (${tidy(median(times.theirs) / 1000)} s)`,
      atMost(1.5, medianRatio(times), 'times'),
    )

    find('processor time, ours and the engine by hand', {
      goal: '',
      measured: `${tidy(median(processor.ours))} s, ${tidy(median(processor.theirs))} s: ${tidy(medianRatio(processor))} times`,
      isMet: null,
    })
    const sqlite = findSqlite()
    if (sqlite === null) find('against sqlite3 with FTS5', notHere)
    else {
      const { ms } = await timed(async () => importIntoSqlite(sqlite, input.path, join(scratch, 'sqlite')))
      find(`sqlite3 import with FTS5 (${tidy(ms / 1000)} s) against ours`, atLeast(3, ms / ours, 'times'))
    }
    const postgres = await openPostgres()
    if (postgres === null) find('against PostgreSQL COPY with GIN', notHere)
    else {
      try {
        const { ms } = await timed(async () => postgres.import(input.path))
        find(
          `PostgreSQL COPY, tsvector, GIN (${tidy(ms / 1000)} s) against ours`,
          atLeast(10, ms / ours, 'times'),
        )
      } finally {
        await postgres.stop()
      }
    }
    return findings
  } finally {
    raw.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

const notHere = { goal: '', measured: 'not installed here', isMet: null }
