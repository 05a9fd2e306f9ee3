import { quoteLiteral } from '../../kernel/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import { columnNamed, descriptionSql, nameSql } from '../print/features.ts'
import { geoColumns } from '../print/geometry.ts'
import { rawText } from '../print/raw-text.ts'

/**
 * RFC 5545: an event per record that has a start. The start is the field asked for, else the first date or datetime; all
 * the other fields are the description, unless some are asked for.
 */
export const ics = rawText({
  mediaType: 'text/calendar; charset=utf-8',
  extension: 'ics',
  needs: ['date', 'datetime'],
  usesRecordId: true,
  before: ({ options }) =>
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Broadsheet//Exports//EN\r\nCALSCALE:GREGORIAN\r\n' +
    `X-WR-CALNAME:${fold(escapeText(options.title))}\r\n`,
  record(context) {
    const { columns, options } = context
    const start =
      options.startField === null
        ? columns.find(({ type }) => type === 'date' || type === 'datetime')!
        : columnNamed(columns, options.startField)
    const end = options.endField === null ? null : columnNamed(columns, options.endField)
    const name = nameSql(context)
    const description = descriptionSql(context, columns)
    const { point } = geoColumns(columns)
    const uid = context.hasRecordId ? '_rid' : `'group-' || _n`
    const stamp = new Date(options.processedAt).toISOString().replace(/[-:]|\.\d+/g, '')
    const lines = [
      "'BEGIN:VEVENT'",
      `'UID:' || ${uid} || ${quoteLiteral(`@${options.datasetId}`)}`,
      `'DTSTAMP:${stamp}'`,
      timeSql('DTSTART', start),
      ...(end ? [timeSql('DTEND', end)] : []),
      ...(name === null ? [] : [foldSql(`'SUMMARY:' || ${escapeSql(name)}`)]),
      ...(description === null ? [] : [foldSql(`'DESCRIPTION:' || ${escapeSql(description)}`)]),
      ...(point ? [`'GEO:' || (${point.sqlName}).lat || ';' || (${point.sqlName}).lon`] : []),
      `'END:VEVENT' || chr(13)`,
    ]
    return `case when ${start.sqlName} is not null then concat_ws(chr(13) || chr(10), ${lines.join(', ')}) end`
  },
  after: 'END:VCALENDAR\r\n',
})

function timeSql(property: string, column: ResultColumn): string {
  return column.type === 'date'
    ? `'${property};VALUE=DATE:' || strftime(${column.sqlName}, '%Y%m%d')`
    : `'${property}:' || strftime(make_timestamp(epoch_us(${column.sqlName})), '%Y%m%dT%H%M%SZ')`
}

/** TEXT of RFC 5545, section 3.3.11; control characters are not allowed in it. */
function escapeSql(sql: string): string {
  const escaped = `replace(replace(replace(${sql}, '\\', '\\\\'), ';', '\\;'), ',', '\\,')`
  const lines = `regexp_replace(${escaped}, '\\r\\n|\\r|\\n', '\\\\n', 'g')`
  return `regexp_replace(${lines}, '[\\x00-\\x08\\x0A-\\x1F\\x7F]', '\uFFFD', 'g')`
}

/** Lines of at most 75 bytes: 70 characters where each is a byte, else 18 of up to four. */
function foldSql(sql: string): string {
  const at = (width: number) => `regexp_replace(line, '(.{${width}})', '\\1\r\n ', 'g')`
  return `list_transform([${sql}], lambda line: case when strlen(line) <= 75 then line when strlen(line) = length(line) then ${at(70)} else ${at(18)} end)[1]`
}

const escapeText = (text: string) =>
  text
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
    .replace(/[\u0000-\u001F\u007F]/g, '\uFFFD')

const fold = (text: string) => text.replace(/(.{15})/gu, '$1\r\n ')
