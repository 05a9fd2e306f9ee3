import { fieldArgument, type Processor } from './processor.ts'

export const normalizeUrl: Processor = {
  name: 'normalize_url',
  label: 'Normalise URL',
  doc: 'Makes a web address complete: without blanks around it, with http:// in front where it names no scheme, with %20 for blanks.',
  args: [fieldArgument('field', 'Field to change')],
  examples: [
    {
      args: { field: 'a' },
      input: { a: ' www.example.org/a b ' },
      output: { a: 'http://www.example.org/a%20b' },
    },
    { args: { field: 'a' }, input: { a: 'HTTPS://example.org' }, output: { a: 'HTTPS://example.org' } },
    { args: { field: 'a' }, input: { a: '//example.org' }, output: { a: 'http://example.org' } },
    { args: { field: 'a' }, input: { a: '  ' }, output: { a: null } },
  ],
  compile(args) {
    const text = `replace(trim(${args.text('field')}, ' ' || chr(9) || chr(10) || chr(13) || chr(160)), ' ', '%20')`
    const sql = `case when ${text} = '' then null
      when regexp_matches(${text}, '^([a-zA-Z][a-zA-Z0-9+.-]*://|mailto:|tel:|data:|urn:)') then ${text}
      when starts_with(${text}, '//') then 'http:' || ${text} else 'http://' || ${text} end`
    return { set: [{ name: args.field('field'), engineType: 'VARCHAR', sql }] }
  },
}
