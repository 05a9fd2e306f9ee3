import { geoStep } from './geo-answers.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const decodePolylineStep: Processor = {
  name: 'decode_polyline',
  label: 'Decode polyline',
  doc: "Makes a line of a text in Google's encoded polyline format. What is none is a record error.",
  args: [
    fieldArgument('field', 'Field with the encoded line'),
    outputArgument,
    {
      name: 'reverse',
      type: 'boolean',
      description: 'What is written lat, lon, as the format has it, becomes lon, lat',
      is_mandatory: false,
      default: true,
    },
    {
      name: 'precision',
      type: 'int',
      description: 'Decimals that were kept',
      is_mandatory: false,
      default: 5,
      choices: [5, 6],
    },
  ],
  examples: [
    {
      args: { field: 'a', output_field: 'shape' },
      input: { a: '_p~iF~ps|U_ulLnnqC_mqNvxq`@' },
      output: {
        shape: {
          type: 'LineString',
          coordinates: [
            [-120.2, 38.5],
            [-120.95, 40.7],
            [-126.453, 43.252],
          ],
        },
      },
    },
    { args: { field: 'a', output_field: 'shape' }, input: { a: 'no line' }, output: { shape: null } },
  ],
  compile: (args) =>
    geoStep({
      service: 'polyline',
      request: { reverse: args.flag('reverse'), precision: args.number('precision') },
      key: args.text('field'),
      output: args.output('output_field'),
      gives: 'shape',
      reasons: ['not an encoded polyline'],
    }),
}
