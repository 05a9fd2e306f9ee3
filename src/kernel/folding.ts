/**
 * Folding of text for full-text search: one definition for the index, the queries and the words of a query.
 * A term is a maximal run of letters and digits after lower-casing and removal of accents (ODSQL specification,
 * section 4; the engine has no NFKD, so compatibility forms such as ligatures stay as they are).
 */

/** SQL: the folded text of a text expression. */
export function foldedTextSql(expression: string): string {
  return `strip_accents(lower(${expression}))`
}

/** SQL: the list of terms of a text expression, in order, repeated as they occur; an empty list for null. */
export function foldedTermsSql(expression: string): string {
  return `regexp_extract_all(${foldedTextSql(expression)}, '[\\p{L}\\p{N}]+')`
}
