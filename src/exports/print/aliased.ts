import { quoteIdentifier } from '../../kernel/index.ts'

/** A select list of expressions under the given names. */
export function aliased(items: readonly (readonly [sql: string, name: string])[]): string {
  return items.map(([sql, name]) => `${sql} as ${quoteIdentifier(name)}`).join(', ') || 'null as nothing'
}
