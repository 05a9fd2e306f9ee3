import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { Pool } from 'undici'
import { cityInput } from '../inputs/inputs.ts'
import { queryMemoryMb } from '../limits.ts'
import { columns, openServing } from '../peers/raw-engine.ts'
import { boroughs, complaints } from '../reads.ts'
import { type Finding, say, tidy } from '../report.ts'
import type { SectionOptions } from '../section.ts'
import { createFrom, facetFields, publishOnce, recordsPath, uploadInput, withServer } from '../server.ts'
import { quantile } from '../stats.ts'

/** One kind of read: as a URL for ours and as statements for the engine. `n` counts calls, so that no two are alike. */
interface Read {
  readonly name: string
  path(n: number): string
  statements(n: number): readonly { sql: string; values?: DuckDBValue[] }[]
  /** A call takes the engine by hand a second and more: a quarter of the calls tell enough. */
  readonly isSlow?: boolean
}

/** Blocks of calls that are counted, and calls in each. */
const efforts = { full: { blocks: 3, calls: 32 }, small: { blocks: 2, calls: 16 } } as const
type Effort = (typeof efforts)[keyof typeof efforts]

export async function queriesSection({ scale }: SectionOptions): Promise<Finding[]> {
  const input = await cityInput(scale)
  return withServer(async (server) => {
    const dataset = await createFrom(server, 'city', await uploadInput(server, input))
    await publishOnce(server, dataset, input.rows)
    // By hand all callers run at once, and eight word searches do not fit into what the server does them in.
    const raw = await openServing(6 * queryMemoryMb)
    const findings: Finding[] = []
    try {
      const ids = (
        await raw.connection.runAndReadAll(
          "select replace(_id::varchar, '-', '') as id from serving.records using sample 2000 rows (reservoir, 7)",
        )
      )
        .getRows()
        .map(([id]) => String(id))
      for (const callers of [1, 8]) {
        const pool = new Pool(server.url, { connections: callers })
        const connections = await Promise.all(Array.from({ length: callers }, () => raw.connect()))
        for (const read of reads(input.rows, ids)) {
          say(`queries: ${read.name}, ${callers} callers`)
          const finding = await compare(read, efforts[scale], pool, connections)
          say(`  ${finding.measured}`)
          findings.push(finding)
        }
        for (const connection of connections) connection.closeSync()
        await pool.close()
      }
    } finally {
      raw.close()
    }
    return findings
  })
}

