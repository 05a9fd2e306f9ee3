/** Spreadsheets become the records that a person sees in them: XLSX, ODS and XLS, and what is wrong with some. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { utils, write } from '@e965/xlsx'
import type { ErrorKey, JsonObject } from '../../src/kernel/index.ts'
import { type Built, type PlanChanges, runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, sealedManifest } from '../support/parts.ts'
import { archiveOf, odsOf, workbookParts, xlsxOf } from '../support/workbooks.ts'

function build(
  t: TestContext,
  content: Buffer,
  params: JsonObject = {},
  changes: PlanChanges = {},
  name = 'sheet.xlsx',
): Promise<Built> {
  return runBuild(t, [sourceOf(t, name, content, 'xlsfile', params)], changes)
}

async function recordsOf(t: TestContext, content: Buffer, params: JsonObject = {}, name?: string) {
  return readRecords(await build(t, content, params, {}, name))
}

/** `<row>` elements of texts and numbers. */
function rowsOf(...rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => {
    if (value === null) return '<c/>'
    return typeof value === 'number'
      ? `<c><v>${value}</v></c>`
      : `<c t="inlineStr"><is><t>${value}</t></is></c>`
  }
  return rows.map((cells) => `<row>${cells.map(cell).join('')}</row>`).join('')
}

test('every kind of cell of an XLSX is what it is', async (t) => {
  const formats = [
    'yyyy\\-mm\\-dd',
    'dd/mm/yyyy hh:mm',
    'h:mm:ss',
    '[h]:mm:ss',
    '[$-409]d\\ mmm;@',
    '"due in "0" days"',
    '0.00%',
    '#,##0.00 [$€-407]',
  ]
  const header = [
    'text',
    'code',
    'number',
    'big',
    'day',
    'at',
    'time',
    'length',
    'short',
    'days',
    'share',
    'price',
    'yes',
    'formula',
    'calc',
    'error',
    'iso',
  ]
  const content = xlsxOf({
    formats,
    texts: [
      '<t>plain</t>',
      '<r><rPr/><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh sb="0" eb="1"><t>RICH</t></rPh>',
      '<t>007</t>',
      '<t>line_x000D_end &amp; _x005F_x000D_</t>',
    ],
    sheets: {
      Data: `<row r="1">${header.map((name) => `<c t="inlineStr"><is><t>${name}</t></is></c>`).join('')}</row>
      <row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>2</v></c><c r="C2"><v>0.10000000000000001</v></c><c r="D2"><v>1E+21</v></c>
        <c r="E2" s="1"><v>48206</v></c><c r="F2" s="2"><v>48206.75</v></c><c r="G2" s="3"><v>0.75</v></c><c r="H2" s="4"><v>1.5</v></c><c r="I2" s="5"><v>48206</v></c>
        <c r="J2" s="6"><v>3</v></c><c r="K2" s="7"><v>0.25</v></c><c r="L2" s="8"><v>9.5</v></c><c r="M2" t="b"><v>1</v></c>
        <c r="N2" t="str"><f>A2&amp;"x"</f><v>richx</v></c><c r="O2"><f>1+1</f><v>2</v></c><c r="P2" t="e"><v>#DIV/0!</v></c><c r="Q2" t="d"><v>2031-12-24T18:00:00</v></c></row>
      <row r="9"><c r="A9" t="s"><v>3</v></c><c r="C9"><v>-2</v></c></row>`,
    },
  })
  const built = await build(t, content)
  const [first, second] = await readRecords(built)
  assert.deepEqual(first, {
    text: 'rich ',
    code: '007',
    number: 0.1,
    big: 1e21,
    day: '2031-12-24',
    at: '2031-12-24 18:00:00+00',
    time: '18:00:00',
    length: '36:00:00',
    short: '2031-12-24',
    days: 3,
    share: 0.25,
    price: 9.5,
    yes: true,
    formula: 'richx',
    calc: 2,
    error: null,
    iso: '2031-12-24 18:00:00+00',
  })
  assert.equal(second!.text, 'line\rend & _x000D_')
  assert.equal(second!.number, -2)
  const { code, day, at, yes, days } = fieldTypesOf(built)
  assert.deepEqual([code, day, at, yes, days], ['text', 'date', 'datetime', 'boolean', 'int'])
})

