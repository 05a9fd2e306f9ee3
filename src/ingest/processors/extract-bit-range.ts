import { AppError } from '../../kernel/index.ts'
import { once } from '../expressions/blueprints.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

const mostBits = 1 << 16

export const extractBitRange: Processor = {
  name: 'extract_bit_range',
  label: 'Extract bit range',
  doc: 'Reads a number out of the bits of a hexadecimal or binary text, as sensors send them: bits are counted from 0 at the left, the range ends before its stop. A text that is not of the kind, or too short, is a record error.',
  args: [
    fieldArgument('field', 'Field with the bits'),
    {
      name: 'input_type',
      type: 'text',
      description: 'How the bits are written; 0x and 0b in front of them and blanks do not count',
      is_mandatory: false,
      default: 'hex',
      choices: ['hex', 'binary'],
    },
    {
      name: 'start',
      type: 'int',
      description: 'First bit',
      is_mandatory: true,
      minimum: 0,
      maximum: mostBits,
    },
    {
      name: 'stop',
      type: 'int',
      description: 'The bit behind the last; at most 64 bits, 32 or 64 for a float',
      is_mandatory: true,
      minimum: 1,
      maximum: mostBits,
    },
    {
      name: 'convert',
      type: 'text',
      description: 'Signed or unsigned whole number, or IEEE 754 number',
      is_mandatory: true,
      choices: ['int', 'uint', 'float'],
    },
    outputArgument,
  ],
  examples: [
    {
      args: { field: 'a', start: 0, stop: 8, convert: 'int', output_field: 'b' },
      input: { a: '0x1649' },
      output: { b: 22 },
    },
    {
      args: { field: 'a', start: 8, stop: 12, convert: 'uint', output_field: 'b' },
      input: { a: '16 49' },
      output: { b: 4 },
    },
    {
      args: { field: 'a', input_type: 'binary', start: 0, stop: 3, convert: 'int', output_field: 'b' },
      input: { a: '101' },
      output: { b: -3 },
    },
    {
      args: { field: 'a', start: 0, stop: 32, convert: 'float', output_field: 'b' },
      input: { a: '4048f5c3' },
      output: { b: '3.14' },
    },
    {
      args: { field: 'a', start: 0, stop: 32, convert: 'uint', output_field: 'b' },
      input: { a: 'ff' },
      output: { b: null },
    },
  ],
  validate({ start, stop, convert }) {
    const bits = Number(stop) - Number(start)
    const isRight = bits >= 1 && bits <= 64 && (convert !== 'float' || bits === 32 || bits === 64)
    if (isRight) return
    throw new AppError('ingest.invalid_argument', {
      name: 'extract_bit_range',
      argument: 'stop',
      value: String(stop),
      expected: 'it must be 1 to 64 bits behind start, for a float 32 or 64',
    })
  },
  compile(args) {
    const text = args.text('field')
    const bits = args.number('stop') - args.number('start')
    const isHex = args.value('input_type') === 'hex'
    const convert = args.value('convert')
    const bare = `regexp_replace(${text}, '^\\s*0[xXbB]|[\\s_]', '', 'g')`
    // Half a byte at the end is filled up with bits that the range does not reach.
    const all = isHex
      ? once(
          bare,
          (v) =>
            `case when regexp_full_match(${v}, '[0-9a-fA-F]+') then left(unhex(rpad(${v}, ((length(${v}) + 1) // 2 * 2)::integer, '0'))::bit::varchar, length(${v}) * 4) end`,
        )
      : once(bare, (v) => `case when regexp_full_match(${v}, '[01]+') then ${v} end`)
    const range = `substr(${all}, ${args.number('start')} + 1, ${bits})`
    const types = { int: 'bigint', uint: 'hugeint', float: bits === 32 ? 'float' : 'double' }
    const number = (v: string) =>
      convert === 'float'
        ? once(`${v}::bit::${types.float}`, (f) => `case when isfinite(${f}) then ${f}::varchar end`)
        : `lpad(${v}, ${convert === 'uint' ? 128 : 64}, ${convert === 'uint' ? "'0'" : `left(${v}, 1)`})::bit::${types[convert as 'int' | 'uint']}`
    const isWide = convert === 'uint' && bits > 63
    const sql = once(
      range,
      (v) => `case when length(${v}) = ${bits} then ${number(v)}${isWide ? '::varchar' : ''} end`,
    )
    const output = args.output('output_field')
    return {
      set: [
        convert === 'float' || isWide
          ? { name: output, engineType: 'VARCHAR', sql, candidates: ['int', 'double'] }
          : { name: output, engineType: 'BIGINT', sql: `${sql}::bigint` },
      ],
      failures: [
        {
          field: args.field('field'),
          when: `${text} is not null and ${sql} is null`,
          value: text,
          reason: 'not a number in these bits',
        },
      ],
    }
  },
}
