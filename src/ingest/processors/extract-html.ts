import { fieldArgument, type Processor } from './processor.ts'

export const extractHtml: Processor = {
  name: 'extract_html',
  label: 'Extract text of HTML',
  doc: 'Leaves the text of HTML: without tags, comments, scripts and styles, entities decoded, white space reduced to single blanks.',
  args: [fieldArgument('field', 'Field to change')],
  examples: [
    {
      args: { field: 'a' },
      input: { a: '<p>Caf&eacute; <b>de</b> <i>Flore</i></p><script>x = "<p>"</script><!-- no --><p>Paris' },
      output: { a: 'Café de Flore Paris' },
    },
    { args: { field: 'a' }, input: { a: '1 < 2' }, output: { a: '1 < 2' } },
    { args: { field: 'a' }, input: { a: '<br>' }, output: { a: null } },
  ],
  compile(args) {
    const text = args.text('field')
    return {
      lookup: {
        service: 'html_text',
        request: {},
        key: `case when contains(${text}, '<') or contains(${text}, '&') then ${text} end`,
      },
      set: [
        {
          name: args.field('field'),
          engineType: 'VARCHAR',
          sql: `nullif(coalesce(json_extract_string(_answer, '$'), ${text}), '')`,
        },
      ],
    }
  },
}