test('days of the calendar that begins in 1904, and those around the leap day that never was', async (t) => {
  const cells = (values: readonly number[]) =>
    values.map((v) => `<row><c s="1"><v>${v}</v></c></row>`).join('')
  const days = async (is1904: boolean, values: number[]) => {
    const content = xlsxOf({ is1904, formats: ['yyyy-mm-dd'], sheets: { A: cells(values) } })
    return (await recordsOf(t, content, { headers_first_row: false })).map((record) => record.column_1)
  }
  assert.deepEqual(await days(false, [1, 59, 61, 25569]), [
    '1900-01-01',
    '1900-02-28',
    '1900-03-01',
    '1970-01-01',
  ])
  assert.deepEqual(await days(true, [0, 24107]), ['1904-01-01', '1970-01-01'])
})

test('rows and columns may be sparse, headers missing, double or from the prototype', async (t) => {
  const content = xlsxOf({
    before: '<dimension ref="A1:XFD1048576"/>',
    sheets: {
      A: `<row r="1"><c r="A1" t="inlineStr"><is><t>a title</t></is></c></row>
        <row r="3"><c r="A3" t="inlineStr"><is><t>name</t></is></c><c r="B3" t="inlineStr"><is><t>name</t></is></c><c r="D3" t="inlineStr"><is><t>__proto__</t></is></c><c r="XFD3" s="0"/></row>
        <row r="4"><c r="A4"><v>1</v></c><c r="C4"><v>3</v></c></row><row r="5" spans="1:16384"/>
        <row r="1048576"><c r="B1048576"><v>2</v></c><c r="D1048576"><v>4</v></c></row>`,
    },
  })
  assert.deepEqual(await recordsOf(t, content, { first_row_no: 2 }), [
    { name: 1, name_2: null, proto: null, column_3: 3 },
    { name: null, name_2: 2, proto: 4, column_3: null },
  ])
})

test('a sheet that has only a header has its fields', async (t) => {
  const built = await build(t, xlsxOf({ sheets: { A: rowsOf(['a', 'b']) } }))
  assert.deepEqual(fieldTypesOf(built), { a: 'text', b: 'text' })
  assert.equal(sealedManifest(built).records_count, 0)
})

test('a sheet is chosen by name or number; the first visible one is taken', async (t) => {
  const sheets = { Hidden: rowsOf(['a'], [1]), Second: rowsOf(['a'], [2]), '07': rowsOf(['a'], [3]) }
  const parts = workbookParts({ sheets }).map((part) =>
    part.name === 'xl/workbook.xml'
      ? { ...part, content: String(part.content).replace('name="Hidden"', 'name="Hidden" state="hidden"') }
      : part,
  )
  const content = archiveOf(parts)
  const chosen = async (params: JsonObject) => (await recordsOf(t, content, params))[0]!.a
  assert.equal(await chosen({}), 2)
  assert.equal(await chosen({ sheet: 'Hidden' }), 1)
  assert.equal(await chosen({ sheet: ' second ' }), 2)
  assert.equal(await chosen({ sheet: '1' }), 1)
  assert.equal(await chosen({ sheet: '07' }), 3)
})

test('strict workbooks, other prefixes, other names of parts and a gzipped file are read', async (t) => {
  const rename = (text: string) =>
    text
      .replaceAll('schemas.openxmlformats.org/officeDocument/2006', 'purl.oclc.org/ooxml/officeDocument')
      .replaceAll('xl/workbook.xml', 'office/book.xml')
      .replace(/<(\/?)(worksheet|sheetData|row|c|v)\b/g, '<$1x:$2')
      .replace(
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml',
        'xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml',
      )
  const parts = workbookParts({ sheets: { A: '<row><c><v>1</v></c></row><row><c><v>5</v></c></row>' } }).map(
    ({ name, content }) => ({
      name: name
        .replace('xl/workbook', 'office/book')
        .replace('xl/_rels/workbook', 'office/_rels/book')
        .replace('xl/', 'office/'),
      content: name.includes('worksheets') || name.includes('rels') ? rename(String(content)) : content,
    }),
  )
  assert.deepEqual(await recordsOf(t, gzipSync(archiveOf(parts))), [{ n_1: 5 }])
})

