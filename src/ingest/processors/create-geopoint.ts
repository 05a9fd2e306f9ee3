import { validateEpsg } from './epsg.ts'
import { geoStep } from './geo-answers.ts'
import {
  type CompiledStep,
  fieldArgument,
  outputArgument,
  type Processor,
  type StepArguments,
} from './processor.ts'

/** Most numbers have neither a decimal comma nor blanks around them. */
const number = (x: string) =>
  `coalesce(try_cast(${x} as double), try_cast(replace(trim(${x}), ',', '.') as double))`

export const createGeopoint: Processor = {
  name: 'create_geopoint',
  label: 'Create geo point',
  doc: 'Makes a geo point from a latitude and a longitude, or from north and east of another projection. A pair that is no place on Earth is a record error.',
  args: [
    fieldArgument('latitude', 'Field with the latitude, in degrees; of a projection: north, y'),
    fieldArgument('longitude', 'Field with the longitude, in degrees; of a projection: east, x'),
    {
      name: 'epsg',
      type: 'int',
      description: 'EPSG code of the projection that the coordinates are in',
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
    {
      args: { latitude: 'y', longitude: 'x', epsg: 27700, output_field: 'place' },
      input: { y: 'none', x: '530000' },
      output: { place: null },
    },
  ],
  validate: (args) => validateEpsg('create_geopoint', args),
  compile(args) {
    if (args.number('epsg') !== 4326) return projected(args)
    const lat = args.shared(number(args.text('latitude')))
    const lon = args.shared(number(args.text('longitude')))
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

function projected(args: StepArguments): CompiledStep {
  const [y, x] = [args.text('latitude'), args.text('longitude')]
  const [north, east] = [number(y), number(x)]
  const output = args.output('output_field')
  const isPair = `isfinite(${north}) and isfinite(${east})`
  const step = geoStep({
    service: 'project_point',
    request: { epsg: args.number('epsg') },
    key: `case when ${isPair} then ${east}::varchar || ' ' || ${north}::varchar end`,
    output,
    gives: 'point',
    reasons: ['unknown projection', 'outside of what the projection covers'],
  })
  const noPair = {
    field: output,
    when: `(${y} is not null or ${x} is not null) and not coalesce(${isPair}, false)`,
    value: `concat_ws(', ', ${y}, ${x})`,
    reason: 'not a pair of coordinates',
  }
  return { ...step, failures: [...(step.failures ?? []), noPair] }
}
