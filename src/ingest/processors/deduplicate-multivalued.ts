import { quoteLiteral } from '../../kernel/index.ts'
import { once } from '../expressions/blueprints.ts'
import { piecesOf, separatorArgument } from './multivalued.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

/** Looking every value up among those before it takes a time that grows with the square of their number. */
const mostInOrder = 1000

export const deduplicateMultivalued: Processor = {
  name: 'deduplicate_multivalued',
  label: 'Deduplicate multivalued field',
  doc: `Keeps every value of a multivalued field once, where it stands first; the values of a record that has more than ${mostInOrder} are put in order.`,
  args: [fieldArgument('field', 'Field that holds several values'), separatorArgument, outputArgument],
  examples: [
    {
      args: { field: 'a', separator: ',', output_field: 'a' },
      input: { a: 'b,a, b,c,a' },
      output: { a: 'b,a,c' },
    },
    { args: { field: 'a', separator: ',', output_field: 'b' }, input: { a: ' , ' }, output: { b: null } },
  ],
  compile(args) {
    const separator = args.value('separator')
    const pieces = piecesOf(args.text('field'), separator)
    const distinct = once(
      pieces,
      (v) => `case when len(${v}) > ${mostInOrder} then list_sort(list_distinct(${v}))
        else list_filter(${v}, lambda _x, _i: list_position(${v}, _x) = _i) end`,
    )
    const sql = `nullif(array_to_string(${distinct}, ${quoteLiteral(separator)}), '')`
    return { set: [{ name: args.output('output_field'), engineType: 'VARCHAR', sql }] }
  },
}
