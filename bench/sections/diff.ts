/** Two editions of the city's table compared over HTTP, against the engine's own join by hand over the same files. */

import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { managementPath } from '../../test/support/http-client.ts'
import { memoryOf } from '../../test/support/processes.ts'
import { cityInput, type Input, workDirectory } from '../inputs/inputs.ts'
import { queryMemoryMb, queryThreads } from '../limits.ts'
import { columns, openRawEngine, type RawEngine } from '../peers/raw-engine.ts'
import { atMost, type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, publishOnce, uploadInput, withServer } from '../server.ts'
import { alternate, median, medianRatio, timed } from '../stats.ts'

export async function diffSection({ scale }: SectionOptions): Promise<Finding[]> {
  const input = await cityInput(scale)
  const next = await nextEdition(input)
  return withServer(async (server) => {
    const dataset = await createFrom(server, 'city', await uploadInput(server, input))
    const base = `${managementPath}/datasets/${dataset.datasetUid}`
    await server.expect(201, 'POST', `${base}/fields_specifications/`, {
      body: { name: 'annotate', args: { field: 'unique_key', annotation: 'id' } },
    })
    const first = await publishOnce(server, dataset, input.rows)
    const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
    await server.replaceFile(dataset, 'requests.csv', { path: next.path })
    const dry = await timed(async () =>
      server.jobDone(await server.order('PUT', `${base}/publish?dry_run=true`), { timeoutMs: 3_600_000 }),
    )
    const { result, progresses } = dry.value
    const check = progresses.findLast(({ step }) => step === 'check')
    const exposed = await timed(async () =>
      server.jobDone(await server.order('PUT', `${base}/publish?generation=${result.generation_uid}`), {
        pollMs: 2,
      }),
    )
    const raw = await openRawEngine({
      memoryMb: queryMemoryMb,
      threads: queryThreads,
      tempDirectory: join(workDirectory, 'spill'),
    })
    const serving = (generation: string) => join(workDirectory, 'data', 'serving', `${generation}.duckdb`)
    const files = [first.job.result.generation_uid, result.generation_uid].map(serving)
    await raw.connection.run(`attach '${files[0]}' as o (read_only)`)
    await raw.connection.run(`attach '${files[1]}' as n (read_only)`)
    const version = saved.result.version_uid
    const findings: Finding[] = []
    const find = (name: string, rest: Omit<Finding, 'section' | 'name'>) =>
      findings.push({ section: 'diff', name, ...rest })
    try {
      let counted: Counts | null = null
      const times = await alternate(
        // Two ways to ask for the first time: forth and back. Asked again, a pair is remembered.
        2,
        async (round) => {
          const query = round === 0 ? `from=${version}&to=current` : `from=current&to=${version}`
          const { ms, value } = await timed(() => server.expect(200, 'GET', `${base}/diff?${query}`))
          counted ??= value.json.records as Counts
          say(`diff: ours ${tidy(ms / 1000)} s, ${JSON.stringify(value.json.records)}`)
          return ms
        },
        async () => {
          const { ms, value } = await timed(() => joinByHand(raw))
          say(`diff: by hand ${tidy(ms / 1000)} s, ${JSON.stringify(value)}`)
          if (counted && (value.added !== counted.added || value.changed !== counted.changed))
            throw new Error(`by hand there are ${JSON.stringify(value)}`)
          return ms
        },
      )
      const size = `${tidy(input.rows / 1e6)} M against ${tidy(input.rows / 1e6)} M records`
      find(`${size}, asked for the first time`, atMost(10, median(times.ours) / 1000, 's'))
      find(
        `${size}, against the engine's join by hand (${tidy(median(times.theirs) / 1000)} s)`,
        atMost(1, medianRatio(times), 'times'),
      )
      const again = await timed(() => server.expect(200, 'GET', `${base}/diff?from=${version}`))
      find('the same numbers again', { goal: '', measured: `${tidy(again.ms)} ms`, isMet: null })
      const page = await timed(() =>
        server.expect(200, 'GET', `${base}/diff/records?from=${version}&kind=changed&offset=5000&limit=100`),
      )
      find('a page of 100 in the middle', { goal: '', measured: `${tidy(page.ms)} ms`, isMet: null })
      const file = await timed(() =>
        server.expect(200, 'GET', `${base}/diff/export?from=${version}&format=jsonl`),
      )
      find(`all of it as JSON lines (${tidy(file.value.bytes.length / 1e6)} MB)`, {
        goal: '',
        measured: `${tidy(file.ms / 1000)} s`,
        isMet: null,
      })
      find('what a dry run adds to its build: diff, null shares, samples', {
        goal: '',
        measured: `${tidy(Number(check?.duration_ms) / 1000)} s of ${tidy(dry.ms / 1000)}`,
        isMet: null,
      })
      find('exposing what a dry run built', atMost(50, exposed.ms, 'ms'))
      find('memory of the server at the end', {
        goal: '',
        measured: `${tidy(memoryOf(server.pid)?.residentMb ?? Number.NaN)} MB`,
        isMet: null,
      })
    } finally {
      raw.close()
    }
    return findings
  })
}

interface Counts {
  readonly added: number
  readonly changed: number
}

/** What one would write: every column compared in the join. */
async function joinByHand(raw: RawEngine): Promise<Counts> {
  const differs = columns.map(([name]) => `a.${name} is distinct from b.${name}`).join(' or ')
  const reader = await raw.connection.runAndReadAll(
    `select count(*) filter (where a._id is null) as added,
       count(*) filter (where b._id is null) as removed,
       count(*) filter (where a._id is not null and b._id is not null and (${differs})) as changed
     from o.records a full join n.records b on a._id = b._id`,
  )
  const [row] = reader.getRowObjects()
  return { added: Number(row!.added), changed: Number(row!.changed) }
}

/** The table with one record of fifty changed, one of a hundred gone, and as many added. */
async function nextEdition(input: Input): Promise<Input> {
  const path = input.path.replace(/\.csv$/, '-next.csv')
  if (!existsSync(path)) {
    const file = createWriteStream(`${path}.new`)
    let row = -1
    for await (const line of createInterface({ input: createReadStream(input.path) })) {
      const number = row++
      const at = line.indexOf(',')
      const key = line.slice(0, at)
      const next =
        number < 0 || (number % 50 !== 3 && number % 100 !== 7)
          ? line
          : number % 100 === 7
            ? `9${key}${line.slice(at)}`
            : line.replace(/Open|Closed|Pending|Assigned|In Progress/, 'Reopened')
      if (!file.write(`${next}\n`)) await once(file, 'drain')
    }
    file.end()
    await once(file, 'finish')
    renameSync(`${path}.new`, path)
  }
  return { ...input, path }
}
