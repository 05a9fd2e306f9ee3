/**
 * The SQL of a diff: which records two generations do not share, and how a difference is printed.
 *
 * Records are matched by `_id`. To tell whether a matched record has changed, each side's values are folded into one
 * 64-bit number while the table is scanned, and only (_id, _row, number) go through the join: for a million records of
 * 29 fields on two cores 1.5 s, against 7.5 s with the values themselves, which do not fit into the memory of the
 * server's engine and spill. Two different records have the same number with a chance of 1 in 2^64; the numbers are made
 * and used inside one statement, so that they need not be stable across releases of the engine.
 *
 * Ids are made of values. Where a reader does not see all of these, ids would tell of changes that this reader must not see:
 * such records are matched by what is seen of them, equal ones in their order.
 */
import { type Field, quoteIdentifier, quoteLiteral } from '../kernel/index.ts'
import { jsonValueSql, type ResultColumn, type Value, valueType } from '../odsql/index.ts'
import { pairFields } from './fields.ts'

/** One generation as a diff sees it. */
export interface DiffSide {
  /** SQL of the records: `_row`, `_id` and the fields; a table's name or a select in brackets. */
  readonly relation: string
  readonly fields: readonly Field[]
  /** What the relation refers to as $1, $2...; of the newer side of a pair, those of the older side come first. */
  readonly values?: readonly Value[]
  /** Record ids say nothing that may be seen: records are matched by their values. */
  readonly hasNoIds?: boolean
}

/** What statements over a pair are bound to. */
export function valuesOf(from: DiffSide, to: DiffSide): readonly Value[] {
  return to.values ?? from.values ?? []
}

/** In the order in which differences are listed. */
export const changeKinds = ['added', 'removed', 'changed'] as const
export type ChangeKind = (typeof changeKinds)[number]

/** What a dataset without a publication is compared with. */
export const emptySide: DiffSide = {
  relation: '(select 0::bigint as _row, null::uuid as _id where false)',
  fields: [],
}

/**
 * SQL of every difference: `kind` (index of `changeKinds`), `old_row` and `new_row` (null where the side lacks the
 * record), by kind, then in the order of the newer side's records (of the older side's for removed ones).
 */
export function differencesSql(from: DiffSide, to: DiffSide): string {
  const pairs = pairFields(from.fields, to.fields)
  const hasIds = !from.hasNoIds && !to.hasNoIds
  const side = (relation: string, columns: readonly string[], nothing: number) => {
    const digest = columns.length > 0 ? `hash(${columns.join(', ')})` : `${nothing}`
    const digested = `(select _id, _row, ${digest} as h from ${relation})`
    if (hasIds) return digested
    return `(select *, row_number() over (partition by h order by _row) as nth from ${digested})`
  }
  const old = side(
    from.relation,
    pairs.flatMap((pair) => digestedSql(pair.from, pair.to)),
    0,
  )
  const fresh = side(
    to.relation,
    pairs.flatMap((pair) => digestedSql(pair.to, pair.from)),
    // Without ids records that have no field in common are not the same.
    hasIds ? 0 : 1,
  )
  return `select
      (case when o._row is null then 0 when n._row is null then 1 else 2 end)::tinyint as kind,
      o._row as old_row,
      n._row as new_row
    from ${old} o
    full join ${fresh} n on ${hasIds ? 'o._id = n._id' : 'o.h = n.h and o.nth = n.nth'}
    where o._row is null or n._row is null or o.h <> n.h
    order by kind, coalesce(n._row, o._row)`
}

/** What goes into a record's number. The engine's digest takes null and an empty list or struct for the same. */
function digestedSql(own: Field, other: Field): string[] {
  const value = comparableSql(own, other)
  const isPoint = own.type === 'geo_point_2d' && other.type === 'geo_point_2d'
  return isPoint ? [`(${value}).lon`, `(${value}).lat`] : [value]
}

/**
 * A value in a form that can be compared with the other side's. Of a field that has been retyped, what is printed is
 * compared: 12 and "12" are no change, 12 and 12.5 are.
 */
function comparableSql(own: Field, other: Field, alias = ''): string {
  const column = `${alias}${quoteIdentifier(own.name)}`
  if (valueType(own) === 'multitext') return `to_json(${column})::varchar`
  if (valueType(own) === valueType(other)) return column
  if (isNumber(own) && isNumber(other)) return `${column}::double`
  if (isNumber(own)) return `${column}::double::varchar`
  const text = valueType(own) === 'text' ? column : printedSql(own, column)
  return isNumber(other) ? `coalesce(try_cast(${text} as double)::varchar, ${text})` : text
}

/** A value other than a text, a number or a list, as the text that answers show. */
function printedSql(field: Field, column: string): string {
  if (field.type === 'geo_point_2d') return `to_json(${column})::varchar`
  return `(${jsonValueSql(column, valueType(field), 'UTC')})::varchar`
}

function isNumber(field: Field): boolean {
  return field.type === 'int' || field.type === 'double'
}

/** A table of differences (`differencesSql`), and the part of it that is wanted: positions from, up to but without to. */
export interface DifferenceRange {
  readonly table: string
  readonly from: number
  readonly to: number
}

