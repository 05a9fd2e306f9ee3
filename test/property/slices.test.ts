/** Wherever a source is cut, by the disk or by us, the same records come out. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { OpenSource } from '../../src/ingest/bytes/source-stream.ts'
import { detectDelimiter } from '../../src/ingest/slices/detect-delimiter.ts'
import type { Slice } from '../../src/ingest/slices/slice.ts'
import { sliceCsv } from '../../src/ingest/slices/slice-csv.ts'
import { sliceJson } from '../../src/ingest/slices/slice-json.ts'
import { sliceLines } from '../../src/ingest/slices/slice-lines.ts'
import { AppError } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'

const runs = { numRuns: 200 }

/** A source that hands out chunks of the given sizes, over and over; `isPassing`: all in one block of memory. */
function chunked(text: string, sizes: readonly number[], isPassing = false): OpenSource {
  const bytes = Buffer.from(text)
  const block = Buffer.alloc(Math.max(...sizes))
  async function* chunks() {
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length]!
      // A copy: the slicer may change what it was given.
      const chunk = Buffer.from(bytes.subarray(at, at + size))
      if (isPassing) block.fill(0xff).set(chunk)
      yield isPassing ? block.subarray(0, chunk.length) : chunk
      at += size
    }
  }
  return { chunks: chunks(), bytesRead: () => bytes.length, close: () => {} }
}

async function read(slices: AsyncIterable<Slice>): Promise<{ texts: string[]; firstLines: number[] }> {
  const texts: string[] = []
  const firstLines: number[] = []
  for await (const slice of slices) {
    assert.equal(slice.index, texts.length)
    const text = readFileSync(slice.path, 'utf8')
    assert.equal(Buffer.byteLength(text), slice.bytes)
    texts.push(text)
    firstLines.push(slice.firstLine)
  }
  return { texts, firstLines }
}

/** The text of a slicer, or the key of its error. */
async function outcome(slices: AsyncIterable<Slice>): Promise<string[] | string> {
  try {
    return (await read(slices)).texts
  } catch (error) {
    if (error instanceof AppError) return error.key
    throw error
  }
}

const cuts = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  sliceBytes: fc.integer({ min: 1, max: 40 }),
})
const uncut = { sizes: [1 << 20], sliceBytes: 1 << 20 }

function options(t: TestContext, sliceBytes: number) {
  return { directory: tempDirectory(t), prefix: 's', sliceBytes, filename: 'f' }
}

const dialect = { delimiter: ',', quote: '"', escape: '"' }
const value = fc.oneof(
  fc.stringMatching(/^[a-c é]{0,4}$/),
  fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', 'é'), maxLength: 6 }),
)
const breaks = fc.constantFrom('\n', '\r\n', '\r')

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Returns that are the last byte of a chunk: only the next one shows that they were line breaks. */
const returnsBetweenChunks: [string[], string][] = [
  [['', ' aé', ' '], '\n'],
  [['', '', ' '], '\n'],
  [['aaa', 'a\néé', ''], '\r'],
  [['aé ', 'éa', ''], '\r'],
  [['', 'é\n', 'a'], '\r'],
  [['', ',a', 'é"a'], '\n'],
  [['', ''], '\n'],
]

test('CSV records come out whole, in order and ended by a line feed, wherever they are cut', async (t) => {
  const directory = options(t, 1)
  const rows = fc.array(fc.tuple(fc.array(value, { minLength: 2, maxLength: 3 }), breaks), {
    minLength: 1,
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(rows, cuts, fc.boolean(), async (records, { sizes, sliceBytes }, endsInBreak) => {
      const lines = records.map(([values]) => values.map(quoted).join(','))
      const text = records
        .map(([, lineBreak], n) => `${lines[n]}${n < records.length - 1 || endsInBreak ? lineBreak : ''}`)
        .join('')
      const sliced = await read(
        sliceCsv(chunked(text, sizes, true), { ...directory, sliceBytes, dialect, skipRecords: 1 }),
      )
      const expected = lines
        .slice(1)
        .map((line) => `${line}\n`)
        .join('')
      const end = endsInBreak && !(records.at(-1)![1] === '\r') ? expected : expected.replace(/\n$/, '')
      const joined = sliced.texts.join('')
      assert.equal(joined.replace(/\n$/, ''), end.replace(/\n$/, ''))
      for (const slice of sliced.texts.slice(0, -1)) assert.ok(slice.endsWith('\n') && slice.length > 0)
      // A slice holds no more than one record beyond what it was meant to hold.
      const longest = Math.max(...lines.map((line) => Buffer.byteLength(line)))
      for (const slice of sliced.texts) assert.ok(Buffer.byteLength(slice) <= sliceBytes + longest + 1)
    }),
    { ...runs, examples: [[returnsBetweenChunks, { sizes: [4, 5], sliceBytes: 36 }, false]] },
  )
})

test('any text at all is cut into the same CSV, or ends in the same error', async (t) => {
  const directory = options(t, 1)
  const anything = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\\', 'é'), maxLength: 60 })
  const dialects = fc.constantFrom(
    dialect,
    { ...dialect, escape: '\\' },
    { ...dialect, quote: '', escape: '' },
  )
  await fc.assert(
    fc.asyncProperty(anything, dialects, cuts, async (text, how, { sizes, sliceBytes }) => {
      const cut = await outcome(
        sliceCsv(chunked(text, sizes, true), { ...directory, sliceBytes, dialect: how, skipRecords: 0 }),
      )
      const whole = await outcome(
        sliceCsv(chunked(text, uncut.sizes), {
          ...directory,
          sliceBytes: uncut.sliceBytes,
          dialect: how,
          skipRecords: 0,
        }),
      )
      const joined = (result: string[] | string) =>
        typeof result === 'string' ? result : result.join('').replace(/\n$/, '')
      assert.equal(joined(cut), joined(whole))
    }),
    runs,
  )
})

const json = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 8 })

