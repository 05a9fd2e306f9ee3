/** Where a query runs. All of it is trusted SQL made by the caller. */
export interface QueryTarget {
  /** The rows: a table with the columns of the schema, `_row` and `_id`. */
  readonly relation: string
  /** The full-text tables; null: words are looked for in the columns themselves, slower and with the same result. */
  readonly search: { readonly terms: string; readonly postings: string } | null
}

export interface Statement {
  readonly sql: string
  /** Bound as $1, $2... */
  readonly values: (string | number | bigint | boolean | null)[]
}

/** Collects bound values while SQL is printed. */
export interface Binder {
  bind(value: string | number | bigint | boolean | null): string
  readonly values: (string | number | bigint | boolean | null)[]
}

export function createBinder(): Binder {
  const values: (string | number | bigint | boolean | null)[] = []
  return {
    values,
    bind(value) {
      values.push(value)
      return `$${values.length}`
    },
  }
}