test('shared texts come back whole from the file that they spill to', async (t) => {
  const texts = Array.from({ length: 3000 }, (_, n) => `<t>${n} ${'é'.repeat(40)}</t>`)
  const order = texts.map((_, n) => (n * 1009) % texts.length)
  const rows = order.map((at, n) => `<row><c><v>${n}</v></c><c t="s"><v>${at}</v></c></row>`).join('')
  const { createSharedStrings } = await import('../../src/ingest/extractors/spreadsheet/shared-strings.ts')
  const { tempDirectory } = await import('../support/builder.ts')
  const directory = tempDirectory(t)
  async function* chunks() {
    yield Buffer.from(`<sst>${texts.map((text) => `<si>${text}</si>`).join('')}</sst>`)
  }
  const strings = createSharedStrings({
    chunks: chunks(),
    filename: 'a.xlsx',
    spillPath: `${directory}/s`,
    cachedLength: 4096,
  })
  await strings.ensure(2999)
  for (const at of order) assert.equal(strings.get(at), `${at} ${'é'.repeat(40)}`)
  assert.deepEqual(readdirSync(directory), ['s'])
  strings.close()
  assert.deepEqual(readdirSync(directory), [])
  const records = await recordsOf(t, xlsxOf({ texts, sheets: { A: rows } }), { headers_first_row: false })
  assert.deepEqual(
    records.map((record) => Number(String(record.column_2).split(' ')[0])),
    order,
  )
})

const odsCell = (type: string, attributes: string, text = '') =>
  `<table:table-cell office:value-type="${type}" ${attributes}>${text && `<text:p>${text}</text:p>`}</table:table-cell>`
const odsText = (text: string) => odsCell('string', '', text)

test('every kind of cell of an ODS is what it is, repeated rows and cells too', async (t) => {
  const table = `<table:table table:name="Other"><table:table-row>${odsText('x')}</table:table-row></table:table>
    <table:table table:name="Data"><table:table-row>${['text', 'number', 'day', 'at', 'time', 'yes', 'p', 'q'].map(odsText).join('')}</table:table-row>
    <table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>note</text:p></office:annotation><text:p>0<text:s text:c="2"/>1 <text:span>b</text:span></text:p><text:p>c</text:p></table:table-cell>
      ${odsCell('currency', 'office:currency="EUR" office:value="1.5"', '1,50 €')}${odsCell('date', 'office:date-value="2031-12-24"', '24/12/31')}${odsCell('date', 'office:date-value="2031-12-24T18:00:00"', 'x')}${odsCell('time', 'office:time-value="PT18H05M00S"', 'x')}${odsCell('boolean', 'office:boolean-value="true"', 'WAHR')}${odsCell('float', 'office:value="7" table:number-columns-repeated="2"', '7')}<table:table-cell table:number-columns-repeated="16376"/></table:table-row>
    <table:table-row table:number-rows-repeated="3"><table:table-cell/>${odsCell('float', 'office:value="2"', '2')}</table:table-row>
    <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>`
  const records = await recordsOf(t, odsOf(table), { sheet: 'Data' }, 'sheet.ods')
  assert.equal(records.length, 4)
  assert.deepEqual(records[0], {
    text: '0  1 b\nc',
    number: 1.5,
    day: '2031-12-24',
    at: '2031-12-24 18:00:00+00',
    time: '18:05:00',
    yes: true,
    p: 7,
    q: 7,
  })
  assert.deepEqual(
    records.slice(1).map((record) => record.number),
    [2, 2, 2],
  )
})

function xlsOf(rows: readonly (readonly unknown[])[], name = 'Data'): Buffer {
  const book = utils.book_new()
  const sheet = utils.aoa_to_sheet(rows as unknown[][], { cellDates: false, UTC: true } as object)
  utils.book_append_sheet(book, sheet, name)
  return write(book, { type: 'buffer', bookType: 'biff8' }) as Buffer
}

test('a workbook of the old format is read', async (t) => {
  const day = { t: 'n', v: 48206, z: 'yyyy-mm-dd' }
  const content = xlsOf([
    ['code', 'n', 'day', 'yes'],
    ['007', 1.5, day, true],
    [null, 2, null, false],
  ])
  const built = await build(t, content, {}, {}, 'old.xls')
  assert.deepEqual(await readRecords(built), [
    { code: '007', n: 1.5, day: '2031-12-24', yes: true },
    { code: null, n: 2, day: null, yes: false },
  ])
})

test('a sheet of many slices has the records and ids of one', async (t) => {
  const texts = Array.from({ length: 500 }, (_, n) => `<t>text ${n}</t>`)
  const rows = Array.from(
    { length: 5000 },
    (_, n) =>
      `<row><c><v>${n}</v></c><c t="s"><v>${n % 500}</v></c>${n > 4000 ? '<c t="b"><v>1</v></c>' : ''}</row>`,
  ).join('')
  const content = xlsxOf({ texts, sheets: { A: `${rowsOf(['n', 'text'])}${rows}` } })
  const whole = await build(t, content)
  const cut = await build(t, content, {}, { limits: { sliceBytes: 10_000 } })
  assert.ok(sealedManifest(cut).parts.length > 5)
  assert.deepEqual(await readRecords(cut), await readRecords(whole))
  assert.equal(sealedManifest(cut).content_hash, sealedManifest(whole).content_hash)
})

