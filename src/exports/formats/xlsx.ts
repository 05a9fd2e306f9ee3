/**
 * Office Open XML (ECMA-376): the engine writes the sheet's rows, JavaScript only deflates them into the container.
 *
 * Numbers, truth values and days are cells of their kind. Text is text whatever it begins with: no cell is ever a formula,
 * and those that look like one are marked (`quotePrefix`), so that a spreadsheet keeps them text when they are edited or
 * saved again. What no cell can hold is text too: whole numbers of more than 15 digits, days before March 1900 (where the calendars
 * of spreadsheets part).
 */
import type { Readable } from 'node:stream'
import { quoteLiteral } from '../../kernel/index.ts'
import type { ResultColumn } from '../../odsql/index.ts'
import type { ExportContext, ExportOptions, TextFormat } from '../format.ts'
import { headingOf, textSql } from '../print/text-values.ts'
import { xmlHead, xmlText, xmlTextSql } from '../print/xml.ts'
import { zipOf } from '../zip.ts'
import { formulaStart } from './csv.ts'

/** Rows of a sheet, less the heading. */
const maxRecords = 1_048_575
/** UTF-16 units in a cell. https://support.microsoft.com/office/excel-specifications-and-limits */
const maxCellLength = 32_767
const cutMark = ' […]'

const styles = { number: 0, day: 1, instant: 2, quoted: 3, heading: 4 } as const

export const xlsx: TextFormat = {
  kind: 'text',
  mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  extension: 'xlsx',
  maxRecords,
  isReadInParts: true,
  isRaw: true,
  select: ({ columns, options }) => {
    const cells = columns.map((column, index) => cellXml(column, columnLetters(index), options))
    return [`concat(${[`'<row r="' || (_n + 1) || '">'`, ...cells, `'</row>'`].join(', ')})`]
  },
  copy: () => `format csv, header false, quote '', escape '', delimiter ''`,
  trimStart: 0,
  trimEnd: 0,
  before: ({ columns, options }) => {
    const headings = columns.map(
      (column, index) =>
        `<c r="${columnLetters(index)}1" s="${styles.heading}" t="inlineStr"><is><t xml:space="preserve">${xmlText(headingOf(column, options))}</t></is></c>`,
    )
    return `${xmlHead}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData><row r="1">${headings.join('')}</row>\n`
  },
  between: '',
  after: '</sheetData></worksheet>',
  pack: (sheet, context) => packSheet(sheet, context),
}

/** SQL of a cell; null for no cell. */
function cellXml(column: ResultColumn, letters: string, options: ExportOptions): string {
  const x = column.sqlName
  const cell = (attributes: string, value: string) =>
    `'<c r="${letters}' || (_n + 1) || '"${attributes}><v>' || ${value} || '</v></c>'`
  const text = (sql: string) => textCell(sql, letters)
  switch (column.type) {
    case 'int':
      return `case when abs(${x}) < 1000000000000000 then ${cell('', x)} else ${text(`${x}::varchar`)} end`
    case 'double':
      return cell('', x)
    case 'boolean':
      return cell(' t="b"', `${x}::int`)
    case 'date':
      return `case when ${isDay(x)} then ${cell(` s="${styles.day}"`, `${x} - date '1899-12-30'`)} else ${text(textSql(column, options))} end`
    case 'datetime': {
      const local = `timezone(${quoteLiteral(options.timezone)}, ${x})`
      const serial = `epoch_ms(${local}) / 86400000.0 + 25569`
      return `case when ${isDay(`${local}::date`)} then ${cell(` s="${styles.instant}"`, serial)} else ${text(textSql(column, options))} end`
    }
    default:
      return text(textSql(column, options))
  }
}

const isDay = (x: string) => `${x} between date '1900-03-01' and date '9999-12-31'`

