import { noPoint, pointSql } from './points.ts'
import { fieldArgument, outputArgument, type Processor } from './processor.ts'

/** Of the sphere with the Earth's area: ODSQL's distance() has the same. */
const earthRadiusKm = 6371.0088

export const geoDistance: Processor = {
  name: 'geo_distance',
  label: 'Geo distance',
  doc: 'The distance between two geo points in kilometres, over the surface of the Earth as a sphere. What is no geo point is a record error.',
  args: [
    fieldArgument('a', 'Field with one geo point'),
    fieldArgument('b', 'Field with the other'),
    outputArgument,
  ],
  examples: [
    {
      args: { a: 'from', b: 'to', output_field: 'km' },
      input: { from: '0.0,0.0', to: '0.0,180.0' },
      output: { km: 20015.114442035923 },
    },
    {
      args: { a: 'from', b: 'to', output_field: 'km' },
      input: { from: '45.5,4.5', to: null },
      output: { km: null },
    },
  ],
  compile(args) {
    const [a, b] = [pointSql(args, args.field('a')), pointSql(args, args.field('b'))]
    const half = (axis: string) => `pow(sin(radians(${b}.${axis} - ${a}.${axis}) / 2), 2)`
    const square = `${half('lat')} + cos(radians(${a}.lat)) * cos(radians(${b}.lat)) * ${half('lon')}`
    return {
      set: [
        {
          name: args.output('output_field'),
          engineType: 'DOUBLE',
          // What rounding makes of antipodes has no arc sine.
          sql: `case when ${a} is not null and ${b} is not null then 2 * ${earthRadiusKm} * asin(sqrt(least(1, ${square}))) end`,
        },
      ],
      failures: [noPoint(args, args.field('a')), noPoint(args, args.field('b'))],
    }
  },
}
