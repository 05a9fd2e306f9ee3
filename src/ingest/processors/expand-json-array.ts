import { isNoJson, jsonItems, jsonPath, validateItemRule } from './json.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const expandJsonArray: Processor = {
  name: 'expand_json_array',
  label: 'Expand JSON array',
  doc: 'Makes one record of every element of a JSON array. The rule leads to the array by keys with dots between them; `item` stands for its elements, and keys may follow: `item`, `block.item`, `block.item.name`. A record without elements stays one, with an empty field. A text that is no JSON is a record error, and so is an array of so many elements that the records would fill the disk.',
  args: [
    fieldArgument('json_array_field', 'Field that holds the JSON'),
    {
      name: 'rule',
      type: 'text',
      description: 'Way to the array',
      is_mandatory: false,
      default: 'item',
    },
    outputArgument,
  ],
  examples: [
    {
      args: { json_array_field: 'a', rule: 'block.item.name', output_field: 'name' },
      input: { a: '{"block":[{"name":"x"},{"name":2}]}', b: '1' },
      output: [{ name: 'x' }, { name: '2' }],
    },
    {
      args: { json_array_field: 'a', output_field: 'a' },
      input: { a: '[{"n":1},[2],null]' },
      output: [{ a: '{"n":1}' }, { a: '[2]' }, { a: null }],
    },
    {
      args: { json_array_field: 'a', rule: '.item', output_field: 'a' },
      input: { a: '[]', b: 'kept' },
      output: [{ a: null }],
    },
  ],
  validate: validateItemRule('expand_json_array'),
  compile(args) {
    const text = args.text('json_array_field')
    const name = args.output('output_field')
    return {
      expand: jsonItems(text, jsonPath(args.value('rule'))!),
      set: [{ name, engineType: 'VARCHAR', sql: `json_extract_string(_item, '$')` }],
      failures: [
        { field: args.field('json_array_field'), when: isNoJson(text), value: text, reason: 'not JSON' },
      ],
    }
  },
}
