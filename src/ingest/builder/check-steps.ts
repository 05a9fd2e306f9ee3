import type { Connection } from '../../engine/index.ts'
import { AppError, type BuildPlan, type JsonObject } from '../../kernel/index.ts'
import { patternsIn } from '../expressions/expression.ts'
import { validateFieldSpecification } from '../processors/field-specifications.ts'
import { isExpression, type ProcessorArgument } from '../processors/processor.ts'
import { findProcessor, validateProcessor } from '../processors/processors.ts'

/** Arguments that are little programs: only the engine can tell whether they are well formed. */
const probes: Partial<
  Record<ProcessorArgument['type'], { readonly sql: string; readonly expected: string }>
> = {
  regexp: {
    sql: "select regexp_matches('', $1::varchar)",
    expected: 'it must be a regular expression (RE2 syntax, which has no look-around and no back-references)',
  },
  date_format: {
    sql: "select try_strptime('', $1::varchar), strftime(timestamp '2000-01-01', $1::varchar)",
    expected: 'it must be made of strptime codes, e.g. %d/%m/%Y',
  },
}

/**
 * Refuses a pipeline that cannot run before any source is read.
 * Errors: ingest.unknown_processor, ingest.missing_argument, ingest.invalid_argument.
 */
export async function checkSteps(
  connection: Connection,
  plan: Pick<BuildPlan, 'processors' | 'fieldSpecifications'>,
): Promise<void> {
  for (const step of plan.fieldSpecifications) validateFieldSpecification(step.name, step.args as JsonObject)
  for (const step of plan.processors) {
    const args = step.args as JsonObject
    validateProcessor(step.name, args)
    for (const spec of findProcessor(step.name).args) {
      const value = args[spec.name]
      if (typeof value !== 'string') continue
      const mayBeExpression = spec.type === 'expression' || spec.type === 'text_or_expression'
      const programs =
        mayBeExpression && (spec.type === 'expression' || isExpression(value))
          ? patternsIn(value)
          : [{ type: spec.type, text: value }]
      for (const { type, text } of programs) {
        const probe = probes[type]
        if (probe && !(await canRead(connection, probe.sql, text)))
          throw new AppError('ingest.invalid_argument', {
            name: step.name,
            argument: spec.name,
            value: JSON.stringify(text).slice(0, 100),
            expected: probe.expected,
          })
      }
    }
  }
}

async function canRead(connection: Connection, sql: string, text: string): Promise<boolean> {
  try {
    await connection.all(sql, [text])
    return true
  } catch {
    return false
  }
}
