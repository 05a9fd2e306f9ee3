/** Processors that make fields from fields as they are. */
import { quoteLiteral } from '../../kernel/index.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const addField: Processor = {
  name: 'add_field',
  label: 'Add a field',
  doc: 'Adds an empty field.',
  args: [{ name: 'field', type: 'new_field', description: 'Name of the new field', is_mandatory: true }],
  examples: [{ args: { field: 'note' }, input: { a: '1' }, output: { note: null } }],
  compile: (args) => ({ set: [{ name: args.output('field'), engineType: 'VARCHAR', sql: 'null::varchar' }] }),
}

export const copyField: Processor = {
  name: 'copy_field',
  label: 'Copy a field',
  doc: 'Copies the value of a field into another.',
  args: [fieldArgument('field', 'Field to copy'), outputArgument],
  examples: [{ args: { field: 'a', output_field: 'b' }, input: { a: 'x' }, output: { b: 'x' } }],
  compile: (args) => ({
    set: [{ name: args.output('output_field'), engineType: 'VARCHAR', sql: args.text('field') }],
  }),
}

export const concat: Processor = {
  name: 'concat',
  label: 'Concatenate',
  doc: 'Joins two fields with a separator. An empty field leaves out the separator too.',
  args: [
    {
      name: 'separator',
      type: 'text',
      description: 'Text between the two',
      is_mandatory: false,
      default: '',
    },
    fieldArgument('left', 'First field'),
    fieldArgument('right', 'Second field'),
    outputArgument,
  ],
  examples: [
    {
      args: { separator: ', ', left: 'a', right: 'b', output_field: 'c' },
      input: { a: 'Lyon', b: 'FR' },
      output: { c: 'Lyon, FR' },
    },
    {
      args: { separator: ', ', left: 'a', right: 'b', output_field: 'c' },
      input: { a: 'Lyon', b: null },
      output: { c: 'Lyon' },
    },
  ],
  compile: (args) => ({
    set: [
      {
        name: args.output('output_field'),
        engineType: 'VARCHAR',
        sql: `nullif(concat_ws(${quoteLiteral(args.value('separator'))}, ${args.text('left')}, ${args.text('right')}), '')`,
      },
    ],
  }),
}

export const split: Processor = {
  name: 'split',
  label: 'Split',
  doc: 'Takes the n-th piece of a text cut at a separator; pieces are counted from 1.',
  args: [
    fieldArgument('field', 'Field to cut'),
    { name: 'separator', type: 'text', description: 'Where to cut', is_mandatory: true },
    { name: 'index', type: 'int', description: 'Number of the piece, from 1', is_mandatory: true },
    outputArgument,
  ],
  examples: [
    {
      args: { field: 'a', separator: '-', index: 2, output_field: 'b' },
      input: { a: 'x-y-z' },
      output: { b: 'y' },
    },
    {
      args: { field: 'a', separator: '-', index: 5, output_field: 'b' },
      input: { a: 'x-y' },
      output: { b: null },
    },
  ],
  compile: (args) => ({
    set: [
      {
        name: args.output('output_field'),
        engineType: 'VARCHAR',
        sql: `nullif(string_split(${args.text('field')}, ${quoteLiteral(args.value('separator'))})[${args.number('index')}], '')`,
      },
    ],
  }),
}
