import { quoteLiteral } from '../../kernel/index.ts'
import type { Processor } from './processor.ts'

export const transpose: Processor = {
  name: 'transpose',
  label: 'Transpose fields',
  doc: 'Turns columns into records: every record becomes one for each of the fields, with the heading of the field and its value. The fields themselves are gone.',
  args: [
    { name: 'fields', type: 'fields', description: 'Fields to transpose', is_mandatory: true },
    {
      name: 'label_field',
      type: 'new_field',
      description: 'Field that receives the headings',
      is_mandatory: true,
    },
    {
      name: 'value_field',
      type: 'new_field',
      description: 'Field that receives the values',
      is_mandatory: true,
    },
  ],
  examples: [
    {
      args: { fields: ['y2020', 'y2030'], label_field: 'year', value_field: 'people' },
      input: { country: 'FR', y2020: '70', y2030: null },
      output: [
        { y2020: undefined, y2030: undefined, year: 'y2020', people: '70' },
        { y2020: undefined, y2030: undefined, year: 'y2030', people: null },
      ],
    },
  ],
  compile(args) {
    const fields = [...new Set(args.fields('fields'))]
    const labels = new Map(args.columns.map(({ name, label }) => [name, label]))
    const items = fields.map(
      (name) => `{'label': ${quoteLiteral(labels.get(name)!)}, 'value': ${args.textOf(name)}}`,
    )
    return {
      expand: `[${items.join(', ')}]`,
      drop: fields,
      set: [
        { name: args.output('label_field'), engineType: 'VARCHAR', sql: '_item.label' },
        { name: args.output('value_field'), engineType: 'VARCHAR', sql: '_item.value' },
      ],
    }
  },
}
