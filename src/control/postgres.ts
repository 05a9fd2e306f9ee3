import { PostgresDialect } from 'kysely'
import pg from 'pg'

/** Type id of `bigint`; the driver's default is text. Ours are counts and milliseconds, exact below 2^53. */
const int8 = 20

export function postgresPool(connectionString: string, options: { isReadOnly?: boolean } = {}): pg.Pool {
  return new pg.Pool({
    connectionString,
    max: 10,
    ...(options.isReadOnly ? { options: '-c default_transaction_read_only=on' } : {}),
    types: {
      getTypeParser: ((id: number, format: 'text' | 'binary') =>
        id === int8 ? Number : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
    },
  })
}

export function postgresDialect(pool: pg.Pool): PostgresDialect {
  return new PostgresDialect({ pool })
}
