/** Conversions have quick ways for what is common: whatever is written, they give what the long way gives. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Connection, type Engine, openEngine } from '../../src/engine/index.ts'
import { dateOf, numberOf, numberText } from '../../src/ingest/expressions/conversions.ts'
import { inferredConversion, setConversion } from '../../src/ingest/types/types.ts'
import { quoteLiteral } from '../../src/kernel/index.ts'
import { pick } from '../../src/records/catalog-table.ts'

let engine: Engine
let connection: Connection
before(async () => {
  engine = await openEngine({ memoryLimitMb: 256, threads: 1, tempDirectory: '', allowedDirectories: [] })
  connection = await engine.connect()
})
after(() => {
  connection?.close()
  engine?.close()
})

const oneOf = (...texts: string[]) => fc.constantFrom(...texts)
const joined = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((pieces) => pieces.join(''))
const digits = (most: number) => fc.integer({ min: 0, max: 10 ** most - 1 }).map(String)
const padded = (most: number, length: number) =>
  fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(length, '0'))
/** Now and then something is put into a text that does not belong there. */
const spoilt = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(
      text,
      fc.nat(24),
      oneOf('', '', '', '', ' ', '\t', '0', '-', '+', ':', ',', '.', 'T', 'Z', 'é', '_', '\u00a0'),
    )
    .map(([whole, at, piece]) => whole.slice(0, at) + piece + whole.slice(at))

const years = fc.oneof(padded(9999, 4), oneOf('0000', '0001', '1582', '1970', '2038', '9999', '12345'))
const months = fc.oneof(padded(13, 2), digits(1))
const days = fc.oneof(padded(32, 2), digits(1))
const seconds = fc.oneof(
  oneOf(''),
  joined(
    oneOf(':'),
    padded(61, 2),
    fc.oneof(oneOf('', '', '.', '.999999500'), joined(oneOf('.', ','), digits(9))),
  ),
)
const zones = oneOf(
  '',
  '',
  '',
  'Z',
  ' Z',
  'UTC',
  ' UTC',
  '+02',
  '-05:30',
  ' +0245',
  'z',
  '+02\t',
  '\t-03 ',
  '  +01:00\n',
)
const moments = spoilt(
  fc.oneof(
    joined(years, oneOf('-', '/'), months, oneOf('-', '/'), days),
    joined(
      years,
      oneOf('-'),
      months,
      oneOf('-'),
      days,
      oneOf('T', ' '),
      padded(24, 2),
      oneOf(':'),
      padded(60, 2),
      seconds,
      zones,
    ),
    joined(
      years,
      oneOf('-'),
      padded(12, 2),
      oneOf('-'),
      padded(28, 2),
      oneOf('T'),
      padded(23, 2),
      oneOf(':'),
      padded(59, 2),
      oneOf(':'),
      padded(59, 2),
    ),
    joined(days, oneOf('/'), months, oneOf('/'), years),
    oneOf('epoch', 'infinity', 'soon', ''),
  ),
)
const numbers = spoilt(
  fc.oneof(
    joined(
      oneOf('', '-', '+', ' '),
      digits(9),
      oneOf('', '.', ','),
      fc.oneof(oneOf(''), digits(6)),
      oneOf('', '', ' ', 'e3', 'E-2'),
    ),
    fc.double().map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    oneOf('nan', 'inf', '-Infinity', '1 000,5', '1\u202f000', '1e999', '-0', '00012', ''),
  ),
)
const doubles = fc.oneof(
  fc.double(),
  fc.integer().map(Number),
  fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10),
  fc.maxSafeInteger().map((n) => n * 1000),
)

/** Runs both ways over a few hundred values at once. */
async function same(type: string, values: readonly string[], quick: string, long: string): Promise<void> {
  const rows = values.map((value) => `(${quoteLiteral(value)})`).join(', ')
  const differing = await connection.all(
    `select x::varchar as x, a::varchar as a, b::varchar as b
     from (select x, ${quick} as a, ${long} as b from (select v::${type} as x from (values ${rows}, (null)) t(v)))
     where a is distinct from b`,
  )
  assert.deepEqual(differing, [])
}

