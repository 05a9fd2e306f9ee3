/** XML 1.0: escaping, in the engine for values and here for what is written once. */

import type { ResultColumn, Type } from '../../odsql/index.ts'
import type { ExportOptions } from '../format.ts'
import { textSql } from './text-values.ts'

const replacement = '\uFFFD'

/** Characters that XML 1.0 cannot hold, not even escaped: a document with one is refused as a whole. */
const illegal = '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{FFFE}\\x{FFFF}]'

/**
 * SQL of a text as element content or attribute value. A carriage return is written as a reference, or parsers would
 * read a line feed; what XML cannot hold becomes U+FFFD.
 */
export function xmlTextSql(sql: string): string {
  const escaped = [
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['"', '&quot;'],
  ].reduce((inner, [from, to]) => `replace(${inner}, '${from}', '${to}')`, sql)
  return `case when regexp_matches(${sql}, '[&<>"\\r]|${illegal}')
    then regexp_replace(replace(${escaped}, chr(13), '&#13;'), '${illegal}', '${replacement}', 'g') else ${sql} end`
}

/** SQL of a value as XML text; numbers, days and points have nothing to escape. */
export function xmlValueSql(
  column: ResultColumn,
  options: Pick<ExportOptions, 'timezone' | 'listSeparator'>,
): string {
  const sql = textSql(column, options)
  return hasPlainText(column.type) ? sql : xmlTextSql(sql)
}

export const hasPlainText = (type: Type) =>
  ['int', 'double', 'boolean', 'date', 'datetime', 'geo_point_2d'].includes(type)

export function xmlText(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('\r', '&#13;')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, replacement)
      .toWellFormed()
  )
}

export const xmlHead = '<?xml version="1.0" encoding="UTF-8"?>\n'
