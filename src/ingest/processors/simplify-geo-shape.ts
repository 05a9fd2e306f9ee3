import { geoStep } from './geo-answers.ts'
import { fieldArgument, type Processor } from './processor.ts'

export const simplifyGeoShape: Processor = {
  name: 'simplify_geo_shape',
  label: 'Simplify geo shape',
  doc: 'Leaves out corners of lines and areas as long as no place on them moves further than the tolerance (Douglas and Peucker), in place. Areas stay areas; holes that vanish are left out.',
  args: [
    fieldArgument('field', 'Field with the shape'),
    {
      name: 'tolerance',
      type: 'double',
      description: 'In degrees: 0.00001 is about a metre',
      is_mandatory: false,
      default: 0.0001,
      minimum: 0,
      maximum: 90,
    },
  ],
  examples: [
    {
      args: { field: 'a', tolerance: 0.1 },
      input: { a: '{"type":"LineString","coordinates":[[0,0],[1,0.05],[2,0]]}' },
      output: {
        a: {
          type: 'LineString',
          coordinates: [
            [0, 0],
            [2, 0],
          ],
        },
      },
    },
  ],
  compile: (args) =>
    geoStep({
      service: 'simplify',
      request: { tolerance: args.number('tolerance') },
      key: args.text('field'),
      output: args.field('field'),
      gives: 'shape',
      reasons: [
        'not a GeoJSON geometry',
        'geometry nested too deep',
        'nothing is left of it',
        'too intricate to be simplified',
      ],
    }),
}
