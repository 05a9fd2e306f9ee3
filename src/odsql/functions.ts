/** The functions of the language in one table: docs, resolution and SQL come from it. ODSQL specification, sections 3-5. */
import type { Clause } from './ast.ts'
import { boxShapeSql } from './compile/box.ts'
import { hullSql } from './compile/hull.ts'
import type { Type } from './schema.ts'

/** What an argument may be. `date`: date or datetime; `number`: int or double; `texts`: a text, or a list of them. */
export type ArgumentClass = 'text' | 'texts' | 'number' | 'date' | 'any' | 'point' | 'geo'

export interface ScalarFunction {
  readonly args: readonly ArgumentClass[]
  /** Type of the result; `same`: that of the first argument. */
  readonly result: Type | 'same'
  /** SQL from the arguments' SQL; dates arrive as local timestamps of the request's zone. */
  readonly sql: (args: readonly string[]) => string
  readonly doc: string
}

const part = (name: string, doc: string): ScalarFunction => ({
  args: ['date'],
  result: 'int',
  sql: ([x]) => `date_part('${name}', ${x})::bigint`,
  doc,
})

export const scalarFunctions: Readonly<Record<string, ScalarFunction>> = {
  length: { args: ['text'], result: 'int', sql: ([x]) => `length(${x})`, doc: 'Number of characters' },
  lower: { args: ['texts'], result: 'same', sql: ([x]) => `lower(${x})`, doc: 'Lower case' },
  upper: { args: ['texts'], result: 'same', sql: ([x]) => `upper(${x})`, doc: 'Upper case' },
  year: part('year', 'Year, in the time zone of the request'),
  quarter: part('quarter', 'Quarter, 1 to 4'),
  month: part('month', 'Month, 1 to 12'),
  day: part('day', 'Day of the month'),
  dayofweek: part('isodow', 'Day of the week, 1 is Monday'),
  hour: part('hour', 'Hour, 0 to 23'),
  minute: part('minute', 'Minute'),
  second: { ...part('second', 'Second'), sql: ([x]) => `floor(date_part('second', ${x}))::bigint` },
  millisecond: {
    ...part('millisecond', 'Millisecond within the second'),
    sql: ([x]) => `(date_part('millisecond', ${x})::bigint % 1000)`,
  },
}

export interface AggregateFunction {
  readonly args: readonly ArgumentClass[]
  readonly result: Type | 'same' | 'sum'
  readonly sql: (args: readonly string[]) => string
  readonly doc: string
}

export const aggregateFunctions: Readonly<Record<string, AggregateFunction>> = {
  count: {
    args: ['any'],
    result: 'int',
    sql: ([x]) => `count(${x})`,
    doc: 'Number of records, or of non-null values; `distinct` counts different ones',
  },
  sum: { args: ['number'], result: 'sum', sql: ([x]) => `sum(${x})`, doc: 'Sum' },
  avg: { args: ['number'], result: 'double', sql: ([x]) => `avg(${x})`, doc: 'Mean' },
  min: {
    args: ['any'],
    result: 'same',
    sql: ([x]) => `min(${x})`,
    doc: 'Smallest value, of numbers and dates',
  },
  max: {
    args: ['any'],
    result: 'same',
    sql: ([x]) => `max(${x})`,
    doc: 'Largest value, of numbers and dates',
  },
  median: {
    args: ['number'],
    result: 'double',
    sql: ([x]) => `quantile_cont(${x}::double, 0.5)`,
    doc: 'Median, interpolated',
  },
  stddev: {
    args: ['number'],
    result: 'double',
    sql: ([x]) => `stddev_samp(${x})`,
    doc: 'Sample standard deviation',
  },
  percentile: {
    args: ['number', 'number'],
    result: 'double',
    sql: ([x, p]) => `quantile_cont(${x}::double, ${p})`,
    doc: 'Percentile 0 to 100, interpolated',
  },
  envelope: {
    args: ['point'],
    result: 'geo_shape',
    sql: ([x]) => hullSql(x!),
    doc: 'Convex hull of geo points',
  },
  bbox: {
    args: ['geo'],
    result: 'geo_shape',
    sql: ([x]) => boxShapeSql(x!),
    doc: 'Bounding box of geo points or shapes',
  },
}

/** A function with rules of its own, resolved by hand. */
export interface NamedFunction {
  /** A call with every argument named or shown. */
  readonly usage: string
  readonly clauses: readonly QueryClause[]
  /** Null where it is no value of a record. */
  readonly result: Type | 'same' | null
  readonly doc: string
}

/** The clauses that expressions stand in. */
export type QueryClause = Exclude<Clause, 'facet'>
export const queryClauses = ['select', 'where', 'group_by', 'order_by'] as const satisfies QueryClause[]

const special = (
  usage: string,
  clauses: readonly QueryClause[],
  result: NamedFunction['result'],
  doc: string,
): NamedFunction => ({ usage, clauses, result, doc })
const point = "geom'POINT(2.35 48.85)'"

export const specialFunctions: Readonly<Record<string, NamedFunction>> = {
  ifnull: special(
    'ifnull(value, other)',
    queryClauses,
    'same',
    'The first value, or the second where it is null',
  ),
  date_format: special('date_format(date, "yyyy-MM")', queryClauses, 'text', 'A date as text, by a pattern'),
  now: special(
    'now(days=-1)',
    queryClauses,
    'datetime',
    'The time of the request, with parts set or shifted',
  ),
  distance: special(
    `distance(point, ${point})`,
    queryClauses,
    'double',
    'Metres between a geo point and a literal point',
  ),
  json_format: special('json_format(text)', queryClauses, 'json', 'Text as JSON'),
  relevance: special(
    'relevance()',
    ['order_by'],
    null,
    'How well a record answers the words that are searched for, in order_by',
  ),
  random: special('random(seed)', ['order_by'], null, 'A repeatable random order, in order_by'),
  range: special('range(number, 0, 10, *)', ['group_by'], null, 'Ranges of numbers or dates, in group_by'),
  geo_cluster: special(
    'geo_cluster(point, zoom, radius)',
    ['group_by'],
    null,
    'Clusters of geo points, in group_by',
  ),
}

const condition = (usage: string, doc: string): NamedFunction => special(usage, ['where'], 'boolean', doc)

export const predicateFunctions: Readonly<Record<string, NamedFunction>> = {
  search: condition('search(text, "words")', 'All words, all but the last fuzzily, the last as a prefix'),
  suggest: condition('suggest(text, "wor")', 'Every word is a prefix of a word of the field'),
  startswith: condition('startswith(text, "Begin")', 'The value begins with the text, case included'),
  within_distance: condition(
    `within_distance(geo, ${point}, 10km)`,
    'The field, a shape at its nearest place, lies at most so far from a point',
  ),
  in_bbox: condition('in_bbox(geo, 48, 2, 49, 3)', 'The field lies wholly in a box given by two corners'),
  intersects: condition(
    "intersects(geo, geom'LINESTRING(2 48, 3 49)')",
    'The field and a geometry have a place in common',
  ),
  disjoint: condition(`disjoint(geo, ${point})`, 'The field and a geometry have nothing in common'),
  within: condition(
    "within(geo, geom'POLYGON((2 48, 3 48, 3 49, 2 48))')",
    'The field lies within a geometry',
  ),
}

export const allFunctionNames: readonly string[] = [
  ...Object.keys(scalarFunctions),
  ...Object.keys(aggregateFunctions),
  ...Object.keys(specialFunctions),
  ...Object.keys(predicateFunctions),
]
