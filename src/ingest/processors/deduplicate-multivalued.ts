import { quoteLiteral } from '../../kernel/index.ts'
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
    { args: { field: 'a', separator: ',', output_field: 'b' }, input: { a: 'x, x' }, output: { b: 'x' } },
    { args: { field: 'a', separator: ',', output_field: 'b' }, input: { a: 'y, x' }, output: { b: 'y,x' } },
  ],
  compile(args) {
    const separator = args.value('separator')
    const pieces = args.shared(piecesOf(args.text('field'), separator))
    const joined = (list: string) => `array_to_string(${list}, ${quoteLiteral(separator)})`
    // What is there once or twice is by far the most, and needs no search.
    const sql = `nullif(case when len(${pieces}) = 2 and ${pieces}[1] = ${pieces}[2] then ${pieces}[1]
      when len(${pieces}) <= 2 then ${joined(pieces)}
      when len(${pieces}) > ${mostInOrder} then ${joined(`list_sort(list_distinct(${pieces}))`)}
      else ${joined(`list_filter(${pieces}, lambda _x, _i: list_position(${pieces}, _x) = _i)`)} end, '')`
    return { set: [{ name: args.output('output_field'), engineType: 'VARCHAR', sql }] }
  },
}
