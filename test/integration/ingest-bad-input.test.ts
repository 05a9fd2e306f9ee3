/** What people upload by mistake or malice: each ends in a named error or in rejects, never in a crash or a hang. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ErrorKey, JsonObject } from '../../src/kernel/index.ts'
import { rawZip } from '../support/archives.ts'
import {
  type Built,
  makePlan,
  type PlanChanges,
  runBuilder,
  runPlan,
  sourceOf,
  tempDirectory,
} from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile, sealedManifest } from '../support/parts.ts'
import { xlsxOf } from '../support/workbooks.ts'

async function build(
  t: TestContext,
  extractor: string,
  name: string,
  content: string | Buffer,
  params: JsonObject = {},
  changes: PlanChanges = {},
): Promise<Built> {
  const plan = makePlan(tempDirectory(t), [sourceOf(t, name, content, extractor, params)], changes)
  const isLarge = content.length > 1 << 20 || changes.limits?.maxSourceBytes !== undefined
  // The heap of a builder process is limited.
  const built = await (isLarge ? runBuilder(t, plan) : runPlan(plan))
  // Whatever came in, what is sealed adds up.
  for (const source of built.manifest?.sources ?? []) {
    assert.equal(
      source.rows_read,
      source.rows_kept + source.rows_rejected + source.rows_filtered + source.rows_replaced,
    )
  }
  return built
}

function assertRefused(built: Built, key: ErrorKey, params: Record<string, unknown> = {}): void {
  assert.equal(built.error?.key, key)
  for (const [name, value] of Object.entries(params)) assert.equal(built.error!.params[name], value, name)
  assert.equal(built.manifest, null)
  assert.equal(built.events.at(-1)!.kind, 'failed')
  assert.ok(!readdirSync(built.plan.directory).includes('manifest.json'))
}

/** The same bytes every time, with everything in them. */
function noise(bytes: number): Buffer {
  let state = 7
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      return (state >> 16) & 0xff
    }),
  )
}

const page =
  '<!DOCTYPE html>\n<html><body><h1>Sign in</h1><table><tr><td>a,b</td></tr></table></body></html>\n'
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const bomb = () => gzipSync(Buffer.alloc(64 << 20, 'a,b\n'))
const packed = gzipSync(Array.from({ length: 50_000 }, (_, n) => `${n},${(n * 7919) % 1000}`).join('\n'))

