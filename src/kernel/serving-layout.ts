/**
 * The serving file: one DuckDB database per generation, derived from its parts, disposable.
 *
 * | table    | columns                                                      | order           | for                 |
 * | records  | _row BIGINT, _id UUID, then one column per field             | _row            | every query         |
 * | ids      | _bucket USMALLINT, _id UUID, _row BIGINT                     | _bucket         | record by id        |
 * | terms    | term VARCHAR, term_id INTEGER                                | term, term_id   | words, prefixes, fuzzy words |
 * | postings | term_id INTEGER, field SMALLINT, _row BIGINT, words UTINYINT | the first three | full text, relevance |
 * | meta     | key VARCHAR, value VARCHAR                                   |                 | layout version, generation |
 *
 * `_row` counts records from 0 in source order. `_bucket` is what the first four hex digits of the id say: the engine skips
 * all but the few thousand ids around one bucket, where ids alone, which do not compress, are read by the hundred thousand. `field` is the index of the field in the manifest. Every text field
 * has postings; a term occurs once per (field, record). Terms are what `engine` folds text to (`foldedTerms`); `words` is
 * how many of them the value has, repeats included, and 255 of more.
 * A geo_shape field has its bounding box beside it, as `_box` and the field's index (kernel/shapes.ts); a geo_point_2d the
 * cell it is in, as `_lon` and `_lat` with the index (kernel/points.ts).
 * The Parquet parts have `_id` first, then the fields; `_row` is their position.
 */
export const servingLayout = {
  version: 5,
  records: 'records',
  ids: 'ids',
  postings: 'postings',
  terms: 'terms',
  meta: 'meta',
} as const

/** SQL of the bucket of an id. */
export const idBucketSql = (id: string): string => `('0x' || left(${id}::varchar, 4))::usmallint`

/** The bucket of an id of 32 hex digits. */
export const idBucket = (id: string): number => Number.parseInt(id.slice(0, 4), 16)

/** The record's id; field names never start with an underscore. */
export const idColumn = '_id'
