import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const extractUrls: Processor = {
  name: 'extract_urls',
  label: 'Extract URLs',
  doc: 'Writes every http and https address in a text or in HTML into a field, with blanks between them.',
  args: [fieldArgument('field', 'Field to look into'), outputArgument],
  examples: [
    {
      args: { field: 'a', output_field: 'b' },
      input: { a: 'See <a href="https://a.example/x?y=1&amp;z">here</a> (or http://b.example/), soon.' },
      output: { b: 'https://a.example/x?y=1&z http://b.example/' },
    },
    { args: { field: 'a', output_field: 'b' }, input: { a: 'none' }, output: { b: null } },
  ],
  compile(args) {
    const found = `regexp_extract_all(${args.text('field')}, '(?i)https?://[^\\s<>"''\`{}|\\\\^\\[\\]()]+')`
    const tidy = `list_transform(${found}, lambda _u: regexp_replace(replace(_u, '&amp;', '&'), '[.,;:!?]+$', ''))`
    return {
      set: [
        {
          name: args.output('output_field'),
          engineType: 'VARCHAR',
          sql: `nullif(array_to_string(${tidy}, ' '), '')`,
        },
      ],
    }
  },
}
