import { quoteLiteral } from '../../kernel/index.ts'

/**
 * SQL: an instant as the timestamp that a clock in the zone shows. In UTC no calendar is asked: that is several times
 * quicker, over millions of instants the larger part of a histogram. An infinite instant is null there.
 * `zone`: SQL of the zone's name where it is bound; default: a literal.
 */
export function localTime(
  sql: string,
  timezone: string,
  zone: () => string = () => quoteLiteral(timezone),
): string {
  return timezone === 'UTC' ? `make_timestamp(epoch_us(${sql}))` : `timezone(${zone()}, ${sql})`
}
