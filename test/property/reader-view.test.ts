/**
 * What rules show of a dataset is what a dataset that really has no more would show: random rules, random queries, the
 * same answers and the same errors, with postings and without.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import {
  AppError,
  type ConfiguredStep,
  errorSpec,
  type Field,
  type JsonObject,
} from '../../src/kernel/index.ts'
import { print } from '../../src/odsql/print.ts'
import {
  comparedState,
  createDiffs,
  type DataRules,
  type Publication,
  publicationFor,
} from '../../src/records/index.ts'
import { sourceOf } from '../support/builder.ts'
import { aggregate, condition, value } from '../support/odsql-arbitraries.ts'
import { seed } from '../support/seed.ts'
import {
  type Clauses,
  openBoth,
  openTogether,
  type Reader,
  requestTime,
  type ToBuild,
} from '../support/shops.ts'
import { isWhole } from '../support/tiers.ts'

const types: Readonly<Record<string, Field['type']>> = {
  id: 'int',
  name: 'text',
  city: 'text',
  tags: 'text',
  area: 'geo_shape',
  price: 'double',
  qty: 'int',
  opened: 'date',
  seen_at: 'datetime',
  active: 'boolean',
  place: 'geo_point_2d',
}
const names = Object.keys(types)
type Shop = Readonly<Record<string, string | null>>

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!
const squares = [0, 2, 4, 30].map((at) => {
  const ring = [0, 1, 3, 2, 0].map((corner) => [at + (corner % 2), 45 + (corner >> 1)])
  return JSON.stringify({ type: 'Polygon', coordinates: [ring] })
})
/** Halves and quarters only: sums of them are exact in any order. */
const shops: readonly Shop[] = Array.from({ length: 90 }, (_, at): Shop => {
  const absent = (every: number) => at % every === every - 1
  return {
    id: String(at),
    name: absent(7)
      ? null
      : `${pick(['Café', 'Book', 'Books', 'rare', 'Zwölf'], at)} ${pick(['Lyon', 'books', 'nook'], at * 5 + 1)}`,
    city: absent(11) ? null : pick(['Lyon', 'Paris', 'Köln', 'Nantes'], at * 3),
    tags: absent(5)
      ? null
      : [pick(['books', 'coffee', 'rare'], at), pick(['bar', 'books', 'film'], at * 2)].join(','),
    area: absent(4) ? null : pick(squares, at * 7),
    price: absent(6) ? null : String(((at * 37) % 91) / 4),
    qty: absent(8) ? null : String((at * 13) % 47),
    opened: absent(9) ? null : `20${10 + (at % 14)}-0${1 + (at % 9)}-14`,
    seen_at: absent(10) ? null : `2024-0${1 + (at % 9)}-05T0${at % 10}:30:00Z`,
    active: absent(12) ? null : String(at % 3 === 0),
    place: absent(13) ? null : `${45 + (at % 5)};${((at * 11) % 60) / 10}`,
  }
})