const one = { sheets: { A: rowsOf(['a'], [1]) } }
const parts = workbookParts(one)
const swap = (name: string, change: object) =>
  archiveOf(parts.map((part) => (part.name === name ? { ...part, ...change } : part)))
const sheetPart = 'xl/worksheets/sheet1.xml'
const long = 'x'.repeat(30_000)

type Case = [
  what: string,
  content: () => Buffer,
  key: ErrorKey,
  told?: JsonObject,
  params?: JsonObject,
  maxSourceBytes?: number,
]
const refused: readonly Case[] = [
  ['an empty file', () => Buffer.alloc(0), 'ingest.source_is_empty'],
  ['a sheet without rows', () => xlsxOf({ sheets: { A: '' } }), 'ingest.source_is_empty'],
  [
    'nothing behind the first row asked for',
    () => xlsxOf(one),
    'ingest.source_is_empty',
    {},
    { first_row_no: 3 },
  ],
  [
    'a sheet that is not there',
    () => xlsxOf(one),
    'ingest.sheet_not_found',
    { sheet: 'B', known: 'A' },
    { sheet: 'B' },
  ],
  [
    'a sheet number that is not there',
    () => xlsxOf(one),
    'ingest.sheet_not_found',
    { sheet: '2' },
    { sheet: '2' },
  ],
  [
    'a sheet of an ODS that is not there',
    () => odsOf('<table:table table:name="T"/>'),
    'ingest.sheet_not_found',
    { known: 'T' },
    { sheet: 'B' },
  ],
  [
    'a sheet of an XLS that is not there',
    () => xlsOf([['a']]),
    'ingest.sheet_not_found',
    { known: 'Data' },
    { sheet: '__proto__' },
  ],
  [
    'a workbook without its sheet',
    () => xlsxOf({ ...one, parts: { [sheetPart]: null } }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'a workbook without its list of sheets',
    () => xlsxOf({ ...one, parts: { 'xl/workbook.xml': null } }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'a workbook without relations',
    () => xlsxOf({ ...one, parts: { 'xl/_rels/workbook.xml.rels': null } }),
    'ingest.invalid_spreadsheet',
  ],
  ['another archive', () => archiveOf([{ name: 'a.csv', content: 'a,b' }]), 'ingest.invalid_spreadsheet'],
  [
    'a document for reading',
    () =>
      archiveOf([
        { name: '[Content_Types].xml', content: '<Types/>' },
        { name: 'word/document.xml', content: '<w/>' },
      ]),
    'ingest.invalid_spreadsheet',
  ],
  [
    'a binary workbook',
    () => archiveOf([{ name: 'xl/workbook.bin', content: 'x' }]),
    'ingest.invalid_spreadsheet',
  ],
  ['text', () => Buffer.from('a,b\n1,2\n'), 'ingest.invalid_spreadsheet'],
  [
    'a web page',
    () => Buffer.from('<html><table><tr><td>1</td></tr></table></html>'),
    'ingest.looks_like_html',
  ],
  ['a broken old workbook', () => xlsOf([['a'], [1]]).subarray(0, 1500), 'ingest.invalid_spreadsheet'],
  ['an archive cut off', () => xlsxOf(one).subarray(0, -30), 'ingest.truncated_archive'],
  [
    'a sheet cut off',
    () => swap(sheetPart, { content: '<worksheet><sheetData><row><c><v>1</v></c></row><row>' }),
    'ingest.invalid_xml',
  ],
  [
    'an entry longer than it says',
    () => swap(sheetPart, { lies: { bytes: 100 } }),
    'ingest.truncated_archive',
  ],
  [
    'an entry shorter than it says',
    () => swap(sheetPart, { lies: { bytes: 100_000 } }),
    'ingest.truncated_archive',
  ],
  ['an entry with another checksum', () => swap(sheetPart, { lies: { crc: 1 } }), 'ingest.truncated_archive'],
  ['an encrypted entry', () => swap(sheetPart, { lies: { flags: 0x801 } }), 'ingest.encrypted'],
  [
    'entries that overlap',
    () => swap(sheetPart, { lies: { offset: 0 } }),
    'ingest.truncated_archive',
    { reason: 'its entries overlap' },
  ],
  ['an entry twice', () => archiveOf([...parts, parts[0]!]), 'ingest.truncated_archive'],
  [
    'an entry that climbs out',
    () => archiveOf([...parts, { name: '../../a', content: '' }]),
    'ingest.truncated_archive',
  ],
  [
    'a sheet that says it unpacks to 4 GB',
    () => swap(sheetPart, { lies: { bytes: 0xffff_fff0 } }),
    'ingest.decompressed_too_large',
    { maxBytes: 64 << 20 },
  ],
  [
    'a sheet larger than a source may be',
    () => swap(sheetPart, { content: Buffer.alloc(3 << 20, ' ') }),
    'ingest.decompressed_too_large',
    { maxBytes: 1 << 20 },
    {},
    1 << 20,
  ],
  [
    'one long text that every cell refers to',
    () =>
      xlsxOf({ texts: [`<t>${long}</t>`], sheets: { A: '<row><c t="s"><v>0</v></c></row>'.repeat(500) } }),
    'ingest.decompressed_too_large',
    {},
    {},
    1 << 20,
  ],
  [
    'one row that refers to it many times',
    () =>
      xlsxOf({
        texts: [`<t>${'x'.repeat(900_000)}</t>`],
        sheets: { A: `${rowsOf([1])}<row>${'<c t="s"><v>0</v></c>'.repeat(100)}</row>` },
      }),
    'ingest.record_too_large',
  ],
  [
    'a shared text that is not there',
    () => xlsxOf({ texts: ['<t>a</t>'], sheets: { A: '<row><c t="s"><v>4000000</v></c></row>' } }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'a text of two million characters',
    () =>
      xlsxOf({
        texts: ['<t>a</t>', `<t>${'x'.repeat(2_000_000)}</t>`],
        sheets: { A: '<row><c t="s"><v>1</v></c></row>' },
      }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'cells in every column',
    () => xlsxOf({ sheets: { A: `<row>${'<c><v>1</v></c>'.repeat(16_384)}</row>`.repeat(3) } }),
    'ingest.too_many_fields',
  ],
  [
    'a cell beyond the last column',
    () => xlsxOf({ sheets: { A: '<row><c r="XFE1"><v>1</v></c></row>' } }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'a row beyond the last',
    () => xlsxOf({ sheets: { A: '<row r="1048577"><c><v>1</v></c></row>' } }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'a row without a number',
    () => xlsxOf({ sheets: { A: '<row r="x"><c><v>1</v></c></row>' } }),
    'ingest.invalid_spreadsheet',
  ],
  [
    'entities in a sheet',
    () => swap(sheetPart, { content: '<!DOCTYPE x [<!ENTITY a "ha">]><worksheet/>' }),
    'ingest.xml_entities',
  ],
  [
    'entities in shared texts',
    () =>
      xlsxOf({
        ...one,
        texts: [],
        sheets: { A: '<row><c t="s"><v>0</v></c></row>' },
        parts: { 'xl/sharedStrings.xml': '<!DOCTYPE x [<!ENTITY a "ha">]><sst/>' },
      }),
    'ingest.xml_entities',
  ],
  [
    'an ODS row that repeats a billion times',
    () =>
      odsOf(
        `<table:table table:name="T"><table:table-row>${odsText('a')}</table:table-row><table:table-row table:number-rows-repeated="999999999">${odsText(long)}</table:table-row></table:table>`,
      ),
    'ingest.invalid_spreadsheet',
  ],
  [
    'an ODS row that repeats a million times',
    () =>
      odsOf(
        `<table:table table:name="T"><table:table-row table:number-rows-repeated="1000000">${odsText(long)}</table:table-row></table:table>`,
      ),
    'ingest.decompressed_too_large',
    {},
    {},
    2 << 20,
  ],
  [
    'an ODS cell in every column',
    () =>
      odsOf(
        `<table:table table:name="T"><table:table-row>${odsCell('float', 'office:value="1" table:number-columns-repeated="16384"')}</table:table-row></table:table>`,
      ),
    'ingest.too_many_fields',
  ],
  [
    'an encrypted ODS',
    () => odsOf('', [{ name: 'META-INF/manifest.xml', content: '<m><f><encryption-data/></f></m>' }]),
    'ingest.encrypted',
  ],
]
for (const [what, content, key, told = {}, params = {}, maxSourceBytes] of refused) {
  test(`${what} is refused as ${key}`, async (t) => {
    const built = await build(t, content(), params, maxSourceBytes ? { limits: { maxSourceBytes } } : {})
    assert.equal(built.error?.key, key, JSON.stringify(built.error))
    for (const [name, value] of Object.entries(told)) assert.equal(built.error!.params[name], value, name)
    assert.equal(built.manifest, null)
  })
}