test('JSON elements come out one a line, wherever the document is cut and however it is indented', async (t) => {
  const directory = options(t, 1)
  const indents = fc.constantFrom(undefined, 2, '\t')
  const decoys = fc.dictionary(fc.constantFrom('a', 'rows', 'x'), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 3,
  })
  await fc.assert(
    fc.asyncProperty(json, decoys, indents, cuts, async (elements, decoy, indent, { sizes, sliceBytes }) => {
      const document = {
        before: { ...decoy, nested: { rows: 1 } },
        data: { ...decoy, rows: elements },
        after: decoy,
      }
      const text = JSON.stringify(document, null, indent)
      const { texts, firstLines } = await read(
        sliceJson(chunked(text, sizes), { ...directory, sliceBytes, root: ['data', 'rows'] }),
      )
      const lines = texts.join('').split('\n').slice(0, -1)
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        JSON.parse(JSON.stringify(elements)),
      )
      let line = 1
      for (const [n, slice] of texts.entries()) {
        assert.equal(firstLines[n], line)
        line += slice.split('\n').length - 1
      }
    }),
    runs,
  )
})

test('any text at all is cut into the same JSON elements, or ends in the same error', async (t) => {
  const directory = options(t, 1)
  const anything = fc.string({
    unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '1', ' ', '\n', '"a"'),
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(
      anything,
      fc.constantFrom([], ['a'], ['a', 'a']),
      cuts,
      async (text, root, { sizes, sliceBytes }) => {
        const cut = await outcome(sliceJson(chunked(text, sizes), { ...directory, sliceBytes, root }))
        const whole = await outcome(
          sliceJson(chunked(text, uncut.sizes), { ...directory, sliceBytes: uncut.sliceBytes, root }),
        )
        assert.deepEqual(
          typeof cut === 'string' ? cut : cut.join(''),
          typeof whole === 'string' ? whole : whole.join(''),
        )
      },
    ),
    runs,
  )
})

test('JSON lines come out byte for byte, with the line on which each slice starts', async (t) => {
  const directory = options(t, 1)
  const lines = fc.array(
    fc.oneof(
      fc.jsonValue({ maxDepth: 2 }).map((element) => JSON.stringify(element)),
      fc.constantFrom('', ' ', 'odd "'),
    ),
    { minLength: 1, maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(lines, cuts, fc.boolean(), async (all, { sizes, sliceBytes }, endsInBreak) => {
      const text = all.join('\n') + (endsInBreak ? '\n' : '')
      const { texts, firstLines } = await read(sliceLines(chunked(text, sizes), { ...directory, sliceBytes }))
      assert.equal(texts.join(''), text)
      let line = 1
      for (const [n, slice] of texts.entries()) {
        assert.equal(firstLines[n], line)
        if (n < texts.length - 1) assert.ok(slice.endsWith('\n'))
        line += slice.split('\n').length - 1
      }
    }),
    runs,
  )
})

test('the separator of a regular file is found whatever its values hold', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '1', ',', ';', '|', '"', ' '), maxLength: 6 })
  const separators = fc.constantFrom(',', ';', '\t', '|')
  const rows = fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { minLength: 4, maxLength: 20 })
  fc.assert(
    fc.property(separators, rows, (separator, table) => {
      const text = ['h1', 'h2', 'h3', 'h4', 'h5'].join(separator)
      const lines = table.map((values) =>
        values.map((cellText) => `"${cellText.replaceAll('"', '""')}"`).join(separator),
      )
      const head = Buffer.from(`${[text, ...lines].join('\n')}\n`)
      assert.equal(detectDelimiter(head, { quote: '"', escape: '"', skip: 0 }), separator)
    }),
    runs,
  )
})
