/** Where CSV records end: RFC 4180 with the dialects met in the wild, as a byte-level state machine. */

export interface CsvDialect {
  readonly delimiter: string
  /** Empty: quotes are ordinary characters. */
  readonly quote: string
  /** Empty or equal to the quote: a doubled quote stands for one. */
  readonly escape: string
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

const fieldStart = 0
const unquoted = 1
const quoted = 2
/** Just behind a quote inside a quoted field: either it closes or it is the first of a doubled one. */
const afterQuote = 3
/** Just behind an escape character inside a quoted field. */
const escaped = 4

export interface CsvScanner {
  /**
   * Looks at bytes [from, to) and reports the end (exclusive, behind the line break) of each record by calling
   * `onRecord`, which may return true to stop. Returns the position it stopped at.
   */
  scan(bytes: Buffer, from: number, to: number, onRecord: (end: number) => boolean): number
  isInsideQuotes(): boolean
  /** The last byte was a carriage return outside quotes: half a line break or a whole one. */
  endsInReturn(): boolean
  /** Line on which the open quote stands, from 1. */
  quoteLine(): number
  /** Lines begun so far. */
  line(): number
}

export function createCsvScanner(dialect: CsvDialect): CsvScanner {
  const delimiter = dialect.delimiter.charCodeAt(0)
  const quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
  const escapeChar =
    dialect.escape === '' || dialect.escape === dialect.quote ? -1 : dialect.escape.charCodeAt(0)
  let state = fieldStart
  let line = 1
  let openedOn = 1
  let isAfterReturn = false

  function scan(bytes: Buffer, from: number, to: number, onRecord: (end: number) => boolean): number {
    for (let at = from; at < to; at++) {
      let byte = bytes[at]!
      if (state === quoted) {
        // Most bytes by far mean nothing: one tight loop goes over them several times as fast.
        while (byte !== quote && byte !== escapeChar && byte !== lineFeed && ++at < to) byte = bytes[at]!
        if (at === to) break
        if (byte === quote) state = afterQuote
        else if (byte === escapeChar) state = escaped
        else line++
        continue
      }
      if (state === unquoted && !isAfterReturn) {
        while (byte !== delimiter && byte !== lineFeed && byte !== carriageReturn && ++at < to)
          byte = bytes[at]!
        if (at === to) break
      }
      if (state === escaped) {
        state = quoted
        continue
      }
      if (isAfterReturn) {
        isAfterReturn = false
        // A lone CR at the end of the last chunk was a line break after all.
        if (byte !== lineFeed) {
          line++
          state = fieldStart
          if (onRecord(at)) return at
        }
      }
      if (byte === lineFeed || byte === carriageReturn) {
        // CR LF is one line break: the record ends behind the LF.
        if (byte === carriageReturn && at + 1 < to && bytes[at + 1] === lineFeed) continue
        if (byte === carriageReturn && at + 1 === to) {
          isAfterReturn = true
          continue
        }
        line++
        state = fieldStart
        if (onRecord(at + 1)) return at + 1
        continue
      }
      if (byte === delimiter) state = fieldStart
      else if (state === fieldStart) {
        if (byte === quote) {
          state = quoted
          openedOn = line
        } else state = unquoted
      } else if (state === afterQuote) state = byte === quote ? quoted : unquoted
    }
    return to
  }

  return {
    scan,
    endsInReturn: () => isAfterReturn,
    isInsideQuotes: () => state === quoted || state === escaped,
    quoteLine: () => openedOn,
    line: () => line,
  }
}

/** The values of one record (without its line break). For headers and previews of dialects; records go to the engine. */
export function parseCsvRecord(text: string, dialect: CsvDialect): string[] {
  const values: string[] = []
  let value = ''
  let state = fieldStart
  for (const char of text) {
    if (state === quoted && char === dialect.quote) state = afterQuote
    else if (
      state === quoted &&
      dialect.escape !== dialect.quote &&
      char === dialect.escape &&
      dialect.escape !== ''
    )
      state = escaped
    else if (state === quoted) value += char
    else if (state === escaped) {
      value += char
      state = quoted
    } else if (state === afterQuote && char === dialect.quote) {
      value += char
      state = quoted
    } else if (char === dialect.delimiter) {
      values.push(value)
      value = ''
      state = fieldStart
    } else if (state === fieldStart && char === dialect.quote && dialect.quote !== '') state = quoted
    else {
      value += char
      state = unquoted
    }
  }
  values.push(value)
  return values
}
