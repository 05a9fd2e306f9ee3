/** What the spreadsheet formats have in common: sheets of rows of cells, whatever file they come from. */
import { AppError } from '../../../kernel/index.ts'

export type CellValue = string | number | boolean

/** A row with at least one value. Cells without one are left out. */
export interface SheetRow {
  /** As the spreadsheet program counts, from 1. */
  readonly number: number
  /** From 0, rising. */
  readonly columns: readonly number[]
  readonly values: readonly CellValue[]
  /** How many rows in a row are like this one. */
  readonly repeated: number
}

export interface Sheet {
  /** Rows in order, some at a time. Ends early without harm. */
  readonly rows: AsyncIterable<readonly SheetRow[]>
  /** Share of the sheet that has been read, 0 to 1. */
  progress(): number
  close(): void
}

/** As the formats have them; a cell beyond is not one. */
export const maxSheetColumns = 16_384
export const maxSheetRows = 1_048_576
/** Excel allows 32,767 characters in a cell, other programs more. */
export const maxCellLength = 1_000_000

export function invalidSheet(filename: string, reason: string): AppError {
  return new AppError('ingest.invalid_spreadsheet', { filename, reason })
}

/**
 * The sheet that is asked for by name or, when none is called so, by number from 1; the first visible one when nothing is
 * asked. Errors: ingest.sheet_not_found.
 */
export function chooseSheet<T extends { readonly name: string; readonly isHidden: boolean }>(
  sheets: readonly T[],
  wanted: string | undefined,
  filename: string,
): T {
  const found =
    wanted === undefined
      ? (sheets.find((sheet) => !sheet.isHidden) ?? sheets[0])
      : (sheets.find((sheet) => sheet.name === wanted) ??
        sheets.find((sheet) => sheet.name.trim().toLowerCase() === wanted.trim().toLowerCase()) ??
        (/^\d{1,6}$/.test(wanted.trim()) ? sheets[Number(wanted) - 1] : undefined))
  if (!found) throw sheetNotFound(sheets, wanted, filename)
  return found
}

export function sheetNotFound(
  sheets: readonly { readonly name: string }[],
  wanted: string | undefined,
  filename: string,
): AppError {
  const names = sheets.slice(0, 20).map((sheet) => sheet.name.slice(0, 100))
  return new AppError('ingest.sheet_not_found', {
    filename,
    sheet: wanted ?? '1',
    known: names.join(', ') || 'none',
  })
}
