/**
 * A processor: one configured step that changes rows or fields, compiled into SQL over the columns before it, so that a
 * dataset with twenty of them still costs one vectorised pass. Management API section 14.
 */
import {
  AppError,
  type FieldType,
  isFieldName,
  type JsonObject,
  quoteIdentifier,
  safeFieldName,
} from '../../kernel/index.ts'
import type { RawColumn } from '../extractors/reader.ts'
import { asText } from '../types/types.ts'

export interface ProcessorArgument {
  readonly name: string
  readonly type: 'field' | 'new_field' | 'text' | 'regexp' | 'date_format' | 'int' | 'boolean'
  readonly description: string
  readonly is_mandatory: boolean
  readonly default?: string | number | boolean
}

export interface ProcessorExample {
  readonly args: JsonObject
  readonly input: Readonly<Record<string, string | null>>
  /** Fields expected after the step (others unchanged); null: the record is left out. */
  readonly output: Readonly<Record<string, unknown>> | null
}

export interface SetColumn {
  readonly name: string
  readonly engineType: string
  readonly sql: string
  readonly fixedType?: FieldType
}

export interface CompiledStep {
  /** Columns made or replaced. */
  readonly set: readonly SetColumn[]
  /** Rows for which this is not true are left out. */
  readonly keep?: string
  /** Values that the step could not handle: `when` is true for such a row, `value` says what it was. */
  readonly failure?: {
    readonly field: string
    readonly when: string
    readonly value: string
    readonly reason: string
  }
}

export interface Processor {
  readonly name: string
  readonly label: string
  readonly doc: string
  readonly args: readonly ProcessorArgument[]
  readonly examples: readonly ProcessorExample[]
  compile(args: StepArguments): CompiledStep
}

/** The arguments of one configured step, checked, with the columns it sees. */
export interface StepArguments {
  /** SQL of a field's value as text. */
  text(argument: string): string
  /** Name of the field that an argument names. */
  field(argument: string): string
  /** Name of the field that the step makes or replaces. */
  output(argument: string): string
  value(argument: string): string
  number(argument: string): number
  flag(argument: string): boolean
  has(argument: string): boolean
  /** Fields that hold text. */
  readonly textFields: readonly string[]
  textOf(field: string): string
}

/** Checks what can be checked without a source. Errors: ingest.missing_argument, ingest.invalid_argument. */
export function validateArguments(processor: Processor, args: JsonObject): void {
  for (const spec of processor.args) {
    const value = args[spec.name]
    if (value === undefined || value === null || (value === '' && spec.type !== 'text')) {
      if (spec.is_mandatory)
        throw new AppError('ingest.missing_argument', { name: processor.name, argument: spec.name })
      continue
    }
    const expected = expectation(spec, value)
    if (expected !== null) {
      const shown = JSON.stringify(value).slice(0, 100)
      throw new AppError('ingest.invalid_argument', {
        name: processor.name,
        argument: spec.name,
        value: shown,
        expected,
      })
    }
  }
}

function expectation(spec: ProcessorArgument, value: unknown): string | null {
  if (spec.type === 'int') return Number.isInteger(value) ? null : 'it must be a whole number'
  if (spec.type === 'boolean') return typeof value === 'boolean' ? null : 'it must be true or false'
  if (typeof value !== 'string') return 'it must be text'
  if (value.includes('\0')) return 'it must not hold a NUL character'
  if (spec.type === 'new_field' && !isFieldName(value) && safeFieldName(value, new Set()) === '')
    return 'it must be a name'
  return null
}

/** Binds a step's arguments to the columns before it. Errors: ingest.processor_failed for a field that is not there. */
export function bindArguments(
  processor: Processor,
  processorUid: string,
  args: JsonObject,
  columns: readonly RawColumn[],
): StepArguments {
  const byName = new Map(columns.map((column) => [column.name, column]))
  function given(argument: string): unknown {
    const spec = processor.args.find((candidate) => candidate.name === argument)
    return args[argument] ?? spec?.default
  }
  function column(name: string): RawColumn {
    const found = byName.get(name)
    if (!found) {
      throw new AppError('ingest.processor_failed', {
        processor_id: processorUid,
        field: name,
        msg: 'field not found',
      })
    }
    return found
  }
  const textOf = (name: string) => asText(column(name).engineType, quoteIdentifier(name))
  return {
    text: (argument) => textOf(String(given(argument))),
    field: (argument) => column(String(given(argument))).name,
    output: (argument) => {
      const name = String(given(argument))
      return byName.has(name) || isFieldName(name) ? name : safeFieldName(name, new Set())
    },
    value: (argument) => String(given(argument) ?? ''),
    number: (argument) => Number(given(argument)),
    flag: (argument) => given(argument) === true,
    has: (argument) => given(argument) !== undefined && given(argument) !== null && given(argument) !== '',
    textFields: columns
      .filter((candidate) => candidate.engineType === 'VARCHAR')
      .map((candidate) => candidate.name),
    textOf,
  }
}

export const fieldArgument = (name: string, description: string): ProcessorArgument => ({
  name,
  type: 'field',
  description,
  is_mandatory: true,
})

export const outputArgument: ProcessorArgument = {
  name: 'output_field',
  type: 'new_field',
  description: 'Field that receives the result',
  is_mandatory: true,
}
