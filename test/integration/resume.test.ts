/** A build that is killed goes on from the last whole part, and comes to the same end as one that is not. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { BuilderEvent, BuildPlan } from '../../src/kernel/index.ts'
import {
  type Built,
  makePlan,
  type PlanChanges,
  runBuilder,
  runPlan,
  type SourceSpec,
  sourceOf,
  tempDirectory,
} from '../support/builder.ts'
import { writeVisits } from '../support/fixtures.ts'
import { explorePath, type JobAnswer } from '../support/http-client.ts'
import { readSideFile, readWithIds, sealedManifest } from '../support/parts.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'
import { skippedUnlessWhole } from '../support/tiers.ts'

/** Runs a plan; `kill` ends the builder at the first event for which it holds. */
function run(t: TestContext, plan: BuildPlan, kill?: (event: BuilderEvent) => boolean): Promise<Built> {
  if (kill === undefined) return runPlan(plan)
  return runBuilder(t, plan, (event, builder) => {
    if (kill(event)) builder.kill()
  })
}

/** The same build once more, in a directory of its own, from what an earlier one left. */
function nextAttempt(plan: BuildPlan, number = 2): BuildPlan {
  const directory = join(plan.directory, '..', `attempt-${number}`)
  mkdirSync(directory)
  const servingFile = join(plan.servingFile, '..', `attempt-${number}.duckdb`)
  return { ...plan, directory, servingFile, resumeFrom: [plan.directory, ...(plan.resumeFrom ?? [])] }
}

const resumedParts = (built: Built) => built.events.find((event) => event.kind === 'resumed')?.parts ?? 0

function killAfter(parts: number): (event: BuilderEvent) => boolean {
  let seen = 0
  return (event) => event.kind === 'part' && ++seen === parts
}

async function assertSame(built: Built, undisturbed: Built): Promise<void> {
  const [one, other] = [sealedManifest(built), sealedManifest(undisturbed)]
  assert.equal(one.content_hash, other.content_hash)
  assert.deepEqual(one.fields, other.fields)
  assert.deepEqual(one.sources, other.sources)
  assert.deepEqual(await readWithIds(built), await readWithIds(undisturbed))
  assert.deepEqual(await readSideFile(built, 'rejects'), await readSideFile(undisturbed, 'rejects'))
  assert.deepEqual(
    await readSideFile(built, 'record_errors'),
    await readSideFile(undisturbed, 'record_errors'),
  )
  const named = [
    one.rejects.file,
    one.record_errors.file,
    'manifest.json',
    ...one.parts.map(({ file }) => file),
  ]
  assert.deepEqual(readdirSync(built.plan.directory).sort(), named.filter((file) => file !== null).sort())
}

const rows = 1200
const lines = (line: (n: number) => string) => Array.from({ length: rows }, (_, n) => line(n))
const gadgets = (n: number) => ({
  n,
  name: `gadget ${n % 90}`,
  price: n / 4,
  ...(n > 30 ? { late: `x${n}` } : {}),
})
/** Each with a trouble: rejects, record errors and twins; members that come late; a column without values at first. */
const sources: Record<string, (t: TestContext) => SourceSpec> = {
  csvfile: (t) =>
    sourceOf(
      t,
      'a.csv',
      `n,word,code\n${lines((n) => (n % 400 === 399 ? `${n},a,b,too many` : `${n % 900},word ${n % 7},${n % 50 === 0 ? 'none' : n % 9}`)).join('\n')}\n`,
      'csvfile',
    ),
  geojson: (t) => {
    const features = lines((n) => String(n)).map((_, n) => ({
      type: 'Feature',
      properties: gadgets(n),
      geometry: { type: 'Point', coordinates: [n / 100, n / 200] },
    }))
    return sourceOf(t, 'a.geojson', JSON.stringify({ type: 'FeatureCollection', features }), 'geojson')
  },
  jsonfile: (t) =>
    sourceOf(t, 'a.json', JSON.stringify(lines((n) => String(n)).map((_, n) => gadgets(n))), 'jsonfile'),
}
const changes: PlanChanges = { limits: { sliceBytes: 2 << 10, maxErrorSamples: 1000 } }
/** As many parts of a format that takes more bytes for a record. */
const larger: PlanChanges = { limits: { sliceBytes: 6 << 10, maxErrorSamples: 1000 } }
const typed: PlanChanges = {
  ...changes,
  fieldSpecifications: [{ processor_uid: 'pr_0', name: 'type', args: { field: 'code', type: 'int' } }],
}

