/** Fixed width text, objects of records, and which extractor a file gets. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { guessExtractor, guessExtractors } from '../../src/ingest/index.ts'
import type { JsonObject } from '../../src/kernel/index.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, sealedManifest } from '../support/parts.ts'
import { archiveOf, odsOf, xlsxOf } from '../support/workbooks.ts'

const build = (
  t: TestContext,
  extractor: string,
  content: string | Buffer,
  params: JsonObject = {},
  sliceBytes = 1 << 20,
) => runBuild(t, [sourceOf(t, 'data.txt', content, extractor, params)], { limits: { sliceBytes } })

test('fixed width: places by name, by width, and by the line of dashes', async (t) => {
  const text = '00012 Nîmes      1.5[[[\r\n00013 Orléans     22\r\n\r\n'
  const named = await build(t, 'fixed_width', text, { columns: 'code:1-5, place:7-16, price:17-20' })
  const expected = [
    { code: '00012', place: 'Nîmes', price: 1.5 },
    { code: '00013', place: 'Orléans', price: 22 },
  ]
  assert.deepEqual(await readRecords(named), expected)
  assert.deepEqual(fieldTypesOf(named), { code: 'text', place: 'text', price: 'double' })
  const wide = await build(t, 'fixed_width', `code  place      no\n${text}`, {
    columns: '6;10;4',
    headers_first_row: true,
  })
  assert.deepEqual(
    await readRecords(wide),
    expected.map(({ price, ...rest }) => ({ ...rest, no: price })),
  )
  const table =
    'a report\n\n code place      price\n ---- ---------- -----\n 0001 Nîmes        1.5\n 2    Orléans        2 and more\n'
  assert.deepEqual(await readRecords(await build(t, 'fixed_width', table)), [
    { code: '0001', place: 'Nîmes', price: '1.5' },
    { code: '2', place: 'Orléans', price: '2 and more' },
  ])
})

test('fixed width: many slices, no record lost', async (t) => {
  const lines = Array.from({ length: 3000 }, (_, n) => `${String(n).padStart(6)}${'('.repeat(300)}`)
  const built = await build(
    t,
    'fixed_width',
    `header\n${lines.join('\n')}`,
    { columns: 'n:1-6', first_row_no: 2 },
    1 << 16,
  )
  assert.ok(sealedManifest(built).parts.length >= 1)
  assert.deepEqual(
    (await readRecords(built)).map(({ n }) => n),
    lines.map((_, n) => n),
  )
})

test('fixed width: places that cannot be are refused by name', async (t) => {
  for (const columns of ['a:5-2', 'a:0-2', 'a:1-9999999', '0', 'a', '']) {
    const { error } = await build(t, 'fixed_width', 'abc\n', { columns })
    assert.deepEqual([error?.key, error?.params.parameter], ['ingest.invalid_parameter', 'columns'], columns)
  }
})

test('the members of a JSON object are records, their names a column', async (t) => {
  const text = `{"FR": {"name": "France", "n": [1, {"a": "}"}]}, "D\\"E": {}, "x\\n": { "name" : "X" } , "s": "a,}", "n":1,"l":[1,2],"nul":null }`
  const built = await build(t, 'jsondict', text)
  assert.deepEqual(await readRecords(built), [
    { key: 'FR', name: 'France', n: ['1', '{"a":"}"}'], value: null },
    { key: 'D"E', name: null, n: null, value: null },
    { key: 'x\n', name: 'X', n: null, value: null },
    { key: 's', name: null, n: null, value: 'a,}' },
    { key: 'n', name: null, n: null, value: '1' },
    { key: 'l', name: null, n: null, value: '[1,2]' },
    { key: 'nul', name: null, n: null, value: null },
  ])
  const inside = await build(
    t,
    'jsondict',
    '{"a": [1], "data": {"rows": {"__proto__": {"n": 1}, "b": {"n": 2}}}, "z": {}}',
    {
      root: 'data.rows',
      key_column: 'id',
    },
  )
  assert.deepEqual(await readRecords(inside), [
    { id: '__proto__', n: 1 },
    { id: 'b', n: 2 },
  ])
})

for (const [text, key] of [
  ['[1]', 'ingest.root_not_found'],
  ['{"a": {', 'ingest.invalid_json'],
  ['{"a"}', 'ingest.invalid_json'],
  ['{"a":,}', 'ingest.invalid_json'],
  ['{a: 1}', 'ingest.invalid_json'],
  [`{"a": ${'['.repeat(1000)}`, 'ingest.too_deep'],
] as const) {
  test(`jsondict: ${text.slice(0, 20)} is refused as ${key}`, async (t) => {
    assert.equal((await build(t, 'jsondict', text)).error?.key, key)
  })
}

const guesses: readonly (readonly [filename: string, head: string | Buffer, extractor: string])[] = [
  ['data.csv', xlsxOf({ sheets: { A: '<row/>' } }), 'xlsfile'],
  ['data.bin', odsOf(''), 'xlsfile'],
  ['data.csv', gzipSync(xlsxOf({ sheets: { A: '' } })), 'xlsfile'],
  ['book.xlsx', archiveOf([{ name: 'other.xml', content: '' }]), 'xlsfile'],
  ['data', Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1'), 'xlsfile'],
  ['data.xls', 'a;b\n1;2\n', 'csvfile'],
  [
    'data.txt',
    '<?xml version="1.0"?>\n<!-- a --><!DOCTYPE x [<!ELEMENT x ANY>]>\n<p:x xmlns:p="u">',
    'xmlfile',
  ],
  ['data.txt', Buffer.from('\uFEFF<?xml version="1.0" encoding="UTF-16"?><x/>', 'utf16le'), 'xmlfile'],
  ['data.xml', '<rss version="2.0">', 'rss'],
  ['data.xml', '<feed xmlns="http://www.w3.org/2005/Atom">', 'rss'],
  ['data.xml', '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="x">', 'rss'],
  ['data.xml', '<rdf:RDF xmlns:rdf="x">', 'xmlfile'],
  ['page.csv', '<!DOCTYPE html><html>', 'csvfile'],
  ['odd.csv', `<!--${'-->'.repeat(2000)}`, 'csvfile'],
  ['odd.csv', `${'<!---->'.repeat(1000)}x`, 'csvfile'],
  ['data.csv', '<5;>7\n1;2\n', 'csvfile'],
  ['data', 'ARROW1\0\0', 'arrow'],
  ['data', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x10, 0, 0, 0]), 'arrow'],
  ['list.fwf', '1234 abc', 'fixed_width'],
]
for (const [filename, head, extractor] of guesses) {
  test(`${filename} that begins with ${JSON.stringify(head.toString('latin1').slice(0, 30))} is for ${extractor}`, () => {
    assert.equal(guessExtractor(filename, Buffer.from(head as string)), extractor)
    const { recommended, others } = guessExtractors(filename, Buffer.from(head as string))
    assert.deepEqual(recommended, [extractor])
    assert.ok(!others.includes(extractor))
  })
}
