/**
 * Folding of text for full-text search: one definition for the index, the queries and the words of a query.
 * A term is a maximal run of letters and digits after lower-casing and removal of accents (ODSQL specification,
 * section 4), where `Łódź` is `lodz` and `Straße` is `strasse`. The engine has no NFKD: other compatibility forms stay.
 */
import { ligatures, strokes } from '../../shared/words.ts'

/** SQL: the folded text of a text expression. Most texts are ASCII, and nothing but their case is looked at. */
export function foldedTextSql(expression: string): string {
  const plain = `translate(strip_accents(lower(${expression})), '${strokes[0]}', '${strokes[1]}')`
  const folded = ligatures.reduce(
    (sql, [letter, letters]) => `replace(${sql}, '${letter}', '${letters}')`,
    plain,
  )
  return `case when strlen(${expression}) = length(${expression}) then lower(${expression}) else ${folded} end`
}

/** SQL: the list of terms of a text expression, in order, repeated as they occur; an empty list for null. */
export function foldedTermsSql(expression: string): string {
  return `regexp_extract_all(${foldedTextSql(expression)}, '[\\p{L}\\p{N}]+')`
}
