/**
 * Random queries against the real engine: an answer or a typed error, never anything else, and the same one whether words
 * are looked up in postings or in the records themselves.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { AppError, errorSpec } from '../../src/kernel/index.ts'
import type { Expr } from '../../src/odsql/ast.ts'
import { print } from '../../src/odsql/print.ts'
import { aggregate, condition, range, value } from '../support/odsql-arbitraries.ts'
import { type Clauses, openShops, type Reader } from '../support/shops.ts'
import { isWhole } from '../support/tiers.ts'

/** Every run draws others: a share of them each time comes to all of them soon. */
const runs = (whole: number) => (isWhole ? whole : Math.ceil(whole / 3))

let readers: Readonly<Record<'indexed' | 'scanned', Reader>>
before(async (t) => {
  readers = await openShops(t as never)
})

type Outcome = { readonly rows: readonly unknown[] } | { readonly error: string }

async function outcome(reader: Reader, clauses: Clauses): Promise<Outcome> {
  try {
    return { rows: await reader.rows(clauses) }
  } catch (error) {
    if (error instanceof AppError && errorSpec(error.key).status === 400) return { error: error.key }
    throw error
  }
}

/** Runs a query in both modes; returns how it ended. */
async function agreed(clauses: Clauses): Promise<Outcome> {
  const indexed = await outcome(readers.indexed, clauses)
  assert.deepEqual(await outcome(readers.scanned, clauses), indexed)
  return indexed
}

const zones = fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kathmandu')
const printed = (expr: Arbitrary<Expr>) => expr.map(print)
const listOf = (item: Arbitrary<string>) =>
  fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(', '))
const ordered = (item: Arbitrary<string>) =>
  listOf(fc.tuple(item, fc.constantFrom('', ' asc', ' desc')).map(([text, order]) => text + order))

/** Properties are worth little when everything is refused. */
async function mostlyAnswered(runs: Promise<readonly Outcome[]>, share: number): Promise<void> {
  const outcomes = await runs
  const answered = outcomes.filter((one) => 'rows' in one).length
  assert.ok(answered >= outcomes.length * share, `${answered} of ${outcomes.length} queries had an answer`)
}

async function check<T>(
  clauses: Arbitrary<T>,
  toClauses: (given: T) => Clauses,
  numRuns: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  await fc.assert(
    fc.asyncProperty(clauses, async (given) => {
      outcomes.push(await agreed(toClauses(given)))
    }),
    { numRuns: runs(numRuns) },
  )
  return outcomes
}

test('any condition is answered or refused, alike in both modes', async () => {
  const given = fc.record({ where: printed(condition(2)), timezone: zones })
  await mostlyAnswered(
    check(given, (clauses) => ({ select: 'id', ...clauses }), 600),
    0.4,
  )
})

test('a condition and its negation divide the records between them', async () => {
  await fc.assert(
    fc.asyncProperty(printed(condition(1)), async (where) => {
      const yes = await outcome(readers.indexed, { select: 'id', where })
      const no = await outcome(readers.indexed, { select: 'id', where: `not (${where})` })
      if ('error' in yes || 'error' in no) return assert.deepEqual(no, yes)
      assert.equal(yes.rows.length + no.rows.length, 12)
    }),
    { numRuns: runs(300) },
  )
})

test('any selected values in any order are answered or refused', async () => {
  const given = fc.record({
    select: listOf(printed(value)),
    orderBy: ordered(printed(value)),
    timezone: zones,
  })
  await mostlyAnswered(
    check(given, (clauses) => clauses, 500),
    0.2,
  )
})

test('any aggregates over any groups are answered or refused', async () => {
  const key = printed(fc.oneof(value, range))
  const given = fc.record({
    select: listOf(printed(aggregate())),
    groupBy: fc.option(fc.oneof(key, listOf(key)), { nil: undefined }),
    orderBy: fc.option(ordered(printed(aggregate())), { nil: undefined }),
    timezone: zones,
  })
  await mostlyAnswered(
    check(given, (clauses) => clauses as Clauses, 700),
    0.2,
  )
})
