/** Arguments of processors that change one field, several, or every field of text. */
import { AppError, type JsonObject } from '../../kernel/index.ts'
import type { ProcessorArgument, StepArguments } from './processor.ts'

export const targetArguments: readonly ProcessorArgument[] = [
  { name: 'field', type: 'field', description: 'Field to change', is_mandatory: false },
  { name: 'fields', type: 'fields', description: 'Fields to change', is_mandatory: false },
  {
    name: 'all_fields',
    type: 'boolean',
    description: 'Applies to every text field',
    is_mandatory: false,
    default: false,
  },
]

/** One of the three has to say which fields. Errors: ingest.missing_argument. */
export const requireFields =
  (name: string) =>
  ({ field, fields, all_fields }: JsonObject): void => {
    if (all_fields !== true && typeof field !== 'string' && !Array.isArray(fields))
      throw new AppError('ingest.missing_argument', { name, argument: 'field' })
  }

export function targets(args: StepArguments): readonly string[] {
  if (args.flag('all_fields')) return args.textFields
  const one = args.has('field') ? [args.field('field')] : []
  return [...new Set([...one, ...args.fields('fields')])]
}
