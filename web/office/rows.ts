/** Lists that forms have as rows of texts (components/row-inputs.tsx): `ID.INDEX.COLUMN`. */
import type { Form } from '../kit/form.ts'

export type Row = Readonly<Record<string, string>>

/** Empty rows at the end of a list, for more. */
const spare = 3

export const withSpareRows = (rows: readonly Row[]): readonly Row[] => [
  ...rows,
  ...Array.from({ length: spare }, () => ({})),
]

/** Rows of which something is filled in, trimmed. */
export function readRows(form: Form, id: string, columns: readonly string[]): Row[] {
  const rows: Row[] = []
  for (let index = 0; columns.some((column) => form.has(`${id}.${index}.${column}`)); index++) {
    const row = columns.map((column) => [column, form.get(`${id}.${index}.${column}`).trim()] as const)
    if (row.some(([, value]) => value !== '')) rows.push(Object.fromEntries(row))
  }
  return rows
}

/** What is separated by commas or line ends, as people paste it. */
export const listIn = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
