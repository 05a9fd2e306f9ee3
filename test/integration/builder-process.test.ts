/** The builder as a process: what it reports, how it stops, what it leaves behind. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { partName } from '../../src/ingest/builder/part-file.ts'
import { createBuilderHost } from '../../src/ingest/index.ts'
import { type BuilderEvent, buildPhases, type Manifest } from '../../src/kernel/index.ts'
import {
  type Built,
  makePlan,
  runBuild,
  runBuilder,
  type SourceSpec,
  sourceOf,
  tempDirectory,
} from '../support/builder.ts'
import { fieldTypesOf, readRecords, readServing, sealedManifest } from '../support/parts.ts'
import { childrenOf } from '../support/processes.ts'

const rowCount = 60_000

/** About 3 MB of numbered rows. */
function longSource(t: TestContext): SourceSpec {
  const rows = Array.from({ length: rowCount }, (_, n) => `${n},some words that repeat ${n % 100},${n / 7}`)
  return sourceOf(t, 'long.csv', `n,words,x\n${rows.join('\n')}\n`, 'csvfile')
}

const smallSlices = { limits: { sliceBytes: 64 << 10 } }

/** What the directory holds is what the manifest says, to the byte. */
function assertWhole(built: Built): Manifest {
  const manifest = sealedManifest(built)
  const { directory } = built.plan
  const onDisk = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
  assert.deepEqual(onDisk, manifest)
  for (const part of manifest.parts) {
    const bytes = readFileSync(join(directory, part.file))
    assert.equal(bytes.length, part.bytes)
    assert.equal(createHash('sha256').update(bytes).digest('hex'), part.sha256)
  }
  const named = new Set([
    'manifest.json',
    manifest.rejects.file,
    manifest.record_errors.file,
    ...manifest.parts.map((part) => part.file),
  ])
  assert.deepEqual(
    readdirSync(directory).filter((file) => !named.has(file)),
    [],
  )
  assert.equal(
    manifest.bytes,
    manifest.parts.reduce((total, part) => total + part.bytes, 0),
  )
  assert.equal(
    manifest.records_count,
    manifest.parts.reduce((total, part) => total + part.rows, 0),
  )
  return manifest
}

function kinds(events: readonly BuilderEvent[]): string[] {
  return [...new Set(events.map((event) => (event.kind === 'phase' ? event.phase : event.kind)))]
}

test('a build reports its phases in order and progress that only grows, in exact rows and bytes', async (t) => {
  const source = longSource(t)
  const built = await runBuilder(t, makePlan(tempDirectory(t), [source], smallSlices))
  const manifest = assertWhole(built)
  assert.equal(manifest.partial, false)
  assert.equal(manifest.records_count, rowCount)
  assert.deepEqual(
    built.events.flatMap((event) => (event.kind === 'phase' ? [event.phase] : [])),
    buildPhases,
  )
  assert.deepEqual(kinds(built.events).slice(-2), ['indexed', 'done'])
  const counts = built.events.flatMap((event) => (event.kind === 'progress' ? [event.counts] : []))
  assert.ok(counts.length > 20)
  for (const [n, next] of counts.entries()) {
    const last = counts[n - 1]
    if (last) assert.ok(next.rowsRead >= last.rowsRead && next.bytesRead >= last.bytesRead)
    assert.ok(next.bytesRead <= next.bytesTotal)
  }
  const size = statSync(source.path).size
  assert.deepEqual(
    [counts.at(-1)!.rowsRead, counts.at(-1)!.bytesRead, counts.at(-1)!.bytesTotal],
    [rowCount, size, size],
  )
  assert.deepEqual(
    readdirSync(built.plan.tmpDirectory).filter((file) => file.endsWith('.slice')),
    [],
  )
})

test('the serving file holds the records in order, their ids and where their words are', async (t) => {
  const built = await runBuild(t, [sourceOf(t, 'a.csv', 'name,n\nÉté à Lyon,1\nlyon,2\n,3\n', 'csvfile')])
  assert.deepEqual(
    (await readServing(built, 'records')).map(({ _row, name, n }) => [_row, name, n]),
    [
      [0, 'Été à Lyon', 1],
      [1, 'lyon', 2],
      [2, null, 3],
    ],
  )
  const ids = await readServing(built, 'ids')
  assert.deepEqual(ids.map((row) => row._row).sort(), [0, 1, 2])
  assert.deepEqual(
    ids.map((row) => String(row._id)),
    ids.map((row) => String(row._id)).sort(),
  )
  const terms = await readServing(built, 'terms')
  assert.deepEqual(
    terms.map((row) => row.term),
    ['a', 'ete', 'lyon'],
  )
  const lyon = terms.find((row) => row.term === 'lyon')!.term_id
  const postings = await readServing(built, 'postings')
  assert.deepEqual(
    postings.filter((row) => row.term_id === lyon).map((row) => [row.field, row._row]),
    [
      [0, 0],
      [0, 1],
    ],
  )
})

