/** CSV and TSV through the real builder: dialects, encodings, types, hostile names. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import type { JsonObject } from '../../src/kernel/index.ts'
import { type PlanChanges, runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readServing, readSideFile, sealedManifest } from '../support/parts.ts'

async function buildCsv(
  t: TestContext,
  content: string | Buffer,
  options: { params?: JsonObject; name?: string; changes?: PlanChanges } = {},
) {
  const source = sourceOf(t, options.name ?? 'data.csv', content, 'csvfile', options.params)
  return runBuild(t, [source], options.changes)
}

/** Slices of a few bytes, so that every boundary case falls between two slices somewhere. */
const tinySlices: PlanChanges = { limits: { sliceBytes: 16 } }

const dialects: [name: string, text: string, params: JsonObject, filename?: string][] = [
  ['commas', 'a,b\n1,x y\n2,z\n', {}],
  ['semicolons', 'a;b\n1;x y\n2;z\n', {}],
  ['tabs', 'a\tb\n1\tx y\n2\tz\n', {}, 'data.tsv'],
  ['tabs in a file named .csv', 'a\tb\n1\tx y\n2\tz\n', {}],
  ['bars', 'a|b\n1|x y\n2|z\n', {}],
  ['a given separator', 'a^b\n1^x y\n2^z\n', { separator: '^' }],
  ['a tab given as \\t', 'a\tb\n1\tx y\n2\tz\n', { separator: '\\t' }],
  ['CR LF', 'a,b\r\n1,x y\r\n2,z\r\n', {}],
  ['no line break at the end', 'a,b\n1,x y\n2,z', {}],
  ['quotes around everything', '"a","b"\n"1","x y"\n"2","z"\n', {}],
  ['apostrophes as quotes', "a,b\n'1','x y'\n'2','z'\n", { quotechar: "'" }],
]
for (const [name, text, params, filename] of dialects) {
  test(`a file with ${name} is read`, async (t) => {
    const built = await buildCsv(t, text, { params, ...(filename ? { name: filename } : {}) })
    assert.deepEqual(await readRecords(built), [
      { a: 1, b: 'x y' },
      { a: 2, b: 'z' },
    ])
  })
}

test('separators inside quotes do not mislead the detection of the separator', async (t) => {
  const built = await buildCsv(t, 'a;b\n"1,5";"x, y, z"\n"2,5";"u, v, w"\n')
  assert.deepEqual(await readRecords(built), [
    { a: '1,5', b: 'x, y, z' },
    { a: '2,5', b: 'u, v, w' },
  ])
})

test('a quote inside a quoted value is doubled or escaped', async (t) => {
  const doubled = await buildCsv(t, 'a,b\n1,"say ""hi"", she said"\n')
  assert.deepEqual(await readRecords(doubled), [{ a: 1, b: 'say "hi", she said' }])
  const escaped = await buildCsv(t, 'a,b\n1,"say \\"hi\\", she said"\n', {
    params: { escapechar: '\\', doublequote: false },
  })
  assert.deepEqual(await readRecords(escaped), [{ a: 1, b: 'say "hi", she said' }])
})

test('with quoting switched off, quotes are part of the text', async (t) => {
  const built = await buildCsv(t, 'a,b\n"1,x"\n2,5" pipe\n', { params: { quotechar: '', separator: ',' } })
  assert.deepEqual(await readRecords(built), [
    { a: '"1', b: 'x"' },
    { a: '2', b: '5" pipe' },
  ])
})

test('without a header row columns are numbered and the first row is data', async (t) => {
  const built = await buildCsv(t, '1,x\n2,y\n', { params: { headers_first_row: false } })
  assert.deepEqual(await readRecords(built), [
    { column_1: 1, column_2: 'x' },
    { column_1: 2, column_2: 'y' },
  ])
})

test('rows before the first row are left out', async (t) => {
  const built = await buildCsv(t, 'Report of 2031\n\na,b\n1,x\n2,y\n', { params: { first_row_no: 3 } })
  assert.deepEqual(await readRecords(built), [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ])
})

