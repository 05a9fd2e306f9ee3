export type { Span } from './ast.ts'
export type { ResultColumn, RowsStatement } from './compile/clauses.ts'
export { compileFacet, compileFacets, type FacetQuery } from './compile/facet.ts'
export { type FileLinks, fileUrlSql, instantSql, jsonValueSql } from './compile/printed.ts'
export { compileCount, compileRows, type RowsOptions } from './compile/statements.ts'
export { compileSuggestions } from './compile/suggestions.ts'
export { createBinder, type QueryTarget, type Statement } from './compile/target.ts'
export {
  compileTileCells,
  compileTileCount,
  compileTilePoints,
  compileTileShapes,
  type TileOrder,
} from './compile/tiles.ts'
export { compileView, type Grant } from './compile/view.ts'
export { type DescribedField, describeLanguage, type LanguageDescription } from './describe.ts'
export { explainQuery } from './explain.ts'
export { type FacetRequest, type FacetSort, parseFacet } from './facet.ts'
export { Fault, fault, type Result, suggest } from './fault.ts'
export { scalarFunctions } from './functions.ts'
export { type Tile, tileBuffer, tileExtent } from './geo/tile.ts'
export { type Lexicon, lex, type Token } from './lex/lex.ts'
export { prepareQuery, type QueryText } from './resolve/query.ts'
export { parseRefinement, type Refinement } from './resolve/refinements.ts'
export type { Predicate, Query, Value } from './resolve/typed.ts'
export { type Column, type QuerySchema, recordSchema, type Type, valueType } from './schema.ts'
export { polygonOf, translateQ } from './v1/translate-q.ts'
