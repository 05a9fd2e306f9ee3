/**
 * Workbooks of Excel before 2007 (BIFF), through SheetJS. `@e965/xlsx` is its current release: what is on npm as `xlsx` stopped
 * at a version with known holes. It reads a workbook whole, so files are limited in size; the format itself has at most
 * 65,536 rows of 256 columns in a sheet.
 */
import { readFile, stat } from 'node:fs/promises'
import type { CellObject, WorkBook } from '@e965/xlsx'
import { AppError } from '../../../kernel/index.ts'
import { codeKind, dayNumberText } from './number-format.ts'
import { type CellValue, chooseSheet, invalidSheet, type Sheet, type SheetRow } from './sheet.ts'
import type { WorkbookOptions } from './xlsx.ts'

const maxMegabytes = 64

/** Errors: ingest.invalid_spreadsheet, ingest.encrypted, ingest.sheet_not_found. */
export async function openXls(
  path: string,
  { filename, wanted }: Omit<WorkbookOptions, 'spillPath'>,
): Promise<Sheet> {
  const { size } = await stat(path)
  if (size > maxMegabytes << 20)
    throw invalidSheet(filename, `it is in the old format, which is read up to ${maxMegabytes} MiB`)
  const workbook = await parse(await readFile(path), filename)
  const names = workbook.SheetNames.map((name, index) => ({
    name,
    index,
    isHidden: (workbook.Workbook?.Sheets?.[index]?.Hidden ?? 0) !== 0,
  }))
  const { name } = chooseSheet(names, wanted, filename)
  const sheet = Object.hasOwn(workbook.Sheets, name) ? workbook.Sheets[name] : undefined
  if (!sheet) throw invalidSheet(filename, 'the sheet has no cells')
  const is1904 = workbook.Workbook?.WBProps?.date1904 === true
  const rows = (sheet['!data'] ?? []) as readonly (readonly (CellObject | undefined)[] | undefined)[]
  let done = 0
  async function* read(): AsyncGenerator<readonly SheetRow[]> {
    for (const [index, cells] of rows.entries()) {
      done = index + 1
      const columns: number[] = []
      const values: CellValue[] = []
      for (const [column, cell] of (cells ?? []).entries()) {
        const value = cell ? valueIn(cell, is1904) : null
        if (value === null || value === '') continue
        columns.push(column)
        values.push(value)
      }
      if (columns.length > 0) yield [{ number: index + 1, columns, values, repeated: 1 }]
    }
  }
  return { rows: read(), progress: () => (rows.length > 0 ? done / rows.length : 1), close: () => {} }
}

async function parse(bytes: Buffer, filename: string): Promise<WorkBook> {
  // Loaded only here: it is large, and nearly no publish needs it.
  const { read } = await import('@e965/xlsx')
  try {
    return read(bytes, {
      type: 'buffer',
      dense: true,
      cellNF: true,
      cellFormula: false,
      cellHTML: false,
      cellText: false,
    })
  } catch (error) {
    if (/password|encrypt/i.test((error as Error).message))
      throw new AppError('ingest.encrypted', { filename })
    throw invalidSheet(filename, 'it is damaged, or not a workbook')
  }
}

function valueIn({ t: type, v: value, z: format }: CellObject, is1904: boolean): CellValue | null {
  if (type === 'e' || type === 'z' || value === undefined) return null
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return null
    return typeof format === 'string' ? dayNumberText(value, codeKind(format), is1904) : value
  }
  return value instanceof Date ? value.toISOString() : value
}
