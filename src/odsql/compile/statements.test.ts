import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { aggregate, condition, range, value } from '../../../test/support/odsql-arbitraries.ts'
import { fieldOf, shopSchema } from '../../../test/support/shops-schema.ts'
import { print } from '../print.ts'
import { prepareQuery, type QueryText } from '../resolve/query.ts'
import { recordSchema } from '../schema.ts'
import { compileCount, compileRows } from './statements.ts'
import type { QueryTarget } from './target.ts'

const scan: QueryTarget = { relation: 'shops', search: null }
const indexed: QueryTarget = { relation: 'shops', search: { terms: 'terms', postings: 'postings' } }
const page = { limit: 10, offset: 0 }

function compile(text: Partial<QueryText>, target = scan, schema = shopSchema) {
  const query = prepareQuery({ now: 0, ...text }, schema)
  if (!query.ok) throw query.errors[0]
  return compileRows(query.value, target, { page })
}

/** What stands in SQL beside parameters, quoted names and the compiler's own words. */
function outsideQuotes(sql: string): string {
  return sql.replaceAll(/"(?:[^"]|"")*"/g, '""').replaceAll(/'(?:[^']|'')*'/g, "''")
}

/** Parameters that a statement refers to, without repetition, in order. */
function parametersOf(sql: string): number[] {
  const numbers = [...outsideQuotes(sql).matchAll(/\$(\d+)/g)].map((match) => Number(match[1]))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

describe('statements', () => {
  const cases: readonly (readonly [text: Partial<QueryText>, sql: string, values: readonly unknown[]])[] = [
    [
      { select: 'name', where: ['price > 10'] },
      'select "name" as _c0 from shops where ("price" > $1::bigint) order by _row limit 10',
      [10n],
    ],
    [
      { select: 'name', where: ['not (price > 1.5)'] },
      'select "name" as _c0 from shops where (not coalesce(("price" > $1::double), false)) order by _row limit 10',
      [1.5],
    ],
    [
      { select: 'name as n', where: ['city = "Lyon"', 'qty is null'], orderBy: 'name desc' },
      'select "name" as _c0 from shops where (("city" = $1::varchar) and ("qty" is null)) order by "name" desc nulls last, _row limit 10',
      ['Lyon'],
    ],
    [
      { select: 'city, count(*)', groupBy: 'city' },
      'select _k0 as _c0, count(*) as _c1 from (select *, "city" as _k0 from shops) group by _k0 order by _k0 asc nulls last limit 10',
      [],
    ],
    [
      { select: 'percentile(price, 25)', orderBy: 'sum(price * 2)' },
      'select case when isfinite(quantile_cont("price"::double, 0.25)) then quantile_cont("price"::double, 0.25) end as _c0 from (select * from shops) limit 10',
      [],
    ],
  ]
  for (const [text, sql, values] of cases) {
    test(JSON.stringify(text), () => {
      const statement = compile(text)
      assert.equal(statement.sql, sql)
      assert.deepEqual(statement.values, values)
    })
  }

  test('words are looked up in the index when there is one, and in the columns when not', () => {
    assert.match(compile({ where: ['"gare"'] }, indexed).sql, /from postings/)
    assert.doesNotMatch(compile({ where: ['"gare"'] }, scan).sql, /postings/)
    // Technical columns are in no index.
    assert.doesNotMatch(compile({ where: ['recordid like "gare"'] }, indexed).sql, /postings/)
  })

  test('words alone are looked up as a truth value, beside other filters as a semi-join', () => {
    assert.match(compile({ where: ['"gare" or "lyon"'] }, indexed).sql, /coalesce\(_row in \(/)
    assert.doesNotMatch(compile({ where: ['"gare"', 'qty = 1'] }, indexed).sql, /coalesce\(_row in \(/)
  })

  test('a search that is ranked looks its words up once, and needs no records to find the page', () => {
    const ranked = { where: ['"gare"'], orderBy: 'relevance() desc' }
    const { sql } = compile(ranked, indexed)
    assert.equal(sql.match(/from postings/g)?.length, 1)
    assert.match(sql, /_page as materialized \(select _row, _score from _scores where /)
    const mixed = compile({ ...ranked, where: ['"gare" and qty = 1'] }, indexed).sql
    assert.match(mixed, /from shops left join _scores using \(_row\) where /)
    assert.equal(mixed.match(/from postings/g)?.length, 1)
  })

  test('a field of weight counts more, in the index as in the columns', () => {
    const columns = shopSchema.columns.map((column) =>
      column.name === 'name' ? { ...column, weight: 5 } : column,
    )
    const text = { where: ['"gare"'], orderBy: 'relevance()' }
    assert.match(compile(text, indexed, { columns }).sql, /case field when 1 then 5 else 1 end \* \(_close/)
    assert.match(compile(text, scan, { columns }).sql, /5 \* \(list_max/)
  })

  test('the values of the relation come first', () => {
    const target = { ...scan, relation: '(select * from shops where _id = $1)', values: ['x'] }
    const statement = compile({ select: 'name', where: ['qty = 1'] }, target)
    assert.match(statement.sql, /"qty" = \$2::bigint/)
    assert.deepEqual(statement.values, ['x', 1n])
  })
})

const hostile = [
  '"); DROP TABLE shops; --',
  "'); DROP TABLE shops; --",
  '\\"; DROP TABLE shops; --',
  '$1',
  '" or 1=1 --',
  '/* */',
  '__proto__',
  'constructor',
  'line\nbreak\r\n',
  '\u2028\u202e',
  '😀é名',
  'x'.repeat(300),
  '%_\\',
  '{{x}}{reason}',
]

describe('values are bound, whatever they hold', () => {
  const clausesWith = (value: string): readonly Partial<QueryText>[] => {
    const quoted = `"${value.replace(/[\\"]/g, (char) => `\\${char}`)}"`
    return [
      { where: [`name = ${quoted}`] },
      { where: [`name in (${quoted}, "x")`] },
      { where: [`${quoted} in tags`] },
      { where: [`startswith(name, ${quoted})`] },
      { where: [`lower(${quoted}) = "x"`] },
      { select: `ifnull(name, ${quoted}) as x` },
      { refine: [`city:${value}`] },
      { exclude: [`tags:${value}`] },
      { refine: ['city:a'], hierarchies: { city: value } },
    ]
  }
  for (const value of hostile) {
    test(JSON.stringify(value).slice(0, 40), () => {
      const harmless = clausesWith('harmless')
      for (const [index, clauses] of clausesWith(value).entries()) {
        const statement = compile(clauses)
        assert.equal(statement.sql, compile(harmless[index]!).sql)
        assert.ok(
          statement.values.some((bound) => String(bound).includes(value)),
          JSON.stringify(statement.values),
        )
      }
    })
  }
})

describe('names are quoted, whatever they hold', () => {
  for (const name of hostile.filter((text) => !text.includes('`'))) {
    test(JSON.stringify(name).slice(0, 40), () => {
      const schema = recordSchema([fieldOf(name, 'text'), fieldOf('other', 'int')], {
        datasetId: name,
        timestampMs: 0,
      })
      const quoted = `\`${name}\``
      const texts: readonly Partial<QueryText>[] = [
        {},
        { select: quoted, orderBy: quoted },
        { where: [`${quoted} = "x"`] },
        { where: ['"x"'] },
        { select: `${quoted}, count(*) as ${quoted.replace('`', '`n')}`, groupBy: quoted },
        { select: 'datasetid' },
        { refine: [`${name}:x`] },
      ]
      for (const text of texts.filter((each) => !each.refine || name === name.trim())) {
        const { sql } = compile(text, scan, schema)
        const outside = outsideQuotes(sql)
        assert.doesNotMatch(outside, /drop|proto|constructor|xxx|1=1|;|--|\n|😀/i, sql)
        assert.equal((outside.match(/"/g)?.length ?? 0) % 2, 0)
      }
      assert.ok(compile({}, scan, schema).sql.includes(`"${name.replaceAll('"', '""')}"`))
    })
  }

  test('aliases are no SQL names at all', () => {
    for (const name of hostile) {
      const statement = compile({ select: `price as \`${name}\`` })
      assert.equal(statement.sql, 'select "price" as _c0 from shops order by _row limit 10')
      assert.equal(statement.columns[0]!.name, name)
    }
  })
})

test('every value that is bound is referred to, and nothing else is', () => {
  const printed = (expr: Parameters<typeof print>[0]) => print(expr)
  const clauses = fc.record({
    select: fc.option(fc.oneof(value, aggregate()).map(printed), { nil: undefined }),
    where: fc.array(condition(2).map(printed), { maxLength: 2 }),
    groupBy: fc.option(fc.oneof(value, range).map(printed), { nil: undefined }),
    orderBy: fc.option(fc.oneof(value, aggregate()).map(printed), { nil: undefined }),
  })
  let compiled = 0
  fc.assert(
    fc.property(clauses, fc.constantFrom(scan, indexed), (text, target) => {
      const query = prepareQuery({ now: 0, timezone: 'Europe/Paris', ...text }, shopSchema)
      if (!query.ok) return
      compiled++
      const statements = [compileRows(query.value, target, { page })]
      if (!query.value.isAggregated) statements.push({ ...compileCount(query.value, target), columns: [] })
      for (const { sql, values } of statements) {
        assert.deepEqual(
          parametersOf(sql),
          values.map((_, index) => index + 1),
          sql,
        )
      }
    }),
    { numRuns: 3000 },
  )
  assert.ok(compiled > 200, `${compiled} queries were compiled`)
})