function textCell(sql: string, letters: string): string {
  const style = `case when regexp_matches(${sql}, '${formulaStart}') then ' s="${styles.quoted}"' else '' end`
  return `'<c r="${letters}' || (_n + 1) || '" t="inlineStr"' || ${style} || '><is><t xml:space="preserve">' || ${cellText(sql)} || '</t></is></c>'`
}

/**
 * Text that is too long for a cell is cut, visibly. Control characters are written `_x0001_` (ECMA-376 22.9.2.19), and what
 * only looks like that is escaped. Both are rare: the long way is taken only where it is needed.
 */
function cellText(sql: string): string {
  const room = maxCellLength - cutMark.length
  // Characters beyond the first plane count twice.
  const cut = `case when length(${sql}) <= ${maxCellLength >> 1} then ${sql}
    when length(${sql}) <= ${maxCellLength} and not regexp_matches(${sql}, '[\\x{10000}-\\x{10FFFF}]') then ${sql}
    when regexp_matches(${sql}, '[\\x{10000}-\\x{10FFFF}]') then left(${sql}, ${room >> 1}) || '${cutMark}'
    else left(${sql}, ${room}) || '${cutMark}' end`
  const control = '[\\x00-\\x08\\x0B-\\x1F\\x{FFFE}\\x{FFFF}]'
  const escaped = `array_to_string(list_transform(string_split(regexp_replace(t, '_(x[0-9A-Fa-f]{4}_)', '_x005F_\\1', 'g'), ''),
    lambda c: case when regexp_matches(c, '${control}') then printf('_x%04X_', unicode(c)) else c end), '')`
  return `list_transform([${cut}], lambda t: case when regexp_matches(t, '${control}|_x[0-9A-Fa-f]{4}_') then ${xmlTextSql(escaped)} else ${xmlTextSql('t')} end)[1]`
}

/** 0 is A, 26 is AA. */
export function columnLetters(index: number): string {
  let letters = ''
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters
  }
  return letters
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packages = 'http://schemas.openxmlformats.org/package/2006'
const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** Excel allows 31 characters of a sheet's name, and not these. */
const sheetName = (title: string) =>
  xmlText(
    title
      .replace(/[\\/?*[\]:]/g, ' ')
      .replace(/^'|'$/g, ' ')
      .slice(0, 31)
      .trim() || 'data',
  )

function packSheet(sheet: Readable, { options }: ExportContext): Readable {
  const part = (name: string, type: string) =>
    `<Override PartName="/${name}" ContentType="${sheetType}.${type}+xml"/>`
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`
  const relations = (...items: string[]) =>
    `${xmlHead}<Relationships xmlns="${packages}/relationships">${items.join('')}</Relationships>`
  const texts = {
    '[Content_Types].xml': `${xmlHead}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part('xl/workbook.xml', 'sheet.main')}${part('xl/worksheets/sheet1.xml', 'worksheet')}${part('xl/styles.xml', 'styles')}</Types>`,
    '_rels/.rels': relations(relation('rId1', 'officeDocument', 'xl/workbook.xml')),
    'xl/workbook.xml': `${xmlHead}<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="${sheetName(options.title)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(
      relation('rId1', 'worksheet', 'worksheets/sheet1.xml'),
      relation('rId2', 'styles', 'styles.xml'),
    ),
    'xl/styles.xml': `${xmlHead}<styleSheet xmlns="${main}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">${cellFormat(0)}${cellFormat(164)}${cellFormat(165)}${cellFormat(49, ' quotePrefix="1"')}${cellFormat(0, ' applyFont="1"', 1)}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
  }
  return zipOf(
    [
      ...Object.entries(texts).map(([name, text]) => ({ name, content: Buffer.from(text) })),
      { name: 'xl/worksheets/sheet1.xml', content: sheet },
    ],
    options.processedAt,
  )
}

function cellFormat(format: number, more = '', font = 0): string {
  return `<xf numFmtId="${format}" fontId="${font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"${more}/>`
}
