/** The whole table of conformance over HTTP on one real server: filters, answers, and errors with key, place and hint. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { odsqlErrors } from '../../src/kernel/errors/odsql.ts'
import { allFunctionNames } from '../../src/odsql/functions.ts'
import {
  faults,
  filters,
  queries,
  specFaults,
  specFilters,
  specQueries,
  timeFilters,
} from '../support/conformance.ts'
import { explorePath } from '../support/http-client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type Clauses, shopsDataset } from '../support/shops.ts'

let server: TestServer
before(async (t) => {
  server = await startServer(t as never)
  await server.publishFile('shops', shopsDataset)
})

/** Parameters as they are typed in the table: no escapes, `&` only between them. */
function encoded(parameters: string): string {
  return parameters
    .split(/&(?=[a-z_]+=)/)
    .map((part) => {
      const at = part.indexOf('=')
      return `${part.slice(0, at)}=${encodeURIComponent(part.slice(at + 1))}`
    })
    .join('&')
}
const get = (status: number, query: string) =>
  server.expect(status, 'GET', `${explorePath}/shops/records?${query}`)

const names: Readonly<Record<string, string>> = { groupBy: 'group_by', orderBy: 'order_by' }
const ofClauses = (clauses: Clauses) =>
  Object.entries(clauses)
    .map(([name, value]) => `${names[name] ?? name}=${encodeURIComponent(String(value))}`)
    .join('&')
const rounded = (rows: unknown) =>
  JSON.parse(
    JSON.stringify(rows, (_key, value) =>
      typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
    ),
  )

describe('filters', () => {
  const all: readonly (readonly [string, readonly number[]])[] = [
    ...specFilters.map(([, where, ids]) => [where, ids] as const),
    ...filters,
  ]
  for (const [where, ids] of all)
    test(where, async () => {
      const { json } = await get(200, `select=id&order_by=id&limit=100&where=${encodeURIComponent(where)}`)
      assert.deepEqual(
        json.results.map((row: { id: number }) => row.id),
        ids,
      )
      assert.equal(json.total_count, ids.length)
    })
})

describe('queries', () => {
  const all: readonly (readonly [string, readonly unknown[]])[] = [
    ...specQueries.map(([, clauses, rows]) => [ofClauses(clauses), rows] as const),
    ...queries.map(([parameters, rows]) => [encoded(parameters), rows] as const),
  ]
  for (const [query, rows] of all)
    test(decodeURIComponent(query), async () => {
      const limit = /(^|&)limit=/.test(query) ? '' : '&limit=100'
      assert.deepEqual(rounded((await get(200, query + limit)).json.results), rows)
    })
})

describe('errors', () => {
  const all: readonly (readonly [string, string, number | null, string | undefined])[] = [
    ...specFaults.map(([clauses, key, position, hint]) => [ofClauses(clauses), key, position, hint] as const),
    ...faults.map(([parameters, key, position, hint]) => [encoded(parameters), key, position, hint] as const),
  ]
  for (const [query, key, position, hint] of all)
    test(decodeURIComponent(query).slice(0, 80), async () => {
      const { json, text } = await get(400, query)
      assert.equal(json.key, key)
      assert.equal(json.error_code, key === 'odsql.unknown_facet' ? 'UnknownFacetError' : 'ODSQLError')
      if (position !== null) {
        assert.equal(json.position, position)
        assert.match(
          json.message,
          /Clause\(s\) containing the error\(s\): (select|where|group_by|order_by)\.$/,
        )
      }
      if (hint) assert.equal(json.hint, hint)
      assert.doesNotMatch(text, /select .* from|list_filter|lambda|\$1/i)
    })
  const bounds = [
    'limit=101',
    'limit=-2',
    'limit=x',
    'offset=-1',
    'offset=9950&limit=100',
    'timezone=Nowhere',
    'lang=xx',
  ]
  for (const query of [...bounds, 'group_by=city&limit=20001', 'include_app_metas=maybe'])
    test(query, async () => {
      assert.equal((await get(400, query)).json.error_code, 'InvalidRESTParameterError')
    })
})

test('the table is long, and leaves out no function and no kind of error', () => {
  const rows = [specFilters, filters, timeFilters, specQueries, queries, specFaults, faults]
  assert.ok(rows.reduce((sum, list) => sum + list.length, 0) > 300)
  const text = JSON.stringify([specFilters, filters, timeFilters, specQueries, queries])
  const missing = allFunctionNames.filter((name) => !new RegExp(`\\b${name}\\s*\\(`).test(text))
  assert.deepEqual(missing, ['random'])
  const keys = new Set([...specFaults.map(([, key]) => key), ...faults.map(([, key]) => key)])
  assert.deepEqual(
    Object.keys(odsqlErrors).filter((key) => !(keys as ReadonlySet<string>).has(key)),
    [],
  )
})

test('random order is the same again, and another with another seed', async () => {
  const ids = async (seed: number) =>
    (await get(200, `select=id&limit=100&order_by=random(${seed})`)).json.results.map(
      (row: { id: number }) => row.id,
    )
  const [one, again, other] = [await ids(1), await ids(1), await ids(2)]
  assert.deepEqual(again, one)
  assert.notDeepEqual(other, one)
  assert.deepEqual(
    [...other].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  )
})
