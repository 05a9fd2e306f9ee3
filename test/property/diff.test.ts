/**
 * The diff against a naive one over the printed records, on small random tables of every type, with nulls, values that
 * swap places, fields that come, go and change their type. The seed is printed; BROADSHEET_SEED repeats a run.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import {
  type ChangeKind,
  changeKinds,
  type DiffSide,
  differenceObjectSql,
  listDifferences,
  rangeOfKind,
} from '../../src/checks/index.ts'
import { type Connection, openEngine } from '../../src/engine/index.ts'
import { type Field, type FieldType, quoteIdentifier } from '../../src/kernel/index.ts'
import { jsonValueSql, valueType } from '../../src/odsql/index.ts'

const seed = Number(process.env.BROADSHEET_SEED ?? Math.trunc(performance.timeOrigin % 2 ** 31))
console.log(`seed ${seed}`)
const runs = 150

const engine = await openEngine({
  memoryLimitMb: 200,
  threads: 1,
  tempDirectory: '',
  allowedDirectories: [],
})
after(() => engine.close())

interface Spec {
  readonly type: FieldType
  readonly isList: boolean
  readonly column: string
  /** SQL literals; few, so that records meet. */
  readonly values: readonly string[]
}

const specs: readonly Spec[] = [
  { type: 'text', isList: false, column: 'VARCHAR', values: ['null', "''", "'a'", "'é'", "'1'", "'\"'"] },
  { type: 'text', isList: true, column: 'VARCHAR[]', values: ['null', '[]', "['a']", "['a', 'b']"] },
  { type: 'int', isList: false, column: 'BIGINT', values: ['null', '0', '1', '9223372036854775807'] },
  { type: 'double', isList: false, column: 'DOUBLE', values: ['null', '0', '-0.0', '1', '0.5', '1e300'] },
  { type: 'boolean', isList: false, column: 'BOOLEAN', values: ['null', 'true', 'false'] },
  { type: 'date', isList: false, column: 'DATE', values: ['null', "'2031-05-09'", "'0999-01-01'"] },
  {
    type: 'datetime',
    isList: false,
    column: 'TIMESTAMPTZ',
    values: ['null', "'2031-05-09 10:00:00+00'", "'2031-05-09 10:00:00.25+00'"],
  },
  {
    type: 'geo_point_2d',
    isList: false,
    column: 'STRUCT(lon DOUBLE, lat DOUBLE)',
    values: ['null', '{lon: 1, lat: 2}', '{lon: 2, lat: 1}'],
  },
  { type: 'file', isList: false, column: 'JSON', values: ['null', '\'{"a": 1}\'', '\'{"a": 2}\''] },
]

const names = ['a', 'b', 'c'] as const

interface Table {
  /** By name: which spec; absent: the table has no such field. */
  readonly fields: readonly { readonly name: string; readonly spec: Spec }[]
  /** By number of the record: the values, in the order of the fields. */
  readonly rows: readonly (readonly [id: number, values: readonly string[]])[]
}

const table: fc.Arbitrary<Table> = fc
  .tuple(
    fc.subarray([...names], { minLength: 1 }),
    fc.array(fc.constantFrom(...specs), { minLength: names.length, maxLength: names.length }),
  )
  .chain(([chosen, chosenSpecs]) => {
    const fields = chosen.map((name) => ({ name, spec: chosenSpecs[names.indexOf(name)]! }))
    return fc
      .uniqueArray(
        fc.tuple(
          fc.integer({ min: 0, max: 12 }),
          fc.tuple(...fields.map(({ spec }) => fc.constantFrom(...spec.values))),
        ),
        { selector: ([id]) => id, maxLength: 10 },
      )
      .map((rows) => ({ fields, rows }))
  })

/** Two tables that mostly have the same fields and many of the same records. */
const pair: fc.Arbitrary<readonly [Table, Table]> = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(table, table) },
  {
    weight: 3,
    arbitrary: table.chain((old) =>
      fc
        .array(fc.tuple(fc.boolean(), ...old.fields.map(({ spec }) => fc.constantFrom(...spec.values))), {
          minLength: old.rows.length,
          maxLength: old.rows.length,
        })
        .map((edits): readonly [Table, Table] => {
          const rows = old.rows.map(([id, values], index) => {
            const [isEdited, ...fresh] = edits[index]!
            return [id, isEdited ? (fresh as string[]) : values] as const
          })
          return [old, { ...old, rows: rows.toReversed() }]
        }),
    ),
  },
)