test('sealed in the middle, a build keeps an unbroken run of records from the start and says that it is partial', async (t) => {
  const announced: string[] = []
  let askedAt = 0
  const built = await runBuilder(
    t,
    makePlan(tempDirectory(t), [longSource(t)], smallSlices),
    (event, builder) => {
      if (event.kind !== 'part' || announced.push(event.part.file) !== 10) return
      askedAt = performance.now()
      builder.seal()
    },
  )
  const stoppedMs = performance.now() - askedAt
  const manifest = assertWhole(built)
  assert.equal(manifest.partial, true)
  assert.ok(manifest.records_count > 0 && manifest.records_count < rowCount)
  // Parts are read side by side and may come out of order: one behind a gap is not part of the unbroken run.
  const names = announced.slice(0, 10).sort()
  const gap = names.findIndex((name, n) => name !== partName(n))
  const unbroken = gap < 0 ? names : names.slice(0, gap)
  assert.ok(unbroken.length > 0)
  assert.deepEqual(
    manifest.parts.slice(0, unbroken.length).map(({ file }) => file),
    unbroken,
    'nothing that was sealed is lost',
  )
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.n),
    Array.from({ length: manifest.records_count }, (_, n) => n),
  )
  assert.ok(!kinds(built.events).includes('indexed') && !existsSync(built.plan.servingFile))
  assert.equal(built.events.at(-1)!.kind, 'done')
  // Generous, for a busy machine: what matters is that it does not read on to the end.
  assert.ok(stoppedMs < 10_000, `${stoppedMs} ms`)
})

test('sealed while it indexes, a build is whole and has no serving file', async (t) => {
  const built = await runBuilder(t, makePlan(tempDirectory(t), [longSource(t)], {}), (event, builder) => {
    if (event.kind === 'phase' && event.phase === 'index') builder.seal()
  })
  const manifest = assertWhole(built)
  assert.equal(manifest.partial, false)
  assert.equal(manifest.records_count, rowCount)
  assert.equal(built.events.at(-1)!.kind, 'done')
  assert.equal(kinds(built.events).includes('indexed'), existsSync(built.plan.servingFile))
})

test('sealed before anything was read, a build is an empty partial generation', async (t) => {
  const built = await runBuilder(
    t,
    makePlan(tempDirectory(t), [longSource(t)], smallSlices),
    (event, builder) => {
      if (event.kind === 'phase' && event.phase === 'extract') builder.seal()
    },
  )
  const manifest = assertWhole(built)
  assert.equal(manifest.partial, true)
  assert.equal(built.events.at(-1)!.kind, 'done')
})

test('a builder that is killed leaves no manifest', async (t) => {
  const built = await runBuilder(
    t,
    makePlan(tempDirectory(t), [longSource(t)], smallSlices),
    (event, builder) => {
      if (event.kind === 'part') builder.kill()
    },
  )
  assert.equal(built.manifest, null)
  assert.equal(existsSync(join(built.plan.directory, 'manifest.json')), false)
})

