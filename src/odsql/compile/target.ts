import type { Value } from '../resolve/typed.ts'

/** Where a query runs. All of it is trusted SQL made by the caller. */
export interface QueryTarget {
  /** The rows: a table with the columns of the schema, `_row` and `_id`. */
  readonly relation: string
  /** The full-text tables; null: words are looked for in the columns themselves, slower and with the same result. */
  readonly search: { readonly terms: string; readonly postings: string } | null
  /** What the relation itself refers to as $1, $2... */
  readonly values?: readonly Value[]
  /** The full-text tables have records that the relation has not. */
  readonly isPart?: boolean
}

export interface Statement {
  readonly sql: string
  /** Bound as $1, $2... */
  readonly values: Value[]
}

/** Collects bound values while SQL is printed. */
export interface Binder {
  bind(value: Value): string
  readonly values: Value[]
}

/** Every value that is bound must be used: the engine refuses those that no part of the statement refers to. */
export function createBinder(target: QueryTarget): Binder {
  const values: Value[] = [...(target.values ?? [])]
  return {
    values,
    bind(value) {
      values.push(value)
      return `$${values.length}`
    },
  }
}
