/** The index of a generation is the same in whatever memory it is made. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openEngine } from '../../src/engine/index.ts'
import { buildServingFile } from '../../src/ingest/builder/serving-file.ts'
import { cellSqlOf } from '../../src/kernel/points.ts'
import { runBuild, sourceOf, tempDirectory } from '../support/builder.ts'
import { connectIn } from '../support/reading-engine.ts'

const columns = 16
const rows = 60_000

/** Codes that repeat in every column, so that each has a dictionary and a join of its own. */
function* repeatingCsv(): Generator<string> {
  yield `${Array.from({ length: columns }, (_, n) => `c${n}`).join()}\n`
  for (let row = 0; row < rows; row++)
    yield `${Array.from({ length: columns }, (_, n) => `w${(row * 7 + n) % 500} x${row % (n + 2)}`).join()}\n`
}

async function postingsIn(
  t: TestContext,
  memoryLimitMb: number,
  plan: Parameters<typeof buildServingFile>[1],
) {
  const directory = tempDirectory(t)
  mkdirSync(join(directory, 'spill'))
  const servingFile = join(directory, 'serving.duckdb')
  const statements: string[] = []
  const engine = await openEngine({
    memoryLimitMb,
    threads: 2,
    tempDirectory: join(directory, 'spill'),
    allowedDirectories: [directory, plan.directory],
  })
  const watched = {
    ...engine,
    connect: async () => {
      const connection = await engine.connect()
      const run: typeof connection.run = (sql, ...rest) => {
        statements.push(sql)
        return connection.run(sql, ...rest)
      }
      return { ...connection, run }
    },
  }
  await buildServingFile(watched, { ...plan, servingFile })
  const connection = await engine.connect()
  await connection.run(`attach '${servingFile}' as s (read_only)`)
  const [row] = await connection.all(
    `select count(*) as n, sum(hash(rowid, term_id, field, _row)::hugeint)::varchar as h from s.postings`,
  )
  connection.close()
  engine.close()
  return { answer: [row!.n, row!.h], inPasses: statements.some((sql) => sql.includes('unsorted')) }
}

test('postings that do not fit into memory at once are made field by field, and are the same', async (t) => {
  const source = sourceOf(t, 'codes.csv', [...repeatingCsv()].join(''), 'csvfile')
  const { manifest, plan } = await runBuild(t, [source])
  const order = { manifest: manifest!, directory: plan.directory, servingFile: '' }
  const whole = await postingsIn(t, 1000, order)
  assert.equal(whole.inPasses, false)
  const scarce = await postingsIn(t, 40, order)
  assert.equal(scarce.inPasses, true)
  assert.deepEqual(scarce.answer, whole.answer)
})

test('a record has the cell of its point, and none without a point', async (t) => {
  const connection = await connectIn(t, tempDirectory(t))
  const points = [
    [4.86001, 45.76009],
    [180, 90],
    [-180, -90],
    [185.5, 0],
  ]
  const rows = [...points.map(([lon, lat]) => `({'lon': ${lon}::double, 'lat': ${lat}::double})`), '(null)']
  const { lon, lat } = cellSqlOf('p')
  const found = await connection.all(
    `select ${lon} as lon, ${lat} as lat from (values ${rows.join(', ')}) t(p)`,
  )
  assert.deepEqual(found, [
    { lon: 48600, lat: 457600 },
    { lon: -1_800_000, lat: 900_000 },
    { lon: -1_800_000, lat: -900_000 },
    { lon: -1_745_000, lat: 0 },
    { lon: null, lat: null },
  ])
})