test('a builder ends when its parent does', async (t) => {
  const plan = makePlan(tempDirectory(t), [longSource(t)], smallSlices)
  const entry = new URL('../../src/ingest/builder/main.ts', import.meta.url)
  const child = fork(entry, [], { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  const started = new Promise((resolve) => child.once('message', resolve))
  child.send({ kind: 'build', plan })
  await started
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  await exited
  assert.equal(existsSync(join(plan.directory, 'manifest.json')), false)
})

test('a serving file can be derived again from the parts alone, with the same content', async (t) => {
  const built = await runBuild(t, [sourceOf(t, 'a.csv', 'a,b\n1,x y\n2,y\n', 'csvfile')])
  const before = await Promise.all(
    (['records', 'ids', 'terms', 'postings'] as const).map((table) => readServing(built, table)),
  )
  const servingFile = join(built.plan.servingFile, '..', 'again.duckdb')
  const events: BuilderEvent[] = []
  const { limits, directory, tmpDirectory } = built.plan
  const builder = createBuilderHost().deriveServingFile(
    { manifest: sealedManifest(built), directory, servingFile, tmpDirectory, limits },
    { onEvent: (event) => events.push(event) },
  )
  const { code } = await builder.exited
  assert.deepEqual([code, events], [0, events.filter((event) => event.kind !== 'failed')])
  const again = { ...built, plan: { ...built.plan, servingFile } }
  const after = await Promise.all(
    (['records', 'ids', 'terms', 'postings'] as const).map((table) => readServing(again, table)),
  )
  assert.deepEqual(after, before)
})

test('the content hash depends on the records and fields, not on the cut', async (t) => {
  const text = `a,b\n${Array.from({ length: 500 }, (_, n) => `${n},x${n % 7}`).join('\n')}\n`
  const hashOf = async (content: string, sliceBytes: number) =>
    sealedManifest(await runBuild(t, [sourceOf(t, 'a.csv', content, 'csvfile')], { limits: { sliceBytes } }))
      .content_hash
  const whole = await hashOf(text, 1 << 20)
  for (const sliceBytes of [100, 777]) assert.equal(await hashOf(text, sliceBytes), whole)
  assert.notEqual(await hashOf(text.replace('x3', 'x9'), 1 << 20), whole)
  assert.notEqual(await hashOf(text.replace('a,b', 'a,c'), 1 << 20), whole)
})

const previewing = (t: TestContext, source: SourceSpec, rows = 20) => {
  const plan = makePlan(tempDirectory(t), [source])
  return createBuilderHost().preview({
    source: plan.sources[0]!,
    processors: [],
    fieldSpecifications: [],
    rows,
    tmpDirectory: plan.tmpDirectory,
    limits: plan.limits,
  })
}

test('a preview shows the first records and the fields as they look so far', async (t) => {
  const preview = await previewing(t, longSource(t), 3)
  assert.deepEqual(
    preview.fields.map((field) => [field.name, field.type]),
    [
      ['n', 'int'],
      ['words', 'text'],
      ['x', 'double'],
    ],
  )
  assert.deepEqual(preview.records[0], { n: 0, words: 'some words that repeat 0', x: 0 })
  assert.equal(preview.records.length, 3)
})

test('a preview of a file that cannot be read fails with its named error', async (t) => {
  const page = sourceOf(t, 'a.csv', '<html></html>', 'csvfile')
  await assert.rejects(
    previewing(t, page),
    (error: { key?: string }) => error.key === 'ingest.looks_like_html',
  )
  assert.deepEqual((await previewing(t, sourceOf(t, 'b.csv', 'a,b\n', 'csvfile'))).records, [])
})

const vega = (name: string) =>
  new URL(`../../node_modules/vega-datasets/data/${name}`, import.meta.url).pathname
const realFiles: [file: string, extractor: string, records: number, types: Record<string, string>][] = [
  ['airports.csv', 'csvfile', 3376, { iata: 'text', name: 'text', latitude: 'double', longitude: 'double' }],
  ['zipcodes.csv', 'csvfile', 42049, { zip_code: 'text', latitude: 'double', city: 'text' }],
  ['seattle-weather.csv', 'csvfile', 1461, { date: 'date', precipitation: 'double', weather: 'text' }],
  ['unemployment.tsv', 'csvfile', 3218, { id: 'int', rate: 'double' }],
  [
    'earthquakes.json',
    'geojson',
    1707,
    { mag: 'double', place: 'text', time: 'int', geo_shape: 'geo_shape', geo_point_2d: 'geo_point_2d' },
  ],
  ['movies.json', 'jsonfile', 3201, { title: 'text', us_gross: 'int', imdb_rating: 'double' }],
]
for (const [file, extractor, records, types] of realFiles) {
  test(`${file} of vega-datasets is published whole`, async (t) => {
    const built = await runBuild(t, [{ path: vega(file), extractor }])
    const manifest = assertWhole(built)
    assert.equal(manifest.records_count, records)
    assert.deepEqual([manifest.rejects.rows, manifest.record_errors.count], [0, 0])
    const found = fieldTypesOf(built)
    for (const [name, type] of Object.entries(types)) assert.equal(found[name], type, name)
  })
}

test('a builder whose task ended well has the next one; one whose task failed does not', async (t) => {
  const before = new Set(childrenOf(process.pid))
  const host = createBuilderHost()
  t.after(() => host.close())
  host.keepSpare()
  const build = async (text: string) => {
    const plan = makePlan(tempDirectory(t), [sourceOf(t, 'a.csv', text, 'csvfile')])
    const kinds: string[] = []
    const { exited } = host.build(plan, { onEvent: ({ kind }) => kinds.push(kind) })
    const [pid] = childrenOf(process.pid).filter((child) => !before.has(child))
    return { pid, code: (await exited).code, last: kinds.at(-1) }
  }
  const first = await build('a\n1\n')
  for (let round = 0; round < 12; round++)
    assert.deepEqual(await build(`a\n${round}\n`), { pid: first.pid, code: 0, last: 'done' })
  assert.deepEqual(await build(''), { pid: first.pid, code: 1, last: 'failed' })
  before.add(first.pid!)
  const next = await build('a\n2\n')
  assert.deepEqual([next.code, next.last], [0, 'done'])
})
