/** Archives as sources: which members are read, how they become one dataset, and what hostile ones end in. */
import assert from 'node:assert/strict'
import { readdirSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { preview } from '../../src/ingest/builder/preview.ts'
import { guessExtractor } from '../../src/ingest/index.ts'
import type { ErrorKey, JsonObject } from '../../src/kernel/index.ts'
import { type Files, rawZip, tarOf, zipOf } from '../support/archives.ts'
import {
  type Built,
  makePlan,
  type PlanChanges,
  runBuild,
  runBuilder,
  runPlan,
  sourceOf,
  tempDirectory,
  withoutNetwork,
} from '../support/builder.ts'
import { createRandom } from '../support/fixtures.ts'
import { fieldTypesOf, readRecords, readSideFile, sealedManifest } from '../support/parts.ts'
import { xlsxOf } from '../support/workbooks.ts'

function build(
  t: TestContext,
  content: Buffer,
  params: JsonObject = {},
  extractor = 'csvfile',
  changes: PlanChanges = {},
): Promise<Built> {
  return runBuild(t, [sourceOf(t, 'data.zip', content, extractor, params)], changes)
}

const years: Files = {
  'readme.txt': 'Visits by year\n',
  '2029/visits_2029.csv': 'number,city\n1,Lyon\n2,Pau\n',
  '2030/visits_2030.csv': 'city,number,note\nMetz,3,late\n',
  '__MACOSX/2030/._visits_2030.csv': 'litter',
  'empty/': '',
}
const all = [
  { number: 1, city: 'Lyon', note: null },
  { number: 2, city: 'Pau', note: null },
  { number: 3, city: 'Metz', note: 'late' },
]
const kinds: Readonly<Record<string, (files: Files) => Promise<Buffer>>> = {
  zip: zipOf,
  tar: tarOf,
  'tar.gz': async (files) => gzipSync(await tarOf(files)),
}

for (const [kind, pack] of Object.entries(kinds)) {
  test(`${kind}: all members of the format become one dataset, columns matched by name`, async (t) => {
    const built = await build(t, await pack(years))
    assert.deepEqual(await readRecords(built), all)
    assert.deepEqual(fieldTypesOf(built), { number: 'int', city: 'text', note: 'text' })
    const [source] = sealedManifest(built).sources
    assert.equal(source!.rows_read, 3)
    assert.deepEqual(
      readdirSync(built.plan.tmpDirectory).filter((name) => name.includes('member')),
      [],
    )
  })

  test(`${kind}: one member by its name, with the name in a field`, async (t) => {
    const params = { archive_member: '2030/visits_2030.csv', extract_filename: true }
    assert.deepEqual(await readRecords(await build(t, await pack(years), params)), [
      { city: 'Metz', number: 3, note: 'late', filename: '2030/visits_2030.csv' },
    ])
  })

  test(`${kind}: members by a pattern`, async (t) => {
    const built = await build(t, await pack(years), { archive_member: 'VISITS_*9.csv' })
    assert.deepEqual(
      (await readRecords(built)).map(({ city }) => city),
      ['Lyon', 'Pau'],
    )
  })
}

test('the only member is read whatever its name', async (t) => {
  assert.deepEqual(await readRecords(await build(t, await zipOf({ 'export.dat': 'a\n1\n' }))), [{ a: 1 }])
})

test('a member may be gzipped', async (t) => {
  assert.deepEqual(await readRecords(await build(t, await zipOf({ 'a.csv.gz': gzipSync('a\n1\n') }))), [
    { a: 1 },
  ])
})

test('members of other formats: JSON of different members, types that differ', async (t) => {
  const files = { 'a.json': '[{"a": 1, "b": true}]', 'b.json': '[{"c": "x", "a": "two"}]' }
  const built = await build(t, await zipOf(files), { extract_filename: true }, 'jsonfile')
  assert.deepEqual(await readRecords(built), [
    { a: '1', b: true, source_filename: 'a.json', c: null },
    { a: 'two', b: null, source_filename: 'b.json', c: 'x' },
  ])
})

test('rejected rows say which member they are of', async (t) => {
  const files = { 'a.csv': 'x,y\n1,2\n', 'b.csv': 'x,y\n1,2,3\n3,4\n' }
  const built = await build(t, await zipOf(files))
  const [reject, ...more] = await readSideFile(built, 'rejects')
  assert.deepEqual(more, [])
  assert.match(String(reject!.reason), /^b\.csv: more values than columns/)
  assert.equal(reject!.line, 2)
})

test('progress is of the archive as it is stored, and ends at its size', async (t) => {
  const rows = (from: number) => `n\n${Array.from({ length: 40_000 }, (_, n) => from + n).join('\n')}\n`
  const content = await zipOf({ 'a.csv': rows(0), 'b.csv': rows(40_000), 'c.csv': rows(80_000) })
  const built = await build(t, content, {}, 'csvfile', { limits: { sliceBytes: 50_000 } })
  const read = built.events.flatMap((event) =>
    event.kind === 'progress' && event.phase === 'extract' ? [event.counts.bytesRead] : [],
  )
  assert.deepEqual(
    read,
    [...read].sort((a, b) => a - b),
  )
  assert.equal(read.at(-1), content.length)
  assert.ok(new Set(read).size >= 3)
  assert.equal(sealedManifest(built).records_count, 120_000)
})

test('a build that was killed inside an archive goes on behind its parts', async (t) => {
  const rows = (from: number) =>
    `n,m\n${Array.from({ length: 9000 }, (_, n) => `${from + n},some text`).join('\n')}\n`
  const content = await zipOf({ 'a.csv': rows(0), 'b.csv': rows(9000), 'c.csv': rows(18_000) })
  const source = sourceOf(t, 'data.zip', content, 'csvfile')
  const changes = { limits: { sliceBytes: 40_000 } }
  const whole = await runPlan(makePlan(tempDirectory(t), [source], changes))
  const first = makePlan(tempDirectory(t), [source], changes)
  let parts = 0
  await runBuilder(t, first, (event, builder) => {
    // In the second member.
    if (event.kind === 'part' && ++parts === 6) builder.kill()
  })
  const next = { ...makePlan(tempDirectory(t), [source], changes), resumeFrom: [first.directory] }
  const again = await runPlan(next)
  const resumed = again.events.find((event) => event.kind === 'resumed')
  assert.ok(resumed!.parts >= 5)
  assert.equal(sealedManifest(again).content_hash, sealedManifest(whole).content_hash)
  assert.deepEqual(await readRecords(again), await readRecords(whole))
})

test('an office document in an archive is no archive inside an archive', async (t) => {
  const document = await zipOf({ '[Content_Types].xml': '<Types/>' })
  const built = await build(t, await zipOf({ 'a.csv': document }))
  assert.equal(built.error?.key, 'ingest.not_text')
})

test('workbooks in an archive are read as one dataset', async (t) => {
  const book = (value: number) =>
    xlsxOf({
      sheets: {
        A: `<row r="1"><c t="inlineStr"><is><t>n</t></is></c></row><row r="2"><c><v>${value}</v></c></row>`,
      },
    })
  const content = await zipOf({ 'readme.txt': 'x', 'a/one.xlsx': book(1), 'a/two.xlsx': book(2) })
  assert.equal(guessExtractor('data.zip', content, content), 'xlsfile')
  assert.deepEqual(await readRecords(await build(t, content, {}, 'xlsfile')), [{ n: 1 }, { n: 2 }])
  const one = await build(t, content, { archive_member: 'two.xlsx' }, 'xlsfile')
  assert.deepEqual(await readRecords(one), [{ n: 2 }])
})

for (const [kind, pack] of Object.entries(kinds)) {
  test(`${kind}: a preview unpacks the beginning of a member`, async (t) => {
    const row = `${'x'.repeat(1000)},1\n`
    const content = await pack({ 'long.csv': `text,n\n${row.repeat(40_000)}` })
    const spec = sourceOf(t, 'long.zip', content, 'csvfile')
    const directory = tempDirectory(t)
    let most = 0
    const watching = watch(directory, (_event, name) => {
      const found = statSync(join(directory, String(name)), { throwIfNoEntry: false })
      if (/-member-0$/.test(String(name))) most = Math.max(most, found?.size ?? 0)
    })
    t.after(() => watching.close())
    const { records } = await preview(
      {
        source: makePlan(tempDirectory(t), [spec]).sources[0]!,
        processors: [],
        fieldSpecifications: [],
        rows: 3,
        tmpDirectory: directory,
        limits: { memoryLimitMb: 200, threads: 1, maxSourceBytes: 2 ** 34 },
      },
      withoutNetwork,
    )
    assert.deepEqual(
      records.map(({ n }) => n),
      [1, 1, 1],
    )
    assert.ok(most > 0 && most < 20 << 20, `${most} bytes of 40 MB`)
  })
}

const firstMembers: Readonly<Record<string, JsonObject>> = {
  'of the format': {},
  'of a pattern': { archive_member: 'visits_*' },
}
for (const [what, params] of Object.entries(firstMembers)) {
  test(`a preview of a tar reads no further than the first member ${what}`, async (t) => {
    const rows = createRandom(7)
    const filling = Array.from({ length: 40_000 }, () => `${rows()},x`).join('\n')
    const whole = gzipSync(
      await tarOf({ ...years, '2030/visits_later.csv': `number,city\n${filling}`, 'last.txt': filling }),
    )
    // Whoever read to the end would find that there is none.
    const source = sourceOf(t, 'data.tar.gz', whole.subarray(0, whole.length - 100_000), 'csvfile', params)
    const plan = makePlan(tempDirectory(t), [source])
    const { records } = await preview(
      {
        source: plan.sources[0]!,
        processors: [],
        fieldSpecifications: [],
        rows: 5,
        tmpDirectory: plan.tmpDirectory,
        limits: plan.limits,
      },
      withoutNetwork,
    )
    assert.deepEqual(
      records,
      all.slice(0, 2).map(({ number, city }) => ({ number, city })),
    )
    assert.equal((await runPlan(plan)).error?.key, 'ingest.truncated_archive')
  })
}

test('names are only names: none leads out of the folder of the build', async (t) => {
  const names = ['../../../../tmp/slipped.csv', '/etc/slipped.csv', 'C:\\slipped.csv', 'a\nb.csv']
  const content = rawZip(names.map((name, index) => ({ name, content: Buffer.from(`n\n${index}\n`) })))
  const built = await build(t, content, { extract_filename: true })
  assert.deepEqual(
    (await readRecords(built)).map(({ filename }) => filename),
    ['../../../../tmp/slipped.csv', '/etc/slipped.csv', 'C:/slipped.csv', 'a_b.csv'],
  )
  assert.ok(!readdirSync('/tmp').includes('slipped.csv'))
  assert.ok(!readdirSync(join(built.plan.tmpDirectory, '..')).includes('slipped.csv'))
})

function noise(bytes: number): Buffer {
  const random = createRandom(7)
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)))
}

