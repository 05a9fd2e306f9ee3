import type { Unconverted } from '../expressions/compile.ts'
import { outputArgument, type Processor, type StepFailure } from './processor.ts'

export const expression: Processor = {
  name: 'expression',
  label: 'Expression',
  doc: 'Writes the value of an expression over the fields into a field: `price * 1.2`, `age > 17 ? "adult" : "minor"`, `capitalize(first) & " " & upper(last)`. A text that is no number, or no date, where one is needed is a record error. The language: [expressions](expressions.md).',
  args: [
    outputArgument,
    {
      name: 'expression',
      type: 'expression',
      description: 'The expression; it may begin with = or stand in {{ }}',
      is_mandatory: true,
    },
  ],
  examples: [
    {
      args: { output_field: 'total', expression: '=price * 1.2' },
      input: { price: '12,50' },
      output: { total: '15' },
    },
    {
      args: { output_field: 'name', expression: "{{ capitalize(first) & ' ' & upper(last) }}" },
      input: { first: 'ada', last: 'Lovelace' },
      output: { name: 'Ada LOVELACE' },
    },
    {
      args: { output_field: 'a', expression: 'a > 17 ? "adult" : "minor"' },
      input: { a: '9' },
      output: { a: 'minor' },
    },
    {
      args: { output_field: 'b', expression: 'a + 1' },
      input: { a: 'soon' },
      output: { b: null },
    },
  ],
  compile(args) {
    const name = args.output('output_field')
    const { unconverted, ...column } = args.expression('expression')
    return { set: [{ name, ...column }], failures: failuresOf(unconverted) }
  },
}

/** Record errors of values that an expression needed as something else. */
export function failuresOf(unconverted: readonly Unconverted[]): StepFailure[] {
  return unconverted.map(({ field, value, converted, wanted }) => ({
    field,
    when: `${value} is not null and ${value} <> '' and ${converted} is null`,
    value,
    reason: wanted === 'number' ? 'not a number' : 'not a date',
  }))
}