test('quoted line breaks survive slice boundaries', async (t) => {
  const rows = Array.from({ length: 40 }, (_, n) => `${n},"line ${n}\nnext ""quoted"" line\r\n,end",tail${n}`)
  const built = await buildCsv(t, `n,text,tail\n${rows.join('\n')}\n`, { changes: tinySlices })
  const records = await readRecords(built)
  assert.ok(sealedManifest(built).parts.length > 10, 'the file was cut')
  assert.deepEqual(
    records,
    rows.map((_, n) => ({ n, text: `line ${n}\nnext "quoted" line\r\n,end`, tail: `tail${n}` })),
  )
})

const western = 'name,ville\nRené,Besançon\nZoë,Köln\nJürgen,Málaga\n'
const windows = 'name,price\nRené,5 €\n“Zoë”,7 €\nœuvre,1 €\n'
const eastern = 'name,city\nПётр,Санкт-Петербург\nИван,Новосибирск\nМария,Екатеринбург\n'
const encodings: [encoding: string, text: string, isDetected: boolean][] = [
  ['utf-8', western, true],
  ['utf-16le', western, true],
  ['utf-16be', western, true],
  ['iso-8859-1', western, true],
  ['windows-1252', windows, true],
  ['windows-1251', eastern, true],
  ['iso-8859-15', windows.replace(/[“”]/g, "'"), false],
  ['macroman', western, false],
]
for (const [encoding, text, isDetected] of encodings) {
  const expected = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
  const check = async (t: TestContext, content: Buffer, params: JsonObject) => {
    const built = await buildCsv(t, content, { params })
    assert.deepEqual((await readRecords(built)).map(Object.values), expected)
  }
  test(`${encoding} is read when given`, (t) => check(t, iconv.encode(text, encoding), { encoding }))
  if (isDetected) test(`${encoding} is detected`, (t) => check(t, iconv.encode(text, encoding), {}))
}

for (const encoding of ['utf-8', 'utf-16le', 'utf-16be']) {
  test(`a byte order mark of ${encoding} is no part of the first header`, async (t) => {
    const built = await buildCsv(t, iconv.encode(western, encoding, { addBOM: true }))
    assert.deepEqual(Object.keys(fieldTypesOf(built)), ['name', 'ville'])
    assert.equal(sealedManifest(built).fields[0]!.label, 'name')
  })
}

test('an accent that comes late decides the encoding of the whole file', async (t) => {
  const plain = Array.from({ length: 100_000 }, (_, n) => `${n},plain`).join('\n')
  const text = `n,word\n${plain}\n100000,été\n`
  const utf8 = await buildCsv(t, Buffer.from(text))
  assert.equal((await readRecords(utf8)).at(-1)!.word, 'été')
  const latin1 = await buildCsv(t, iconv.encode(text, 'latin1'))
  assert.equal((await readRecords(latin1)).at(-1)!.word, 'été')
})

test('bytes that are not valid in a given encoding are rejected with their line, the rest is kept', async (t) => {
  const content = Buffer.concat([
    Buffer.from('a,b\n1,x\n2,'),
    Buffer.from([0xe9, 0x74, 0xe9]),
    Buffer.from('\n3,z\n'),
  ])
  const built = await buildCsv(t, content, { params: { encoding: 'utf-8' } })
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.a),
    [1, 3],
  )
  const [reject] = await readSideFile(built, 'rejects')
  assert.equal(reject!.line, 3)
  assert.match(String(reject!.reason), /not valid in the encoding/)
})

test('gzipped files are read like plain ones', async (t) => {
  const built = await buildCsv(t, gzipSync('a,b\n1,x\n2,y\n'), { name: 'data.csv.gz' })
  assert.deepEqual(await readRecords(built), [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ])
})

