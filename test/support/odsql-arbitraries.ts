/** Random expressions of the language over the table `shops`: mostly well-typed, sometimes not, always printable. */
import fc, { type Arbitrary } from 'fast-check'
import type { Comparator, Expr } from '../../src/odsql/ast.ts'

const span = { start: 0, end: 0 }

const text = fc.oneof(
  fc.constantFrom(
    'books',
    'coffee',
    'Lyon',
    'Paris',
    'rare',
    'Café',
    'zwolf',
    'boo',
    '',
    'a "b" \\ \'c\'',
    '%',
  ),
  fc.string({ maxLength: 8, unit: 'grapheme' }).filter((value) => !value.includes('\0')),
)
const whole = fc.oneof(
  fc.nat({ max: 100 }).map(String),
  fc.constantFrom('0', '9223372036854775807', '9223372036854775808', '4.50', '1e3', '.5', '1e308'),
)
const day = fc.constantFrom(
  '2022-07-14',
  '2020',
  '2001-02',
  '2024/01/05',
  '2024-07-14T18:45',
  '1949-05-01T00:00Z',
)
const wkt = fc.constantFrom(
  'POINT(2.3522 48.8566)',
  'POLYGON((2 48, 3 48, 3 49, 2 49, 2 48))',
  '{"type":"Point","coordinates":[4.8,45.7]}',
  'LINESTRING(2.3522 48.8566, 4.86 45.7606)',
  'MULTIPOLYGON(((170 -80, 190 -80, 190 80, 170 -80)), ((2 48, 3 48, 3 49, 2 48)))',
  'GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))',
  '0101000000000000000000f03f0000000000000040',
)

export const literals: Readonly<
  Record<'text' | 'number' | 'boolean' | 'null' | 'date' | 'geometry', Arbitrary<Expr>>
> = {
  text: text.map((value) => ({ kind: 'string', value, span })),
  number: whole.map((value) => ({ kind: 'number', text: value, span })),
  boolean: fc.boolean().map((value) => ({ kind: 'boolean', value, span })),
  null: fc.constant({ kind: 'null', span }),
  date: day.map((value) => ({ kind: 'date', text: value, span })),
  geometry: wkt.map((value) => ({ kind: 'geometry', text: value, span })),
}

const name = (value: string): Expr => ({ kind: 'name', name: value, span })
const names = (...values: string[]): Arbitrary<Expr> => fc.constantFrom(...values).map(name)

const call = (callee: string, ...args: Arbitrary<Expr>[]): Arbitrary<Expr> =>
  fc.tuple(...args).map((values) => ({
    kind: 'call',
    name: callee,
    isDistinct: false,
    args: values.map((value) => ({ name: null, value })),
    span,
  }))

const anyOf = (...choices: Arbitrary<Expr>[]) => fc.oneof(...choices)

/** A value of roughly the given type; `depth` levels of operators and functions at most. */
export function numberExpr(depth: number): Arbitrary<Expr> {
  const flat = anyOf(names('price', 'qty', 'id'), literals.number)
  if (depth === 0) return flat
  const inner = fc.oneof(
    { arbitrary: numberExpr(depth - 1), weight: 9 },
    { arbitrary: literals.null, weight: 1 },
  )
  return anyOf(
    flat,
    fc
      .tuple(fc.constantFrom<'+' | '-' | '*' | '/'>('+', '-', '*', '/'), inner, inner)
      .map(([operator, left, right]) => ({ kind: 'arithmetic', operator, left, right, span })),
    inner.map((operand) => ({ kind: 'negate', operand, span })),
    call('length', textExpr(depth - 1)),
    call('year', dateExpr(depth - 1)),
    fc
      .constantFrom('quarter', 'month', 'day', 'dayofweek', 'hour', 'minute', 'second', 'millisecond')
      .chain((part) => call(part, dateExpr(depth - 1))),
    call('ifnull', inner, inner),
    call('distance', names('place'), literals.geometry),
  )
}

export function textExpr(depth: number): Arbitrary<Expr> {
  const flat = anyOf(names('name', 'city'), literals.text)
  if (depth === 0) return flat
  const pattern = fc
    .constantFrom("yyyy-MM-dd 'at' HH:mm:ss", 'EEEE d MMMM YY', 'xxxx w e', 'D/DDD', '')
    .map((value): Expr => ({ kind: 'string', value, span }))
  return anyOf(
    flat,
    call('lower', textExpr(depth - 1)),
    call('upper', textExpr(depth - 1)),
    call('lower', names('tags')),
    call('ifnull', textExpr(depth - 1), anyOf(literals.text, literals.null)),
    call('date_format', dateExpr(depth - 1), pattern),
  )
}

export function dateExpr(depth: number): Arbitrary<Expr> {
  const flat = anyOf(names('opened', 'seen_at'), literals.date, call('now'))
  return depth === 0 ? flat : anyOf(flat, call('ifnull', dateExpr(depth - 1), dateExpr(depth - 1)))
}

const tags = names('tags')
const boolean = anyOf(names('active'), literals.boolean)
/** Whatever there is: most of its uses are type errors. */
const wild = anyOf(
  numberExpr(1),
  textExpr(1),
  dateExpr(1),
  tags,
  boolean,
  literals.null,
  names('place', 'recordid', 'nothing'),
)

const comparator = fc.constantFrom<Comparator>('=', '!=', '>', '>=', '<', '<=')

function compared(left: Arbitrary<Expr>, right: Arbitrary<Expr>): Arbitrary<Expr> {
  return fc
    .tuple(comparator, left, right)
    .map(([operator, a, b]) => ({ kind: 'compare', operator, left: a, right: b, span }))
}