type Case = [
  name: string,
  extractor: string,
  filename: string,
  content: () => string | Buffer,
  key: ErrorKey,
  params?: Record<string, unknown>,
  options?: { params?: JsonObject; maxSourceBytes?: number },
]
const refused: Case[] = [
  [
    'an empty CSV file',
    'csvfile',
    'empty.csv',
    () => '',
    'ingest.source_is_empty',
    { filename: 'empty.csv' },
  ],
  ['a CSV file of blank lines', 'csvfile', 'blank.csv', () => '\n\r\n  \n', 'ingest.source_is_empty'],
  [
    'a CSV file that is only a byte order mark',
    'csvfile',
    'mark.csv',
    () => '\uFEFF',
    'ingest.source_is_empty',
  ],
  ['an empty file, gzipped', 'csvfile', 'empty.csv.gz', () => gzipSync(''), 'ingest.source_is_empty'],
  ['an empty JSON file', 'jsonfile', 'empty.json', () => '', 'ingest.source_is_empty'],
  ['a blank JSON file', 'jsonfile', 'blank.json', () => ' \n', 'ingest.source_is_empty'],
  ['a blank file of JSON lines', 'jsonl', 'blank.jsonl', () => '\n\n', 'ingest.source_is_empty'],
  ['an empty Parquet file', 'parquet', 'empty.parquet', () => '', 'ingest.source_is_empty'],
  [
    'a quote that is never closed',
    'csvfile',
    'quote.csv',
    () => `a,b\n1,x\n2,"open\n${'3,y\n'.repeat(1000)}`,
    'ingest.unclosed_quote',
    { line: 3 },
  ],
  [
    'a quote that is never closed in 40 MB',
    'csvfile',
    'quote.csv',
    () => `a,b\n2,"open\n${'3,y\n'.repeat(10 << 20)}`,
    'ingest.unclosed_quote',
    { line: 2 },
  ],
  [
    'a line of 20 MB',
    'csvfile',
    'long.csv',
    () => `a,b\n1,x\n2,${'y'.repeat(20 << 20)}\n`,
    'ingest.record_too_large',
    { line: 3 },
  ],
  [
    'a web page named .csv',
    'csvfile',
    'data.csv',
    () => page,
    'ingest.looks_like_html',
    { filename: 'data.csv' },
  ],
  [
    'a web page with a comment first',
    'csvfile',
    'data.csv',
    () => `\n<!-- served by cache -->\n${page}`,
    'ingest.looks_like_html',
  ],
  [
    'a spreadsheet as it is',
    'csvfile',
    'sheet.xlsx',
    () => rawZip([{ name: '[Content_Types].xml', content: noise(3000) }]),
    'ingest.not_text',
    { filename: 'sheet.xlsx', kind: 'a spreadsheet or another zip archive' },
  ],
  ['a PDF', 'csvfile', 'report.pdf', () => '%PDF-1.7\nsome,text\n', 'ingest.not_text'],
  [
    'an XML document',
    'csvfile',
    'places.csv',
    () => '<?xml version="1.0"?>\n<places/>\n',
    'ingest.wrong_extractor',
    { kind: 'an XML document', extractor: 'xmlfile' },
  ],
  [
    'a feed',
    'jsonfile',
    'news.json',
    () => '<rss version="2.0"><channel/></rss>',
    'ingest.wrong_extractor',
    { extractor: 'rss' },
  ],
  [
    'a spreadsheet named .csv',
    'csvfile',
    'data.csv',
    () => xlsxOf({ sheets: { A: '<row/>' } }),
    'ingest.wrong_extractor',
    { kind: 'a spreadsheet', extractor: 'xlsfile' },
  ],
  ['bytes that are nothing', 'csvfile', 'data.csv', () => noise(5000), 'ingest.not_text'],
  ['bytes that are nothing as JSON', 'jsonfile', 'data.json', () => noise(5000), 'ingest.not_text'],
  [
    'another separator than was said',
    'csvfile',
    'data.csv',
    () => 'a\n1,2\n3,4\n',
    'ingest.every_row_rejected',
    { rows: 2, line: 2 },
  ],
  ['a web page named .json', 'jsonfile', 'data.json', () => page, 'ingest.looks_like_html'],
  ['a web page named .jsonl', 'jsonl', 'data.jsonl', () => page, 'ingest.looks_like_html'],
  ['a web page named .geojson', 'geojson', 'data.geojson', () => page, 'ingest.looks_like_html'],
  ['a web page named .parquet', 'parquet', 'data.parquet', () => page, 'ingest.invalid_parquet'],
  [
    'a truncated gzip file',
    'csvfile',
    'cut.csv.gz',
    () => packed.subarray(0, packed.length / 2),
    'ingest.truncated_archive',
    { filename: 'cut.csv.gz' },
  ],
  [
    'a truncated gzip file of JSON lines',
    'jsonl',
    'cut.jsonl.gz',
    () => packed.subarray(0, packed.length / 2),
    'ingest.truncated_archive',
  ],
  [
    'a truncated gzipped Parquet file',
    'parquet',
    'cut.parquet.gz',
    () => packed.subarray(0, packed.length / 2),
    'ingest.truncated_archive',
  ],
  [
    'a gzip file damaged in the middle',
    'csvfile',
    'bad.csv.gz',
    () => Buffer.from(packed).fill(0xff, 1000, 2000),
    'ingest.truncated_archive',
  ],
  [
    'a gzip bomb',
    'csvfile',
    'bomb.csv.gz',
    bomb,
    'ingest.decompressed_too_large',
    { maxBytes: 1 << 20 },
    { maxSourceBytes: 1 << 20 },
  ],
  [
    'a gzip bomb whose encoding is given',
    'csvfile',
    'bomb.csv.gz',
    bomb,
    'ingest.decompressed_too_large',
    {},
    { maxSourceBytes: 1 << 20, params: { encoding: 'utf-8' } },
  ],
  [
    'a gzip bomb named .parquet.gz',
    'parquet',
    'bomb.parquet.gz',
    bomb,
    'ingest.decompressed_too_large',
    {},
    { maxSourceBytes: 1 << 20 },
  ],
  ['JSON nested 100,000 deep', 'jsonfile', 'deep.json', () => deep(100_000), 'ingest.too_deep'],
  [
    'JSON nested 100,000 deep before its root',
    'jsonfile',
    'deep.json',
    () => `{"x": ${deep(100_000)}, "y": []}`,
    'ingest.too_deep',
    {},
    { params: { root: 'y' } },
  ],
  [
    'a JSON line nested 100,000 deep',
    'jsonl',
    'deep.jsonl',
    () => `{"a": ${deep(100_000)}}\n`,
    'ingest.too_deep',
  ],
  [
    'a geometry nested 100,000 deep',
    'geojson',
    'deep.geojson',
    () =>
      `{"type":"FeatureCollection","features":[{"geometry":{"type":"Polygon","coordinates":${deep(100_000)}}}]}`,
    'ingest.too_deep',
  ],
  [
    'JSON that ends too early',
    'jsonfile',
    'cut.json',
    () => '[{"a": 1}, {"a": ',
    'ingest.invalid_json',
    { position: 17 },
  ],
  [
    'JSON with an unclosed string',
    'jsonfile',
    'cut.json',
    () => '[{"a": "x}, {"b": 1}]',
    'ingest.invalid_json',
  ],
  [
    'JSON with a bracket too many before the array',
    'jsonfile',
    'odd.json',
    () => '}[{"a": 1}]',
    'ingest.invalid_json',
  ],
  ['CSV read as JSON', 'jsonfile', 'a.csv', () => 'a,b\n1,2\n', 'ingest.invalid_json'],
  [
    'a JSON root that is not there',
    'jsonfile',
    'a.json',
    () => '{"data": {"items": []}}',
    'ingest.root_not_found',
    { root: 'data.rows' },
    { params: { root: 'data.rows' } },
  ],
  ['a JSON object without an array', 'jsonfile', 'a.json', () => '{"a": 1}', 'ingest.root_not_found'],
  [
    'a GeoJSON geometry without features',
    'geojson',
    'a.geojson',
    () => '{"type": "Point", "coordinates": [1, 2]}',
    'ingest.root_not_found',
    { root: 'features' },
  ],
  [
    'a JSON record of 20 MB',
    'jsonfile',
    'long.json',
    () => `[{"a": "${'x'.repeat(20 << 20)}"}]`,
    'ingest.record_too_large',
    { line: 1 },
  ],
  [
    'a JSON line of 20 MB',
    'jsonl',
    'long.jsonl',
    () => `{"a": 1}\n{"a": "${'x'.repeat(20 << 20)}"}\n`,
    'ingest.record_too_large',
    { line: 2 },
  ],
  ['CSV read as Parquet', 'parquet', 'a.csv', () => 'a,b\n1,2\n', 'ingest.invalid_parquet'],
  [
    'a Parquet file that is only its magic',
    'parquet',
    'a.parquet',
    () => 'PAR1PAR1',
    'ingest.invalid_parquet',
  ],
  [
    'an encoding nobody knows',
    'csvfile',
    'a.csv',
    () => 'a,b\n',
    'ingest.unknown_encoding',
    { encoding: 'klingon-8' },
    { params: { encoding: 'klingon-8' } },
  ],
  [
    'a separator of two characters',
    'csvfile',
    'a.csv',
    () => 'a,b\n',
    'ingest.invalid_parameter',
    { parameter: 'separator' },
    { params: { separator: '||' } },
  ],
  [
    'an extractor nobody knows',
    'xyzfile',
    'a.xyz',
    () => 'a,b\n',
    'ingest.unknown_extractor',
    { extractor: 'xyzfile' },
  ],
]
for (const [name, extractor, filename, content, key, params, options] of refused) {
  test(`${name} is refused as ${key}`, async (t) => {
    const limits = options?.maxSourceBytes ? { maxSourceBytes: options.maxSourceBytes } : {}
    const built = await build(t, extractor, filename, content(), options?.params, { limits })
    assertRefused(built, key, params)
  })
}