const typed: [values: string[], type: string, stored: unknown[]][] = [
  [['1', '-20', '9223372036854775807'], 'int', [1, -20, 9223372036854775807n]],
  [['1', '2.5', '-.5'], 'double', [1, 2.5, -0.5]],
  [['1.50', '1.5e-3', '0'], 'double', [1.5, 0.0015, 0]],
  [['true', 'FALSE', 'True'], 'boolean', [true, false, true]],
  [['2031-05-09', '2031/5/9', '1999-12-31'], 'date', ['2031-05-09', '2031-05-09', '1999-12-31']],
  [
    ['45.76,4.86', '-10.5, 20.25', '0.0,0.0'],
    'geo_point_2d',
    [
      { lon: 4.86, lat: 45.76 },
      { lon: 20.25, lat: -10.5 },
      { lon: 0, lat: 0 },
    ],
  ],
  [['007', '12', '13'], 'text', ['007', '12', '13']],
  [['75001', '01000', '2A004'], 'text', ['75001', '01000', '2A004']],
  [['+33612345678', '+1', '+2'], 'text', ['+33612345678', '+1', '+2']],
  [['1e5', '2e7', '12'], 'text', ['1e5', '2e7', '12']],
  [['12345678901234567890', '1', '2'], 'text', ['12345678901234567890', '1', '2']],
  [['1234567890123456789', '0.5', '2'], 'text', ['1234567890123456789', '0.5', '2']],
  [['NaN', 'Infinity', '1'], 'text', ['NaN', 'Infinity', '1']],
  [['yes', 'no', 'yes'], 'text', ['yes', 'no', 'yes']],
  [['2031-02-30', '2031-01-01', '2031-01-02'], 'text', ['2031-02-30', '2031-01-01', '2031-01-02']],
  [['0000-01-01', '2031-01-01', '2031-01-02'], 'text', ['0000-01-01', '2031-01-01', '2031-01-02']],
  [[' 12', '13', '14'], 'text', [' 12', '13', '14']],
  [['-', '1', '2'], 'text', ['-', '1', '2']],
  [['', '', ''], 'text', [null, null, null]],
  [['', '5', ''], 'int', [null, 5, null]],
]
test('types are what every value allows, and nothing a value says is lost', async (t) => {
  const header = typed.map((_, n) => `v${n}`).join(',')
  const rows = [0, 1, 2].map((row) => typed.map(([values]) => `"${values[row]}"`).join(','))
  const built = await buildCsv(t, `${header}\n${rows.join('\n')}\n`)
  const types = fieldTypesOf(built)
  const records = await readRecords(built)
  for (const [n, [values, type, stored]] of typed.entries()) {
    assert.equal(types[`v${n}`], type, JSON.stringify(values))
    const expected = stored.map((value) => (typeof value === 'bigint' ? Number(value) : value))
    assert.deepEqual(
      records.map((record) => record[`v${n}`]),
      expected,
      JSON.stringify(values),
    )
  }
  assert.equal(sealedManifest(built).record_errors.count, 0)
})

test('dates and instants together are datetimes, in UTC when they name no zone', async (t) => {
  const built = await buildCsv(
    t,
    'v\n2031-05-09\n2031-05-09T10:00:00+02:00\n2031-05-09 10:00\n2031-05-09T10:00:00Z\n',
  )
  assert.equal(fieldTypesOf(built).v, 'datetime')
  assert.deepEqual(
    (await readRecords(built)).map((record) => Date.parse(String(record.v).replace(/\+00$/, 'Z'))),
    ['2031-05-09T00:00Z', '2031-05-09T08:00Z', '2031-05-09T10:00Z', '2031-05-09T10:00Z'].map((text) =>
      Date.parse(text),
    ),
  )
})

const lateChanges: [name: string, early: (n: number) => string, late: string[], type: string][] = [
  ['int to double', (n) => String(n), ['0.5'], 'double'],
  ['int to text', (n) => String(n), ['none'], 'text'],
  ['int to text by way of double', (n) => (n === 2000 ? '1234567890123456789' : String(n)), ['0.5'], 'text'],
  ['date to datetime', () => '2031-05-09', ['2031-05-09T10:00:00Z'], 'datetime'],
  ['boolean to text', () => 'true', ['yes'], 'text'],
  ['nothing to int', () => '', ['5'], 'int'],
  ['nothing to text', () => '', ['5', 'x'], 'text'],
  ['leading zero', (n) => String(1000 + n), ['0042'], 'text'],
]
const earlyRows = 4000

