/** Formats that are converted need the same memory however large the file is, and a preview reads only its start. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createWriteStream, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { ZipFile } from 'yazl'
import { preview } from '../../src/ingest/builder/preview.ts'
import type { Preview } from '../../src/ingest/index.ts'
import type { JsonObject } from '../../src/kernel/index.ts'
import { type SourceSpec, sourceOf, tempDirectory, withoutNetwork } from '../support/builder.ts'
import { skippedUnlessWhole } from '../support/tiers.ts'
import { archiveOf, workbookParts, xlsxOf } from '../support/workbooks.ts'

/** Less than the small file has to be held in, were it held; a builder has 512. */
const heapMb = 96

function* xmlDocument(records: number): Generator<string> {
  yield '<?xml version="1.0"?><list>'
  for (let n = 0; n < records; n++) {
    yield `<item id="${n}"><name>name of ${n}</name><price currency="EUR">${n / 4}</price><tag>a${n % 9}</tag><tag>b</tag><text>${'some words that stand here '.repeat(6)}</text></item>\n`
  }
  yield '</list>'
}

function* sheetRows(records: number): Generator<string> {
  yield '<worksheet><sheetData>'
  for (let n = 0; n < records; n++) {
    yield `<row r="${n + 1}"><c r="A${n + 1}" t="s"><v>${n}</v></c><c r="B${n + 1}"><v>${n * 1.5}</v></c><c r="C${n + 1}" t="inlineStr"><is><t>text number ${n}</t></is></c></row>\n`
  }
  yield '</sheetData></worksheet>'
}

function* sharedTexts(records: number): Generator<string> {
  yield '<sst>'
  for (let n = 0; n < records; n++) yield `<si><t>${'shared words of some length '.repeat(4)}${n}</t></si>\n`
  yield '</sst>'
}

/** Writes larger pieces at a time than a generator yields. */
function* chunked(pieces: Iterable<string>): Generator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < 1 << 18) continue
    yield text
    text = ''
  }
  yield text
}

async function writeXml(path: string, records: number): Promise<void> {
  await finished(Readable.from(chunked(xmlDocument(records))).pipe(createWriteStream(path)))
}

async function writeXlsx(path: string, records: number): Promise<void> {
  const zip = new ZipFile()
  const generated: Record<string, () => Generator<string>> = {
    'xl/worksheets/sheet1.xml': () => sheetRows(records),
    'xl/sharedStrings.xml': () => sharedTexts(records),
  }
  for (const { name, content } of workbookParts({ sheets: { A: '' }, texts: [] })) {
    const make = generated[name]
    if (make) zip.addReadStream(Readable.from(chunked(make())), name, { compressionLevel: 1 })
    else zip.addBuffer(Buffer.from(content as string), name)
  }
  zip.end()
  await finished(zip.outputStream.pipe(createWriteStream(path)))
}

async function convert(t: TestContext, spec: SourceSpec) {
  const tmpDirectory = tempDirectory(t)
  const worker = new Worker(new URL('../support/convert-worker.ts', import.meta.url), {
    workerData: { source: buildSource(spec), tmpDirectory },
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
  })
  // A thread whose heap does not suffice ends with an error.
  const [told] = (await once(worker, 'message')) as [{ bytes: number; lastFirstLine: number }]
  await worker.terminate()
  return told
}

function buildSource({ path, filename = 'data', extractor, params = {} }: SourceSpec) {
  return {
    resourceUid: 're_0',
    title: '',
    filename,
    path,
    sha256: '0'.repeat(64),
    bytes: statSync(path).size,
    extractor,
    params,
  }
}

const writers = { xmlfile: writeXml, xlsfile: writeXlsx }
for (const [extractor, write] of Object.entries(writers)) {
  for (const [size, records, skip] of [
    ['some ten', 80_000, false],
    ['some hundred', 1_000_000, skippedUnlessWhole('reads some hundred MB')],
  ] as const) {
    test(`${extractor}: a file of ${size} MB is read in a heap of ${heapMb} MB`, { skip }, async (t) => {
      const path = join(tempDirectory(t), 'data')
      await write(path, records)
      const params: JsonObject = extractor === 'xlsfile' ? { headers_first_row: false } : {}
      const { bytes, lastFirstLine } = await convert(t, { path, extractor, params })
      assert.ok(bytes > records * 100, `${bytes} bytes`)
      assert.ok(lastFirstLine <= records)
    })
  }
}

