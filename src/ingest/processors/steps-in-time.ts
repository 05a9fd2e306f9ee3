/**
 * Expressions may ask for the time. It is that of the order to publish, given to the steps that ask as one more argument:
 * so it is the same for all records and in every attempt, and a part of the recipe, which makes a publish on another day
 * build other records instead of taking the last ones.
 */
import type { ConfiguredStep, JsonObject } from '../../kernel/index.ts'
import { asksForTime } from '../expressions/expression.ts'
import { isExpression, timeArgument } from './processor.ts'
import { processors } from './processors.ts'

/** Steps as they run at a time, in ISO 8601 with a Z. */
export function stepsAt(steps: readonly ConfiguredStep[], time: string): readonly ConfiguredStep[] {
  return steps.map((step) =>
    expressionsOf(step).some(asksForTime)
      ? { ...step, args: { ...(step.args as JsonObject), [timeArgument]: time } }
      : step,
  )
}

/** The expressions among the arguments of a step. */
export function expressionsOf({ name, args }: Pick<ConfiguredStep, 'name' | 'args'>): string[] {
  const given = args as JsonObject
  return (processors.get(name)?.args ?? [])
    .map((spec) => ({ type: spec.type, value: given[spec.name] }))
    .filter(
      ({ type, value }) => type === 'expression' || (type === 'text_or_expression' && isExpression(value)),
    )
    .map(({ value }) => value)
    .filter((value) => typeof value === 'string')
}