for (const [type, make] of Object.entries(sources)) {
  test(`a killed build of ${type} goes on behind the parts that are there`, async (t) => {
    const source = make(t)
    const planChanges = { csvfile: typed, geojson: larger }[type] ?? changes
    const undisturbed = await run(t, makePlan(tempDirectory(t), [source], planChanges))
    const killed = await run(
      t,
      makePlan(tempDirectory(t), [source], planChanges),
      killAfter(type === 'csvfile' ? 4 : 8),
    )
    assert.equal(killed.manifest, null)
    const again = await run(t, nextAttempt(killed.plan), killAfter(3))
    assert.ok(resumedParts(again) >= 3, `${resumedParts(again)} parts`)
    const last = await run(t, nextAttempt(again.plan, 3))
    assert.ok(resumedParts(last) >= resumedParts(again) + 2, `${resumedParts(last)} parts`)
    await assertSame(last, undisturbed)
    if (type === 'csvfile') {
      assert.ok(sealedManifest(last).rejects.rows > 0 && sealedManifest(last).record_errors.count > 0)
    }
  })
}

test('a build of two sources goes on within the second', async (t) => {
  const both = [sources.csvfile!(t), sources.jsonfile!(t)]
  const undisturbed = await run(t, makePlan(tempDirectory(t), both, changes))
  const ofFirst = sealedManifest(await run(t, makePlan(tempDirectory(t), both.slice(0, 1), changes))).parts
    .length
  // The JSON source brings columns of its own, so that the first pass only learns: these are parts of the second.
  let passes = 0
  const killed = await run(t, makePlan(tempDirectory(t), both, changes), (event) => {
    if (event.kind === 'part' && event.part.file === 'part-00000.parquet') passes++
    return (
      passes === 2 &&
      event.kind === 'part' &&
      event.part.file > `part-${String(ofFirst + 3).padStart(5, '0')}`
    )
  })
  assert.equal(killed.manifest, null)
  const last = await run(t, nextAttempt(killed.plan))
  assert.ok(resumedParts(last) > ofFirst, `${resumedParts(last)} parts, ${ofFirst} of the first source`)
  await assertSame(last, undisturbed)
})

test('a later value that widens a type is found in the resumed half too, and all is made again', async (t) => {
  const text = `n,x\n${lines((n) => `${n},${n === rows - 1 ? 'none' : n}`).join('\n')}\n`
  const source = sourceOf(t, 'a.csv', text, 'csvfile')
  const undisturbed = await run(t, makePlan(tempDirectory(t), [source], changes))
  const killed = await run(t, makePlan(tempDirectory(t), [source], changes), killAfter(3))
  const last = await run(t, nextAttempt(killed.plan))
  assert.ok(resumedParts(last) > 0)
  assert.equal(sealedManifest(last).fields[1]!.type, 'text')
  await assertSame(last, undisturbed)
})

test('killed while it indexes, a build is taken over whole', async (t) => {
  const source = sources.csvfile!(t)
  const undisturbed = await run(t, makePlan(tempDirectory(t), [source], typed))
  const killed = await run(t, makePlan(tempDirectory(t), [source], typed), (event) => event.kind === 'sealed')
  const plan = { ...nextAttempt(killed.plan), generationUid: 'ge_other0' }
  const last = await run(t, plan)
  assert.equal(resumedParts(last), sealedManifest(last).parts.length)
  assert.equal(sealedManifest(last).generation_uid, 'ge_other0')
  assert.deepEqual(
    last.events.filter((event) => event.kind === 'part'),
    [],
  )
  assert.equal(last.events.at(-1)!.kind, 'done')
  await assertSame(last, undisturbed)
})

