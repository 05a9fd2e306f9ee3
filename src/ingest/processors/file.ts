import { mediaReasons } from '../services/media.ts'
import { fieldArgument, type Processor } from './processor.ts'

const image = {
  filename: 'oak.png',
  mimetype: 'image/png',
  id: '0f2c5e8b7a1d4c3f9e6b8a7d5c4f3e2b1a0918273645546372819a0b1c2d3e4f',
}

export const file: Processor = {
  name: 'file',
  label: 'File',
  doc: 'Fetches the files whose addresses (http, https) are in a field, which becomes a field of type file: the search API serves them, exports give their addresses there. The server fetches them like sources, each for a minute at most and within BROADSHEET_MAX_MEDIA_MB; one that was fetched within a day is not asked for again, later it is asked whether it has changed. A file that cannot be fetched is a record error.',
  args: [
    fieldArgument('field', 'Field with the address'),
    {
      name: 'extract_metadata',
      type: 'boolean',
      description: 'Adds the size in bytes, and of images format, width and height',
      is_mandatory: false,
      default: false,
    },
  ],
  examples: [
    {
      args: { field: 'picture' },
      input: { picture: 'https://example.com/oak.png' },
      answers: { 'https://example.com/oak.png': { value: image } },
      output: { picture: image },
    },
    {
      args: { field: 'picture' },
      input: { picture: 'https://example.com/gone.png' },
      answers: { 'https://example.com/gone.png': { error: 'there is no file at the address' } },
      output: { picture: null },
    },
  ],
  compile(args) {
    const field = args.field('field')
    const text = args.text('field')
    // A file that is one already stays what it is.
    const isFile = `starts_with(ltrim(${text}), '{')`
    const key = `case when not ${isFile} then nullif(trim(${text}), '') end`
    const error = `json_extract_string(_answer, '$.error')`
    return {
      lookup: { service: 'media', request: { extract_metadata: args.flag('extract_metadata') }, key },
      set: [
        {
          name: field,
          engineType: 'JSON',
          fixedType: 'file',
          sql: `case when ${isFile} then try_cast(${text} as json) else json_extract(_answer, '$.value') end`,
        },
      ],
      failures: mediaReasons.map((reason) => ({
        field,
        when: `${error} = '${reason}'`,
        value: `left(${key}, 500)`,
        reason,
      })),
    }
  },
}
