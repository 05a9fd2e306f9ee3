import type { Processor } from './processor.ts'
import { requireFields, targetArguments, targets } from './targets.ts'

export const decodeHtmlEntities: Processor = {
  name: 'decode_html_entities',
  label: 'Decode HTML entities',
  doc: 'Writes the characters that HTML entities stand for: &eacute; &amp; &#8364; &#x20AC;.',
  args: targetArguments,
  examples: [
    {
      args: { field: 'a' },
      input: { a: 'caf&eacute; &amp; th&#xe9; &lt;3 &nope;', b: '&amp;' },
      output: { a: 'café & thé <3 &nope;' },
    },
    { args: { all_fields: true }, input: { a: '&euro;', b: null, c: '1' }, output: { a: '€' } },
  ],
  validate: requireFields('decode_html_entities'),
  compile(args) {
    const names = targets(args)
    const has = names.map((name) => `contains(${args.textOf(name)}, '&')`)
    const texts = names.map((name) => args.textOf(name))
    return {
      lookup: {
        service: 'html_entities',
        request: {},
        key: `case when ${['false', ...has].join(' or ')} then to_json([${texts.join(', ')}]::varchar[])::varchar end`,
      },
      set: names.map((name, index) => ({
        name,
        engineType: 'VARCHAR',
        sql: `case when _answer is null then ${args.textOf(name)} else nullif(json_extract_string(_answer, '$[${index}]'), '') end`,
      })),
    }
  },
}
