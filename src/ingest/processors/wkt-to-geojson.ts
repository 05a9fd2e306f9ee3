import { geoStep } from './geo-answers.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const wktToGeojson: Processor = {
  name: 'wkt_to_geojson',
  label: 'WKT and WKB to GeoJSON',
  doc: 'Reads a geometry written as well-known text (WKT; EWKT with its SRID) or as well-known binary in hexadecimal digits (WKB, EWKB) into a GeoJSON shape. One with an SRID is brought to WGS 84. What is no geometry is a record error.',
  args: [fieldArgument('field', 'Field with the geometry'), outputArgument],
  examples: [
    {
      args: { field: 'a', output_field: 'shape' },
      input: { a: 'LINESTRING (1 2, 3 4)' },
      output: {
        shape: {
          type: 'LineString',
          coordinates: [
            [1, 2],
            [3, 4],
          ],
        },
      },
    },
    {
      args: { field: 'a', output_field: 'shape' },
      input: { a: '0101000000000000000000F03F0000000000000040' },
      output: { shape: { type: 'Point', coordinates: [1, 2] } },
    },
    { args: { field: 'a', output_field: 'shape' }, input: { a: 'POINT (1)' }, output: { shape: null } },
  ],
  compile: (args) =>
    geoStep({
      service: 'well_known',
      key: args.text('field'),
      output: args.output('output_field'),
      gives: 'shape',
      reasons: [
        'not WKT or WKB',
        'geometry nested too deep',
        'nothing is left of it',
        'unknown projection',
        'outside of what the projection covers',
      ],
    }),
}