async function previewOf(t: TestContext, spec: SourceSpec): Promise<Preview> {
  return preview(
    {
      source: buildSource(spec),
      processors: [],
      fieldSpecifications: [],
      rows: 3,
      tmpDirectory: tempDirectory(t),
      limits: { memoryLimitMb: 200, threads: 1, maxSourceBytes: 2 ** 34 },
    },
    withoutNetwork,
  )
}

/** Bytes that this process has read from files and other channels, by the kernel's count. */
const bytesRead = () => Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))![1])

/** Each 30 MB or so, and broken at its end: who reads it to the end fails. */
const broken: readonly (readonly [extractor: string, content: () => Buffer, params?: JsonObject])[] = [
  ['xmlfile', () => Buffer.from(`<x>${'<i><n>1</n><t>some words here</t></i>\n'.repeat(750_000)}<i></x>`)],
  [
    'rss',
    () =>
      Buffer.from(
        `<rss><channel>${'<item><title>some words here</title></item>\n'.repeat(750_000)}<item></rss>`,
      ),
  ],
  [
    'csvfile',
    () =>
      Buffer.concat([
        Buffer.from(`n,t\n${'1,some words é here\n'.repeat(1_500_000)}2,"`),
        Buffer.from([0xff, 0xe9]),
      ]),
  ],
  ['jsonfile', () => Buffer.from(`[${'{"n": 1, "t": "some words here"},\n'.repeat(900_000)}`)],
  ['jsondict', () => Buffer.from(`{${'"n": {"n": 1, "t": "some words here"},\n'.repeat(750_000)}`)],
  [
    'fixed_width',
    () => Buffer.concat([Buffer.from('1 some words here é\n'.repeat(1_500_000)), Buffer.from([0xff, 0xe9])]),
    { columns: '2,20' },
  ],
]
for (const [extractor, content, params] of broken) {
  test(`${extractor}: a preview reads only the head`, async (t) => {
    const spec = sourceOf(t, 'data', content(), extractor, params)
    // The first one also loads code.
    const first = await previewOf(t, spec)
    assert.equal(first.records.length, 3)
    if (!existsSync('/proc/self/io')) return
    const before = bytesRead()
    await previewOf(t, spec)
    const read = bytesRead() - before
    assert.ok(read < 18 << 20, `${read} bytes read of ${statSync(spec.path).size}`)
  })
}

test('xlsfile: a preview reads only the head of the sheet and of the shared texts', async (t) => {
  const sheet =
    '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c><c><v>2</v></c></row>'
  const parts = workbookParts({
    sheets: { A: `${sheet}${'<row><c><v>123456789012</v></c></row>'.repeat(150_000)}</broken>` },
    texts: ['<t>a</t>', '<t>b</t>', '<t>c</t>'],
  })
  const broken = parts.map((part) =>
    part.name === 'xl/sharedStrings.xml'
      ? {
          ...part,
          content: String(part.content).replace('</sst>', `${'<si><t>x</t></si>'.repeat(60_000)}</broken>`),
        }
      : part,
  )
  const { fields, records } = await previewOf(t, sourceOf(t, 'a.xlsx', archiveOf(broken), 'xlsfile'))
  assert.deepEqual(
    fields.map(({ name }) => name),
    ['a', 'b'],
  )
  assert.deepEqual(records[0], { a: 'c', b: 2 })
  const whole = await previewOf(
    t,
    sourceOf(t, 'a.xlsx', xlsxOf({ sheets: { A: '<row><c><v>1</v></c></row>' } }), 'xlsfile', {
      headers_first_row: false,
    }),
  )
  assert.deepEqual(whole.records, [{ column_1: 1 }])
})
