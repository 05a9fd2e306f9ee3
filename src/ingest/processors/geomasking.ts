import { AppError, quoteIdentifier, quoteLiteral } from '../../kernel/index.ts'
import { asText } from '../types/types.ts'
import { noPoint, pointSql, pointType } from './points.ts'
import { fieldArgument, type Processor } from './processor.ts'

const earthRadiusMetres = 6_371_008.8

export const geomasking: Processor = {
  name: 'geomasking',
  label: 'Geo masking',
  doc: 'Moves a geo point, in place, in some direction by a distance between two bounds, so that it does not tell an address any more. Where to follows from the record itself: every publish of the same record gives the same place, so that no mean of many tells the original. Whoever knows all other fields and the secret could find it out again: a secret that nobody guesses keeps it.',
  args: [
    fieldArgument('field', 'Field with the geo point'),
    {
      name: 'min',
      type: 'double',
      description: 'Least distance, in metres',
      is_mandatory: false,
      default: 1000,
      minimum: 0,
      maximum: 1_000_000,
    },
    {
      name: 'max',
      type: 'double',
      description: 'Most, in metres',
      is_mandatory: false,
      default: 3000,
      minimum: 0,
      maximum: 1_000_000,
    },
    {
      name: 'secret',
      type: 'text',
      description: 'Text that goes into where the point is moved to',
      is_mandatory: false,
      default: '',
    },
  ],
  examples: [
    {
      args: { field: 'place', min: 0, max: 0 },
      input: { place: '45.5,4.5' },
      output: { place: { lon: 4.5, lat: 45.5 } },
    },
    { args: { field: 'place' }, input: { place: 'nowhere' }, output: { place: null } },
  ],
  validate(args) {
    const [min, max] = [Number(args.min ?? 1000), Number(args.max ?? 3000)]
    if (min <= max) return
    throw new AppError('ingest.invalid_argument', {
      name: 'geomasking',
      argument: 'max',
      value: String(max),
      expected: `it must be at least min, which is ${min}`,
    })
  },
  compile(args) {
    const field = args.field('field')
    const point = pointSql(args, field)
    const texts = args.columns.map(({ name, engineType }) => {
      const text = asText(engineType, quoteIdentifier(name))
      return `coalesce(${text}, chr(30))`
    })
    const digest = `md5(concat_ws(chr(31), ${quoteLiteral(args.value('secret'))}, ${texts.join(', ')}))`
    const share = (from: number) => `(('0x' || substr(_d, ${from}, 8))::bigint / 4294967296.0)`
    const [min, max] = [args.number('min'), args.number('max')]
    // By the square root the places are spread evenly over the ring, not crowded at its inner edge.
    const angle = `(sqrt(${share(1)} * ${max * max - min * min} + ${min * min}) / ${earthRadiusMetres})`
    const bearing = `(${share(9)} * 2 * pi())`
    const lat = `asin(greatest(-1, least(1, sin(radians(_p.lat)) * cos(${angle}) + cos(radians(_p.lat)) * sin(${angle}) * cos(${bearing}))))`
    const lon = `radians(_p.lon) + atan2(sin(${bearing}) * sin(${angle}) * cos(radians(_p.lat)), cos(${angle}) - sin(radians(_p.lat)) * sin(${lat}))`
    const moved = `{'lon': round(degrees(${lon}) - 360 * floor((degrees(${lon}) + 180) / 360), 7), 'lat': round(degrees(${lat}), 7)}`
    const once = `list_transform([{'p': ${point}, 'd': ${digest}}], lambda _x: list_transform([_x.p], lambda _p: list_transform([_x.d], lambda _d: ${moved})[1])[1])[1]`
    return {
      set: [{ name: field, engineType: pointType, sql: `case when ${point} is not null then ${once} end` }],
      failures: [noPoint(args, field)],
    }
  },
}
