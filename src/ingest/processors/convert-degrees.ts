import { geoStep } from './geo-answers.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const convertDegrees: Processor = {
  name: 'convert_degrees',
  label: 'Convert degrees',
  doc: 'Reads a place written in degrees, minutes and seconds, latitude first, and writes it as a geo point. What cannot be read is a record error.',
  args: [fieldArgument('field', 'Field with the place'), outputArgument],
  examples: [
    {
      args: { field: 'a', output_field: 'place' },
      input: { a: `48°51'36" N, 2°21'9" E` },
      output: { place: '48.86000000,2.35250000' },
    },
    {
      args: { field: 'a', output_field: 'place' },
      input: { a: 'S 33 51.5 W 70 30' },
      output: { place: '-33.85833333,-70.50000000' },
    },
    { args: { field: 'a', output_field: 'place' }, input: { a: "48°75' N 2° E" }, output: { place: null } },
  ],
  compile: (args) =>
    geoStep({
      service: 'degrees',
      key: args.text('field'),
      output: args.output('output_field'),
      gives: 'text',
      reasons: ['not degrees, minutes and seconds'],
    }),
}
