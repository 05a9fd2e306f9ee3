import { AppError, type JsonValue } from '../../kernel/index.ts'
import { GeoFault } from '../geo/answer.ts'
import { type Position, parseShape, type Shape } from '../geo/shape.ts'
import { noPoint, pointSql } from './points.ts'
import { fieldArgument, type Processor } from './processor.ts'

/** They are part of the statement, and every point near the polygon is compared with each. */
const mostCorners = 10_000
const edgeType = '{"a":"DOUBLE","b":"DOUBLE","c":"DOUBLE","d":"DOUBLE"}'

const square = {
  type: 'Polygon',
  coordinates: [
    [
      [4, 45],
      [5, 45],
      [5, 46],
      [4, 46],
      [4, 45],
    ],
  ],
}

export const polygonFiltering: Processor = {
  name: 'polygon_filtering',
  label: 'Filter by polygon',
  doc: `Keeps the records whose geo point lies in a polygon; those outside of it, and those without a point, are left out. The polygon has at most ${mostCorners} corners.`,
  args: [
    fieldArgument('field', 'Field with the geo point'),
    {
      name: 'polygon',
      type: 'geojson',
      description: 'A GeoJSON Polygon or MultiPolygon',
      is_mandatory: true,
    },
  ],
  examples: [
    {
      args: { field: 'place', polygon: square },
      input: { place: '45.5,4.5' },
      output: {},
    },
    { args: { field: 'place', polygon: square }, input: { place: '48.5,2.5' }, output: null },
  ],
  validate: (args) => void areasOf(args.polygon),
  compile(args) {
    const field = args.field('field')
    const point = pointSql(args, field)
    const areas = areasOf(args.given('polygon'))
    const positions = areas.flat(2)
    const bounds = (axis: number) => positions.map((position) => position[axis]!)
    const [west, east] = [Math.min(...bounds(0)), Math.max(...bounds(0))]
    const [south, north] = [Math.min(...bounds(1)), Math.max(...bounds(1))]
    const value = JSON.stringify(areas.map((rings) => rings.flatMap(edgesOf)))
    const edges = `from_json('${value}'::json, '[[${edgeType}]]')`
    const crosses =
      '(_e.b > _p.lat) <> (_e.d > _p.lat) and _p.lon < (_e.c - _e.a) * (_p.lat - _e.b) / (_e.d - _e.b) + _e.a'
    const inside = `len(list_filter(${edges}, lambda _a: len(list_filter(_a, lambda _e: ${crosses})) % 2 = 1)) > 0`
    const near = `${point}.lon between ${west} and ${east} and ${point}.lat between ${south} and ${north}`
    return {
      set: [],
      keep: `case when ${near} then list_transform([${point}], lambda _p: ${inside})[1] else false end`,
      failures: [noPoint(args, field)],
    }
  },
}

const edgesOf = (ring: Position[]) =>
  ring.slice(1).map(([c, d], at) => ({ a: ring[at]![0]!, b: ring[at]![1]!, c: c!, d: d! }))

/** Rings of areas. Errors: ingest.invalid_argument. */
function areasOf(given: JsonValue | undefined): Position[][][] {
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  const refuse = (expected: string) =>
    new AppError('ingest.invalid_argument', {
      name: 'polygon_filtering',
      argument: 'polygon',
      value: text.slice(0, 100),
      expected,
    })
  let shape: Shape
  try {
    shape = parseShape(text)
  } catch (error) {
    if (error instanceof GeoFault) throw refuse('it must be a GeoJSON geometry')
    throw error
  }
  if (shape.type !== 'Polygon' && shape.type !== 'MultiPolygon')
    throw refuse('it must be a Polygon or a MultiPolygon')
  const areas = (shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates) as Position[][][]
  const corners = areas.flat(2).length
  if (corners < 3) throw refuse('it must have corners')
  if (corners > mostCorners) throw refuse(`it must have at most ${mostCorners} corners`)
  return areas
}
