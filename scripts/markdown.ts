/** Pieces of the pages that are made from code. */

/** A value as code inside of a table. */
export function code(value: unknown): string {
  return `\`${inCell(JSON.stringify(value))}\``
}

/** Text inside of a table. */
export function inCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
