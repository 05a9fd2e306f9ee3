/** Identifiers and literals enter SQL text here and nowhere else; values are bound as parameters. */

/** A quoted identifier: any text becomes one name, whatever it holds. */
export function quoteIdentifier(name: string): string {
  if (name.includes('\0')) throw new TypeError('an identifier cannot hold a NUL character')
  return `"${name.replaceAll('"', '""')}"`
}

/** A quoted string literal, for the places that cannot take a parameter (COPY targets, ATTACH, table functions). */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new TypeError('a literal cannot hold a NUL character')
  return `'${text.replaceAll("'", "''")}'`
}
