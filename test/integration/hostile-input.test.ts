/**
 * What a hostile publisher or a broken source can send: every kind of it once, each with its named outcome, an error key or
 * the records that come of it. The tests of each format go into detail; this is the list.
 */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { validateProcessor } from '../../src/ingest/index.ts'
import { AppError, type ConfiguredStep, type ErrorKey, type JsonObject } from '../../src/kernel/index.ts'
import { rawZip, zipOf } from '../support/archives.ts'
import { makePlan, runPlan, sourceOf, tempDirectory } from '../support/builder.ts'
import { assertFails, fetchFrom, guarded, lookupOf, open, serve } from '../support/fetching.ts'
import { readSideFile } from '../support/parts.ts'
import { odsOf, xlsxOf } from '../support/workbooks.ts'

interface Records {
  readonly records: number
  readonly rejected?: number
  readonly errors?: number
  readonly fields?: readonly string[]
}
type Content = string | Buffer | Promise<Buffer>
type FileCase = readonly [
  what: string,
  extractor: string,
  filename: string,
  content: () => Content,
  outcome: ErrorKey | Records,
  options?: { readonly params?: JsonObject; readonly maxSourceBytes?: number },
]

const csv = Buffer.from('a,b\n1,2\n')
const doctype = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
const external = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`
const lineOf = (positions: number, least = 2) =>
  `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":{"type":"LineString","coordinates":[${Array.from({ length: Math.max(positions, least) }, () => '["here",2]').join()}]}}]}`
const small = { maxSourceBytes: 1 << 20 }

