import { validateEpsg } from './epsg.ts'
import { geoStep } from './geo-answers.ts'
import { fieldArgument, type Processor } from './processor.ts'

export const transformCoordinates: Processor = {
  name: 'transform_coordinates',
  label: 'Transform coordinates',
  doc: 'Brings coordinates of another projection to WGS 84, in place: a pair written north, east (as geo points are), a GeoJSON geometry, WKT or WKB. What the projection has no place for is a record error.',
  args: [
    fieldArgument('field', 'Field to change'),
    {
      name: 'epsg',
      type: 'int',
      description: 'EPSG code of the projection that the coordinates are in',
      is_mandatory: true,
      default: 2154,
    },
  ],
  examples: [
    {
      args: { field: 'a', epsg: 2154 },
      input: { a: '6600000,700000' },
      output: { a: '46.50000000,3.00000000' },
    },
    {
      args: { field: 'a', epsg: 3857 },
      input: { a: '{"type":"Point","coordinates":[0,0]}' },
      output: { a: '{"type":"Point","coordinates":[0,0]}' },
    },
    { args: { field: 'a', epsg: 2154 }, input: { a: 'nowhere' }, output: { a: null } },
  ],
  validate: (args) => validateEpsg('transform_coordinates', args),
  compile: (args) =>
    geoStep({
      service: 'project',
      request: { epsg: args.number('epsg') },
      key: args.text('field'),
      output: args.field('field'),
      gives: 'text',
      reasons: [
        'not a pair of coordinates or a geometry',
        'not WKT or WKB',
        'geometry nested too deep',
        'nothing is left of it',
        'unknown projection',
        'outside of what the projection covers',
      ],
    }),
}