/** SQL of a range with the records of both sides: `d.kind`, columns of the older one as `o.`, of the newer one as `n.` */
function joinedSql(from: DiffSide, to: DiffSide, range: DifferenceRange): string {
  return `(select rowid as pos, * from ${range.table} where rowid >= ${range.from} and rowid < ${range.to}) d
    left join ${from.relation} o on o._row = d.old_row
    left join ${to.relation} n on n._row = d.new_row`
}

const kindSql = `case d.kind ${changeKinds.map((kind, index) => `when ${index} then ${quoteLiteral(kind)}`).join(' ')} end`
const idSql = `replace(coalesce(n._id, o._id)::varchar, '-', '')`

/**
 * SQL of one JSON object per difference, in order, as columns: `change`, `_id`, `key` (values of the fields marked as
 * id, or null), `old` and `new`: the whole record of an added or removed one, the fields that differ of a changed one.
 * Values are printed as the search API prints them. `maxText`: longer values are cut (samples); null: never.
 */
export function differenceObjectSql(
  from: DiffSide,
  to: DiffSide,
  range: DifferenceRange,
  options: { readonly timezone: string; readonly maxText: number | null },
): string {
  const print = (field: Field, alias: 'o' | 'n') => {
    const value = `${alias}.${quoteIdentifier(field.name)}`
    const json = `to_json(${jsonValueSql(value, valueType(field), options.timezone)})::varchar`
    const { maxText } = options
    const shown =
      maxText === null
        ? json
        : `case when length(${json}) > ${maxText} then to_json(left(${valueType(field) === 'text' ? value : json}, ${maxText}) || '…')::varchar else ${json} end`
    return `${quoteLiteral(`${JSON.stringify(field.name)}: `)} || coalesce(${shown}, 'null')`
  }
  const partners = new Map(pairFields(from.fields, to.fields).map((pair) => [pair.to.name, pair]))
  const members = (fields: readonly Field[], alias: 'o' | 'n') =>
    fields.map((field) => {
      const pair = partners.get(field.name)
      const differs = pair
        ? `(d.kind <> 2 or ${comparableSql(pair.from, pair.to, 'o.')} is distinct from ${comparableSql(pair.to, pair.from, 'n.')})`
        : 'd.kind <> 2'
      return `case when ${differs} then ${print(field, alias)} end`
    })
  const ids = to.fields.filter((field) => Object.hasOwn(field.annotations, 'id'))
  const oldIds = ids.flatMap((field) => partners.get(field.name)?.from ?? [])
  const keyOf = (fields: readonly Field[], alias: 'o' | 'n') =>
    objectSql(fields.map((field) => print(field, alias)))
  const key =
    ids.length === 0
      ? 'null::json'
      : `case when d.kind = 1 then ${keyOf(oldIds, 'o')} else ${keyOf(ids, 'n')} end`
  return `select ${kindSql} as change, ${idSql} as _id, ${key} as key,
      case when d.kind <> 0 then ${objectSql(members(from.fields, 'o'))} end as old,
      case when d.kind <> 1 then ${objectSql(members(to.fields, 'n'))} end as new
    from ${joinedSql(from, to, range)}
    order by d.pos`
}

/** SQL of a JSON object from texts `"name": value`; those that are null are left out. */
function objectSql(members: readonly string[]): string {
  return `('{' || concat_ws(', ', ${['null::varchar', ...members].join(', ')}) || '}')::json`
}

/**
 * A range as a flat table, for CSV: `change`, `_id`, `changed_fields` (names, separated by spaces; of changed records
 * only), then every field of the older side as `old.NAME` and of the newer side as `new.NAME`, whole on both sides.
 */
export function differenceTableSql(
  from: DiffSide,
  to: DiffSide,
  range: DifferenceRange,
): { readonly sql: string; readonly columns: readonly ResultColumn[] } {
  const changed = pairFields(from.fields, to.fields).map(
    (pair) =>
      `case when ${comparableSql(pair.from, pair.to, 'o.')} is distinct from ${comparableSql(pair.to, pair.from, 'n.')} then ${quoteLiteral(pair.to.name)} end`,
  )
  const sides = (
    [
      ['old', 'o', from.fields],
      ['new', 'n', to.fields],
    ] as const
  ).flatMap(([name, alias, fields]) =>
    fields.map((field, index) => ({
      sql: `${alias}.${quoteIdentifier(field.name)}`,
      column: {
        name: `${name}.${field.name}`,
        type: valueType(field),
        sqlName: `_${alias}${index}`,
      } satisfies ResultColumn,
    })),
  )
  const text = (name: string, sqlName: string): ResultColumn => ({ name, type: 'text', sqlName })
  const items = [
    `${kindSql} as _change`,
    `${idSql} as _id`,
    `case when d.kind = 2 then concat_ws(' ', ${['null::varchar', ...changed].join(', ')}) end as _fields`,
    ...sides.map(({ sql, column }) => `${sql} as ${column.sqlName}`),
  ]
  return {
    sql: `select ${items.join(', ')} from ${joinedSql(from, to, range)} order by d.pos`,
    columns: [
      text('change', '_change'),
      text('_id', '_id'),
      text('changed_fields', '_fields'),
      ...sides.map(({ column }) => column),
    ],
  }
}

/** SQL of one row: `n` records, and `known`: a list with the number of non-null values of each field, in order. */
export function valueCountsSql(side: DiffSide): string {
  const counts = side.fields.map((field) => `count(${quoteIdentifier(field.name)})`)
  return `select count(*) as n, [${counts.join(', ')}]::bigint[] as known from ${side.relation}`
}
