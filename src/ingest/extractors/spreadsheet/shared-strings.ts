/**
 * The texts of a workbook that its cells refer to by number. They come in a part of their own, as large as one likes, and
 * mostly in the order in which the cells use them: it is read only as far as a cell has asked for. What does not fit in
 * memory goes to a file, a page of texts at a time.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { parseXml, type XmlHandler } from '../../xml/parse-xml.ts'
import { decodeXml } from '../../xml/xml-text.ts'
import { invalidSheet, maxCellLength } from './sheet.ts'
import { unescapeText } from './unescape-text.ts'

export interface SharedStrings {
  /** Reads on until the text of this number is there. Errors: ingest.invalid_spreadsheet when there is none. */
  ensure(index: number): Promise<void>
  /** A text that `ensure` has brought in. */
  get(index: number): string
  close(): void
}

interface SharedStringsOptions {
  /** The part; undefined when the workbook has none. */
  readonly chunks: AsyncIterable<Buffer> | undefined
  readonly filename: string
  /** Where texts go that do not fit in memory; made only then. */
  readonly spillPath: string
  /** Characters kept in memory. */
  readonly cachedLength?: number
}

const pageTexts = 64
const pageLength = 16 << 10

export function createSharedStrings({
  chunks,
  filename,
  spillPath,
  cachedLength = 16 << 20,
}: SharedStringsOptions): SharedStrings {
  const pages = createPages(spillPath, cachedLength)
  const handler = stringHandler(pages.add, filename)
  const text = chunks && decodeXml(chunks, { filename })
  const parsing = text ? parseXml(text, handler, { filename }) : null
  let isOver = parsing === null
  return {
    async ensure(index) {
      while (!isOver && pages.count() <= index) isOver = (await parsing!.next()).done === true
      if (pages.count() > index) return
      throw invalidSheet(filename, `a cell refers to shared text ${index}, but there are ${pages.count()}`)
    },
    get: pages.get,
    close() {
      void parsing?.return(undefined)
      pages.close()
    },
  }
}

/** `si` holds a text, or runs of differently formatted ones; how it is pronounced (`rPh`) is not part of it. */
function stringHandler(add: (text: string) => void, filename: string): XmlHandler {
  let text = ''
  let isInText = false
  let pronunciations = 0
  return {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 'rPh') pronunciations++
      else if (name === 't') isInText = pronunciations === 0
    },
    text(piece) {
      if (!isInText) return
      text += piece
      if (text.length > maxCellLength)
        throw invalidSheet(filename, `a text of more than ${maxCellLength} characters`)
    },
    close(name) {
      if (name === 't') isInText = false
      else if (name === 'rPh') pronunciations--
      else if (name === 'si') add(unescapeText(text))
    },
  }
}

/** Texts by number, in pages; those used longest ago are written to the file when there are too many. */
function createPages(spillPath: string, cachedLength: number) {
  /** Number of the first text of each page, and where it is in the file: -1 while it is only in memory. */
  const firsts: number[] = []
  const offsets: number[] = []
  const lengths: number[] = []
  const cached = new Map<number, { readonly texts: readonly string[]; readonly length: number }>()
  let held = 0
  let file: number | null = null
  let end = 0
  let total = 0
  let open: string[] = []
  let openLength = 0

  function add(text: string): void {
    open.push(text)
    openLength += text.length
    total++
    if (open.length >= pageTexts || openLength >= pageLength) seal()
  }

  function seal(): void {
    const page = firsts.length
    firsts.push(total - open.length)
    offsets.push(-1)
    lengths.push(0)
    keep(page, open)
    open = []
    openLength = 0
  }

  function keep(page: number, texts: readonly string[]): void {
    // A text also costs something by itself.
    const length = texts.reduce((sum, text) => sum + text.length + 24, 0)
    cached.set(page, { texts, length })
    held += length
    for (const [oldest, { texts: old, length: freed }] of cached) {
      if (held <= cachedLength || oldest === page) break
      if (offsets[oldest] === -1) write(oldest, old)
      cached.delete(oldest)
      held -= freed
    }
  }

  function write(page: number, texts: readonly string[]): void {
    file ??= openSync(spillPath, 'w+')
    const bytes = Buffer.from(JSON.stringify(texts))
    writeSync(file, bytes, 0, bytes.length, end)
    offsets[page] = end
    lengths[page] = bytes.length
    end += bytes.length
  }

  function load(page: number): readonly string[] {
    const known = cached.get(page)
    if (known) {
      // The most recently used page is last.
      cached.delete(page)
      cached.set(page, known)
      return known.texts
    }
    const bytes = Buffer.allocUnsafe(lengths[page]!)
    readSync(file!, bytes, 0, bytes.length, offsets[page]!)
    const texts = JSON.parse(bytes.toString()) as string[]
    keep(page, texts)
    return texts
  }

  function get(index: number): string {
    const openFirst = total - open.length
    if (index >= openFirst) return open[index - openFirst]!
    let low = 0
    let high = firsts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (firsts[middle]! <= index) low = middle
      else high = middle - 1
    }
    return load(low)[index - firsts[low]!]!
  }

  return {
    add,
    get,
    count: () => total,
    close() {
      if (file === null) return
      closeSync(file)
      file = null
      rmSync(spillPath, { force: true })
    },
  }
}
