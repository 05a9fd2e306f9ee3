import { AppError } from '../../kernel/index.ts'
import { isExpression, type Processor } from './processor.ts'
import { matchOf } from './text.ts'

export const deleteRecord: Processor = {
  name: 'delete_record',
  label: 'Delete records',
  doc: 'Deletes records whose field holds a value, or for which an expression is true, whichever resource they come from: a publish makes all records anew, from every resource of the dataset. Where fields are annotated as id, such a record also takes the earlier records of its id along, those of earlier resources too; one of the same id that comes later is there again. Previews do not show what it takes along.',
  args: [
    {
      name: 'field',
      type: 'field',
      description: 'Field to look at; not needed with an expression',
      is_mandatory: false,
    },
    {
      name: 'value',
      type: 'text_or_expression',
      description: 'Value to look for, or = and an expression; without one: records where the field is empty',
      is_mandatory: false,
      default: '',
    },
    {
      name: 'exact',
      type: 'boolean',
      description: 'The whole value, case included; otherwise a part of it',
      is_mandatory: false,
      default: true,
    },
  ],
  examples: [
    { args: { field: 'a', value: 'closed' }, input: { a: 'closed' }, output: null },
    { args: { field: 'a', value: 'CLOSED', exact: false }, input: { a: 'not closed' }, output: null },
    { args: { value: '=n > 5' }, input: { n: '6' }, output: null },
    { args: { value: '=n > 5' }, input: { n: '5' }, output: { n: '5' } },
  ],
  validate({ field, value }) {
    if (typeof field !== 'string' && !isExpression(value))
      throw new AppError('ingest.missing_argument', { name: 'delete_record', argument: 'field' })
  },
  compile: (args) => ({ set: [], keep: `not (${matchOf(args)})`, deletes: true }),
}