function listed(operand: Arbitrary<Expr>, item: Arbitrary<Expr>): Arbitrary<Expr> {
  return anyOf(
    fc
      .tuple(operand, fc.array(item, { minLength: 1, maxLength: 4 }))
      .map(([value, items]) => ({ kind: 'in_list', operand: value, items, span })),
    fc
      .tuple(operand, item, item, fc.boolean(), fc.boolean())
      .map(([value, low, high, isLowOpen, isHighOpen]) => ({
        kind: 'in_range',
        operand: value,
        low,
        high,
        isLowOpen,
        isHighOpen,
        span,
      })),
  )
}

const words = anyOf(
  literals.text,
  ...['search', 'suggest', 'startswith'].flatMap((callee) => [
    call(callee, literals.text),
    call(callee, names('name', 'tags', 'city'), literals.text),
    call(callee, fc.constant<Expr>({ kind: 'star', span }), literals.text),
    call(callee, names('name'), tags, literals.text),
  ]),
  fc
    .tuple(names('name', 'tags'), literals.text)
    .map(([left, right]): Expr => ({ kind: 'compare', operator: 'like', left, right, span })),
)

const distance = fc
  .tuple(fc.nat({ max: 900 }), fc.constantFrom('m', 'km', 'mi', 'ft'))
  .map(([length, unit]): Expr => ({ kind: 'quantity', text: String(length), unit, span }))
const degrees = fc
  .integer({ min: -90, max: 90 })
  .map(
    (value): Expr =>
      value < 0
        ? { kind: 'negate', operand: { kind: 'number', text: String(-value), span }, span }
        : { kind: 'number', text: String(value), span },
  )
const places = anyOf(
  call('within_distance', names('place'), literals.geometry, distance),
  call('in_bbox', names('place'), degrees, degrees, degrees, degrees),
  ...['within', 'intersects', 'disjoint'].map((callee) => call(callee, names('place'), literals.geometry)),
)

/** A condition. Printed, it reads back as the same tree. */
export function condition(depth: number): Arbitrary<Expr> {
  const flat = anyOf(
    compared(numberExpr(2), numberExpr(2)),
    compared(textExpr(1), textExpr(1)),
    compared(dateExpr(1), dateExpr(1)),
    compared(tags, anyOf(textExpr(1), tags)),
    compared(boolean, boolean),
    listed(numberExpr(1), numberExpr(1)),
    listed(textExpr(1), anyOf(textExpr(1), literals.null)),
    listed(dateExpr(1), dateExpr(0)),
    listed(tags, textExpr(0)),
    fc.tuple(literals.text, tags).map(([value, field]) => ({ kind: 'member', value, field, span })),
    fc
      .tuple(wild, fc.boolean())
      .map(([operand, isNegated]) => ({ kind: 'is_null', operand, isNegated, span })),
    fc
      .tuple(boolean, fc.boolean(), fc.boolean())
      .map(([operand, value, isNegated]) => ({ kind: 'is_boolean', operand, value, isNegated, span })),
    boolean,
    words,
    places,
    compared(wild, wild),
    listed(wild, wild),
  )
  if (depth === 0) return flat
  const inner = condition(depth - 1)
  return fc.oneof(
    { arbitrary: flat, weight: 2 },
    { arbitrary: inner.map((operand): Expr => ({ kind: 'not', operand, span })), weight: 1 },
    {
      arbitrary: fc
        .tuple(fc.constantFrom<'and' | 'or'>('and', 'or'), fc.array(inner, { minLength: 2, maxLength: 3 }))
        .map(([operator, operands]): Expr => ({ kind: 'logic', operator, operands, span })),
      weight: 1,
    },
  )
}

export function aggregate(): Arbitrary<Expr> {
  return anyOf(
    call('count', fc.constant<Expr>({ kind: 'star', span })),
    call('count', wild),
    wild.map((value) => ({
      kind: 'call',
      name: 'count',
      isDistinct: true,
      args: [{ name: null, value }],
      span,
    })),
    ...['sum', 'avg', 'min', 'max', 'median', 'stddev'].map((callee) => call(callee, numberExpr(1))),
    ...['min', 'max'].map((callee) => call(callee, anyOf(dateExpr(1), wild))),
    call('percentile', numberExpr(1), literals.number),
    call('envelope', anyOf(names('place'), wild)),
    call('bbox', anyOf(names('place'), wild)),
  )
}

/** Any value that select, order_by and group_by may be asked for. */
export const value: Arbitrary<Expr> = anyOf(
  numberExpr(2),
  textExpr(2),
  dateExpr(1),
  tags,
  boolean,
  wild,
  call('json_format', textExpr(1)),
)

const steps = anyOf(literals.number, literals.date, fc.constant<Expr>({ kind: 'star', span }))
export const range: Arbitrary<Expr> = anyOf(
  call('geo_cluster', names('place', 'city'), degrees),
  call('geo_cluster', names('place'), degrees, literals.number),
  call('range', names('price', 'qty', 'opened', 'seen_at'), steps, steps, steps),
  call('range', names('price', 'qty'), literals.number),
  call(
    'range',
    names('opened', 'seen_at', 'price'),
    fc
      .tuple(
        fc.constantFrom('1', '2', '7', '90000000000000'),
        fc.constantFrom('ms', 'hour', 'days', 'w', 'M', 'quarter', 'y'),
      )
      .map(([count, unit]): Expr => ({ kind: 'quantity', text: count, unit, span })),
  ),
)