const many = (one: fc.Arbitrary<string>) => fc.array(one, { minLength: 300, maxLength: 300 })
const runs = { numRuns: 25, endOnFailure: true }

const day = '([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])[-/][0-9]{1,2}[-/][0-9]{1,2}'
const time = '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?'
const zone = '( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?'

test('a moment is read as the engine reads it with its calendar', async () => {
  const asMoment = `case when regexp_full_match(x, '${day}([T ]${time}${zone})?') then try_cast(replace(x, ',', '.') as timestamptz) end`
  const ofPerson = `timezone('UTC', case when x >= '0' and x < ':' and not starts_with(x, '0000') then coalesce(try_cast(x as timestamptz), timezone('UTC', try_strptime(x, ['%d/%m/%Y', '%d/%m/%Y %H:%M:%S', '%d/%m/%Y %H:%M']))) end)`
  await fc.assert(
    fc.asyncProperty(many(moments), async (values) => {
      await same('varchar', values, inferredConversion('datetime', 'x'), asMoment)
      await same('varchar', values, dateOf('"x"'), ofPerson.replaceAll(/\bx\b/g, 'trim(x)'))
    }),
    runs,
  )
})

test('a number that people wrote is read as after its commas and blanks are replaced', async () => {
  const plain = `try_cast(replace(x, ',', '.') as double)`
  const blanks = `translate(x, ',_nN ' || chr(160) || chr(8239), '.xxx')`
  const replaced = `coalesce(case when isfinite(${plain}) then ${plain} end, try_cast(${blanks} as double))`
  await fc.assert(
    fc.asyncProperty(many(numbers), (values) => same('varchar', values, numberOf('x'), replaced)),
    runs,
  )
})

test('a number is written without a zero behind its point, however it is found', async () => {
  const cut = `case when x = 0 then '0' when isfinite(x) then rtrim(replace(x::varchar || '$', '.0$', ''), '$') end`
  await fc.assert(
    fc.asyncProperty(many(doubles.map(String)), async (values) => {
      await same('double', values, numberText('"x"'), cut)
      await same('double', values, numberText('x + 0'), cut)
    }),
    runs,
  )
})

test('a moment without a zone is one of UTC, whatever zone the text before it names', async () => {
  const texts = [
    '2030-07-01 10:00',
    '2030-07-01 10:00:00 Europe/Paris',
    '2030-07-01T10:00',
    '2030-07-01 10:00:00+02',
    '2030-07-01',
  ]
  const rows = [...texts, ...texts].map((text) => `(${quoteLiteral(text)})`).join(', ')
  for (const sql of [
    `timezone('UTC', ${setConversion('datetime', 'x')})`,
    dateOf('"x"'),
    dateOf(`trim("x")`),
  ]) {
    const read = await connection.all(`select (${sql})::varchar as moment from (values ${rows}) t(x)`)
    const hours = read.map(({ moment }) => Number(String(moment).slice(11, 13)))
    assert.deepEqual(hours, [10, 8, 10, 8, 0, 10, 8, 10, 8, 0], sql)
  }
})

test('so is one in the metadata of a dataset, whatever the dataset before it says', async () => {
  const texts = [
    '2030-07-01T10:00:00',
    '2030-07-01 10:00:00 EST',
    '2030-07-01',
    '2030-07-01T10:00:00+02:00',
    '2030-07-01T10:00:00Z',
  ]
  const rows = [...texts, ...texts].map((text) => `(${quoteLiteral(JSON.stringify({ at: text }))}::json)`)
  const read = await connection.all(
    `select (${pick('datetime', '$.at')})::varchar as moment from (values ${rows.join(', ')}) t(o)`,
  )
  const hours = read.map(({ moment }) => Number(String(moment).slice(11, 13)))
  assert.deepEqual(hours, [10, 15, 0, 8, 10, 10, 15, 0, 8, 10])
})
