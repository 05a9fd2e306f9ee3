import { fieldArgument, outputArgument, type Processor } from './processor.ts'

export const createGeopoint: Processor = {
  name: 'create_geopoint',
  label: 'Create geo point',
  doc: 'Makes a geo point from a latitude and a longitude. A pair that is no place on Earth is a record error.',
  args: [
    fieldArgument('latitude', 'Field with the latitude, in degrees'),
    fieldArgument('longitude', 'Field with the longitude, in degrees'),
    {
      name: 'epsg',
      type: 'int',
      description: 'Projection of the coordinates; 4326 only',
      is_mandatory: false,
      default: 4326,
    },
    outputArgument,
  ],
  examples: [
    {
      args: { latitude: 'lat', longitude: 'lon', output_field: 'place' },
      input: { lat: '45.76', lon: '4,86' },
      output: { place: { lon: 4.86, lat: 45.76 } },
    },
    {
      args: { latitude: 'lat', longitude: 'lon', output_field: 'place' },
      input: { lat: '95', lon: '4' },
      output: { place: null },
    },
  ],
  compile(args) {
    const number = (x: string) => `try_cast(replace(trim(${x}), ',', '.') as double)`
    const lat = number(args.text('latitude'))
    const lon = number(args.text('longitude'))
    const isValid = `${lat} between -90 and 90 and ${lon} between -180 and 180`
    const output = args.output('output_field')
    return {
      set: [
        {
          name: output,
          engineType: 'STRUCT(lon DOUBLE, lat DOUBLE)',
          sql: `case when ${isValid} then {'lon': ${lon}, 'lat': ${lat}} end`,
        },
      ],
      failures: [
        {
          field: output,
          when: `(${args.text('latitude')} is not null or ${args.text('longitude')} is not null) and not coalesce(${isValid}, false)`,
          value: `concat_ws(', ', ${args.text('latitude')}, ${args.text('longitude')})`,
          reason: 'not a latitude and a longitude',
        },
      ],
    }
  },
}
