import { quoteLiteral } from '../../kernel/index.ts'
import { outputArgument, type Processor } from './processor.ts'

export const booleansToMultivalued: Processor = {
  name: 'booleans_to_multivalued',
  label: 'Booleans to multivalued',
  doc: 'Writes the headings of those fields that say yes (true, yes, oui, 1, x, on, in any case) into one multivalued text. The field still has to be annotated as multivalued, with the same separator.',
  args: [
    { name: 'fields', type: 'fields', description: 'Fields that say yes or no', is_mandatory: true },
    {
      name: 'separator',
      type: 'text',
      description: 'Text between two headings',
      is_mandatory: false,
      default: ',',
    },
    outputArgument,
  ],
  examples: [
    {
      args: { fields: ['wifi', 'lift', 'pool'], separator: ';', output_field: 'with' },
      input: { wifi: 'Yes', lift: '0', pool: 'true' },
      output: { with: 'wifi;pool' },
    },
    {
      args: { fields: ['wifi'], output_field: 'with' },
      input: { wifi: null },
      output: { with: null },
    },
  ],
  compile(args) {
    const labels = new Map(args.columns.map(({ name, label }) => [name, label]))
    const items = [...new Set(args.fields('fields'))].map(
      (name) =>
        `case when lower(trim(${args.textOf(name)})) in ('true', 't', 'yes', 'y', 'oui', 'o', '1', 'x', 'on') then ${quoteLiteral(labels.get(name)!)} end`,
    )
    const sql = `nullif(concat_ws(${quoteLiteral(args.value('separator'))}, ${items.join(', ')}), '')`
    return { set: [{ name: args.output('output_field'), engineType: 'VARCHAR', sql }] }
  },
}
