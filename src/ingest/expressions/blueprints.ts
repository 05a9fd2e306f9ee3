/** What a function of expressions is, and how most of them are made. */
import { scalarFunctions } from '../../odsql/index.ts'

/** `datetime` is a timestamp without zone, in UTC. */
export type Type = 'text' | 'int' | 'double' | 'boolean' | 'date' | 'datetime' | 'null'

/**
 * What an argument is made before the function sees it. `any`: as it is; `common`: all of them the one type that holds
 * them; `ordered`: numbers, or dates when one of them is a date. The rest must be written out, for the engine reads them
 * once: a regular expression, a pattern of strftime codes, the name of a time zone, a unit of time.
 */
export type ArgumentClass =
  | 'text'
  | 'number'
  | 'date'
  | 'any'
  | 'common'
  | 'ordered'
  | 'condition'
  | 'regexp'
  | 'date_format'
  | 'timezone'
  | 'unit'

export interface ExpressionFunction {
  readonly args: readonly ArgumentClass[]
  /** Names of the arguments, for docs. */
  readonly names: string
  /** Arguments that must be there; default: all. */
  readonly least?: number
  /** The last argument may be repeated. */
  readonly rest?: boolean
  /** `common`: what the arguments have in common; `shifted`: a date stays one, a text too. */
  readonly result: Exclude<Type, 'null'> | 'common' | 'shifted'
  /** SQL from the arguments' SQL, those that are left out undefined. */
  readonly sql: (args: readonly string[], types: readonly Type[]) => string
  readonly doc: string
  /** Expressions without fields and what they give as text; null: empty. They run as tests. */
  readonly examples: readonly (readonly [expression: string, result: string | null])[]
}

/** A column, which costs nothing however often it is named. */
export const isColumn = (sql: string) => /^("([^"]|"")+"(::varchar)?|_[a-z_]+[0-9]+)$/.test(sql)

/** SQL that uses `x` more than once, with `x` written once: what repeats its operand grows twofold with every level. */
export function once(x: string, body: (v: string) => string): string {
  if (isColumn(x)) return `(${body(x)})`
  return `list_transform([${x}], lambda _v: ${body('_v')})[1]`
}

/** A number as a whole one that engine functions take for positions and lengths. */
export const count = (x: string, least = 0, most = 1_000_000) =>
  `try_cast(least(greatest(trunc(${x}), ${least}), ${most}) as integer)`
/** Texts that are filled up are limited: a million records of a million blanks are no text. */
export const width = (x: string) => count(x, 0, 1000)
export const isTrue = (x: string) => `coalesce(${x}, false)`
export const white = `' ' || chr(9) || chr(10) || chr(13) || chr(160)`
/** Null where the engine would stop: roots and logarithms of negative numbers, results without end. */
export const tried = (sql: string) => `try(${sql})`

type Rest = Omit<ExpressionFunction, 'args' | 'names' | 'result' | 'sql' | 'doc' | 'examples'>
export function define(
  args: readonly ArgumentClass[],
  names: string,
  result: ExpressionFunction['result'],
  sql: ExpressionFunction['sql'],
  doc: string,
  examples: ExpressionFunction['examples'],
  rest: Rest = {},
): ExpressionFunction {
  return { args, names, result, sql, doc, examples, ...rest }
}

export const ofText = (
  result: ExpressionFunction['result'],
  sql: (x: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) => define(['text'], 'text', result, ([x]) => sql(x!), doc, examples)

export const ofTexts = (
  result: ExpressionFunction['result'],
  sql: (x: string, y: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) => define(['text', 'text'], 'text, part', result, ([x, y]) => sql(x!, y!), doc, examples)

export const ofNumber = (sql: (x: string) => string, doc: string, ...examples: [string, string | null][]) =>
  define(['number'], 'number', 'double', ([x]) => sql(x!), doc, examples)

export const ofNumbers = (
  sql: (x: string, y: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) => define(['number', 'number'], 'number, number', 'double', ([x, y]) => sql(x!, y!), doc, examples)

/** A timestamp of UTC as the clocks of a zone show it. */
export const local = (x: string, zone: string | undefined) =>
  zone === undefined ? x : `timezone(${zone}, timezone('UTC', ${x}))`

export const part = (
  sql: (local: string) => string,
  doc: string,
  ...examples: [string, string | null][]
): ExpressionFunction =>
  define(
    ['date', 'timezone'],
    'date[, timezone]',
    'int',
    ([x, zone]) => sql(local(x!, zone)),
    `${doc}, in UTC or in a time zone`,
    examples,
    { least: 1 },
  )

export const shared = (name: string) => (x: string) => scalarFunctions[name]!.sql([x])

export const adding = (unit: string, ...examples: [string, string | null][]): ExpressionFunction =>
  define(
    ['date', 'number'],
    `date, ${unit}`,
    'shifted',
    ([x, n]) =>
      tried(
        `(${x} + to_${unit === 'years' || unit === 'months' || unit === 'days' ? unit : 'seconds'}(${
          { hours: `3600 * ${n}`, minutes: `60 * ${n}` }[unit] ??
          (unit === 'seconds' ? n! : `try_cast(trunc(${n}) as integer)`)
        }))`,
      ),
    `A date and so many ${unit} more, or less`,
    examples,
  )

export const filled = (
  sql: (v: string, width: string, fill: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) =>
  define(
    ['text', 'number', 'text'],
    'text, width[, fill]',
    'text',
    ([x, n, fill]) =>
      tried(
        once(
          x!,
          (v) =>
            `case when length(${v}) < ${width(n!)} then ${sql(v, width(n!), fill ?? "' '")} else ${v} end`,
        ),
      ),
    doc,
    examples,
    { least: 2 },
  )

export const angle = (name: string, doc: string, ...examples: [string, string | null][]) =>
  ofNumber((x) => tried(`${name}(${x})`), doc, ...examples)

export const matches = (pattern: string) => (x: string) => isTrue(`regexp_full_match(${x}, '${pattern}')`)
