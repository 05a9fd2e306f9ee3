/** Processors that change text, and those that leave rows out by it. */
import { quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { fieldArgument, isExpression, type Processor, type StepArguments } from './processor.ts'

export const allFields = {
  name: 'all_fields',
  type: 'boolean' as const,
  description: 'Applies to every text field',
  is_mandatory: false,
  default: false,
}

export function targets(args: StepArguments): readonly string[] {
  return args.flag('all_fields') ? args.textFields : [args.field('field')]
}

export const stringReplace: Processor = {
  name: 'string_replace',
  label: 'Replace text',
  doc: 'Replaces every occurrence of a text by another.',
  args: [
    { ...fieldArgument('field', 'Field to change'), is_mandatory: false },
    allFields,
    { name: 'old', type: 'text', description: 'Text to find', is_mandatory: true },
    { name: 'new', type: 'text', description: 'Text to put in its place', is_mandatory: false, default: '' },
  ],
  examples: [{ args: { field: 'a', old: "o'", new: '"' }, input: { a: "o'o'x" }, output: { a: '""x' } }],
  compile: (args) => ({
    set: targets(args).map((name) => ({
      name,
      engineType: 'VARCHAR',
      sql: `nullif(replace(${args.textOf(name)}, ${quoteLiteral(args.value('old'))}, ${quoteLiteral(args.value('new'))}), '')`,
    })),
  }),
}

export const regexpReplace: Processor = {
  name: 'regexp_replace',
  label: 'Replace by regular expression',
  doc: 'Replaces every match of a regular expression (RE2 syntax) by a text; \\1 stands for the first group.',
  args: [
    { ...fieldArgument('field', 'Field to change'), is_mandatory: false },
    allFields,
    { name: 'regexp', type: 'regexp', description: 'Regular expression to find', is_mandatory: true },
    { name: 'new', type: 'text', description: 'Text to put in its place', is_mandatory: false, default: '' },
    {
      name: 'ignore_case',
      type: 'boolean',
      description: 'Case does not count',
      is_mandatory: false,
      default: false,
    },
    {
      name: 'multiline',
      type: 'boolean',
      description: '^ and $ match at line breaks',
      is_mandatory: false,
      default: false,
    },
    {
      name: 'dotall',
      type: 'boolean',
      description: 'A dot matches line breaks',
      is_mandatory: false,
      default: false,
    },
  ],
  examples: [
    {
      args: { field: 'a', regexp: '(\\d+) km', new: '\\1' },
      input: { a: 'at 12 km' },
      output: { a: 'at 12' },
    },
    {
      args: { field: 'a', regexp: 'X', new: 'y', ignore_case: true },
      input: { a: 'xX' },
      output: { a: 'yy' },
    },
  ],
  compile: (args) => {
    const options = `g${args.flag('ignore_case') ? 'i' : ''}${args.flag('multiline') ? 'm' : ''}${args.flag('dotall') ? 's' : ''}`
    const pattern = quoteLiteral(args.value('regexp'))
    return {
      set: targets(args).map((name) => ({
        name,
        engineType: 'VARCHAR',
        sql: `nullif(regexp_replace(${args.textOf(name)}, ${pattern}, ${quoteLiteral(args.value('new'))}, '${options}'), '')`,
      })),
    }
  },
}

export const skipRecord: Processor = {
  name: 'skip_record',
  label: 'Skip records',
  doc: 'Leaves out records whose field holds a value (or only keeps them, when inverted). Without a value: records where the field is empty.',
  args: [
    fieldArgument('field', 'Field to look at'),
    {
      name: 'value',
      type: 'text_or_expression',
      description: 'Value to look for, or = and an expression that is true for records to skip',
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
    {
      name: 'invert',
      type: 'boolean',
      description: 'Keeps the matching records instead',
      is_mandatory: false,
      default: false,
    },
  ],
  examples: [
    { args: { field: 'a', value: 'x' }, input: { a: 'x' }, output: null },
    { args: { field: 'a', value: 'x' }, input: { a: 'xy' }, output: { a: 'xy' } },
    { args: { field: 'a', value: 'X', exact: false }, input: { a: 'wxy' }, output: null },
    { args: { field: 'a', value: 'x', invert: true }, input: { a: 'y' }, output: null },
    { args: { field: 'a' }, input: { a: null }, output: null },
    { args: { field: 'a', value: '=length(a) > 2 and b == 1' }, input: { a: 'xyz', b: '1.0' }, output: null },
  ],
  compile: (args) => {
    const matches = matchOf(args)
    return { set: [], keep: args.flag('invert') ? matches : `not (${matches})` }
  },
}

/** SQL: whether a record is one that the arguments `field`, `value` and `exact` describe; never null. */
export function matchOf(args: StepArguments): string {
  if (isExpression(args.given('value'))) return args.condition('value')
  const text = args.text('field')
  const value = quoteLiteral(args.value('value'))
  if (!args.has('value')) return `${text} is null`
  return args.flag('exact')
    ? `coalesce(${text} = ${value}, false)`
    : `coalesce(contains(lower(${text}), lower(${value})), false)`
}

export const dateNormalizer: Processor = {
  name: 'date_normalizer',
  label: 'Normalise dates',
  doc: 'Reads dates written in a given format (strptime codes) and writes them in ISO 8601. A text that does not follow the format is a record error.',
  args: [
    fieldArgument('field', 'Field to change'),
    {
      name: 'format',
      type: 'date_format',
      description: 'How the dates are written, e.g. %d/%m/%Y %H:%M',
      is_mandatory: true,
    },
  ],
  examples: [
    { args: { field: 'a', format: '%d/%m/%Y' }, input: { a: '05/09/2031' }, output: { a: '2031-09-05' } },
    {
      args: { field: 'a', format: '%m/%d/%Y %I:%M %p' },
      input: { a: '05/09/2031 03:30 PM' },
      output: { a: '2031-05-09T15:30:00' },
    },
    { args: { field: 'a', format: '%d/%m/%Y' }, input: { a: 'soon' }, output: { a: null } },
  ],
  compile: (args) => {
    const text = args.text('field')
    const format = args.value('format')
    const parsed = `try_strptime(${text}, ${quoteLiteral(format)})`
    const hasTime = /%[HIMSfpXcTR]/.test(format)
    const name = args.field('field')
    return {
      set: [
        {
          name,
          engineType: 'VARCHAR',
          sql: `strftime(${parsed}, '${hasTime ? '%Y-%m-%dT%H:%M:%S' : '%Y-%m-%d'}')`,
        },
      ],
      failures: [
        {
          field: name,
          when: `${text} is not null and ${parsed} is null`,
          value: text,
          reason: `not a date written as ${format}`,
        },
      ],
    }
  },
}

export const stringExtractor: Processor = {
  name: 'string_extractor',
  label: 'Extract text',
  doc: 'Every named group (?P<name>...) of a regular expression becomes a field.',
  args: [
    fieldArgument('field', 'Field to look into'),
    {
      name: 'regexp',
      type: 'regexp',
      description: 'Regular expression with named groups',
      is_mandatory: true,
    },
  ],
  examples: [
    {
      args: { field: 'a', regexp: '(?P<num>\\d+) (?P<street>.*)' },
      input: { a: '12 rue X' },
      output: { num: '12', street: 'rue X' },
    },
  ],
  compile: (args) => {
    const pattern = args.value('regexp')
    return {
      set: namedGroups(pattern).map(({ name, position }) => ({
        name,
        engineType: 'VARCHAR',
        sql: `nullif(regexp_extract(${args.text('field')}, ${quoteLiteral(pattern)}, ${position}), '')`,
      })),
    }
  },
}

/** Named groups as fields; they are taken by number, so that named ones among unnamed keep their place. */
function namedGroups(pattern: string): { name: string; position: number }[] {
  const groups: { name: string; position: number }[] = []
  const taken = new Set<string>()
  let position = 0
  for (const match of pattern.matchAll(/\\.|\[(?:\\.|[^\]])*\]|\((\?P?<([A-Za-z_]\w*)>|\?)?/g)) {
    if (!match[0].startsWith('(')) continue
    if (match[2]) groups.push({ name: safeFieldName(match[2], taken), position: ++position })
    else if (match[1] === undefined) position++
  }
  return groups
}
