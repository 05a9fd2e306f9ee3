/**
 * Cuts a JSON document into slices of one array element a line, without building it in memory.
 *
 * The scanner knows only strings, brackets and commas; what is inside an element is judged by the engine's parser
 * later. It follows `root` (member names from the top) to the array of records. Without a root: the top-level array, or
 * the first array among the members of a top-level object.
 */
import { AppError } from '../../kernel/index.ts'
import type { OpenSource } from '../bytes/source-stream.ts'
import { maxRecordBytes, type Slice, type SliceOptions, writeSlice } from './slice.ts'

/** Nesting beyond this is refused: no real data has it, and parsers behind us may recurse. */
export const maxJsonDepth = 200

export interface JsonSlicing extends SliceOptions {
  /** Member names from the top to the array; empty: see above. */
  readonly root: readonly string[]
  /**
   * The records are the members of an object instead: this one is added to each and holds its name. What is no object
   * itself becomes one with a member `value`.
   */
  readonly keyMember?: string
}

const maxNameBytes = 1 << 16

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Errors: ingest.invalid_json, ingest.too_deep, ingest.root_not_found, ingest.record_too_large. */
export async function* sliceJson(source: OpenSource, options: JsonSlicing): AsyncGenerator<Slice> {
  const scanner = createElementScanner(options)
  let index = 0
  for await (const chunk of source.chunks) {
    let from = 0
    while (from < chunk.length) {
      from = scanner.feed(chunk, from)
      if (scanner.isSliceFull()) yield await write()
    }
  }
  scanner.finish()
  if (scanner.hasElements()) yield await write()

  function write(): Promise<Slice> {
    const firstLine = scanner.elementsBefore() + 1
    const pieces = [scanner.take()]
    return writeSlice(options, { index: index++, pieces, sourceBytesRead: source.bytesRead(), firstLine })
  }
}

/** The elements of the array, one a line, in chunks of whole lines. Errors: as sliceJson. */
export async function* readElementLines(
  source: OpenSource,
  options: Pick<JsonSlicing, 'root' | 'filename'>,
): AsyncGenerator<Buffer> {
  const scanner = createElementScanner({ ...options, directory: '', prefix: '', sliceBytes: 1 << 18 })
  for await (const chunk of source.chunks) {
    for (let from = 0; from < chunk.length; ) {
      from = scanner.feed(chunk, from)
      if (scanner.isSliceFull()) yield scanner.take()
    }
  }
  scanner.finish()
  if (scanner.hasElements()) yield scanner.take()
}

