import { quoteLiteral, safeFieldName } from '../../kernel/index.ts'
import { asJson, checkRule, isNoJson, jsonPath } from './json.ts'
import { fieldArgument, type Processor } from './processor.ts'

export const jsonExtract: Processor = {
  name: 'json_extract',
  label: 'Extract from JSON',
  doc: 'Takes values out of JSON: every rule is a way of keys with dots between them, and becomes a field named after it, with underscores for the dots. Objects and arrays stay JSON. A text that is no JSON is a record error.',
  args: [
    fieldArgument('field', 'Field that holds the JSON'),
    { name: 'rules', type: 'texts', description: 'Ways to the values', is_mandatory: true },
  ],
  examples: [
    {
      args: { field: 'a', rules: ['name', 'place.city', 'tags'] },
      input: { a: '{"name":"x","place":{"city":"Lyon"},"tags":[1]}' },
      output: { name: 'x', place_city: 'Lyon', tags: '[1]' },
    },
    { args: { field: 'a', rules: ['name'] }, input: { a: '{oops' }, output: { name: null } },
  ],
  validate({ rules }) {
    if (Array.isArray(rules))
      for (const rule of rules) checkRule('json_extract', 'rules', String(rule), false)
  },
  compile(args) {
    const text = args.text('field')
    const rules = [...new Set(args.values('rules'))]
    const taken = new Set<string>()
    // One reading for all the rules: the engine computes once what stands in several columns of one projection.
    const paths = rules.map((rule) => quoteLiteral(jsonPath(rule)!)).join(', ')
    const values = `json_extract_string(${asJson(text)}, [${paths}])`
    return {
      set: rules.map((rule, index) => ({
        name: safeFieldName(rule.replaceAll('.', '_'), taken),
        engineType: 'VARCHAR',
        sql: `${values}[${index + 1}]`,
      })),
      failures: [{ field: args.field('field'), when: isNoJson(text), value: text, reason: 'not JSON' }],
    }
  },
}