test('a cell of 2 MB is kept whole', async (t) => {
  const cell = 'é"\n,'.repeat(400_000)
  const built = await build(t, 'csvfile', 'cell.csv', `a,b\n1,"${cell.replaceAll('"', '""')}"\n2,y\n`)
  const records = await readRecords(built)
  assert.ok(records[0]!.b === cell)
  assert.deepEqual(records[1], { a: 2, b: 'y' })
  assert.equal(built.events.at(-1)!.kind, 'done')
})

test('ragged rows: short ones are filled up, long ones are rejected', async (t) => {
  const built = await build(t, 'csvfile', 'ragged.csv', 'a,b,c\n1\n1,2\n1,2,3\n1,2,3,4\n1,2,3,4,5\n')
  assert.equal(sealedManifest(built).records_count, 3)
  assert.deepEqual(
    (await readSideFile(built, 'rejects')).map((reject) => reject.line),
    [5, 6],
  )
})

test('text behind a closing quote makes a reject, not a shifted file', async (t) => {
  const built = await build(t, 'csvfile', 'odd.csv', 'a,b\n1,x\n2,"y" z\n3,"u\nv"\n4,w\n')
  assert.deepEqual(
    (await readRecords(built)).map((record) => record.a),
    [1, 3, 4],
  )
  assert.deepEqual(
    (await readSideFile(built, 'rejects')).map((reject) => reject.line),
    [3],
  )
})

test('NUL bytes in a CSV value neither cut it short nor stop the file', async (t) => {
  const built = await build(t, 'csvfile', 'nul.csv', 'a,b\n1,x\0y\n2,\0\n3,z\n')
  const records = await readRecords(built)
  assert.deepEqual(
    records.map((record) => record.a),
    [1, 2, 3],
  )
  assert.deepEqual(
    records.map((record) => record.b),
    ['x\0y', '\0', 'z'],
  )
})

