import { quoteLiteral } from '../../kernel/index.ts'
import { asJson, isNoJson, jsonPath, validateItemRule } from './json.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const jsonArrayToMultivalued: Processor = {
  name: 'json_array_to_multivalued',
  label: 'JSON array to multivalued',
  doc: 'Joins the elements of a JSON array into one multivalued text. The rule leads to the array as that of expand_json_array does. The field still has to be annotated as multivalued, with the same separator. A text that is no JSON is a record error.',
  args: [
    fieldArgument('field', 'Field that holds the JSON'),
    { name: 'rule', type: 'text', description: 'Way to the array', is_mandatory: false, default: 'item' },
    {
      name: 'separator',
      type: 'text',
      description: 'Text between two values',
      is_mandatory: false,
      default: ',',
    },
    outputArgument,
  ],
  examples: [
    {
      args: { field: 'a', rule: 'block.item.sub.name', separator: ';', output_field: 'b' },
      input: { a: '{"block":[{"sub":{"name":"x"}},{"sub":{}},{"sub":{"name":2}}]}' },
      output: { b: 'x;2' },
    },
    { args: { field: 'a', output_field: 'a' }, input: { a: '["b",true,null,3]' }, output: { a: 'b,true,3' } },
  ],
  validate: validateItemRule('json_array_to_multivalued'),
  compile(args) {
    const text = args.text('field')
    const values = `json_extract_string(${asJson(text)}, ${quoteLiteral(jsonPath(args.value('rule'))!)})`
    const sql = `nullif(array_to_string(${values}, ${quoteLiteral(args.value('separator'))}), '')`
    return {
      set: [{ name: args.output('output_field'), engineType: 'VARCHAR', sql }],
      failures: [{ field: args.field('field'), when: isNoJson(text), value: text, reason: 'not JSON' }],
    }
  },
}