const distrusted: Record<string, (directory: string, plan: BuildPlan) => BuildPlan> = {
  'a part that was changed': (directory, plan) => {
    const path = join(directory, 'part-00000.parquet')
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(path, bytes)
    return plan
  },
  'a part that was cut short': (directory, plan) => {
    writeFileSync(join(directory, 'part-00000.parquet'), 'PAR1')
    return plan
  },
  'a part that is gone': (directory, plan) => {
    rmSync(join(directory, 'part-00000.parquet'))
    return plan
  },
  'a journal whose first line was changed': (directory, plan) => {
    const path = join(directory, 'journal.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format":', '"format": '))
    return plan
  },
  'a journal that is not text': (directory, plan) => {
    writeFileSync(join(directory, 'journal.jsonl'), Buffer.from([0xff, 0, 1, 2, 10, 0xc3]))
    return plan
  },
  'a journal of another recipe': (_directory, plan) => ({ ...plan, recipe: 'another' }),
  'a source that is cut otherwise': (directory, plan) => {
    // Only the sizes in the journal are wrong, with digests that fit: the parts themselves are whole.
    const path = join(directory, 'journal.jsonl')
    const [header, ...entries] = readFileSync(path, 'utf8').trim().split('\n')
    const changed = entries.map((entry) => {
      const stored = JSON.parse(entry.slice(65))
      return signed({ ...stored, slice: { ...stored.slice, bytes: stored.slice.bytes + 1 } })
    })
    writeFileSync(path, `${[header, ...changed].join('\n')}\n`)
    return plan
  },
}

function signed(value: unknown): string {
  const text = JSON.stringify(value)
  return `${createHash('sha256').update(text).digest('hex')} ${text}`
}

test('what is not whole is not trusted: the build starts over', async (t) => {
  const source = sources.csvfile!(t)
  const undisturbed = await run(t, makePlan(tempDirectory(t), [source], typed))
  const killed = await run(t, makePlan(tempDirectory(t), [source], typed), killAfter(4))
  let number = 2
  for (const [what, spoil] of Object.entries(distrusted)) {
    const left = join(tempDirectory(t), 'left')
    cpSync(killed.plan.directory, left, { recursive: true })
    const plan = { ...nextAttempt(killed.plan, number++), resumeFrom: [left] }
    const last = await run(t, spoil(left, plan))
    const made = last.events.filter((event) => event.kind === 'part').length
    assert.equal(made, sealedManifest(last).parts.length, `${what}: every part was made anew`)
    await assertSame(last, undisturbed)
  }
})

test('a torn line at the end of the journal costs its part only', async (t) => {
  const source = sources.csvfile!(t)
  const killed = await run(t, makePlan(tempDirectory(t), [source], typed), killAfter(4))
  appendFileSync(join(killed.plan.directory, 'journal.jsonl'), 'a1b2 {"sequence":')
  const last = await run(t, nextAttempt(killed.plan))
  assert.ok(resumedParts(last) >= 3)
  await assertSame(last, await run(t, makePlan(tempDirectory(t), [source], typed)))
})

/** Some 20 MB: two parts. */
const manyVisits = 450_000
const directory = mkdtempSync(join(tmpdir(), 'broadsheet-resume-'))
const many = { path: join(directory, 'many.csv') }
before(() => writeVisits(many.path, manyVisits))
after(() => rmSync(directory, { recursive: true, force: true }))

const hasParts = (job: JobAnswer) =>
  Number(job.progresses.find(({ step }) => step === 'extract')?.records_processed ?? 0) > 0

forEachDatabase(
  (database, options) => {
    test(`after kill -9 and after Ctrl-C in the middle of a publish the next start finishes it from the parts that are there (${database})`, {
      skip: options.skip || skippedUnlessWhole('kills by the minute'),
    }, async (t) => {
      let server = await startServer(t, { database, env: { BROADSHEET_BUILDER_THREADS: '1' } })
      const file = { filename: 'many.csv', content: many, extractor: 'csvfile' }
      const whole = await server.publishFile('whole', file)
      assert.equal(whole.job.result.resumed_parts, undefined)
      const page = `records?limit=3&where=number>${manyVisits - 10}&include_app_metas=true&select=number`
      const ids = async (id: string) =>
        (await server.expect(200, 'GET', `${explorePath}/${id}/${page}`)).json.results.map(
          (record: { _id: string; number: number }) => [record._id, record.number],
        )
      for (const [id, end, generations] of [
        ['killed', 'kill', 2],
        ['stopped', 'stop', 3],
      ] as const) {
        const dataset = await server.createDataset(id, file)
        const jobId = await server.publish(dataset.datasetUid)
        assert.equal((await server.waitForJob(jobId, { until: hasParts })).state, 'running')
        await server[end]()

        server = await server.startAgain()
        const { result } = await server.jobDone(jobId)
        assert.ok(result.resumed_parts > 0, JSON.stringify(result))
        assert.equal(result.content_hash, whole.job.result.content_hash)
        assert.deepEqual(await ids(id), await ids('whole'))
        assert.equal(
          readdirSync(join(server.dataDirectory, 'generations')).length,
          generations,
          'nothing of the first attempt is left',
        )
      }
    })
  },
  { isLong: true },
)