const csv = Buffer.from('a,b\n1,2\n')
const whole = () => rawZip([{ name: 'a.csv', content: csv }])
const zeros = (bytes: number) => Buffer.alloc(bytes, '0,0\n')

type Case = [
  name: string,
  content: () => Buffer | Promise<Buffer>,
  key: ErrorKey,
  expected?: RegExp,
  options?: { params?: JsonObject; extractor?: string; maxSourceBytes?: number },
]
const refused: Case[] = [
  [
    'no member that was asked for',
    () => zipOf(years),
    'ingest.member_not_found',
    /readme\.txt, 2029/,
    { params: { archive_member: '*.xml' } },
  ],
  [
    'no member of the format',
    () => zipOf({ 'a.pdf': 'x', 'b.pdf': 'y' }),
    'ingest.member_not_found',
    /a\.pdf, b\.pdf/,
  ],
  ['an archive of nothing', () => zipOf({}), 'ingest.member_not_found', /nothing/],
  [
    'a pattern made to be slow',
    () => zipOf({ ['a'.repeat(900)]: 'x' }),
    'ingest.member_not_found',
    undefined,
    { params: { archive_member: '*a'.repeat(300).concat('b') } },
  ],
  [
    'a zip in a zip',
    async () => zipOf({ 'inner.zip': await zipOf({ 'a.csv': csv }) }),
    'ingest.nested_archive',
    /inner\.zip/,
  ],
  [
    'a tar.gz in a tar',
    async () => tarOf({ 'inner.csv': gzipSync(await tarOf({ 'a.csv': csv })) }),
    'ingest.nested_archive',
    /inner\.csv/,
  ],
  [
    'entries that overlap',
    () =>
      rawZip([
        { name: 'a.csv', content: csv },
        { name: 'b.csv', content: csv, at: 0 },
      ]),
    'ingest.truncated_archive',
    /overlap/,
  ],
  [
    'a million entries',
    () =>
      rawZip(
        Array.from({ length: 51_000 }, (_, n) => ({ name: `${n}.csv`, content: csv, method: 0 as const })),
      ),
    'ingest.too_many_members',
    /50000/,
  ],
  [
    'an encrypted member',
    () => rawZip([{ name: 'a.csv', content: csv, flags: 1 }]),
    'ingest.encrypted',
    /a\.csv/,
  ],
  [
    'an unknown compression',
    () => rawZip([{ name: 'a.csv', content: csv, method: 9 }]),
    'ingest.truncated_archive',
    /not known \(9\)/,
  ],
  [
    'a member longer than it says',
    () => rawZip([{ name: 'a.csv', content: csv, size: 3 }]),
    'ingest.truncated_archive',
    /too many bytes/,
  ],
  [
    'a member shorter than it says',
    () => rawZip([{ name: 'a.csv', content: csv, size: 3000 }]),
    'ingest.truncated_archive',
    /not enough bytes/,
  ],
  [
    'a wrong checksum',
    () => rawZip([{ name: 'a.csv', content: csv, crc: 7 }]),
    'ingest.truncated_archive',
    /checksum/,
  ],
  [
    'more entries than there are',
    () => rawZip([{ name: 'a.csv', content: csv }], 7),
    'ingest.truncated_archive',
  ],
  [
    'a zip that was cut off',
    () => whole().subarray(0, 60),
    'ingest.truncated_archive',
    /end of central directory/i,
  ],
  [
    'a zip whose content is damaged',
    () => {
      const bytes = whole()
      bytes.fill(0xff, 36, 44)
      return bytes
    },
    'ingest.truncated_archive',
  ],
  ['a bomb', () => rawZip([{ name: 'a.csv', content: zeros(20 << 20) }]), 'ingest.archive_bomb', /500/],
  [
    'a bomb in a tar.gz',
    async () => gzipSync(await tarOf({ 'a.csv': zeros(20 << 20) })),
    'ingest.archive_bomb',
  ],
  [
    'more than a source may be',
    () => zipOf({ 'a.csv': zeros(900_000), 'b.csv': zeros(900_000) }),
    'ingest.decompressed_too_large',
    undefined,
    { maxSourceBytes: 1_000_000 },
  ],
  [
    'a tar that was cut off',
    async () => (await tarOf({ 'a.csv': zeros(5000) })).subarray(0, 2000),
    'ingest.truncated_archive',
    /end of data/i,
  ],
  [
    'a tar.gz that was cut off',
    async () => gzipSync(await tarOf({ 'a.csv': noise(9000) })).subarray(0, 2500),
    'ingest.truncated_archive',
    /too early/,
  ],
  [
    'a link out of the archive',
    () => rawZip([{ name: 'a.csv', content: Buffer.from('/etc/passwd'), mode: 0o120777, method: 0 }]),
    'ingest.member_not_found',
    /nothing/,
  ],
]

for (const [name, content, key, expected, options = {}] of refused) {
  test(`refused by name: ${name}`, async (t) => {
    const { params = {}, extractor = 'csvfile', maxSourceBytes } = options
    const built = await build(t, await content(), params, extractor, {
      ...(maxSourceBytes ? { limits: { maxSourceBytes } } : {}),
    })
    assert.equal(built.error?.key, key, JSON.stringify(built.error))
    if (expected) assert.match(JSON.stringify(built.error), expected)
    assert.equal(built.manifest, null)
  })
}