function createElementScanner(options: JsonSlicing) {
  const { root, filename, sliceBytes, keyMember } = options
  let out = Buffer.allocUnsafe(Math.min(sliceBytes * 2, 1 << 16))
  let length = 0
  let elementStart = 0
  let elements = 0
  let written = 0
  let position = 0

  let depth = 0
  let isInString = false
  let isEscaped = false
  /** How many names of `root` lead to where we are; -1 once the array has ended. */
  let matched = 0
  /** Depth just inside the array of records, or 0 before it is found. */
  let arrayDepth = 0
  let isOver = false
  let isInElement = false
  let key: number[] | null = null
  let lastKey = ''
  let isKeyExpected = false
  let hasContent = false
  /** Of an object whose members are the records: the name as it is written, and what is to come of the value. */
  let memberName: number[] | null = null
  let isInName = false
  let awaited: 'value' | 'first member' | null = null
  let isWrapped = false

  function push(byte: number): void {
    if (length === out.length) {
      const larger = Buffer.allocUnsafe(out.length * 2)
      out.copy(larger, 0, 0, length)
      out = larger
    }
    out[length++] = byte
    if (length - elementStart > maxRecordBytes) {
      throw new AppError('ingest.record_too_large', {
        filename,
        line: elements + written + 1,
        maxBytes: maxRecordBytes,
      })
    }
  }

  function pushText(text: string): void {
    for (const byte of Buffer.from(text)) push(byte)
  }

  function endElement(): void {
    if (!isInElement) return
    if (isWrapped) push(closeBrace)
    isWrapped = false
    push(0x0a)
    isInElement = false
    elements++
    elementStart = length
  }

  function isWanted(byte: number): boolean {
    const wanted = keyMember === undefined ? openBracket : openBrace
    if (byte !== wanted || arrayDepth !== 0 || isOver) return false
    if (root.length === 0) return depth === 0 || (depth === 1 && keyMember === undefined)
    return depth === root.length && matched === root.length - 1 && lastKey === root[root.length - 1]
  }

  /** Outside the array: only names and brackets matter. */
  function seek(byte: number): void {
    if (isInString) {
      if (isEscaped) isEscaped = false
      else if (byte === backslash) isEscaped = true
      else if (byte === quote) {
        isInString = false
        if (key) {
          lastKey = readKey(key)
          key = null
        }
        return
      }
      if (key && key.length < 1024) key.push(byte)
      return
    }
    if (isSpace(byte)) return
    hasContent = true
    if (byte === quote) {
      isInString = true
      key = isKeyExpected ? [] : null
    } else if (byte === colon) isKeyExpected = false
    else if (byte === comma) isKeyExpected = depth > 0
    else if (byte === openBrace || byte === openBracket) {
      if (isWanted(byte)) {
        depth++
        arrayDepth = depth
        return
      }
      if (byte === openBrace && depth > 0 && depth === matched + 1 && lastKey === root[matched]) matched++
      deeper()
      isKeyExpected = byte === openBrace
    } else if (byte === closeBrace || byte === closeBracket) {
      depth--
      if (depth < 0) throw invalid('a bracket closes that was never opened')
      if (matched > Math.max(0, depth - 1)) matched = Math.max(0, depth - 1)
    } else if (depth === 0 && !isOver) throw invalid('it starts with neither [ nor {')
  }

  /** Inside an object of records, before the value of a member. */
  function seekValue(byte: number): void {
    if (isInName) {
      if (isEscaped) isEscaped = false
      else if (byte === backslash) isEscaped = true
      else if (byte === quote) isInName = false
      if (isInName) memberName!.push(byte)
      if (memberName!.length > maxNameBytes) throw invalid('a member has a name without end')
    } else if (byte === quote && memberName === null) {
      isInName = true
      memberName = []
    } else if (byte === colon && memberName !== null) {
      isInElement = true
      pushText(`{${JSON.stringify(keyMember)}:"`)
      for (const name of memberName) push(name === 0x0a || name === 0x0d ? 0x20 : name)
      push(quote)
      memberName = null
      awaited = 'value'
    } else if (byte === closeBrace && memberName === null) {
      depth--
      arrayDepth = 0
      isOver = true
    } else if (!isSpace(byte) && (byte !== comma || memberName !== null))
      throw invalid('a member without a name or value')
  }

  /** True: the byte has been dealt with. */
  function beginValue(byte: number): boolean {
    if (awaited === 'value' && byte === openBrace) {
      // The value's own members follow the name.
      deeper()
      awaited = 'first member'
      return true
    }
    if (awaited === 'value') {
      if (byte === comma || byte === closeBrace) throw invalid('a member without a value')
      pushText(',"value":')
      isWrapped = true
    } else if (byte !== closeBrace) push(comma)
    awaited = null
    return false
  }

  /** Inside the array: bytes are copied, line breaks between tokens become spaces. */
  function copy(byte: number): void {
    if (keyMember !== undefined) {
      if (depth === arrayDepth && !isInElement) return seekValue(byte)
      if (awaited !== null && (isSpace(byte) || beginValue(byte))) return
    }
    if (isInString) {
      if (isEscaped) isEscaped = false
      else if (byte === backslash) isEscaped = true
      else if (byte === quote) isInString = false
      push(byte === 0x0a || byte === 0x0d ? 0x20 : byte)
      return
    }
    if (depth === arrayDepth) {
      if (byte === comma) {
        if (!isInElement) throw invalid('a comma without a value before it')
        endElement()
        return
      }
      if (byte === (keyMember === undefined ? closeBracket : closeBrace)) {
        endElement()
        depth--
        arrayDepth = 0
        isOver = true
        return
      }
      if (isSpace(byte)) {
        if (isInElement) push(0x20)
        return
      }
      isInElement = true
    }
    if (byte === quote) isInString = true
    else if (byte === openBrace || byte === openBracket) deeper()
    else if (byte === closeBrace || byte === closeBracket) {
      depth--
      if (depth < arrayDepth) throw invalid('brackets do not match')
    }
    push(byte === 0x0a || byte === 0x0d ? 0x20 : byte)
  }

  function deeper(): void {
    if (++depth > maxJsonDepth) throw new AppError('ingest.too_deep', { filename, maxDepth: maxJsonDepth })
  }

  function invalid(reason: string): AppError {
    return new AppError('ingest.invalid_json', { filename, reason, position })
  }

  return {
    /** Consumes bytes from `from` until the chunk ends or the slice is full; returns where it stopped. */
    feed(chunk: Buffer, from: number): number {
      let at = from
      while (at < chunk.length) {
        const byte = chunk[at++]!
        position++
        if (arrayDepth > 0) {
          copy(byte)
          if (length >= sliceBytes && length === elementStart) break
        } else seek(byte)
      }
      return at
    },
    isSliceFull: () => length >= sliceBytes && length === elementStart,
    hasElements: () => elements > 0,
    elementsBefore: () => written,
    take(): Buffer {
      const slice = Buffer.from(out.subarray(0, length))
      written += elements
      elements = 0
      length = 0
      elementStart = 0
      return slice
    },
    finish(): void {
      if (!hasContent) throw new AppError('ingest.source_is_empty', { filename })
      if (arrayDepth > 0 || depth > 0 || isInString) throw invalid('it ends too early')
      if (!isOver)
        throw new AppError('ingest.root_not_found', { filename, root: root.join('.') || 'the top' })
    },
  }
}

function readKey(bytes: readonly number[]): string {
  const text = Buffer.from(bytes).toString('utf8')
  try {
    return JSON.parse(`"${text}"`)
  } catch {
    return text
  }
}