function lateValues(early: (n: number) => string, late: string[]): string[] {
  return [...Array.from({ length: earlyRows }, (_, n) => early(n)), ...late].slice(-earlyRows)
}

for (const [title, cases] of [
  ['all at once', lateChanges],
  ...lateChanges.slice(2, 3).map((change) => [change[0], [change]] as const),
] as const) {
  test(`the last row decides a type like the first: ${title}`, async (t) => {
    const columns = cases.map(([, early, late]) => lateValues(early, late))
    const rows = Array.from({ length: earlyRows }, (_, n) => [`k${n}`, ...columns.map((values) => values[n])])
    const text = `k,${cases.map((_, n) => `v${n}`).join(',')}\n${rows.map((row) => row.join(',')).join('\n')}\n`
    const built = await buildCsv(t, text, { changes: { limits: { sliceBytes: 8192 } } })
    const types = fieldTypesOf(built)
    const records = await readRecords(built)
    assert.deepEqual(
      records.map((record) => record.k),
      rows.map(([k]) => k),
    )
    for (const [n, [name, , , type]] of cases.entries()) {
      assert.equal(types[`v${n}`], type, name)
      const stored = records.map((record) => record[`v${n}`])
      if (type === 'text')
        assert.deepEqual(
          stored.map((value) => value ?? ''),
          columns[n],
          name,
        )
      const isMissing = (value: unknown) => value === null || value === ''
      assert.equal(stored.filter(isMissing).length, columns[n]!.filter(isMissing).length, name)
    }
    const whole = await buildCsv(t, text)
    assert.equal(sealedManifest(built).content_hash, sealedManifest(whole).content_hash)
  })
}

test('a value that does not convert to a type that was set is null and a record error', async (t) => {
  const built = await buildCsv(t, 'k,v\na,12\nb,douze\nc,13.9\nd,\n', {
    changes: {
      fieldSpecifications: [{ processor_uid: 'pr_type01', name: 'type', args: { field: 'v', type: 'int' } }],
    },
  })
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.v),
    [12, null, 13, null],
  )
  assert.equal(sealedManifest(built).record_errors.count, 1)
  const [error, ...others] = await readSideFile(built, 'record_errors')
  assert.equal(others.length, 0)
  assert.match(String(error!.record_id), /^[0-9a-f]{32}$/)
  assert.deepEqual(
    { ...error, record_id: '' },
    {
      record_id: '',
      processor_uid: 'pr_type01',
      field: 'v',
      value: 'douze',
      type: 'int',
      reason: 'conversion',
    },
  )
})

test('rows with too many values are rejected, rows with too few are filled up', async (t) => {
  const built = await buildCsv(t, 'a,b,c\n1,x,y\n2,x\n3,x,y,z\n4\n\n5,x,y\n')
  const records = await readRecords(built)
  assert.deepEqual(
    records.filter((record) => record.a !== null),
    [
      { a: 1, b: 'x', c: 'y' },
      { a: 2, b: 'x', c: null },
      { a: 4, b: null, c: null },
      { a: 5, b: 'x', c: 'y' },
    ],
  )
  const rejects = await readSideFile(built, 'rejects')
  assert.deepEqual(
    rejects.map((reject) => [reject.line, reject.raw]),
    [[4, '3,x,y,z']],
  )
  assert.match(String(rejects[0]!.reason), /more values than columns: expected 3/)
})

test('rejects name the line of the source, whatever the slices and quoted line breaks before', async (t) => {
  const rows = Array.from({ length: 30 }, (_, n) => (n % 10 === 7 ? `${n},x,too,many` : `${n},"two\nlines"`))
  const lines: number[] = []
  let line = 2
  for (const [n, row] of rows.entries()) {
    if (n % 10 === 7) lines.push(line)
    line += row.split('\n').length
  }
  for (const sliceBytes of [16, 64, 1 << 20]) {
    const built = await buildCsv(t, `a,b\n${rows.join('\n')}\n`, { changes: { limits: { sliceBytes } } })
    assert.deepEqual(
      (await readSideFile(built, 'rejects')).map((reject) => reject.line),
      lines,
      `slices of ${sliceBytes}`,
    )
  }
})

