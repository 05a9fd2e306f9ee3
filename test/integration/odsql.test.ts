/**
 * The language against the real engine: every row of its conformance table, once through the postings of a serving file
 * and once by scanning the parts.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { AppError, errorSpec } from '../../src/kernel/index.ts'
import { specFaults, specFilters, specQueries, timeFilters } from '../support/conformance.ts'
import { openShops, type Reader } from '../support/shops.ts'

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  readers = await openShops(t as never)
})
const modes = ['indexed', 'scanned'] as const

describe('filters return the records of the conformance table', () => {
  for (const [name, where, ids] of specFilters) {
    for (const mode of modes) {
      test(`${name} ${where} (${mode})`, async () => {
        const rows = await readers[mode].rows({ select: 'id', where, orderBy: 'id' })
        assert.deepEqual(
          rows.map((row) => row.id),
          ids,
        )
      })
    }
  }
})

const rounded = (rows: readonly Record<string, unknown>[]) =>
  JSON.parse(
    JSON.stringify(rows, (_key, value) =>
      typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
    ),
  )

describe('conditions on the time of the request', () => {
  for (const [where, ids] of timeFilters) {
    test(where, async () => {
      const rows = await readers.indexed.rows({ select: 'id', where, orderBy: 'id' })
      assert.deepEqual(
        rows.map((row) => row.id),
        ids,
      )
    })
  }
})

describe('queries answer as the conformance table says', () => {
  for (const [name, clauses, expected] of specQueries) {
    for (const mode of modes) {
      test(`${name} (${mode})`, async () => {
        assert.deepEqual(rounded(await readers[mode].rows(clauses)), expected)
      })
    }
  }

  for (const mode of modes) {
    test(`Q20 distances are right to half a percent (${mode})`, async () => {
      const rows = await readers[mode].rows({
        select: "id, distance(place, geom'POINT(2.3522 48.8566)') as d",
        orderBy: 'd',
        limit: 3,
      })
      assert.deepEqual(
        rows.map((row) => row.id),
        [3, 12, 4],
      )
      for (const [index, metres] of [0, 1055, 1157].entries()) {
        assert.ok(Math.abs(Number(rows[index]!.d) - metres) <= metres * 0.005, `${rows[index]!.d} metres`)
      }
    })
  }
})

describe('faulty queries are refused with their position', () => {
  for (const [clauses, key, position, hint] of specFaults) {
    const shown = String(Object.values(clauses)[0]).slice(0, 40)
    test(`${shown}: ${key}`, async () => {
      await assert.rejects(readers.indexed.rows(clauses), (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.key, key)
        assert.equal(errorSpec(error.key).status, 400)
        assert.equal(error.params.position, position)
        if (hint !== undefined) assert.equal(error.params.suggestion, hint)
        return true
      })
    })
  }
})
