/** Arguments that decide how the SQL is made, and so must stand in the expression as they are. */
import { quoteLiteral } from '../../kernel/index.ts'
import { fault } from '../../odsql/index.ts'
import type { Compiled } from './conversions.ts'

const words: Readonly<Record<string, string>> = {
  regexp: 'a regular expression',
  date_format: 'a format',
  timezone: 'a time zone',
  unit: 'a unit of time',
}
const units = new Set(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'])

/** SQL of such an argument. Faults: odsql.type_mismatch. */
export function writtenOut(
  name: string,
  wanted: 'regexp' | 'date_format' | 'timezone' | 'unit',
  arg: Compiled,
): string {
  const fail = (reason: string) => fault('odsql.type_mismatch', arg.span, { reason: `${name}: ${reason}` })
  if (arg.literal === undefined) throw fail(`${words[wanted]} must be written out, in quotes`)
  if (wanted === 'unit' && !units.has(arg.literal))
    throw fail(`the unit must be one of ${[...units].join(', ')}`)
  if (wanted === 'timezone' && !isTimeZone(arg.literal))
    throw fail(`there is no time zone ${arg.literal.slice(0, 60)}`)
  return quoteLiteral(arg.literal)
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