test('NUL bytes in JSON are rejected where JSON forbids them and kept where it writes them', async (t) => {
  const built = await build(t, 'jsonl', 'nul.jsonl', '{"a": "x\\u0000y"}\n{"a": "x\0y"}\n{"a": "z"}\n')
  assert.deepEqual(await readRecords(built), [{ a: 'x\0y' }, { a: 'z' }])
  assert.equal(sealedManifest(built).rejects.rows, 1)
})

test('a file of NUL bytes ends in a named error or in records, not in a crash', async (t) => {
  const built = await build(t, 'csvfile', 'zero.csv', Buffer.alloc(100_000))
  assert.notEqual(built.error?.key, 'jobs.unexpected')
})

test('random bytes named .csv end in a named error or in rejects', async (t) => {
  let state = 42
  const noise = Buffer.from(
    Array.from({ length: 200_000 }, () => {
      state = (state * 1103515245 + 12345) % 2147483648
      return state >> 16
    }),
  )
  for (const [extractor, name] of [
    ['csvfile', 'noise.csv'],
    ['jsonl', 'noise.jsonl'],
  ] as const) {
    const built = await build(t, extractor, name, noise)
    assert.ok(built.manifest !== null || built.error?.key.startsWith('ingest.'), JSON.stringify(built.error))
  }
})

test('UTF-8 read as Latin-1 on request is the wrong text, but a whole file', async (t) => {
  const built = await build(t, 'csvfile', 'wrong.csv', 'a,b\n1,é\n', { encoding: 'iso-8859-1' })
  assert.deepEqual(await readRecords(built), [{ a: 1, b: 'Ã©' }])
})

test('Latin-1 read as UTF-8 on request: rows with broken bytes are rejected in CSV and mended in JSON', async (t) => {
  const csv = await build(t, 'csvfile', 'wrong.csv', Buffer.from('a,b\n1,x\n2,\xe9\n', 'latin1'), {
    encoding: 'utf-8',
  })
  assert.deepEqual(await readRecords(csv), [{ a: 1, b: 'x' }])
  assert.equal(sealedManifest(csv).rejects.rows, 1)
  const json = await build(t, 'jsonl', 'wrong.jsonl', Buffer.from('{"a": "\xe9"}\n', 'latin1'), {
    encoding: 'utf-8',
  })
  assert.deepEqual(await readRecords(json), [{ a: '\uFFFD' }])
})

test('a Latin-1 header with a Latin-1 body becomes safe names and true labels', async (t) => {
  const built = await build(
    t,
    'csvfile',
    'latin1.csv',
    Buffer.from('pr\xe9nom;ann\xe9e\nRen\xe9;1931\n', 'latin1'),
  )
  assert.deepEqual(fieldTypesOf(built), { prenom: 'text', annee: 'int' })
  assert.deepEqual(await readRecords(built), [{ prenom: 'René', annee: 1931 }])
})

test('a file that fails halfway leaves no manifest behind', async (t) => {
  const rows = Array.from({ length: 20_000 }, (_, n) => `${n},x`).join('\n')
  const built = await build(
    t,
    'csvfile',
    'half.csv',
    `a,b\n${rows}\n1,"open`,
    {},
    { limits: { sliceBytes: 4096 } },
  )
  assertRefused(built, 'ingest.unclosed_quote', { line: 20_002 })
  assert.ok(built.events.some((event) => event.kind === 'part'))
})

const badSteps: [name: string, step: { name: string; args: JsonObject }, key: ErrorKey][] = [
  [
    'a broken regular expression',
    { name: 'regexp_replace', args: { field: 'a', regexp: '(', new: '' } },
    'ingest.invalid_argument',
  ],
  [
    'a lookahead, which RE2 has not',
    { name: 'string_extractor', args: { field: 'a', regexp: '(?P<x>a(?=b))' } },
    'ingest.invalid_argument',
  ],
  [
    'a broken date format',
    { name: 'date_normalizer', args: { field: 'a', format: '%Q' } },
    'ingest.invalid_argument',
  ],
  [
    'a field that is not there',
    { name: 'copy_field', args: { field: 'nope', output_field: 'b' } },
    'ingest.processor_failed',
  ],
  [
    'a NUL in a text',
    { name: 'string_replace', args: { field: 'a', old: '\0', new: '' } },
    'ingest.invalid_argument',
  ],
  ['an unknown processor', { name: 'rm_rf', args: {} }, 'ingest.unknown_processor'],
]
for (const [name, step, key] of badSteps) {
  test(`a processor with ${name} is refused as ${key}`, async (t) => {
    const processors = [{ processor_uid: 'pr_bad000', ...step }]
    assertRefused(await build(t, 'csvfile', 'a.csv', 'a,b\nx,y\n', {}, { processors }), key)
  })
}
