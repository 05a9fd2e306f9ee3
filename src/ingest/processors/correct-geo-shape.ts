import { geoStep } from './geo-answers.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const correctGeoShape: Processor = {
  name: 'correct_geo_shape',
  label: 'Correct geo shape',
  doc: 'Mends a GeoJSON shape: rings are closed, corners that repeat left out, outer rings wound counterclockwise and holes clockwise, and an area that crosses itself is cut where it does. What cannot be mended is a record error.',
  args: [
    fieldArgument('field', 'Field with the shape'),
    {
      ...outputArgument,
      description: 'Field that receives the shape; the same when left out',
      is_mandatory: false,
    },
  ],
  examples: [
    {
      args: { field: 'a', output_field: 'shape' },
      input: { a: '{"type":"Polygon","coordinates":[[[0,0],[0,0],[0,1],[1,1],[1,0]]]}' },
      output: {
        shape: {
          type: 'Polygon',
          coordinates: [
            [
              [0, 0],
              [1, 0],
              [1, 1],
              [0, 1],
              [0, 0],
            ],
          ],
        },
      },
    },
    {
      args: { field: 'a', output_field: 'shape' },
      input: { a: '{"type":"Polygon","coordinates":[[[0,0]]]}' },
      output: { shape: null },
    },
  ],
  compile: (args) =>
    geoStep({
      service: 'correct',
      key: args.text('field'),
      output: args.has('output_field') ? args.output('output_field') : args.field('field'),
      gives: 'shape',
      reasons: [
        'not a GeoJSON geometry',
        'geometry nested too deep',
        'nothing is left of it',
        'too tangled to be mended',
      ],
    }),
}
