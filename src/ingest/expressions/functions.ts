/**
 * The functions of expressions in one table: arity, conversion of arguments, SQL and docs (docs/expressions.md) come from
 * it. Where the query language has the same function, its SQL is taken from there.
 */
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

/** SQL that uses `x` more than once, with `x` written once: what repeats its operand grows twofold with every level. */
export function once(x: string, body: (v: string) => string): string {
  return `list_transform([${x}], lambda _v: ${body('_v')})[1]`
}

/** A number as a whole one that engine functions take for positions and lengths. */
const count = (x: string, least = 0, most = 1_000_000) =>
  `try_cast(least(greatest(trunc(${x}), ${least}), ${most}) as integer)`
/** Texts that are filled up are limited: a million records of a million blanks are no text. */
const width = (x: string) => count(x, 0, 1000)
const isTrue = (x: string) => `coalesce(${x}, false)`
const white = `' ' || chr(9) || chr(10) || chr(13) || chr(160)`
/** Null where the engine would stop: roots and logarithms of negative numbers, results without end. */
const tried = (sql: string) => `try(${sql})`

type Rest = Omit<ExpressionFunction, 'args' | 'names' | 'result' | 'sql' | 'doc' | 'examples'>
function define(
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

const ofText = (
  result: ExpressionFunction['result'],
  sql: (x: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) => define(['text'], 'text', result, ([x]) => sql(x!), doc, examples)

const ofTexts = (
  result: ExpressionFunction['result'],
  sql: (x: string, y: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) => define(['text', 'text'], 'text, part', result, ([x, y]) => sql(x!, y!), doc, examples)

const ofNumber = (sql: (x: string) => string, doc: string, ...examples: [string, string | null][]) =>
  define(['number'], 'number', 'double', ([x]) => sql(x!), doc, examples)

const ofNumbers = (
  sql: (x: string, y: string) => string,
  doc: string,
  ...examples: [string, string | null][]
) => define(['number', 'number'], 'number, number', 'double', ([x, y]) => sql(x!, y!), doc, examples)

/** A timestamp of UTC as the clocks of a zone show it. */
const local = (x: string, zone: string | undefined) =>
  zone === undefined ? x : `timezone(${zone}, timezone('UTC', ${x}))`

const part = (
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

const shared = (name: string) => (x: string) => scalarFunctions[name]!.sql([x])

const adding = (unit: string, ...examples: [string, string | null][]): ExpressionFunction =>
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

const filled = (
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

const angle = (name: string, doc: string, ...examples: [string, string | null][]) =>
  ofNumber((x) => tried(`${name}(${x})`), doc, ...examples)

const matches = (pattern: string) => (x: string) => isTrue(`regexp_full_match(${x}, '${pattern}')`)

export const expressionFunctions: Readonly<Record<string, ExpressionFunction>> = {
  lower: ofText('text', shared('lower'), 'Lower case', ["lower('aBc')", 'abc']),
  upper: ofText('text', shared('upper'), 'Upper case', ["upper('aBc')", 'ABC']),
  tolowercase: ofText('text', shared('lower'), 'The same as `lower`', ["tolowercase('É')", 'é']),
  touppercase: ofText('text', shared('upper'), 'The same as `upper`', ["touppercase('é')", 'É']),
  capitalize: ofText(
    'text',
    (x) => once(x, (v) => `upper(left(${v}, 1)) || lower(substr(${v}, 2))`),
    'The first letter upper case, the rest lower case',
    ["capitalize('foo BAR')", 'Foo bar'],
  ),
  capitalize_all: ofText(
    'text',
    (x) =>
      `array_to_string(list_transform(string_split(${x}, ' '), lambda _w: upper(left(_w, 1)) || lower(substr(_w, 2))), ' ')`,
    'The first letter of every word upper case',
    ["capitalize_all('foo bar')", 'Foo Bar'],
  ),
  trim: ofText('text', (x) => `trim(${x}, ${white})`, 'Without white space at both ends', [
    "trim('  a b ')",
    'a b',
  ]),
  length: ofText('int', shared('length'), 'Number of characters', ["length('hello')", '5']),
  normalize: ofText('text', (x) => `strip_accents(${x})`, 'Without accents', [
    "normalize('Éléonore')",
    'Eleonore',
  ]),
  reverse: ofText('text', (x) => `reverse(${x})`, 'The characters backwards', ["reverse('abc')", 'cba']),
  substring: define(
    ['text', 'number', 'number'],
    'text, start[, length]',
    'text',
    ([x, start, length]) =>
      length === undefined
        ? `substr(${x}, ${count(start!)} + 1)`
        : `substr(${x}, ${count(start!)} + 1, ${count(length)})`,
    'A part of a text; the first character is number 0',
    [
      ["substring('hello', 1, 3)", 'ell'],
      ["substring('hello', 3)", 'lo'],
      ["substring('hello', 9)", null],
    ],
    { least: 2 },
  ),
  left: define(
    ['text', 'number'],
    'text, length',
    'text',
    ([x, n]) => `left(${x}, ${count(n!)})`,
    'The first characters',
    [["left('hello', 2)", 'he']],
  ),
  right: define(
    ['text', 'number'],
    'text, length',
    'text',
    ([x, n]) => `right(${x}, ${count(n!)})`,
    'The last characters',
    [["right('hello', 2)", 'lo']],
  ),
  mid: define(
    ['text', 'number', 'number'],
    'text, start, length',
    'text',
    ([x, start, length]) => `substr(${x}, ${count(start!, 1)}, ${count(length!)})`,
    'A part of a text; the first character is number 1',
    [["mid('hello', 2, 3)", 'ell']],
  ),
  replace: define(
    ['text', 'text', 'text'],
    'text, old, new',
    'text',
    ([x, old, fresh]) => `replace(${x}, ${old}, coalesce(${fresh}, ''))`,
    'Every occurrence of a text replaced by another',
    [["replace('abcb', 'b', 'e')", 'aece']],
  ),
  concat: define(
    ['text'],
    'text, ...',
    'text',
    (args) => `concat(${args.join(', ')})`,
    'Texts behind each other, as `&` does it; what is empty counts as nothing',
    [["concat('a', 1 + 1, null, 'b')", 'a2b']],
    { rest: true },
  ),
  split: define(
    ['text', 'text', 'number'],
    'text, separator, index',
    'text',
    ([x, separator, n]) => `string_split(${x}, ${separator})[${count(n!, 1)}]`,
    'The n-th piece of a text cut at a separator, from 1',
    [
      ["split('a-b-c', '-', 2)", 'b'],
      ["split('a-b', '-', 5)", null],
    ],
  ),
  count: ofTexts('int', (x, y) => `(len(string_split(${x}, ${y})) - 1)`, 'How often a text holds another', [
    "count('hello world', 'l')",
    '3',
  ]),
  contains: ofTexts(
    'boolean',
    (x, y) => isTrue(`contains(${x}, ${y})`),
    'Whether a text holds another, case included',
    ["contains('hello', 'l')", 'true'],
    ["contains('hello', 'L')", 'false'],
  ),
  startswith: ofTexts(
    'boolean',
    (x, y) => isTrue(`starts_with(${x}, ${y})`),
    'Whether a text begins with another, case included',
    ["startswith('hello', 'he')", 'true'],
  ),
  endswith: ofTexts(
    'boolean',
    (x, y) => isTrue(`ends_with(${x}, ${y})`),
    'Whether a text ends with another, case included',
    ["endswith('hello', 'he')", 'false'],
  ),
  match: define(
    ['text', 'regexp'],
    'text, regexp',
    'boolean',
    ([x, pattern]) => isTrue(`regexp_matches(${x}, ${pattern})`),
    'Whether a regular expression (RE2 syntax) matches somewhere in a text',
    [["match('AB-12', '^[A-Z]+-\\\\d+$')", 'true']],
  ),
  extract: define(
    ['text', 'regexp'],
    'text, regexp',
    'text',
    ([x, pattern]) => `regexp_extract(${x}, ${pattern})`,
    'What a regular expression (RE2 syntax) matches first in a text',
    [["extract('at 12 km', '[0-9]+')", '12']],
  ),
  ljust: filled(
    (v, n, fill) => `rpad(${v}, ${n}, ${fill})`,
    'A text filled up on its right to a width, at most 1000',
    ["ljust('4400', 5, '0')", '44000'],
  ),
  rjust: filled(
    (v, n, fill) => `lpad(${v}, ${n}, ${fill})`,
    'A text filled up on its left to a width, at most 1000',
    ["rjust('4400', 5, '0')", '04400'],
    ["rjust('44', 3)", ' 44'],
  ),
  center: filled(
    (v, n, fill) => `rpad(lpad(${v}, ((length(${v}) + ${n}) // 2)::integer, ${fill}), ${n}, ${fill})`,
    'A text filled up on both sides to a width, at most 1000',
    ["center('4400', 6, '0')", '044000'],
  ),
  isalpha: ofText('boolean', matches('\\p{L}+'), 'Whether a text is made of letters only', [
    "isalpha('été')",
    'true',
  ]),
  isalnum: ofText(
    'boolean',
    matches('[\\p{L}\\p{N}]+'),
    'Whether a text is made of letters and digits only',
    ["isalnum('a1')", 'true'],
  ),
  isnumeric: ofText('boolean', matches('[0-9]+'), 'Whether a text is made of digits only', [
    "isnumeric('-1')",
    'false',
  ]),
  isdigit: ofText('boolean', matches('[0-9]'), 'Whether a text is a single digit', [
    "isdigit('12')",
    'false',
  ]),
  isdecimal: ofText(
    'boolean',
    matches('[-+]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)'),
    'Whether a text is a decimal number',
    ["isdecimal('-1,5')", 'true'],
  ),
  islower: ofText(
    'boolean',
    (x) => isTrue(once(x, (v) => `${v} = lower(${v}) and ${v} <> upper(${v})`)),
    'Whether a text has letters and none is upper case',
    ["islower('aBc')", 'false'],
  ),
  isupper: ofText(
    'boolean',
    (x) => isTrue(once(x, (v) => `${v} = upper(${v}) and ${v} <> lower(${v})`)),
    'Whether a text has letters and none is lower case',
    ["isupper('ABC1')", 'true'],
  ),
  empty: ofText(
    'boolean',
    (x) => `(coalesce(${x}, '') = '')`,
    'Whether there is no value, or an empty text',
    ["empty('')", 'true'],
    ["empty('hello')", 'false'],
  ),
  isnull: ofText('boolean', (x) => `(coalesce(${x}, '') = '')`, 'The same as `empty`', [
    'isnull(null)',
    'true',
  ]),
  ifnull: define(
    ['common', 'common'],
    'value, other',
    'common',
    (args) => `coalesce(${args.join(', ')})`,
    'The first value, or the second where it is null',
    [["ifnull(null, 'x')", 'x']],
  ),
  coalesce: define(
    ['common'],
    'value, ...',
    'common',
    (args) => `coalesce(${args.join(', ')})`,
    'The first of the values that is not null',
    [['coalesce(null, null, 3)', '3']],
    { rest: true },
  ),
  min: define(
    ['ordered'],
    'value, ...',
    'common',
    (args) => `least(${args.join(', ')})`,
    'The smallest of numbers or dates; what is null does not count',
    [['min(3, 2.5, null)', '2.5']],
    { rest: true },
  ),
  max: define(
    ['ordered'],
    'value, ...',
    'common',
    (args) => `greatest(${args.join(', ')})`,
    'The largest of numbers or dates; what is null does not count',
    [["max(3, '10')", '10']],
    { rest: true },
  ),
  abs: ofNumber((x) => `abs(${x})`, 'Absolute value', ['abs(-4)', '4']),
  ceil: ofNumber((x) => `ceil(${x})`, 'The next whole number above', ['ceil(2.3)', '3']),
  floor: ofNumber((x) => `floor(${x})`, 'The next whole number below', ['floor(2.7)', '2']),
  trunc: ofNumber((x) => `trunc(${x})`, 'Without decimals', ['trunc(-2.7)', '-2']),
  round: define(
    ['number', 'number'],
    'number[, decimals]',
    'double',
    ([x, n]) => (n === undefined ? `round(${x})` : `round(${x}, ${count(n, -15, 15)})`),
    'Rounded to a number of decimals, halves away from zero',
    [
      ['round(2.5)', '3'],
      ['round(3.14159, 2)', '3.14'],
    ],
    { least: 1 },
  ),
  sqrt: ofNumber((x) => tried(`sqrt(${x})`), 'Square root', ['sqrt(16)', '4'], ['sqrt(-1)', null]),
  pow: ofNumbers((x, y) => `pow(${x}, ${y})`, 'Power, as `^`', ['pow(2, 3)', '8']),
  exp: ofNumber((x) => `exp(${x})`, 'Power of e', ['exp(0)', '1']),
  log: ofNumber((x) => tried(`ln(${x})`), 'Natural logarithm', ['log(e)', '1'], ['log(0)', null]),
  log10: ofNumber((x) => tried(`log10(${x})`), 'Logarithm to the base of 10', ['log10(1000)', '3']),
  mod: ofNumbers((x, y) => `(${x} % ${y})`, 'Remainder, as `%`', ['mod(15, 6)', '3']),
  div: ofNumbers((x, y) => `floor(${x} / ${y})`, 'Whole part of a division, as `//`', ['div(15, 6)', '2']),
  gcd: ofNumbers(
    (x, y) => tried(`gcd(try_cast(trunc(${x}) as bigint), try_cast(trunc(${y}) as bigint))::double`),
    'Greatest common divisor of whole numbers',
    ['gcd(12, 18)', '6'],
  ),
  factorial: ofNumber(
    (x) => `case when ${x} >= 0 then ${tried(`factorial(${count(x, 0, 100)})::double`)} end`,
    'Factorial up to 33!, as `!` behind a number',
    ['factorial(4)', '24'],
  ),
  degrees: ofNumber((x) => `degrees(${x})`, 'An angle of radians in degrees', ['degrees(pi)', '180']),
  radians: ofNumber((x) => `radians(${x})`, 'An angle of degrees in radians', ['radians(0)', '0']),
  sin: angle('sin', 'Sine, of radians', ['sin(0)', '0']),
  cos: angle('cos', 'Cosine, of radians', ['cos(0)', '1']),
  tan: angle('tan', 'Tangent, of radians', ['tan(0)', '0']),
  asin: angle('asin', 'Inverse sine', ['asin(0)', '0'], ['asin(2)', null]),
  acos: angle('acos', 'Inverse cosine', ['acos(1)', '0']),
  atan: angle('atan', 'Inverse tangent', ['atan(0)', '0']),
  sinh: angle('sinh', 'Hyperbolic sine', ['sinh(0)', '0']),
  cosh: angle('cosh', 'Hyperbolic cosine', ['cosh(0)', '1']),
  tanh: angle('tanh', 'Hyperbolic tangent', ['tanh(0)', '0']),
  asinh: angle('asinh', 'Inverse hyperbolic sine', ['asinh(0)', '0']),
  acosh: angle('acosh', 'Inverse hyperbolic cosine', ['acosh(1)', '0']),
  atanh: angle('atanh', 'Inverse hyperbolic tangent', ['atanh(0)', '0']),
  sigmoid: ofNumber((x) => `(1 / (1 + exp(-${x})))`, 'The logistic function', ['sigmoid(0)', '0.5']),
  to_int: define(
    ['number'],
    'value',
    'int',
    ([x]) => `try_cast(trunc(${x}) as bigint)`,
    'A whole number; decimals are cut off, what is no number is null',
    [["to_int('12,7')", '12']],
  ),
  to_float: define(['number'], 'value', 'double', ([x]) => x!, 'A number; what is none is null', [
    ["to_float('1,5') + 1", '2.5'],
    ['to_float(null)', null],
  ]),
  to_text: ofText('text', (x) => x, 'A value as text', ['to_text(1 + 1) & 3', '23']),
  year: part(shared('year'), 'Year', ["year('2014-06-07')", '2014']),
  quarter: part(shared('quarter'), 'Quarter, 1 to 4', ["quarter('2014-06-07')", '2']),
  month: part(shared('month'), 'Month, 1 to 12', ["month('2014-06-07')", '6']),
  week: part((x) => `date_part('week', ${x})::bigint`, 'Week of ISO 8601', ["week('2014-06-07')", '23']),
  day: part(shared('day'), 'Day of the month', ["day('07/06/2014')", '7']),
  dayofweek: part(shared('dayofweek'), 'Day of the week, 1 is Monday', ["dayofweek('2014-06-07')", '6']),
  weekday: part(shared('dayofweek'), 'The same as `dayofweek`', ["weekday('2014-06-07')", '6']),
  dayofyear: part((x) => `date_part('dayofyear', ${x})::bigint`, 'Day of the year', [
    "dayofyear('2014-02-01')",
    '32',
  ]),
  hour: part(
    shared('hour'),
    'Hour, 0 to 23',
    ["hour('2014-06-07 17:00')", '17'],
    ["hour('2014-06-07 17:00', 'Europe/Paris')", '19'],
  ),
  minute: part(shared('minute'), 'Minute', ["minute('2014-06-07T17:45:10Z')", '45']),
  second: part(shared('second'), 'Second', ["second('2014-06-07T17:45:10Z')", '10']),
  microsecond: part(
    (x) => `(date_part('microsecond', ${x})::bigint % 1000000)`,
    'Microsecond within the second',
    ["microsecond('2014-06-07T17:45:10.5Z')", '500000'],
  ),
  add_years: adding('years', ["add_years('2014-11-14', 1)", '2015-11-14']),
  add_months: adding('months', ["add_months('2014-11-14', '3')", '2015-02-14']),
  add_days: adding('days', ["add_days('2014-11-14', -14)", '2014-10-31']),
  add_hours: adding('hours', ["add_hours('2014-11-14T23:00:00', 2)", '2014-11-15T01:00:00+00:00']),
  add_minutes: adding('minutes', ["add_minutes('2014-11-14T23:00:00', 2)", '2014-11-14T23:02:00+00:00']),
  add_seconds: adding('seconds', ["add_seconds('2014-11-14T23:00:00', 2)", '2014-11-14T23:00:02+00:00']),
  datediff: define(
    ['date', 'date', 'unit'],
    'from, to, unit',
    'int',
    ([x, y, unit]) => `date_sub(${unit}, ${x}, ${y})`,
    'Whole units between two dates: year, quarter, month, week, day, hour, minute or second',
    [
      ["datediff('2014-02-28', '2015-02-28', 'month')", '12'],
      ["datediff('2014-02-28T20:00:00Z', '2014-02-28T21:00:00Z', 'minute')", '60'],
    ],
  ),
  date: define(
    ['any', 'date_format'],
    'value[, format]',
    'date',
    ([x]) => `${x}::date`,
    'A day, from a text that says one or is written in a format of strptime codes',
    [
      ["date('2014-06-07T17:00:00') + 1", '2014-06-08'],
      ["date('07.06.14', '%d.%m.%y')", '2014-06-07'],
      ["date('soon')", null],
    ],
    { least: 1 },
  ),
  datetime: define(
    ['any', 'date_format', 'timezone'],
    'value[, format[, timezone]]',
    'datetime',
    ([x, , zone]) => (zone === undefined ? x! : `timezone('UTC', timezone(${zone}, ${x}))`),
    'A date and time, from a text that says one or is written in a format of strptime codes, in UTC or a time zone',
    [
      ["datetime('2014-06-07 17:00')", '2014-06-07T17:00:00+00:00'],
      ["datetime('7/6/2014 17h', '%d/%m/%Y %Hh', 'Europe/Paris')", '2014-06-07T15:00:00+00:00'],
    ],
    { least: 1 },
  ),
  format_date: define(
    ['date', 'date_format', 'timezone'],
    'date, format[, timezone]',
    'text',
    ([x, format, zone]) => `strftime(${local(x!, zone)}, ${format})`,
    'A date as text, in a format of strftime codes',
    [["format_date('2014-06-07', '%d/%m/%Y')", '07/06/2014']],
    { least: 2 },
  ),
  fromtimestamp: define(
    ['number'],
    'seconds',
    'datetime',
    ([x]) => tried(`timezone('UTC', to_timestamp(${x}))`),
    'A date and time from seconds since 1970',
    [['fromtimestamp(86400)', '1970-01-02T00:00:00+00:00']],
  ),
  timestamp: define(['date'], 'date', 'double', ([x]) => `epoch(${x})`, 'Seconds since 1970', [
    ["timestamp('1970-01-02')", '86400'],
  ]),
  quartertodaterange: ofText(
    'text',
    (x) =>
      once(
        x,
        (v) => `case when regexp_full_match(${v}, '[0-9]{4}[qQ][1-4]') then
          strftime(make_date(left(${v}, 4)::int, right(${v}, 1)::int * 3 - 2, 1), '%Y-%m-%d') || ' / ' ||
          strftime(last_day(make_date(left(${v}, 4)::int, right(${v}, 1)::int * 3, 1)), '%Y-%m-%d') end`,
      ),
    'First and last day of a quarter',
    ["quartertodaterange('2014Q2')", '2014-04-01 / 2014-06-30'],
  ),
  now: define([], '', 'datetime', () => '', 'The time at which the publish was ordered', []),
  today: define([], '', 'date', () => '', 'The day, in UTC, on which the publish was ordered', []),
}

/** Functions whose value is the time of the publish. */
export const timeFunctions = new Set(['now', 'today'])

export const findFunction = (name: string): ExpressionFunction | null =>
  Object.hasOwn(expressionFunctions, name) ? expressionFunctions[name]! : null

/** A call as docs and messages show it. */
export const usageOf = (name: string): string => `${name}(${expressionFunctions[name]!.names})`
