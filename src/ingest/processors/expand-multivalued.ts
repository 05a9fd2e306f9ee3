import { piecesOf, separatorArgument } from './multivalued.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const expandMultivalued: Processor = {
  name: 'expand_multivalued',
  label: 'Expand multivalued field',
  doc: 'Makes one record of every value of a field that holds several with a separator between them. A record without values stays one.',
  args: [fieldArgument('field', 'Field that holds several values'), separatorArgument, outputArgument],
  examples: [
    {
      args: { field: 'a', separator: ';', output_field: 'b' },
      input: { a: 'x; y;;z' },
      output: [{ b: 'x' }, { b: 'y' }, { b: 'z' }],
    },
    {
      args: { field: 'a', separator: ';', output_field: 'a' },
      input: { a: null, b: 'kept' },
      output: [{ a: null }],
    },
  ],
  compile: (args) => ({
    expand: piecesOf(args.text('field'), args.value('separator')),
    set: [{ name: args.output('output_field'), engineType: 'VARCHAR', sql: '_item' }],
  }),
}
