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
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { flipByte } from '../support/damage.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Answer, type CreatedDataset, explorePath } from '../support/http-client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const rows = 12_000
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
  readonly dataset: CreatedDataset
  readonly generation: string
  readonly serving: string
  readonly directory: string
  readonly part: string
}

/** One dataset per id, all of the same records. Out: where their files lie, and what readers get. */
async function publishAll(t: TestContext, ids: readonly string[]) {
  const server = await startServer(t, uncached)
  const content = await server.upload('v.csv', visitsCsv(rows))
  const victims = new Map<string, Victim>()
  for (const id of ids) {
    const dataset = await server.publishFile(id, {
      filename: 'v.csv',
      content,
      extractor: 'csvfile',
      fieldSpecifications: [{ name: 'annotate', args: { field: 'city', annotation: 'facet', args: [] } }],
    })
    const generation = String(dataset.job.result.generation_uid)
    const directory = join(server.dataDirectory, 'generations', generation)
    const serving = join(server.dataDirectory, 'serving', `${generation}.duckdb`)
    victims.set(id, { dataset, generation, serving, directory, part: join(directory, 'part-00000.parquet') })
  }
  const whole = await textsOf(server, ids[0]!)
  for (const text of whole) assert.match(text, /^200 /)
  return { server, victims, whole }
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
  shortened: ({ serving }) => truncateSync(serving, 300_000),
  flipped: ({ serving }) => fillWithGarbage(serving),
  emptied: ({ serving }) => writeFileSync(serving, ''),
  garbage: ({ serving }) => writeFileSync(serving, 'x'.repeat(100_000)),
  swapped: ({ serving }, other) => copyFileSync(other.serving, serving),
  deleted: ({ serving }) => rmSync(serving),
}

test('a damaged or missing serving file changes no answer, and is derived again', async (t) => {
  const names = Object.keys(toServingFiles)
  const { server, victims, whole } = await publishAll(t, [...names, 'untouched'])
  await server.stop()
  for (const [name, spoil] of Object.entries(toServingFiles))
    spoil(victims.get(name)!, victims.get('untouched')!)
  const damaged = new Map(names.map((name) => [name, identityOf(victims.get(name)!.serving)]))
  const again = await server.startAgain()
  for (const name of [...names, 'untouched']) assert.deepEqual(await textsOf(again, name), whole, name)
  assert.equal(await damageCount(again, 'serving_file'), names.length - 1, 'one that is missing is no damage')
  const lines = again
    .stderr()
    .split('\n')
    .filter((line) => line.includes('file_damaged'))
  assert.equal(lines.length, names.length - 1)
  assert.ok(lines.every((line) => line.includes('serving file') && !line.includes(again.dataDirectory)))
  for (const name of names) {
    const { serving } = victims.get(name)!
    const isNew = () => ![0, damaged.get(name)].includes(identityOf(serving))
    await until(isNew, `the serving file ${name} is not derived again`)
  }
  for (const name of names) assert.deepEqual(await textsOf(again, name), whole, `${name}, derived again`)
})

test('a serving file damaged while it is open changes no answer', async (t) => {
  const { server, victims, whole } = await publishAll(t, ['flipped', 'shortened'])
  // What the engine has in memory is right and goes on being served; what it has to read is found out.
  fillWithGarbage(victims.get('flipped')!.serving)
  truncateSync(victims.get('shortened')!.serving, 4096)
  for (let round = 0; round < 3; round++)
    for (const id of victims.keys()) assert.deepEqual(await textsOf(server, id), whole, id)
})

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

test('a damaged generation is named and not served; publishing again heals the dataset', async (t) => {
  const names = Object.keys(toGenerations)
  const { server, victims, whole } = await publishAll(t, [...names, 'untouched'])
  await server.stop()
  const named = new Map(names.map((name) => [name, toGenerations[name]!(victims.get(name)!)]))
  // Without the serving file, or the damage would not be met: what is in it is right.
  for (const name of names) rmSync(victims.get(name)!.serving)
  const again = await server.startAgain()
  for (const name of names) {
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
  for (const name of names) {
    const job = await again.jobDone(await again.publish(victims.get(name)!.dataset.datasetUid))
    assert.equal(job.result.reused, false, `${name} is not published again as it is`)
    assert.deepEqual(await textsOf(again, name), whole, name)
  }
})

test('two parts that change places under a running server are found out, and served again when they are right', async (t) => {
  const server = await startServer(t, uncached)
  const { job } = await server.publishFile('visits', {
    filename: 'v.csv',
    content: visitsCsv(450_000),
    extractor: 'csvfile',
  })
  const generation = String(job.result.generation_uid)
  const directory = join(server.dataDirectory, 'generations', generation)
  const parts = readdirSync(directory).filter((name) => name.startsWith('part-'))
  assert.ok(parts.length > 1)
  await server.stop()
  // A directory in the place of the serving file: none can be derived, readers stay with the parts.
  const serving = join(server.dataDirectory, 'serving', `${generation}.duckdb`)
  rmSync(serving)
  mkdirSync(join(serving, 'in-the-way'), { recursive: true })
  const again = await server.startAgain()
  const page = `${explorePath}/visits/records?limit=3`
  const before = (await again.expect(200, 'GET', page)).text
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
  assert.equal((await again.expect(200, 'GET', page)).text, before)
})
