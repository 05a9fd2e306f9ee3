/** SQL of the moment that a timestamp of UTC is. */
export const inUtcSql = (timestamp: string): string => `make_timestamptz(epoch_us(${timestamp}))`

/**
 * SQL of the moment that a text says; one of UTC where it names no zone, null where it says none. The engine's cast to a
 * timestamp with time zone reads a text that names no zone in that of a text before it, where one names one (Europe/Paris);
 * its cast to a timestamp takes no notice of an offset. Both overlook blanks of any kind.
 */
export function momentSql(x: string): string {
  const zoned = `try_cast(${x} as timestamptz)`
  return `case when regexp_matches(${x}, ':[0-9.]+\\s*[-+][0-9:]+\\s*$') then ${zoned} else coalesce(${inUtcSql(`try_cast(${x} as timestamp)`)}, ${zoned}) end`
}