function fieldOf({ name, spec }: Table['fields'][number]): Field {
  const annotations: Field['annotations'] = spec.isList ? { multivalued: [','] } : {}
  return { name, label: name, type: spec.type, description: null, annotations }
}

async function fill(connection: Connection, name: string, { fields, rows }: Table): Promise<DiffSide> {
  const columns = fields.map((field) => `, ${quoteIdentifier(field.name)} ${field.spec.column}`)
  await connection.run(`create or replace table ${name} (_row bigint, _id uuid${columns.join('')})`)
  for (const [row, [id, values]] of rows.entries()) {
    await connection.run(`insert into ${name} values (${[row, `md5('${id}')::uuid`, ...values].join(', ')})`)
  }
  return { relation: name, fields: fields.map(fieldOf) }
}

/** Records as the search API prints them, by id, in order. */
async function printed(
  connection: Connection,
  side: DiffSide,
): Promise<Map<string, Record<string, unknown>>> {
  const members = side.fields.map(
    (field) => `'${field.name}', ${jsonValueSql(quoteIdentifier(field.name), valueType(field), 'UTC')}`,
  )
  const rows = await connection.all(
    `select replace(_id::varchar, '-', '') as id, json_object(${members.join(', ')})::varchar as json from ${side.relation} order by _row`,
  )
  return new Map(rows.map((row) => [String(row.id), JSON.parse(String(row.json))]))
}

interface Difference {
  readonly change: string
  readonly _id: string
  readonly old: unknown
  readonly new: unknown
}

function naive(
  old: Map<string, Record<string, unknown>>,
  fresh: Map<string, Record<string, unknown>>,
  sides: { readonly from: DiffSide; readonly to: DiffSide },
): Difference[] {
  const found: Difference[] = []
  for (const [id, record] of fresh)
    if (!old.has(id)) found.push({ change: 'added', _id: id, old: null, new: record })
  for (const [id, record] of old)
    if (!fresh.has(id)) found.push({ change: 'removed', _id: id, old: record, new: null })
  for (const [id, record] of fresh) {
    const before = old.get(id)
    if (!before) continue
    const differing = sides.to.fields
      .filter(({ name }) => name in before)
      .filter((field) => {
        const other = sides.from.fields.find(({ name }) => name === field.name)!
        return !isSame(before[field.name], record[field.name], valueType(other) !== valueType(field))
      })
      .map(({ name }) => name)
    if (differing.length === 0) continue
    const pick = (from: Record<string, unknown>, order: readonly Field[]) =>
      Object.fromEntries(
        order.filter(({ name }) => differing.includes(name)).map(({ name }) => [name, from[name]]),
      )
    found.push({
      change: 'changed',
      _id: id,
      old: pick(before, sides.from.fields),
      new: pick(record, sides.to.fields),
    })
  }
  return found
}

/** Of a retyped field, what is printed counts: 1 and "1" are the same. */
function isSame(a: unknown, b: unknown, isRetyped: boolean): boolean {
  if (a === null || b === null) return a === b
  if (!isRetyped) return typeof a === 'number' ? a === b : JSON.stringify(a) === JSON.stringify(b)
  const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))
  const isNumber = typeof a === 'number' || typeof b === 'number'
  const isNumeric = (value: unknown) => text(value) !== '' && Number.isFinite(Number(text(value)))
  if (isNumber && isNumeric(a) && isNumeric(b)) return Number(text(a)) === Number(text(b))
  return text(a) === text(b)
}

test('the diff of two tables is what comparing them record by record gives', async () => {
  const connection = await engine.connect()
  await fc.assert(
    fc.asyncProperty(pair, async ([old, fresh]) => {
      await connection.run('drop table if exists d')
      const from = await fill(connection, 'o_side', old)
      const to = await fill(connection, 'n_side', fresh)
      const counts = await listDifferences(connection, 'd', from, to)
      const expected = naive(await printed(connection, from), await printed(connection, to), { from, to })
      const countOf = (kind: ChangeKind) => expected.filter(({ change }) => change === kind).length
      for (const kind of changeKinds) assert.equal(counts[kind], countOf(kind), kind)
      const found: Difference[] = []
      for (const kind of changeKinds) {
        const range = { table: 'd', ...rangeOfKind(counts, kind) }
        const sql = differenceObjectSql(from, to, range, { timezone: 'UTC', maxText: null })
        const rows = await connection.all(
          `select json_object('change', change, '_id', _id, 'old', old, 'new', new)::varchar as json from (${sql})`,
        )
        found.push(...rows.map((row) => JSON.parse(String(row.json))))
      }
      assert.deepEqual(found, expected)
    }),
    { numRuns: runs, seed },
  )
  connection.close()
})
