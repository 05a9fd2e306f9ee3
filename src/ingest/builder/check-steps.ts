import type { Connection } from '../../engine/index.ts'
import { AppError, type BuildPlan, type JsonObject } from '../../kernel/index.ts'
import { validateFieldSpecification } from '../processors/field-specifications.ts'
import type { ProcessorArgument } from '../processors/processor.ts'
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
    sql: "select try_strptime('', $1::varchar)",
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
      const probe = probes[spec.type]
      const value = args[spec.name]
      if (!probe || typeof value !== 'string') continue
      try {
        await connection.all(probe.sql, [value])
      } catch {
        throw new AppError('ingest.invalid_argument', {
          name: step.name,
          argument: spec.name,
          value: JSON.stringify(value).slice(0, 100),
          expected: probe.expected,
        })
      }
    }
  }
}
