import { geoStep } from './geo-answers.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const geohashToGeojson: Processor = {
  name: 'geohash_to_geojson',
  label: 'Geohash to GeoJSON',
  doc: 'Makes the outline of the cell that a geohash names. What is no geohash is a record error.',
  args: [fieldArgument('field', 'Field with the geohash'), outputArgument],
  examples: [
    {
      args: { field: 'a', output_field: 'shape' },
      input: { a: 'u0' },
      output: {
        shape: {
          type: 'Polygon',
          coordinates: [
            [
              [0, 45],
              [11.25, 45],
              [11.25, 50.625],
              [0, 50.625],
              [0, 45],
            ],
          ],
        },
      },
    },
    { args: { field: 'a', output_field: 'shape' }, input: { a: 'aio' }, output: { shape: null } },
  ],
  compile: (args) =>
    geoStep({
      service: 'geohash',
      key: args.text('field'),
      output: args.output('output_field'),
      gives: 'shape',
      reasons: ['not a geohash'],
    }),
}
