/** Files that are damaged under a server: named, never served, and what is derived is derived again. */
import assert from 'node:assert/strict'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { flipByte } from '../support/damage.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Answer, type CreatedDataset, explorePath, type JobAnswer } from '../support/http-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { isWhole } from '../support/tiers.ts'

const rows = 2000
/** Every answer is read from the files. */
const uncached = { env: { BROADSHEET_RESPONSE_CACHE_MB: '0' } }
const readings = (id: string) => ({
  page: `${explorePath}/${id}/records?limit=5&order_by=amount`,
  search: `${explorePath}/${id}/records?limit=1&where=${encodeURIComponent('search("ecole")')}`,
  facets: `${explorePath}/${id}/facets?facet=city`,
  export: `${explorePath}/${id}/exports/csv?limit=-1`,
})

async function readAll(server: TestServer, id: string): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>()
  for (const [name, path] of Object.entries(readings(id)))
    answers.set(name, await server.request('GET', path))
  return answers
}

async function textsOf(server: TestServer, id: string): Promise<string[]> {
  return [...(await readAll(server, id)).values()].map(({ status, text }) => `${status} ${text}`)
}

interface Victim {
  readonly dataset: CreatedDataset & { readonly job: JobAnswer }
  readonly generation: string
  readonly serving: string
  readonly directory: string
  readonly part: string
}

/**
 * One server for all tests: what is damaged behind a stopped one is damaged at once, between its two runs. One dataset per
 * id, all of the same records.
 */
async function publishAll(server: TestServer, ids: readonly string[]): Promise<Map<string, Victim>> {
  const content = await server.upload('v.csv', visitsCsv(rows))
  const made = new Map<string, Victim>()
  for (const id of ids) {
    const dataset = await server.publishFile(id, {
      filename: 'v.csv',
      content,
      extractor: 'csvfile',
      fieldSpecifications: [{ name: 'annotate', args: { field: 'city', annotation: 'facet', args: [] } }],
    })
    made.set(id, victimOf(server, dataset))
  }
  return made
}

function victimOf(server: TestServer, dataset: Victim['dataset']): Victim {
  const generation = String(dataset.job.result.generation_uid)
  const directory = join(server.dataDirectory, 'generations', generation)
  const serving = join(server.dataDirectory, 'serving', `${generation}.duckdb`)
  return { dataset, generation, serving, directory, part: join(directory, 'part-00000.parquet') }
}

async function until(isTrue: () => Promise<boolean> | boolean, otherwise: string): Promise<void> {
  const endsAt = performance.now() + 60_000
  while (!(await isTrue())) {
    if (performance.now() > endsAt) assert.fail(otherwise)
    await delay(50)
  }
}

async function damageCount(server: TestServer, kind: string): Promise<number> {
  const { text } = await server.expect(200, 'GET', '/metrics')
  return Number(text.match(new RegExp(`broadsheet_damaged_files_total\\{kind="${kind}"\\} (\\d+)`))?.[1] ?? 0)
}

function fillWithGarbage(path: string): void {
  for (let share = 0.02; share < 1; share += 0.02) flipByte(path, share)
}

const identityOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.ino ?? 0

const toServingFiles: Record<string, (at: Victim, other: Victim) => void> = {
  shortened: ({ serving }) => truncateSync(serving, statSync(serving).size >> 1),
  flipped: ({ serving }) => fillWithGarbage(serving),
  emptied: ({ serving }) => writeFileSync(serving, ''),
  garbage: ({ serving }) => writeFileSync(serving, 'x'.repeat(100_000)),
  swapped: ({ serving }, other) => copyFileSync(other.serving, serving),
  deleted: ({ serving }) => rmSync(serving),
}

/** Each spoils a generation and answers the file that is to be named. */
const toGenerations: Record<string, (at: Victim) => string> = {
  shortened: ({ part }) => {
    truncateSync(part, 5000)
    return 'part-00000.parquet'
  },
  flipped: ({ part }) => {
    flipByte(part)
    return 'part-00000.parquet'
  },
  emptied: ({ part }) => {
    writeFileSync(part, '')
    return 'part-00000.parquet'
  },
  deleted: ({ part }) => {
    rmSync(part)
    return 'part-00000.parquet'
  },
  manifest: ({ directory }) => {
    writeFileSync(join(directory, 'manifest.json'), '{"parts": [')
    return 'manifest.json'
  },
  directory: ({ directory }) => {
    rmSync(directory, { recursive: true })
    return 'manifest.json'
  },
}

const servingNames = Object.keys(toServingFiles).map((name) => `serving-${name}`)
const generationNames = Object.keys(toGenerations).map((name) => `generation-${name}`)
const openNames = ['open-flipped', 'open-shortened']

let again: TestServer
let victims: Map<string, Victim>
let inParts: Victim
/** What readers get of every dataset. */
let whole: string[]
/** The serving files as they were damaged. */
let damaged: Map<string, number>
/** The file of each generation that is to be named. */
let named: Map<string, string>