const step = (name: string, args: JsonObject, index: number): ConfiguredStep => ({
  processor_uid: `pr_${name}${index}`,
  name,
  args,
})
const quoted = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`)

const build = (t: object, rows: readonly Shop[], fields: readonly string[]) => {
  const { sources, changes } = toBuild(t, rows, fields)
  return openBoth(t as never, sources, changes)
}

/** A dataset of some fields. A column that goes again keeps records without any value in the file. */
function toBuild(t: object, rows: readonly Shop[], fields: readonly string[], hasIds = false): ToBuild {
  const shown = names.filter((name) => fields.includes(name))
  const columns = shown.filter((name) => name !== 'place')
  const hasPlace = shown.includes('place')
  const header = ['filler', ...columns, ...(hasPlace ? ['lat', 'lon'] : [])].join(';')
  const lines = rows.map((row) =>
    [
      'x',
      ...columns.map((name) => quoted(row[name]!)),
      ...(hasPlace ? (row.place === null ? ['', ''] : row.place!.split(';')) : []),
    ].join(';'),
  )
  return {
    sources: [sourceOf(t as never, 'shops.csv', [header, ...lines, ''].join('\n'), 'csvfile')],
    changes: {
      processors: hasPlace
        ? [step('create_geopoint', { latitude: 'lat', longitude: 'lon', output_field: 'place' }, 0)]
        : [],
      fieldSpecifications: [
        ...(shown.includes('tags')
          ? [step('annotate', { field: 'tags', annotation: 'multivalued', args: [','] }, 0)]
          : []),
        ...(hasIds ? [step('annotate', { field: 'id', annotation: 'id' }, 1)] : []),
        ...shown.map((field, index) => step('type', { field, type: types[field]! }, index)),
        ...['filler', ...(hasPlace ? ['lat', 'lon'] : [])].map((field, index) =>
          step('delete', { field }, index),
        ),
      ],
    },
  }
}

const admin = { isPublic: true, nowMs: requestTime, idKey: 'of the test' }
const seenBy = ({ publication: { row, fields } }: Reader, rules: readonly DataRules[]): Publication =>
  publicationFor({ ...admin, rules }, row, fields)

/** The answer, or what a client is told. */
async function answer(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || errorSpec(error.key).status >= 500) throw error
    const { key, message, params, errors } = error
    return { key, message, params, others: errors.map((one) => one.message) }
  }
}

type Question = (reader: Reader, publication: Publication) => Promise<unknown>

const rowsOf =
  ({ where = [], limit = 100, offset = 0, ...text }: Clauses): Question =>
  async ({ records }, publication) => {
    const conditions = typeof where === 'string' ? [where] : where
    const { rows, totalCount } = await records.query(publication, {
      text: { now: requestTime, ...text, where: conditions },
      limit,
      offset,
      includeAppMetas: false,
    })
    return { rows: rows.join('\n'), totalCount }
  }

/** Page after page, as whoever walks through all records does. */
const walkOf =
  (where: string, orderBy: string): Question =>
  async ({ records }, publication) => {
    const pages: string[] = []
    for (let afterRow: number | null = null; ; ) {
      const page = await records.query(publication, {
        text: { now: requestTime, where: [where], orderBy },
        limit: 7,
        offset: 0,
        includeAppMetas: false,
        paging: { afterRow, totalCount: null },
      })
      pages.push(...page.rows, `of ${page.totalCount}`)
      afterRow = page.lastRow ?? null
      if (afterRow === null) return pages.join('\n')
    }
  }

const named = (text: string) => !/recordid|random/.test(text)
const printed = <T extends Parameters<typeof print>[0]>(given: Arbitrary<T>) => given.map(print).filter(named)
const someName = fc.constantFrom(...names)
const where = fc.oneof(
  { arbitrary: printed(condition(2)), weight: 3 },
  { arbitrary: fc.constant(''), weight: 1 },
)
const word = fc.constantFrom('boo', 'book', 'lyon', 'rare', 'cafe', 'zwolf', 'x')

const question: Arbitrary<readonly [what: unknown, ask: Question]> = fc.oneof(
  fc
    .record({
      where,
      select: fc.option(printed(value), { nil: undefined }),
      orderBy: fc.option(fc.oneof(someName, printed(value)), { nil: undefined }),
      offset: fc.nat({ max: 20 }),
    })
    .map((clauses) => [clauses, rowsOf(clauses)] as const),
  fc
    .record({
      where,
      select: fc.array(printed(aggregate()), { minLength: 1, maxLength: 3 }).map((list) => list.join(', ')),
      groupBy: fc.option(someName, { nil: undefined }),
    })
    .map((clauses) => [clauses, rowsOf(clauses)] as const),
  fc
    .tuple(word, word, fc.constantFrom('and', 'or'), fc.nat({ max: 8 }))
    .map(([one, other, joint, offset]) => {
      // Few of those that are found: which ones is for the ranks to say.
      const clauses = { where: `"${one}" ${joint} "${other}"`, limit: 4, offset }
      return [clauses, rowsOf(clauses)] as const
    }),
  fc
    .tuple(someName, where)
    .map(
      ([name, condition]) =>
        [
          `facet ${name} where ${condition}`,
          ({ facets }: Reader, publication: Publication) =>
            facets.query(publication, { now: requestTime, where: [condition] }, [name]),
        ] as const,
    ),
  fc
    .tuple(someName, word, where)
    .map(
      ([field, typed, condition]) =>
        [
          `suggest ${typed} of ${field} where ${condition}`,
          ({ facets }: Reader, publication: Publication) =>
            facets.suggest(publication, { now: requestTime, where: [condition] }, { field, typed, limit: 9 }),
        ] as const,
    ),
  fc
    .tuple(where, fc.constantFrom('', 'price', 'city desc, qty'))
    .map(
      ([condition, order]) =>
        [`walk where ${condition} order by ${order}`, walkOf(condition, order)] as const,
    ),
)

/** Filters that divide the shops, beside those of the generator, of which many do not. */
const dividing = fc.constantFrom(
  'price > 8',
  'city in ("Lyon", "Köln")',
  'active',
  'not active',
  'search("book")',
  'tags = "rare" and qty < 30',
  "within(place, geom'POLYGON((0 44, 3 44, 3 51, 0 51, 0 44))')",
  "intersects(area, geom'POLYGON((0 44, 3 44, 3 51, 0 51, 0 44))')",
  'opened < now()',
  'gone > 1',
)
const rule: Arbitrary<DataRules> = fc.record({
  isDataVisible: fc.oneof(
    { arbitrary: fc.constant(true), weight: 9 },
    { arbitrary: fc.constant(false), weight: 1 },
  ),
  visibleFields: fc.oneof(
    { arbitrary: fc.constant(null), weight: 1 },
    { arbitrary: fc.subarray([...names, 'gone'], { minLength: 1 }), weight: 1 },
    { arbitrary: fc.subarray(names, { minLength: 7 }), weight: 4 },
  ),
  filterQuery: fc.oneof(
    { arbitrary: dividing, weight: 5 },
    { arbitrary: printed(condition(1)), weight: 2 },
    { arbitrary: fc.constant(''), weight: 1 },
  ),
})

let whole: Awaited<ReturnType<typeof build>>
before(async (t) => {
  whole = await build(t as object, shops, names)
})

/** Ids of the shops that a filter admits; none where it is not one. */
async function admitted(filter: string, { reader, rows }: Known): Promise<ReadonlySet<string>> {
  if (filter.trim() === '') return new Set(rows.map(({ id }) => id!))
  const found = await answer(() => reader.rows({ select: 'id', where: filter }))
  return new Set(Array.isArray(found) ? found.map((row) => String(row.id)) : [])
}

interface Known {
  readonly reader: Reader
  readonly rows: readonly Shop[]
}

/** The rows and fields that are left, as the rules say it in words. */
async function remainder(rules: readonly DataRules[], known: Known) {
  const readable = rules.filter(({ isDataVisible }) => isDataVisible)
  const shows = ({ visibleFields }: DataRules, name: string) => visibleFields?.includes(name) ?? true
  const ofRules = await Promise.all(
    readable.map(async (one) => [one, await admitted(one.filterQuery, known)] as const),
  )
  const fields = names.filter((name) =>
    (readable.length > 0 ? readable : rules).some((one) => shows(one, name)),
  )
  const rows = known.rows.flatMap((shop): Shop[] => {
    const seen = names.filter((name) => ofRules.some(([one, ids]) => ids.has(shop.id!) && shows(one, name)))
    if (seen.length === 0) return []
    return [Object.fromEntries(names.map((name) => [name, seen.includes(name) ? shop[name]! : null]))]
  })
  return { fields, rows, isDataVisible: readable.length > 0 }
}

const kinds = { masked: 0, filtered: 0, answered: 0, refused: 0 }

for (const round of Array.from({ length: isWhole ? 40 : 4 }, (_, index) => index)) {
  test(`rules ${round}`, async (t) => {
    t.diagnostic(`BROADSHEET_TEST_SEED=${seed}`)
    const [rules] = fc.sample(fc.array(rule, { minLength: 1, maxLength: 3 }), {
      seed: seed + round,
      numRuns: 1,
    })
    const { fields, rows, isDataVisible } = await remainder(rules!, { reader: whole.indexed, rows: shops })
    const views = [whole.indexed, whole.scanned].map((reader) => [reader, seenBy(reader, rules!)] as const)
    for (const [, publication] of views)
      assert.deepEqual(
        publication.fields.map(({ name }) => name),
        fields,
        JSON.stringify(rules),
      )
    if (fields.length === 0) return
    if (!isDataVisible) {
      for (const [reader, publication] of views)
        assert.equal(
          ((await answer(() => rowsOf({})(reader, publication))) as AppError).key,
          'records.data_not_visible',
        )
      return
    }
    const real = await build(t, rows, fields)
    if (rows.length > 0 && rows.length < shops.length) kinds.filtered++
    if (
      rows.some((row) =>
        fields.some((name) => row[name] === null && shops[Number(row.id ?? 0)]![name] !== null),
      )
    )
      kinds.masked++
    await fc.assert(
      fc.asyncProperty(question, async ([what, ask]) => {
        const expected = await answer(() => ask(real.indexed, real.indexed.publication))
        if (expected !== null && typeof expected === 'object' && 'key' in expected) kinds.refused++
        else kinds.answered++
        for (const [reader, publication] of views)
          assert.deepEqual(
            await answer(() => ask(reader, publication)),
            expected,
            `${JSON.stringify(rules)} ${JSON.stringify(what)}`,
          )
      }),
      { seed: seed + round, numRuns: 40 },
    )
  })
}

/** A day later: shops that have gone, come and changed, and others in another order. */
const later: readonly Shop[] = [
  ...shops.flatMap((shop, at): Shop[] => {
    if (at % 13 === 4) return []
    const other = shops[(at + 31) % shops.length]!
    const edited = names.slice(1).filter((_, index) => (at * 7 + index * 5) % 11 === 0)
    return [
      at % 3 === 0 ? { ...shop, ...Object.fromEntries(edited.map((name) => [name, other[name]!])) } : shop,
    ]
  }),
  ...shops.slice(0, 6).map((shop, at) => ({ ...shop, id: String(200 + at) })),
].toReversed()

/** All that a diff tells but ids and keys of records, which differ between a dataset and what is left of it. */
async function differences([from, to]: readonly Reader[], rules: readonly DataRules[] | null) {
  const diffs = createDiffs({ pool: from!.pool, store: from!.store, queryTimeoutMs: 20_000 })
  const stateOf = ({ publication: { row, fields } }: Reader) => {
    const { generation_uid: generationUid, dataset_id, data_processed_at: dataProcessedAt } = row
    return comparedState({ ...admin, rules }, dataset_id, { generationUid, fields, dataProcessedAt })
  }
  const states = { from: stateOf(from!), to: stateOf(to!) }
  const { rows } = await diffs.page(states, { kind: null, limit: 1000, offset: 0, timezone: 'UTC' })
  const told = rows.map((row) => {
    const { _id, key: _, ...rest } = JSON.parse(row)
    assert.match(_id, /^[0-9a-f]{32}$/)
    return rest
  })
  return { ...(await diffs.summary(states)), told }
}

describe('differences are those of what is seen', () => {
  const told = { added: 0, removed: 0, changed: 0 }
  for (const round of Array.from({ length: isWhole ? 40 : 4 }, (_, index) => index)) {
    test(`round ${round}`, async (t) => {
      t.diagnostic(`BROADSHEET_TEST_SEED=${seed}`)
      const [rules] = fc.sample(fc.array(rule, { minLength: 1, maxLength: 3 }), {
        seed: seed + 1000 + round,
        numRuns: 1,
      })
      const sides = [shops, later]
      const isMarked = round % 2 === 0
      const opened = await openTogether(
        t,
        sides.map((rows) => toBuild(t, rows, names, isMarked)),
      )
      const left = await Promise.all(
        sides.map((rows, at) => remainder(rules!, { reader: opened[at]!.indexed, rows })),
      )
      const { fields, isDataVisible } = left[0]!
      if (!isDataVisible) {
        const refused = { key: 'records.data_not_visible' }
        await assert.rejects(
          differences(
            opened.map(({ indexed }) => indexed),
            rules!,
          ),
          refused,
        )
        return
      }
      if (fields.length === 0) return
      // Ids that are made of something hidden are none to this reader.
      const seesIds = seenBy(opened[0]!.indexed, rules!).view?.idKey == null
      const real = await openTogether(
        t,
        left.map(({ rows }) => toBuild(t, rows, fields, isMarked && seesIds)),
      )
      const expected = await differences(
        real.map(({ indexed }) => indexed),
        null,
      )
      for (const kind of ['added', 'removed', 'changed'] as const) told[kind] += expected.records[kind]
      for (const name of ['indexed', 'scanned'] as const)
        assert.deepEqual(
          await differences(
            opened.map((one) => one[name]),
            rules!,
          ),
          expected,
          JSON.stringify(rules),
        )
    })
  }
  test('and there were some', (t) => {
    t.diagnostic(JSON.stringify(told))
    assert.ok(told.added > 0 && told.removed > 0, JSON.stringify(told))
  })
})

test('enough of every kind has been compared', (t) => {
  t.diagnostic(JSON.stringify(kinds))
  assert.ok(kinds.answered > 30 && kinds.refused > 10, JSON.stringify(kinds))
})