const files: Readonly<Record<string, readonly FileCase[]>> = {
  archives: [
    [
      'zip slip',
      'csvfile',
      'a.zip',
      () => rawZip([{ name: '../../../tmp/evil.csv', content: csv }]),
      { records: 1 },
    ],
    [
      'an absolute name with another separator',
      'csvfile',
      'a.zip',
      () => rawZip([{ name: 'C:\\windows\\evil.csv', content: csv }]),
      { records: 1 },
    ],
    [
      'a symbolic link',
      'csvfile',
      'a.zip',
      () => rawZip([{ name: 'a.csv', content: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
      'ingest.member_not_found',
    ],
    [
      'overlapping entries',
      'csvfile',
      'a.zip',
      () =>
        rawZip([
          { name: 'a.csv', content: csv },
          { name: 'b.csv', content: csv, at: 0 },
        ]),
      'ingest.truncated_archive',
    ],
    [
      'nested zips',
      'csvfile',
      'a.zip',
      async () => zipOf({ 'b.zip': await zipOf({ 'a.csv': csv }) }),
      'ingest.nested_archive',
    ],
    [
      'a million entries',
      'csvfile',
      'a.zip',
      () =>
        rawZip(
          Array.from({ length: 51_000 }, (_, n) => ({ name: `${n}.csv`, content: csv, method: 0 as const })),
        ),
      'ingest.too_many_members',
    ],
    [
      'a bomb in a zip',
      'csvfile',
      'a.zip',
      () => rawZip([{ name: 'a.csv', content: Buffer.alloc(20 << 20) }]),
      'ingest.archive_bomb',
    ],
    [
      'a gzip bomb',
      'csvfile',
      'a.csv.gz',
      () => gzipSync(Buffer.alloc(8 << 20, 'a,b\n')),
      'ingest.decompressed_too_large',
      small,
    ],
    [
      'a checksum that is not true',
      'csvfile',
      'a.zip',
      () => rawZip([{ name: 'a.csv', content: csv, crc: 7 }]),
      'ingest.truncated_archive',
    ],
    [
      'an encrypted member',
      'csvfile',
      'a.zip',
      () => rawZip([{ name: 'a.csv', content: csv, flags: 1 }]),
      'ingest.encrypted',
    ],
  ],
  'office files': [
    [
      'a sheet that declares 16,384 x 1,048,576 cells',
      'xlsfile',
      'a.xlsx',
      () =>
        xlsxOf({
          before: '<dimension ref="A1:XFD1048576"/>',
          sheets: { A: `<row r="1">${cell('n')}</row><row r="1048576"><c r="A1048576"><v>1</v></c></row>` },
        }),
      { records: 1, fields: ['n'] },
    ],
    [
      'cells in every column',
      'xlsfile',
      'a.xlsx',
      () => xlsxOf({ sheets: { A: `<row>${'<c><v>1</v></c>'.repeat(16_384)}</row>`.repeat(2) } }),
      'ingest.too_many_fields',
    ],
    [
      'a bomb of shared strings',
      'xlsfile',
      'a.xlsx',
      () =>
        xlsxOf({
          texts: ['<t>n</t>', `<t>${'x'.repeat(30_000)}</t>`],
          sheets: { A: `<row><c t="s"><v>0</v></c></row>${'<row><c t="s"><v>1</v></c></row>'.repeat(1000)}` },
        }),
      'ingest.decompressed_too_large',
      small,
    ],
    [
      'a shared string that is not there',
      'xlsfile',
      'a.xlsx',
      () => xlsxOf({ texts: [], sheets: { A: '<row><c t="s"><v>7</v></c></row>' } }),
      'ingest.invalid_spreadsheet',
    ],
    [
      'rows that repeat a million times',
      'xlsfile',
      'a.ods',
      () =>
        odsOf(
          `<table:table table:name="T"><table:table-row table:number-rows-repeated="1000000"><table:table-cell><text:p>${'x'.repeat(100)}</text:p></table:table-cell></table:table-row></table:table>`,
        ),
      'ingest.decompressed_too_large',
      small,
    ],
    [
      'entities in a sheet',
      'xlsfile',
      'a.xlsx',
      () =>
        xlsxOf({
          sheets: { A: '<row><c t="s"><v>0</v></c></row>' },
          texts: [],
          parts: { 'xl/sharedStrings.xml': `${doctype}<sst/>` },
        }),
      'ingest.xml_entities',
    ],
    [
      'an old document that is none',
      'xlsfile',
      'a.xls',
      () => Buffer.from('\xd0\xcf\x11\xe0 nothing', 'latin1'),
      'ingest.invalid_spreadsheet',
    ],
  ],
  'CSV and text': [
    [
      'a quote that is never closed',
      'csvfile',
      'a.csv',
      () => `a,b\n1,"x\n${'2,y\n'.repeat(100)}`,
      'ingest.unclosed_quote',
    ],
    [
      'a line of 20 MB',
      'csvfile',
      'a.csv',
      () => `a,b\n1,${'y'.repeat(20 << 20)}\n`,
      'ingest.record_too_large',
    ],
    ['rows of any length', 'csvfile', 'a.csv', () => 'a,b\n1\n1,2\n1,2,3\n', { records: 2, rejected: 1 }],
    [
      'a thousand columns',
      'csvfile',
      'a.csv',
      () => `${Array.from({ length: 20_000 }, (_, n) => `c${n}`).join()}\n`,
      'ingest.too_many_fields',
    ],
    ['a web page', 'csvfile', 'a.csv', () => '<!DOCTYPE html><html></html>', 'ingest.looks_like_html'],
    [
      'mixed encodings',
      'csvfile',
      'a.csv',
      () => Buffer.concat([Buffer.from('name\ncafé\n', 'utf8'), Buffer.from('café\n', 'latin1')]),
      { records: 2 },
    ],
    [
      'an encoding that is another',
      'csvfile',
      'a.csv',
      () => Buffer.from('name\ncafé\n', 'latin1'),
      'ingest.every_row_rejected',
      { params: { encoding: 'utf-8' } },
    ],
    ['NUL bytes', 'csvfile', 'a.csv', () => 'a,b\n1,x\0y\n', { records: 1 }],
    [
      'names of the prototype',
      'csvfile',
      'a.csv',
      () => '__proto__,constructor,toString\n1,2,3\n',
      { records: 1, fields: ['proto', 'constructor_field', 'tostring'] },
    ],
    [
      'a line of fixed width cut short',
      'fixed_width',
      'a.fwf',
      () => 'ab\n',
      { records: 1 },
      { params: { columns: 'a:1-5,b:6-10' } },
    ],
  ],
  JSON: [
    [
      'keys of the prototype',
      'jsonfile',
      'a.json',
      () => '[{"__proto__": {"a": 1}, "constructor": 2, "hasOwnProperty": 3}]',
      { records: 1, fields: ['proto', 'constructor_field', 'hasownproperty'] },
    ],
    [
      'nested 100,000 deep',
      'jsonfile',
      'a.json',
      () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      'ingest.too_deep',
    ],
    ['an end that comes too early', 'jsonfile', 'a.json', () => '[{"a": 1}, {"a": ', 'ingest.invalid_json'],
    [
      'a record of 20 MB',
      'jsonl',
      'a.jsonl',
      () => `{"a": "${'x'.repeat(20 << 20)}"}\n`,
      'ingest.record_too_large',
    ],
    ['lines that are none', 'jsonl', 'a.jsonl', () => '{"a": 1}\noops\n[]\n', { records: 1, rejected: 2 }],
    [
      'numbers beyond all numbers',
      'jsonl',
      'a.jsonl',
      () => '{"a": 1e999}\n{"a": 12345678901234567890}\n',
      { records: 2 },
    ],
    ['no array where one should be', 'jsonfile', 'a.json', () => '{"a": 1}', 'ingest.root_not_found'],
  ],
  'XML-based formats': [
    ...(
      [
        ['xmlfile', 'a.xml', 'root'],
        ['rss', 'a.rss', 'rss'],
        ['kml', 'a.kml', 'kml'],
        ['gpx', 'a.gpx', 'gpx'],
      ] as const
    ).flatMap(([extractor, filename, root]): FileCase[] => [
      [
        `entities in ${extractor}`,
        extractor,
        filename,
        () => `${doctype}<${root}>&b;</${root}>`,
        'ingest.xml_entities',
      ],
      [
        `a file of the server in ${extractor}`,
        extractor,
        filename,
        () => `${external}<${root}>&a;</${root}>`,
        'ingest.xml_entities',
      ],
      [
        `elements 100,000 deep in ${extractor}`,
        extractor,
        filename,
        () => `<${root}>${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}</${root}>`,
        'ingest.too_deep',
      ],
      [`${extractor} that is cut off`, extractor, filename, () => `<${root}><a>`, 'ingest.invalid_xml'],
    ]),
    [
      'a megabyte of attributes',
      'xmlfile',
      'a.xml',
      () => `<root><a ${Array.from({ length: 100_000 }, (_, n) => `a${n}="1"`).join(' ')}/></root>`,
      'ingest.xml_limit',
    ],
  ],
  'geographic files': [
    ['coordinates that are no numbers', 'geojson', 'a.geojson', () => lineOf(2), { records: 1, errors: 1 }],
    [
      'a shapefile without attributes',
      'shapefile',
      'a.zip',
      () => zipOf({ 'a.shp': Buffer.alloc(100) }),
      'ingest.invalid_shapefile',
    ],
    [
      'a database that is no GeoPackage',
      'geopackage',
      'a.gpkg',
      () => 'SQLite format 3\0 and nothing else',
      'ingest.invalid_geopackage',
    ],
    [
      'a topology without arcs',
      'topojson',
      'a.topojson',
      () => '{"type": "Topology", "objects": {}}',
      'ingest.invalid_topojson',
    ],
    [
      'an arc that is not there',
      'topojson',
      'a.topojson',
      () => '{"type":"Topology","arcs":[],"objects":{"a":{"type":"LineString","arcs":[9007199254740991]}}}',
      { records: 1, errors: 1 },
    ],
    [
      'a projection nobody knows',
      'geojson',
      'a.geojson',
      () => lineOf(2),
      'ingest.unknown_projection',
      { params: { epsg: 999_999 } },
    ],
  ],
  'columnar files': [
    ['magic and nothing behind it', 'parquet', 'a.parquet', () => 'PAR1PAR1', 'ingest.invalid_parquet'],
    [
      'an Arrow file that is cut off',
      'arrow',
      'a.arrow',
      () => Buffer.from('ARROW1\0\0\xff\xff\xff\xff\xff\xff\xff\x7f', 'latin1'),
      'ingest.invalid_arrow',
    ],
  ],
}

for (const [group, cases] of Object.entries(files)) {
  for (const [what, extractor, filename, content, outcome, options = {}] of cases) {
    test(`${group}: ${what}: ${typeof outcome === 'string' ? outcome : 'records'}`, async (t) => {
      const source = sourceOf(t, filename, await content(), extractor, options.params ?? {})
      const { maxSourceBytes } = options
      const limits = maxSourceBytes === undefined ? {} : { maxSourceBytes }
      const built = await runPlan(makePlan(tempDirectory(t), [source], { limits }))
      if (typeof outcome === 'string')
        return assert.equal(
          built.error?.key,
          outcome,
          built.error ? JSON.stringify(built.error) : 'it was built',
        )
      assert.equal(built.error, null, JSON.stringify(built.error))
      const manifest = built.manifest!
      assert.deepEqual(
        [manifest.records_count, manifest.rejects.rows, manifest.record_errors.count],
        [outcome.records, outcome.rejected ?? 0, outcome.errors ?? 0],
        JSON.stringify(await readSideFile(built, 'record_errors')),
      )
      if (outcome.fields)
        assert.deepEqual(
          manifest.fields.map(({ name }) => name),
          outcome.fields,
        )
    })
  }
}

/** A source that answers as it likes. `hit`: the how many-th request, from 1. */
type Answer = (response: ServerResponse, hit: number) => void
const say =
  (value: unknown): Answer =>
  (response) =>
    void response.end(JSON.stringify(value))
const paged = (paging: JsonObject) => ({ paging: { items: 'rows', ...paging } })

const sources: readonly (readonly [what: string, answer: Answer, outcome: ErrorKey, params?: JsonObject])[] =
  [
    [
      'a source that stalls',
      (response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('a,b\n')
      },
      'ingest.fetch_failed',
    ],
    ['a source that does not answer', () => {}, 'ingest.fetch_failed'],
    [
      'less than was announced',
      (response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('a,b\n')
        setImmediate(() => response.destroy())
      },
      'ingest.fetch_failed',
    ],
    ['more than may be', (response) => void response.end(Buffer.alloc(2 << 20)), 'ingest.source_too_large'],
    [
      'a compressed answer that is a bomb',
      (response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(8 << 20))),
      'ingest.source_too_large',
    ],
    [
      'redirects for ever',
      (response, hit) => void response.writeHead(302, { location: `/${hit}` }).end(),
      'ingest.fetch_too_many_redirects',
    ],
    [
      'a redirect to a file',
      (response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'ingest.fetch_invalid_url',
    ],
    [
      'pages for ever',
      (response, hit) => void response.end(JSON.stringify({ rows: [{ n: hit }] })),
      'ingest.paging_endless',
      paged({ type: 'page', max_pages: 5 }),
    ],
    ['the same page for ever', say({ rows: [{ n: 1 }] }), 'ingest.paging_repeats', paged({ type: 'page' })],
    [
      'a total that changes between two pages',
      (response, hit) => void response.end(JSON.stringify({ total: 10 + hit, rows: [{ n: hit }] })),
      'ingest.paging_changed',
      paged({ type: 'page', total: 'total' }),
    ],
    [
      'fewer records than the total says',
      (response, hit) => void response.end(JSON.stringify({ total: 10, rows: hit === 1 ? [{ n: 1 }] : [] })),
      'ingest.paging_changed',
      paged({ type: 'page', total: 'total' }),
    ],
    [
      'a page that is no JSON',
      (response) => void response.end('<html>'),
      'ingest.page_unreadable',
      paged({ type: 'page' }),
    ],
    [
      'a page without records',
      say({ error: { code: 400 } }),
      'ingest.page_unreadable',
      paged({ type: 'page', items: 'error' }),
    ],
  ]
for (const [what, answer, outcome, params] of sources) {
  test(`sources: ${what}: ${outcome}`, async (t) => {
    let hits = 0
    const { url } = await serve(t, (_request, response) => answer(response, ++hits))
    const policy = { idleTimeoutMs: 200, timeoutMs: 10_000 }
    await assertFails(fetchFrom(t, `${url}/data`, { policy, ...(params ? { params } : {}) }), outcome)
  })
}

const addresses: readonly (readonly [what: string, url: string, outcome: ErrorKey])[] = [
  ['this machine', 'http://127.0.0.1/x', 'ingest.fetch_refused'],
  ['this machine in one number', 'http://2130706433/x', 'ingest.fetch_refused'],
  ['this machine in octal', 'http://0177.0.0.1/x', 'ingest.fetch_refused'],
  ['this machine in IPv6', 'http://[::1]/x', 'ingest.fetch_refused'],
  ['this machine as IPv4 in IPv6', 'http://[::ffff:127.0.0.1]/x', 'ingest.fetch_refused'],
  ['metadata of a cloud', 'http://169.254.169.254/latest/meta-data', 'ingest.fetch_refused'],
  ['a private network', 'http://10.0.0.1/x', 'ingest.fetch_refused'],
  ['a name that leads there', 'http://inside.example.org/x', 'ingest.fetch_refused'],
  ['a file', 'file:///etc/passwd', 'ingest.fetch_invalid_url'],
  ['a password', 'http://user:secret@example.org/x', 'ingest.fetch_invalid_url'],
  ['no address', 'nothing', 'ingest.fetch_invalid_url'],
]
for (const [what, url, outcome] of addresses) {
  test(`addresses: ${what}: ${outcome}`, async (t) => {
    const policy = { lookup: lookupOf('192.168.1.1') }
    const failing = fetchFrom(t, url, { base: guarded, policy })
    await assertFails(failing, outcome)
    await fetchFrom(t, url, { base: guarded, policy }).catch((error: AppError) =>
      assert.doesNotMatch(error.message, /secret/),
    )
  })
}

test('addresses: a redirect to a private network: ingest.fetch_refused', async (t) => {
  const { url } = await serve(t, (_request, response) =>
    response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
  )
  const isAllowedAddress = (address: string) => address === '127.0.0.1'
  await assertFails(
    fetchFrom(t, url, { base: { ...open, allowPrivateAddresses: false }, policy: { isAllowedAddress } }),
    'ingest.fetch_refused',
  )
})

const step = (name: string, args: JsonObject): ConfiguredStep => ({ processor_uid: 'pr_hostile', name, args })
/** Where backtracking takes longer than the Earth will last. */
const catastrophic = '(a+)+$'
const processors: readonly (readonly [what: string, step: ConfiguredStep, outcome: ErrorKey | Records])[] = [
  [
    'a catastrophic pattern',
    step('regexp_replace', { field: 'a', regexp: catastrophic, new: '' }),
    { records: 1 },
  ],
  [
    'a catastrophic pattern in an extractor',
    step('string_extractor', { field: 'a', regexp: '(?P<x>(a|a)*$)' }),
    { records: 1 },
  ],
  [
    'a pattern with backreferences',
    step('regexp_replace', { field: 'a', regexp: '(a)\\1', new: '' }),
    'ingest.invalid_argument',
  ],
  [
    'a pattern that is none',
    step('regexp_replace', { field: 'a', regexp: '(((', new: '' }),
    'ingest.invalid_argument',
  ],
  [
    'a field that is not there',
    step('regexp_replace', { field: 'nosuch', regexp: 'a', new: '' }),
    'ingest.processor_failed',
  ],
  [
    'a field that is SQL',
    step('copy_field', { field: 'a"; drop table x; --', output_field: 'b' }),
    'ingest.processor_failed',
  ],
  [
    'an output that is SQL',
    step('copy_field', { field: 'a', output_field: '"; drop table x; --' }),
    { records: 1 },
  ],
  ['a processor that is not there', step('nosuch', {}), 'ingest.unknown_processor'],
  [
    'an expression that reads files',
    step('expression', { output_field: 'x', expression: "read_text('/etc/passwd')" }),
    'ingest.invalid_argument',
  ],
  [
    'an expression nested 10,000 deep',
    step('expression', { output_field: 'x', expression: `${'('.repeat(10_000)}1${')'.repeat(10_000)}` }),
    'ingest.invalid_argument',
  ],
]
for (const [what, configured, outcome] of processors) {
  test(`processors: ${what}: ${typeof outcome === 'string' ? outcome : 'records'}`, async (t) => {
    const content = `a,b\n${'a'.repeat(1_000_100)}!,1\n`
    const plan = makePlan(tempDirectory(t), [sourceOf(t, 'a.csv', content, 'csvfile')], {
      processors: [configured],
    })
    const told = await tell(async () => {
      validateProcessor(configured.name, configured.args as JsonObject)
      const built = await runPlan(plan)
      if (built.error) throw new AppError(built.error.key, built.error.params as never)
      return { records: built.manifest!.records_count, errors: built.manifest!.record_errors.count }
    })
    assert.deepEqual(
      told,
      typeof outcome === 'string' ? outcome : { records: outcome.records, errors: outcome.errors ?? 0 },
    )
  })
}

async function tell<T>(work: () => Promise<T>): Promise<T | ErrorKey> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError) return error.key
    throw error
  }
}