async function compare(
  read: Read,
  effort: Effort,
  pool: Pool,
  connections: readonly DuckDBConnection[],
): Promise<Finding> {
  const callers = connections.length
  let calls = 0
  const overHttp = async () => {
    const { statusCode, body } = await pool.request({ method: 'GET', path: read.path(calls++) })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${read.name}: ${statusCode} ${text.slice(0, 500)}`)
  }
  const byHand = async (caller: number) => {
    for (const { sql, values } of read.statements(calls++)) {
      const rows = await connections[caller]!.runAndReadAll(sql, values)
      rows.getRows()
    }
  }
  await checkSameAnswer(read, pool, connections[0]!)
  const times = { ours: [] as number[], theirs: [] as number[] }
  // The first block of each warms caches and is not counted.
  for (let block = 0; block <= effort.blocks; block++) {
    for (const [side, call] of [
      ['ours', overHttp],
      ['theirs', byHand],
    ] as const) {
      const measured = await runBlock(callers, read.isSlow ? effort.calls / 4 : effort.calls, call)
      if (block > 0) times[side].push(...measured)
    }
  }
  const p50 = { ours: quantile(times.ours, 0.5), theirs: quantile(times.theirs, 0.5) }
  const p99 = { ours: quantile(times.ours, 0.99), theirs: quantile(times.theirs, 0.99) }
  const allowed = (theirs: number) => 1.25 * theirs + 2
  const show = ({ ours, theirs }: { ours: number; theirs: number }) => `${tidy(ours)} / ${tidy(theirs)} ms`
  return {
    section: 'queries',
    name: `${read.name}, ${callers} caller${callers > 1 ? 's' : ''} (ours / engine)`,
    goal: 'at most 1.25 times + 2 ms',
    measured: `p50 ${show(p50)}, p99 ${show(p99)}`,
    isMet: p50.ours <= allowed(p50.theirs) && p99.ours <= allowed(p99.theirs),
  }
}

/** Two sides that do not find the same cannot be compared. */
async function checkSameAnswer(read: Read, pool: Pool, connection: DuckDBConnection): Promise<void> {
  for (let n = 0; n < (read.isSlow ? 3 : 12); n++) {
    const { body } = await pool.request({ method: 'GET', path: read.path(n) })
    const answer = (await body.json()) as { total_count?: number; results?: unknown[] }
    const [page, count] = read.statements(n)
    const rows = await connection.runAndReadAll(page!.sql, page!.values)
    if (answer.results && answer.results.length !== rows.currentRowCount) {
      throw new Error(
        `${read.name}: ${answer.results.length} records, the engine has ${rows.currentRowCount}`,
      )
    }
    if (!count || answer.total_count === undefined) continue
    const total = Number((await connection.runAndReadAll(count.sql, count.values)).getRows()[0]![0])
    if (total !== answer.total_count) {
      throw new Error(`${read.name}: ${answer.total_count} matches, the engine has ${total}`)
    }
  }
}

async function runBlock(
  callers: number,
  calls: number,
  call: (caller: number) => Promise<void>,
): Promise<number[]> {
  const times: number[] = []
  const perCaller = Math.ceil(calls / callers)
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; n < perCaller; n++) {
        const startedAt = performance.now()
        await call(caller)
        times.push(performance.now() - startedAt)
      }
    }),
  )
  return times
}

const words = [
  ['broken', 'lamppost'],
  ['hydrant', 'running'],
  ['rat', 'sighting'],
  ['loud', 'talking'],
  ['leaning'],
  ['pothole'],
]

/** What the API promises of every word but the last, which is a prefix: two typing errors, one in a short word. */
function fuzzy(term: string, parameter: number): string {
  const distance = term.length > 5 ? 2 : 1
  return `abs(length(term) - ${term.length}) <= ${distance} and levenshtein(term, $${parameter}) <= ${distance}`
}

function reads(rows: number, ids: readonly string[]): Read[] {
  const path = recordsPath('city')
  const fields = columns.map(([name]) => name).join(', ')
  const at = <T>(list: readonly T[], n: number): T => list[n % list.length]!
  const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`
  const pick = (n: number) => ({ complaint: at(complaints, n), borough: at(boroughs, Math.floor(n / 7)) })
  const match = 'complaint_type = $1 and borough = $2'
  const list: Read[] = [
    {
      name: 'page of 20 records',
      path: (n) => `${path}${query({ limit: '20', offset: String((n * 37) % 9000) })}`,
      statements: (n) => [
        { sql: `select ${fields} from serving.records order by _row limit 20 offset ${(n * 37) % 9000}` },
      ],
    },
    {
      name: 'filtered, sorted page of 20',
      path: (n) =>
        `${path}${query({ limit: '20', where: `complaint_type = "${pick(n).complaint}" and borough = "${pick(n).borough}"`, order_by: 'created_date desc' })}`,
      statements: (n) => {
        const values = [pick(n).complaint, pick(n).borough]
        return [
          {
            sql: `select ${fields} from serving.records where ${match} order by created_date desc nulls last, _row limit 20`,
            values,
          },
          { sql: `select count(*) from serving.records where ${match}`, values },
        ]
      },
    },
    {
      name: 'record by id',
      path: (n) => `${path}/${at(ids, n * 13)}`,
      statements: (n) => [
        {
          sql: `select ${fields} from serving.records where _row in (select _row from serving.ids where _id = $1::uuid)`,
          values: [at(ids, n * 13)],
        },
      ],
    },
    {
      name: `facets over ${facetFields.length} fields`,
      path: (n) =>
        `${path.replace(/records$/, 'facets')}${query({ where: `unique_key > ${100_000_000 + (n % 1000)}` })}`,
      statements: (n) =>
        facetFields.map((field) => ({
          sql: `select ${field}, count(*) as n from serving.records where unique_key > $1 and ${field} is not null group by ${field} order by n desc, ${field} limit 100`,
          values: [100_000_000 + (n % 1000)],
        })),
    },
    {
      // Ours are the best twenty; by hand they are the first, which is less work.
      name: 'full-text search, page of 20',
      isSlow: true,
      path: (n) => `${path}${query({ limit: '20', where: `search("${at(words, n).join(' ')}")` })}`,
      statements: (n) => {
        const terms = at(words, n)
        const matches = terms.map((term, index) => {
          const isLast = index === terms.length - 1
          const test = isLast ? `starts_with(term, $${index + 1})` : fuzzy(term, index + 1)
          return `select _row from serving.postings where term_id in (select term_id from serving.terms where ${test})`
        })
        const where = matches.map((select) => `_row in (${select})`).join(' and ')
        return [
          {
            sql: `select ${fields} from serving.records where ${where} order by _row limit 20`,
            values: [...terms],
          },
          { sql: `select count(*) from serving.records where ${where}`, values: [...terms] },
        ]
      },
    },
  ]
  return list.map((read) => ({ ...read, name: `${read.name} of ${tidy(rows)} records` }))
}