test('hostile headers become safe names and keep their labels', async (t) => {
  const headers = [
    'a "quoted" name',
    '"); DROP TABLE records; --',
    'line\nbreak',
    '__proto__',
    'constructor',
    'x'.repeat(300),
    'x'.repeat(300),
    'same',
    'same',
    'Same ',
    '',
    'été 2031',
    '北京',
    '2031',
    '_id',
    '_row',
    'select',
  ]
  const quoted = headers.map((header) => `"${header.replaceAll('"', '""')}"`).join(',')
  const built = await buildCsv(t, `${quoted}\n${headers.map((_, n) => `v${n}`).join(',')}\n`)
  const { fields } = sealedManifest(built)
  assert.deepEqual(
    fields.map((field) => field.name),
    [
      'a_quoted_name',
      'drop_table_records',
      'line_break',
      'proto',
      'constructor_field',
      'x'.repeat(63),
      `${'x'.repeat(61)}_2`,
      'same',
      'same_2',
      'same_3',
      'column_11',
      'ete_2031',
      'column',
      'n_2031',
      'id',
      'row',
      'select',
    ],
  )
  assert.deepEqual(
    fields.map((field) => field.label),
    headers.map((header, n) => header.trim() || fields[n]!.name),
  )
  assert.deepEqual(
    Object.values((await readRecords(built))[0]!),
    headers.map((_, n) => `v${n}`),
  )
  assert.equal((await readServing(built, 'records')).length, 1)
})

test("headers that are names of the builder's own columns do no harm", async (t) => {
  const headers = [
    'm',
    'f0',
    'f1',
    'r0',
    'r1',
    'value',
    'term',
    'term_id',
    'field',
    'n',
    'r',
    't',
    'l',
    'filename',
    'file_row_number',
    'file',
    'row',
    'nth',
    'total',
    'nothing',
    'json',
    'line',
    'vals',
    'body',
    'records',
    'p',
  ]
  const row = headers.map((_, n) => `v${n}`).join(',')
  const built = await buildCsv(t, `${headers.join(',')}\n${`${row}\n`.repeat(20)}`, {
    changes: { limits: { sliceBytes: 200 } },
  })
  const records = await readRecords(built)
  assert.equal(records.length, 20)
  for (const record of records)
    assert.deepEqual(
      Object.values(record),
      headers.map((_, n) => `v${n}`),
    )
  assert.equal((await readServing(built, 'postings')).length, 20 * headers.length)
})

test('a header without rows gives the fields and no records', async (t) => {
  const built = await buildCsv(t, 'a,b\n')
  assert.deepEqual(fieldTypesOf(built), { a: 'text', b: 'text' })
  assert.equal(sealedManifest(built).records_count, 0)
  assert.deepEqual(await readServing(built, 'records'), [])
  assert.equal(built.events.at(-1)!.kind, 'done')
})

test('lines that end in a lone carriage return are records', async (t) => {
  const built = await buildCsv(t, 'a,b\r1,x\r2,y\r')
  assert.deepEqual(await readRecords(built), [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ])
})

test('a table of 500 columns is read; one of 501 is refused', async (t) => {
  const header = (n: number) => Array.from({ length: n }, (_, i) => `c${i}`).join(',')
  const built = await buildCsv(t, `${header(500)}\n${header(500)}\n`)
  assert.equal(sealedManifest(built).fields.length, 500)
  const refused = await buildCsv(t, `${header(501)}\n`)
  assert.equal(refused.error?.key, 'ingest.too_many_fields')
})

test('the file name can become a column', async (t) => {
  const built = await buildCsv(t, 'a,b\n1,x\n', { params: { extract_filename: true }, name: "it's.csv" })
  assert.deepEqual(await readRecords(built), [{ a: 1, b: 'x', filename: "it's.csv" }])
  assert.equal((await readServing(built, 'records')).length, 1)
})
