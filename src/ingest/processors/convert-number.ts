import { AppError, quoteLiteral } from '../../kernel/index.ts'
import { once } from '../expressions/blueprints.ts'
import { numberText } from '../expressions/conversions.ts'
import { fieldArgument, type Processor } from './processor.ts'
import { units } from './units.ts'

const minus = '\\x{2212}'
const sign = `[-+${minus}]`

/** The parts `open`, `sign` and `number` of a number with what people write around it. */
function pattern(decimal: string): string {
  const thousands = `[ '\\x{a0}\\x{202f}\\x{2019}${decimal === ',' ? '.' : ','}]`
  const point = decimal === ',' ? ',' : '\\.'
  const number = `[0-9]{1,3}(?:${thousands}[0-9]{2,3})*${thousands}[0-9]{3}(?:${point}[0-9]*)?|[0-9]+(?:${point}[0-9]*)?(?:[eE][-+]?[0-9]{1,3})?|${point}[0-9]+`
  const behind = `[^0-9.,]?(?:[^0-9]*\\p{L}[23]?)?[^0-9]*`
  const beside = `[^0-9.,()+${minus}-]*`
  return `^${beside}(\\(|${sign})?${beside}(${sign})?[\\s\\x{a0}]*(${number})${behind}$`
}

const unitArgument = (name: string, description: string) =>
  ({ name, type: 'text', description, is_mandatory: false, choices: [...units.keys()] }) as const

export const convertNumber: Processor = {
  name: 'convert_number',
  label: 'Convert numbers',
  doc: 'Reads numbers as people write them: with blanks, points, commas or apostrophes between thousands, a decimal comma, a currency or a unit beside them, a percent sign, brackets for a minus; and converts them from one unit to another. A text that is no such number is a record error.',
  args: [
    fieldArgument('field', 'Field to read'),
    {
      name: 'decimal_separator',
      type: 'text',
      description: 'What stands before the decimals; the other one may stand between thousands',
      is_mandatory: false,
      default: '.',
      choices: ['.', ','],
    },
    {
      name: 'percent',
      type: 'text',
      description: 'What 12 % becomes: the number 12, or the fraction 0.12',
      is_mandatory: false,
      default: 'number',
      choices: ['number', 'fraction'],
    },
    unitArgument('from_unit', 'Unit that the numbers are in'),
    unitArgument('to_unit', 'Unit to convert them to'),
    {
      name: 'output_field',
      type: 'new_field',
      description: 'Field that receives the result; without it the field itself',
      is_mandatory: false,
    },
  ],
  examples: [
    {
      args: { field: 'a', decimal_separator: ',', output_field: 'b' },
      input: { a: '1.234.567,50 €' },
      output: { b: '1234567.5' },
    },
    { args: { field: 'a' }, input: { a: '$ (1,200)' }, output: { a: '-1200' } },
    { args: { field: 'a', percent: 'fraction' }, input: { a: '12.5 %' }, output: { a: '0.125' } },
    {
      args: { field: 'a', from_unit: 'mi', to_unit: 'km', decimal_separator: ',' },
      input: { a: '10,5' },
      output: { a: '16.898112' },
    },
    { args: { field: 'a', from_unit: '°F', to_unit: '°C' }, input: { a: '212' }, output: { a: '100' } },
    { args: { field: 'a' }, input: { a: '1,2,3' }, output: { a: null } },
  ],
  validate({ from_unit, to_unit }) {
    const from = units.get(String(from_unit))
    const to = units.get(String(to_unit))
    if (from?.kind === to?.kind) return
    throw new AppError('ingest.invalid_argument', {
      name: 'convert_number',
      argument: 'to_unit',
      value: JSON.stringify(to_unit ?? null),
      expected: from
        ? `it must be a unit of ${from.kind}, as from_unit is`
        : 'from_unit must say what the numbers are in',
    })
  },
  compile(args) {
    const text = args.text('field')
    const name = args.has('output_field') ? args.output('output_field') : args.field('field')
    const decimal = args.value('decimal_separator')
    const found = `regexp_extract(${text}, ${quoteLiteral(pattern(decimal))}, ['open', 'sign', 'number'])`
    const plain = (v: string) =>
      `try_cast(replace(regexp_replace(${v}.number, '[^0-9eE${decimal}+-]', '', 'g'), ${quoteLiteral(decimal)}, '.') as double)`
    const isNegative = (v: string) => `${v}.open in ('(', '-', '\u2212') or ${v}.sign in ('-', '\u2212')`
    const taken = once(found, (v) => `case when ${isNegative(v)} then -${plain(v)} else ${plain(v)} end`)
    // Most numbers have nothing around them: the pattern, which takes ten times as long, is for the others.
    const bare = decimal === ',' ? `replace(${text}, ',', '.')` : text
    const number = `try_cast(${bare} as double)`
    const isBare = `isfinite(${number}) and not contains(${text}, ${decimal === ',' ? "'.'" : "','"}) and not contains(${text}, '_')`
    const read = args.shared(`coalesce(case when ${isBare} then ${number} end, ${taken})`)
    const fraction =
      args.value('percent') === 'fraction'
        ? `(${read} / case when contains(${text}, '%') then 100 else 1 end)`
        : read
    const from = units.get(args.value('from_unit'))
    const to = units.get(args.value('to_unit'))
    // Rounded to what a double surely holds, so that 212 °F are 100 °C and not a little more.
    const value =
      from && to
        ? once(
            `((${fraction} * ${from.factor} + ${from.offset ?? 0}) - ${to.offset ?? 0}) / ${to.factor}`,
            (v) => `case when abs(${v}) < 1e9 and abs(${v}) > 1e-3 then round(${v}, 9) else ${v} end`,
          )
        : fraction
    return {
      set: [
        { name, engineType: 'VARCHAR', sql: numberText(args.shared(value)), candidates: ['int', 'double'] },
      ],
      failures: [
        {
          field: args.field('field'),
          when: `trim(${text}) <> '' and ${read} is null`,
          value: text,
          reason: 'not a number',
        },
      ],
    }
  },
}
