/** The read side over real generations: single records, leases, fields of awkward names, datasets without records. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Engine, openEngine } from '../../src/engine/index.ts'
import { AppError, type JsonObject } from '../../src/kernel/index.ts'
import { checkTimezone, createGenerationStore, parsedRows } from '../../src/records/index.ts'
import { sourceOf, tempDirectory } from '../support/builder.ts'
import { openBoth, openShops, requestTime } from '../support/shops.ts'

const text = { now: requestTime }
const keyOf = (key: string) => (error: unknown) => error instanceof AppError && error.key === key

test('fields may be called what compiled queries and readers of parts call things', async (t) => {
  const names = ['filename', 'k0', 'c0', 'v', 'n', 'value', 'records', 'json', 'lon', 'term']
  const table = [0, 1, 2, 3].map((row) => names.map((_, at) => (row * 7 + at * at * 3) % 11))
  const csv = [names, ...table].map((row) => row.join(';')).join('\n')
  const { indexed, scanned } = await openBoth(t, [sourceOf(t, 'names.csv', csv, 'csvfile')])
  for (const reader of [indexed, scanned]) {
    for (const [at, name] of names.entries()) {
      const sorted = table.map((row) => row[at]!).sort((a, b) => a - b)
      const other = names[(at + 1) % names.length]!
      const ordered = await reader.rows({ select: `${other}, ${name}`, orderBy: name })
      assert.deepEqual(
        ordered.map((row) => row[name]),
        sorted,
      )
      const grouped = await reader.rows({
        select: `${name}, max(${other}) as m`,
        groupBy: name,
        orderBy: name,
      })
      assert.deepEqual(
        grouped.map((row) => row[name]),
        [...new Set(sorted)],
      )
      const { facets } = (await reader.facets.query(reader.publication, text, [name]))[0]!
      assert.deepEqual(
        facets.map((facet) => Number(facet.value)).sort((a, b) => a - b),
        [...new Set(sorted)],
      )
    }
  }
})

test('fields named like the parameters of lambdas are still fields', async (t) => {
  const csv = 'v;t;lat;lon\nm;a,z;48.5;2.5\nb;c;48.5;9\n'
  const step = (name: string, args: JsonObject) => ({ processor_uid: 'pr_0', name, args })
  const { indexed, scanned } = await openBoth(t, [sourceOf(t, 'lambdas.csv', csv, 'csvfile')], {
    processors: [step('create_geopoint', { latitude: 'lat', longitude: 'lon', output_field: 'e' })],
    fieldSpecifications: [step('annotate', { field: 't', annotation: 'multivalued', args: [','] })],
  })
  for (const reader of [indexed, scanned]) {
    assert.deepEqual(await reader.rows({ select: 'v', where: 't > v and t < v' }), [{ v: 'm' }])
    assert.deepEqual(await reader.rows({ select: 'v', where: 'startswith(t, "c")' }), [{ v: 'b' }])
    assert.deepEqual(
      await reader.rows({ select: 'v', where: "within(e, geom'POLYGON((2 48, 3 48, 3 49, 2 49, 2 48))')" }),
      [{ v: 'm' }],
    )
  }
})

test('a dataset of a header alone answers every kind of query', async (t) => {
  const { indexed, scanned } = await openBoth(t, [sourceOf(t, 'empty.csv', 'a;b\n', 'csvfile')])
  for (const reader of [indexed, scanned]) {
    assert.deepEqual(await reader.rows({ where: 'a = "x" and "word"', orderBy: 'b' }), [])
    assert.deepEqual(await reader.rows({ select: 'count(*) as n, count(a) as m' }), [{ n: 0, m: 0 }])
    assert.deepEqual(await reader.rows({ select: 'a, count(*) as n', groupBy: 'a' }), [])
    assert.deepEqual(await reader.facets.query(reader.publication, text, ['a']), [{ name: 'a', facets: [] }])
  }
})

describe('one record', () => {
  test('is found by its id, with and without an index', async (t) => {
    const { indexed, scanned } = await openShops(t)
    for (const { records, publication } of [indexed, scanned]) {
      const page = { text: { ...text, orderBy: 'id' }, limit: 2, offset: 5, includeAppMetas: true }
      const { rows, totalCount } = await records.query(publication, page)
      assert.equal(totalCount, 12)
      for (const row of rows) {
        const { _id, _timestamp, ...fields } = JSON.parse(row)
        assert.match(_id, /^[0-9a-f]{32}$/)
        assert.equal(_timestamp, '2024-07-20T15:30:45.123Z')
        assert.deepEqual(JSON.parse(await records.record(publication, _id, text, false)), fields)
        assert.deepEqual(
          JSON.parse(await records.record(publication, _id, { ...text, select: 'upper(city) as c' }, true)),
          { c: fields.city.toUpperCase(), _id, _timestamp },
        )
      }
    }
  })

  test('that is not there, or whose id is no id, is unknown', async (t) => {
    const { indexed } = await openShops(t)
    const { records, publication } = indexed
    for (const id of [
      '0'.repeat(32),
      '',
      '../../etc/passwd',
      "' or 1=1 --",
      'é',
      '0'.repeat(10_000),
      '%00',
    ]) {
      await assert.rejects(records.record(publication, id, text, false), keyOf('records.unknown_record'))
    }
  })

  test('cannot be aggregated', async (t) => {
    const { indexed } = await openShops(t)
    await assert.rejects(
      indexed.records.record(indexed.publication, '0'.repeat(32), { ...text, select: 'count(*)' }, true),
      keyOf('odsql.type_mismatch'),
    )
  })
})

describe('the lease on a generation', () => {
  test('keeps it readable until the last reader lets go, whatever has opened it since', async (t) => {
    const { indexed } = await openShops(t)
    const { store, pool } = indexed
    const first = await store.acquire('ge_test00')
    await store.refresh('ge_test00')
    const second = await store.acquire('ge_test00')
    assert.notEqual(second.relation, first.relation)
    let isRetired = false
    const retired = store.retire('ge_test00').then(() => {
      isRetired = true
    })
    const count = (relation: string) =>
      pool.use((connection) => connection.all(`select count(*) as n from ${relation}`))
    second.release()
    second.release()
    assert.equal(Number((await count(first.relation))[0]!.n), 12)
    assert.equal(isRetired, false)
    first.release()
    await retired
    await assert.rejects(count(first.relation))
    await assert.rejects(store.acquire('ge_test00'), keyOf('records.generation_gone'))
  })

  test('is refused for names that are no generation', async (t) => {
    const { indexed } = await openShops(t)
    for (const uid of ['../ge_test00', 'ge_test00"; drop table x', '']) {
      await assert.rejects(indexed.store.acquire(uid), keyOf('records.generation_gone'))
    }
    // One that the control database names and that nobody has collected: its directory was lost.
    await assert.rejects(indexed.store.acquire('ge_nothing'), keyOf('records.generation_damaged'))
  })
})

test('every zone that is accepted is known to the engine', async (t) => {
  const { indexed } = await openShops(t)
  const rows = await indexed.pool.use((connection) => connection.all('select name from pg_timezone_names()'))
  const known = new Set(rows.map((row) => String(row.name)))
  const old = ['utc', 'europe/paris', 'EST5EDT', 'Zulu', 'GB', 'Asia/Calcutta', 'US/Pacific', 'Etc/GMT+1']
  for (const zone of [...Intl.supportedValuesOf('timeZone'), ...old]) {
    assert.ok(known.has(checkTimezone(zone)), zone)
  }
  for (const zone of ['+02:00', 'Mars/Olympus', "UTC'; --", '', 'x'.repeat(1000)]) {
    assert.throws(() => checkTimezone(zone), keyOf('records.unknown_timezone'))
  }
})

test('the rows of a long page are handed over as one text, in their order', async (t) => {
  const { indexed, scanned } = await openShops(t)
  for (const { records, publication } of [indexed, scanned]) {
    for (const clauses of [
      { where: [], groupBy: 'name', orderBy: 'name desc' },
      { where: ['qty > 9'], orderBy: 'price' },
      { where: ['qty > 999'] },
    ]) {
      const request = { text: { ...text, ...clauses }, limit: 100, offset: 1, includeAppMetas: false }
      const one = await records.query(publication, request)
      const joined = await records.query(publication, { ...request, limit: 101 })
      assert.deepEqual(joined.rows, one.rows.length === 0 ? [] : [one.rows.join(', ')])
      assert.deepEqual(parsedRows(joined), parsedRows(one))
      assert.equal(joined.totalCount, one.totalCount)
    }
  }
})

test('a generation that one of the engines could not open is left open in none, and is read by its index the next time', async (t) => {
  const { directories, indexed } = await openShops(t)
  const options = {
    memoryLimitMb: 100,
    threads: 1,
    tempDirectory: tempDirectory(t),
    allowedDirectories: Object.values(directories),
  }
  const [first, second] = [await openEngine(options), await openEngine(options)]
  let isShort = true
  const scarce: Engine = {
    ...second,
    async connect() {
      const connection = await second.connect()
      const run: typeof connection.run = (sql, ...rest) =>
        isShort && sql.startsWith('attach')
          ? Promise.reject(new AppError('engine.out_of_memory', {}))
          : connection.run(sql, ...rest)
      return { ...connection, run }
    },
  }
  const store = createGenerationStore({
    engines: [first, scarce],
    generationsDirectory: directories.generations,
    servingDirectory: directories.serving,
  })
  t.after(() => {
    store.close()
    first.close()
    second.close()
  })
  const { generation_uid: uid } = indexed.publication.row
  await assert.rejects(store.acquire(uid), { key: 'engine.out_of_memory' })
  const connection = await first.connect()
  const attached = await connection.all(
    "select database_name from duckdb_databases() where database_name like 'ge_%'",
  )
  assert.deepEqual(attached, [])
  connection.close()
  isShort = false
  const handle = await store.acquire(uid)
  assert.ok(handle.search)
  handle.release()
})
