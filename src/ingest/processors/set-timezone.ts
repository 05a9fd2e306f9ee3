import { quoteLiteral } from '../../kernel/index.ts'
import { setConversion } from '../types/types.ts'
import { fieldArgument, type Processor } from './processor.ts'

export const setTimezone: Processor = {
  name: 'set_timezone',
  label: 'Set time zone',
  doc: 'Says in which time zone dates and times are; a zone that they name themselves is taken for wrong. A text that is no date is a record error.',
  args: [
    fieldArgument('field', 'Field to change'),
    {
      name: 'timezone',
      type: 'timezone',
      description: 'Name of the time zone, e.g. Europe/Paris',
      is_mandatory: true,
    },
  ],
  examples: [
    {
      args: { field: 'a', timezone: 'Europe/Paris' },
      input: { a: '2031-07-01T08:51:53Z' },
      output: { a: '2031-07-01 06:51:53+00' },
    },
    {
      args: { field: 'a', timezone: 'Asia/Tokyo' },
      input: { a: '2031-01-08' },
      output: { a: '2031-01-07 15:00:00+00' },
    },
    { args: { field: 'a', timezone: 'UTC' }, input: { a: 'soon' }, output: { a: null } },
  ],
  compile(args) {
    const name = args.field('field')
    const text = args.text('field')
    const zoneless = `regexp_replace(trim(${text}), '(:[0-9]{2}(?:[.,][0-9]+)?) ?(?:Z|UTC|[-+][0-9]{2}(?::?[0-9]{2})?)$', '\\1')`
    const local = `timezone('UTC', ${setConversion('datetime', zoneless)})`
    return {
      set: [
        {
          name,
          engineType: 'TIMESTAMP WITH TIME ZONE',
          sql: `timezone(${quoteLiteral(args.value('timezone'))}, ${local})`,
        },
      ],
      failures: [
        { field: name, when: `${text} is not null and ${local} is null`, value: text, reason: 'not a date' },
      ],
    }
  },
}