before(async (t) => {
  const server = await startServer(t as never, uncached)
  victims = await publishAll(server, [...servingNames, ...generationNames, ...openNames, 'untouched'])
  // Some 20 MB: two parts.
  const wide = Array.from({ length: 20_000 }, (_, n) => `${n},${'x'.repeat(1000)}`).join('\n')
  const inTwo = { filename: 'w.csv', content: `number,note\n${wide}\n`, extractor: 'csvfile' }
  inParts = victimOf(server, await server.publishFile('parts', inTwo))
  whole = await textsOf(server, 'untouched')
  for (const text of whole) assert.match(text, /^200 /)
  await server.stop()

  for (const [name, spoil] of Object.entries(toServingFiles))
    spoil(victims.get(`serving-${name}`)!, victims.get('untouched')!)
  damaged = new Map(servingNames.map((name) => [name, identityOf(victims.get(name)!.serving)]))
  named = new Map(
    Object.entries(toGenerations).map(([name, spoil]) => [
      `generation-${name}`,
      spoil(victims.get(`generation-${name}`)!),
    ]),
  )
  // Without the serving file, or the damage would not be met: what is in it is right.
  for (const name of generationNames) rmSync(victims.get(name)!.serving)
  // A directory in the place of the serving file: none can be derived, readers stay with the parts.
  rmSync(inParts.serving)
  mkdirSync(join(inParts.serving, 'in-the-way'), { recursive: true })
  again = await server.startAgain()
})

test('a damaged or missing serving file changes no answer, and is derived again', async () => {
  for (const name of [...servingNames, 'untouched']) assert.deepEqual(await textsOf(again, name), whole, name)
  assert.equal(
    await damageCount(again, 'serving_file'),
    servingNames.length - 1,
    'one that is missing is no damage',
  )
  const lines = again
    .stderr()
    .split('\n')
    .filter((line) => line.includes('file_damaged'))
  assert.equal(lines.length, servingNames.length - 1)
  assert.ok(lines.every((line) => line.includes('serving file') && !line.includes(again.dataDirectory)))
  for (const name of servingNames) {
    const { serving } = victims.get(name)!
    const isNew = () => ![0, damaged.get(name)].includes(identityOf(serving))
    await until(isNew, `the serving file of ${name} is not derived again`)
  }
  for (const name of isWhole ? servingNames : servingNames.slice(0, 2))
    assert.deepEqual(await textsOf(again, name), whole, `${name}, derived again`)
})

test('a damaged generation is named and not served; publishing again heals the dataset', async () => {
  for (const name of generationNames) {
    const { generation } = victims.get(name)!
    for (const [reading, answer] of await readAll(again, name)) {
      assert.equal(answer.status, 500, `${reading} of ${name}: ${answer.text.slice(0, 200)}`)
      assert.equal(answer.json.error_code, 'GenerationDamaged')
      assert.equal(
        answer.json.message,
        `The file ${named.get(name)} of generation ${generation} is damaged or missing, and is not served`,
      )
      assert.ok(!answer.text.includes(again.dataDirectory), 'no paths')
    }
  }
  assert.equal(await damageCount(again, 'part'), 4)
  assert.equal(await damageCount(again, 'manifest'), 2)
  assert.deepEqual(await textsOf(again, 'untouched'), whole)
  for (const name of generationNames) {
    const job = await again.jobDone(await again.publish(victims.get(name)!.dataset.datasetUid))
    assert.equal(job.result.reused, false, `${name} is not published again as it is`)
    assert.deepEqual(await textsOf(again, name), whole, name)
  }
})

test('a serving file damaged while it is open changes no answer', async () => {
  const [flipped, shortened] = openNames as [string, string]
  for (const id of openNames) assert.deepEqual(await textsOf(again, id), whole, id)
  // What the engine has in memory is right and goes on being served; what it has to read is found out.
  fillWithGarbage(victims.get(flipped)!.serving)
  truncateSync(victims.get(shortened)!.serving, 4096)
  for (let round = 0; round < 3; round++)
    for (const id of openNames) assert.deepEqual(await textsOf(again, id), whole, id)
})

test('two parts that change places under a running server are found out, and served again when they are right', async () => {
  const { directory } = inParts
  const parts = readdirSync(directory).filter((name) => name.startsWith('part-'))
  assert.ok(parts.length > 1)
  const page = `${explorePath}/parts/records?limit=3`
  const right = (await again.expect(200, 'GET', page)).text
  const swap = () => {
    renameSync(join(directory, parts[0]!), join(directory, 'aside'))
    renameSync(join(directory, parts[1]!), join(directory, parts[0]!))
    renameSync(join(directory, 'aside'), join(directory, parts[1]!))
  }
  swap()
  for (let round = 0; round < 2; round++) {
    const answer = await again.request('GET', page)
    assert.equal(answer.status, 500)
    assert.match(answer.json.message, /part-00000\.parquet/)
  }
  swap()
  assert.equal((await again.expect(200, 'GET', page)).text, right)
})
