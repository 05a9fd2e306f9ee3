import { failuresOf } from './expression.ts'
import type { Processor } from './processor.ts'

export const metaExpression: Processor = {
  name: 'meta_expression',
  label: 'Meta expression',
  doc: 'Replaces the values of several fields by that of an expression in which X stands for each of them. Other fields have their values of before the step. The language: [expressions](expressions.md).',
  args: [
    {
      name: 'expression',
      type: 'expression',
      description: 'The expression, with X for the field',
      is_mandatory: true,
    },
    { name: 'fields', type: 'fields', description: 'Fields to change', is_mandatory: true },
  ],
  examples: [
    {
      args: { expression: 'upper(trim(X))', fields: ['a', 'b'] },
      input: { a: ' x ', b: 'y', c: 'z' },
      output: { a: 'X', b: 'Y' },
    },
    {
      args: { expression: '=X == "-" ? null : X & c', fields: ['a', 'b'] },
      input: { a: '-', b: 'y', c: 'z' },
      output: { a: null, b: 'yz' },
    },
  ],
  compile(args) {
    const columns = [...new Set(args.fields('fields'))].map((name) => ({
      name,
      ...args.expression('expression', { X: name, x: name }),
    }))
    return {
      set: columns.map(({ unconverted: _, ...column }) => column),
      failures: columns.flatMap(({ unconverted }) => failuresOf(unconverted)),
    }
  },
}
