/** Points and shapes of fields in SQL, whatever the engine has them as. */
import { quoteIdentifier } from '../../kernel/index.ts'
import { setConversion } from '../types/types.ts'
import type { StepArguments, StepFailure } from './processor.ts'

export const pointType = 'STRUCT(lon DOUBLE, lat DOUBLE)'

/** SQL of a field's geo point (STRUCT(lon, lat)); null where it holds none. */
export function pointSql(args: StepArguments, field: string): string {
  const column = args.columns.find(({ name }) => name === field)
  return column?.engineType === pointType
    ? quoteIdentifier(field)
    : `(${setConversion('geo_point_2d', args.textOf(field))})`
}

/** A value that is there and is no geo point. */
export function noPoint(args: StepArguments, field: string): StepFailure {
  return {
    field,
    when: `${args.textOf(field)} is not null and ${pointSql(args, field)} is null`,
    value: args.textOf(field),
    reason: 'not a geo point',
  }
}
