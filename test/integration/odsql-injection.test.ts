/** Queries made to break out of their SQL, run on the real engine: the table is still there, with all its records. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { AppError, errorSpec } from '../../src/kernel/index.ts'
import { type Clauses, openShops, type Reader } from '../support/shops.ts'

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
let untouched: string
before(async (t) => {
  const { indexed, scanned } = await openShops(t as never)
  readers = { indexed, scanned }
  untouched = JSON.stringify(await readers.scanned.rows({}))
})

const payloads = [
  '"); DROP TABLE records; --',
  "'); DROP TABLE records; --",
  '"ge_test00_0"."records"',
  "x' or '1'='1",
  'x" or "1"="1',
  "\\'; DETACH ge_test00_0; --",
  "1; ATTACH '/etc/passwd' AS p",
  "1) union all select * from read_text('/etc/passwd') --",
  "$1'); COPY (select 1) TO '/tmp/injected.csv'; --",
  "getenv('HOME')",
  '/* comment */ 1',
  'name"; SET lock_configuration=false; --',
  '__proto__',
  '\u0000',
  '%00%27',
  'line\nbreak; DROP VIEW x',
  'x'.repeat(5000),
]

const quoted = (text: string, quote: string) =>
  `${quote}${text.replace(/[\\"'`]/g, (char) => `\\${char}`)}${quote}`

/** The payload as it is, as a string of either kind, as a name, in every clause. */
function clausesOf(payload: string): Clauses[] {
  const inString = quoted(payload, "'")
  const inName = `\`${payload.replaceAll('`', '')}\``
  return [
    ...[payload, inString, inName].flatMap((text) => [
      { where: text },
      { where: `name = ${text}` },
      { where: `name in (${text})` },
      { where: `search(${text})` },
      { where: `startswith(name, ${text})` },
      { where: `name like ${text}` },
      { select: text },
      { select: `name as ${text}` },
      { select: `date_format(opened, ${text})` },
      { select: `include(${text})` },
      { groupBy: text },
      { groupBy: `city as ${text}`, select: `count(*) as ${text}x` },
      { orderBy: text },
    ]),
    { where: `name = date${inString}` },
    { where: `within(place, geom${inString})` },
    { select: `ifnull(name, ${inString}) as x, json_format(${inString}) as y` },
    { refine: [payload] },
    { refine: [`city:${payload}`] },
    { refine: [`opened:${payload}`] },
    { exclude: [`tags:${payload}`] },
    { refine: [`city:${payload}`], hierarchies: { city: payload } },
    { lang: payload, select: "date_format(opened, 'EEEE')" },
  ]
}

/** Rows, or null when the client is told off. A refusal of the engine's would be neither. */
async function attempt(reader: Reader, clauses: Clauses): Promise<Record<string, unknown>[] | null> {
  try {
    return await reader.rows(clauses)
  } catch (error) {
    if (error instanceof AppError && errorSpec(error.key).status === 400) return null
    throw error
  }
}

describe('a hostile text changes nothing and shows nothing', () => {
  for (const payload of payloads) {
    test(JSON.stringify(payload).slice(0, 50), async () => {
      for (const clauses of clausesOf(payload)) {
        for (const reader of Object.values(readers)) {
          const rows = (await attempt(reader, clauses)) ?? []
          assert.ok(rows.length <= 12)
          assert.doesNotMatch(JSON.stringify(rows), /root:|duckdb_|\/home\//)
        }
      }
      for (const reader of Object.values(readers)) {
        assert.equal(JSON.stringify(await reader.rows({})), untouched)
        assert.deepEqual(await reader.rows({ select: 'count(*) as n', where: '"paris"' }), [{ n: 4 }])
      }
    })
  }
})

describe('what is bound comes back as it was', () => {
  for (const payload of payloads.filter((text) => !text.includes('\0'))) {
    test(JSON.stringify(payload).slice(0, 50), async () => {
      for (const reader of Object.values(readers)) {
        const [row] = await reader.rows({ select: `${quoted(payload, '"')} as echo`, limit: 1 })
        assert.equal(row!.echo, payload)
        if (payload.includes('`')) continue
        const [named] = await reader.rows({ select: `1 as \`${payload}\``, limit: 1 })
        assert.deepEqual(Object.entries(named!), [[payload, 1]])
      }
    })
  }
})

test('facets take hostile names and values', async () => {
  for (const payload of payloads) {
    for (const reader of Object.values(readers)) {
      const facets = (names: string[], refine: string[]) =>
        reader.facets.query(reader.publication, { now: 0, refine }, names).catch((error) => {
          assert.ok(error instanceof AppError && errorSpec(error.key).status === 400, String(error))
        })
      await facets([payload], [])
      await facets([`facet(name=${quoted(payload, '"')})`], [])
      await facets(
        [`facet(name="city", hierarchical=true, separator=${quoted(payload, '"')})`],
        [`city:${payload}`],
      )
      await facets(['city', 'opened', 'tags'], [`city:${payload}`])
    }
  }
  assert.equal(JSON.stringify(await readers.indexed.rows({})), untouched)
})
