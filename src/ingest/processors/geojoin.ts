import { AppError, type JoinedDataset, quoteIdentifier, shapePartsSql } from '../../kernel/index.ts'
import {
  datasetArgument,
  joinArguments,
  joinedField,
  joinedRecordsSql,
  matchedRecords,
  mostMatches,
  outputFields,
  requireOutputs,
  tableOf,
} from './joined.ts'
import { noPoint, pointSql } from './points.ts'
import { fieldArgument, type Processor, type StepArguments, type StepTable } from './processor.ts'

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

const remoteFieldArgument = {
  name: 'remote_field',
  type: 'text',
  description: 'Field of the other dataset with the shapes; its first of that type when left out',
  is_mandatory: false,
} as const

export const geojoin: Processor = {
  name: 'geojoin',
  label: 'Geo join',
  doc: `Adds fields of another published dataset's record whose shape contains the point of this one's. A point in no shape stays, with empty fields; one in several becomes as many records, or one with one_line. A point on the border of two shapes that touch lies in one of them. At most ${mostMatches} shapes fit one point; beyond that it is a record error. A later change of the other dataset marks this one as stale.`,
  args: [
    datasetArgument,
    fieldArgument('field', 'Field with the geo point'),
    remoteFieldArgument,
    ...joinArguments,
  ],
  examples: [
    {
      args: { dataset: 'areas', field: 'place', output_fields: ['name'] },
      datasets: { areas: [{ name: 'Rhône', shape: square }] },
      input: { place: '45.7,4.8' },
      output: { name: 'Rhône' },
    },
    {
      args: { dataset: 'areas', field: 'place', output_fields: ['name'] },
      datasets: { areas: [{ name: 'Rhône', shape: square }] },
      input: { place: '48.8,2.3' },
      output: { name: null },
    },
  ],
  validate: (args) => requireOutputs('geojoin', args),
  compile: (args) => compileGeoJoin(args, 'remote_field'),
}

/** The same for the divisions of a country: a dataset with a shape, a code and a name for each. */
export const geoDomain: Processor = {
  name: 'geo_domain',
  label: 'Administrative division',
  doc: 'Adds the administrative division that a point lies in: fields (by default code and name) of a published dataset with the shapes of the divisions. As geojoin with one_line, for the datasets of regions, departments or municipalities that a portal publishes once and all others use.',
  args: [
    datasetArgument,
    fieldArgument('field', 'Field with the geo point'),
    remoteFieldArgument,
    ...joinArguments.map((argument) =>
      argument.name === 'one_line' ? { ...argument, default: true } : argument,
    ),
  ],
  examples: [
    {
      args: { dataset: 'areas', field: 'place', output_fields: ['code', 'name'] },
      datasets: { areas: [{ code: 'D69', name: 'Rhône', shape: square }] },
      input: { place: '45.7,4.8' },
      output: { code: 'D69', name: 'Rhône' },
    },
  ],
  validate(args) {
    if (args.output_fields !== undefined && !Array.isArray(args.output_fields))
      throw new AppError('ingest.invalid_argument', {
        name: 'geo_domain',
        argument: 'output_fields',
        value: String(args.output_fields).slice(0, 100),
        expected: 'it must be an array of texts',
      })
  },
  compile: (args) => compileGeoJoin(divisionsOf(args), 'remote_field'),
}

/** Code and name, where nothing else is asked for. */
function divisionsOf(args: StepArguments): StepArguments {
  if (args.has('output_fields')) return args
  return {
    ...args,
    values: (argument) => (argument === 'output_fields' ? ['code', 'name'] : args.values(argument)),
  }
}

function compileGeoJoin(args: StepArguments, shapeArgument: string) {
  const dataset = args.dataset('dataset')
  const shape = shapeField(args, dataset, shapeArgument)
  const outputs = outputFields(args, dataset, new Set([shape.name]))
  const needed = [...new Map([shape, ...outputs.fields].map((field) => [field.name, field])).values()]
  const x = quoteIdentifier(shape.name)
  const records: StepTable = named(
    `select row_number() over (order by _file, file_row_number) as _n, ${outputs.struct} as _v, ${x} as _shape
     from (${joinedRecordsSql(dataset, needed)}) where ${x} is not null`,
  )
  const edges = named(edgesSql(records.table))
  const scale = named(scaleSql(edges.table))
  const bands = named(bandsSql(edges.table, scale.table))
  const field = args.field('field')
  const point = pointSql(args, field)
  // Of the points of a slice that differ, each is looked up once: the engine makes a join of it. Inside a lambda it does
  // not see the outer row's columns, so they are named first.
  const near = `select _n, _edges, _point.lon as _x, _point.lat as _y from ${quoteIdentifier(bands.table)}
    where _band = floor(_point.lat / (select _height from ${quoteIdentifier(scale.table)}))::bigint
      and _west <= _point.lon and _east >= _point.lon`
  const crosses = '(_e.b > _y) <> (_e.d > _y) and _x < (_e.c - _e.a) * (_y - _e.b) / (_e.d - _e.b) + _e.a'
  const found = `select list(_one._v order by _one._n)[:${mostMatches}] as _rows, count(*) as _n
    from (select distinct _n from (${near})
      where len(list_filter(_edges, lambda _e: ${crosses})) % 2 = 1) as _in
    join ${quoteIdentifier(records.table)} as _one on _one._n = _in._n`
  const join = {
    ...bands,
    needs: [records, edges, scale],
    sql: `left join lateral (select ${point} as _point) on true left join lateral (${found}) on true`,
  }
  const matched = matchedRecords(args, outputs, {
    rows: '_rows',
    matches: '_n',
    key: args.textOf(field),
    field,
  })
  return { join, ...matched, failures: [...(matched.failures ?? []), noPoint(args, field)] }
}

const named = (source: string): StepTable => ({ table: tableOf(source), source })

function shapeField(args: StepArguments, dataset: JoinedDataset, argument: string) {
  if (args.has(argument)) {
    const field = joinedField(args, dataset, args.value(argument))
    if (field.type === 'geo_shape') return field
    throw args.failed(field.name, 'it is no geo_shape')
  }
  const field = dataset.fields.find(({ type }) => type === 'geo_shape')
  if (field) return field
  throw args.failed(argument, `dataset ${dataset.datasetId} has no field of type geo_shape`)
}

/**
 * Areas one by one (`_area`), each with its edges from (a, b) to (c, d). Where a shape goes on beyond the antimeridian, its
 * area is there once more a turn further on.
 */
function edgesSql(records: string): string {
  const ring = `list_zip(_l[1:len(_l)-1], _l[2:])`
  const edge = `{'a': _z[1][1], 'b': _z[1][2], 'c': _z[2][1], 'd': _z[2][2]}`
  const edges = `flatten(list_transform(_rings, lambda _l: list_transform(${ring}, lambda _z: ${edge})))`
  const turned = (turn: number) =>
    `list_transform(_edges, lambda _e: {'a': _e.a + ${turn}, 'b': _e.b, 'c': _e.c + ${turn}, 'd': _e.d})`
  return `with parts as (
      select _n, unnest((${shapePartsSql('_shape')}).areas) as _rings from ${quoteIdentifier(records)}),
    areas as (select _n, ${edges} as _edges from parts),
    boxed as (select *, list_min(list_transform(_edges, lambda _e: _e.a)) as _west,
      list_max(list_transform(_edges, lambda _e: _e.a)) as _east from areas where len(_edges) > 0),
    turned as (select _n, _edges, _west, _east from boxed
      union all select _n, ${turned(-360)}, _west - 360, _east - 360 from boxed where _east > 180
      union all select _n, ${turned(360)}, _west + 360, _east + 360 from boxed where _west < -180)
    select row_number() over (order by _n, _west) as _area, _n, _west, _east, unnest(_edges) as _edge from turned`
}

/**
 * How high the bands of latitude are that edges are sorted into: a point is compared with those of its band alone. About
 * sixteen edges of an area meet in one; edges that go through many bands, of which there may be any number in a hostile
 * shape, never become more than five times as many rows.
 */
function scaleSql(edges: string): string {
  return `with areas as (select greatest(max(greatest(_edge.b, _edge.d)) - min(least(_edge.b, _edge.d)), 0) as _height
      from ${quoteIdentifier(edges)} group by _area),
    sums as (select (select coalesce(sum(_height), 0) from areas) as _areas,
      (select count(*) from areas) as _count, count(*) as _edges,
      coalesce(sum(abs(_edge.b - _edge.d)), 0) as _lengths from ${quoteIdentifier(edges)})
    select greatest(_areas / greatest(4 * _count, _edges / 16.0, 1), _lengths / (4.0 * _edges + 100000), 1e-6) as _height
    from sums`
}

function bandsSql(edges: string, scale: string): string {
  const band = (y: string) => `floor(${y} / _height)::bigint`
  const range = `range(${band('least(_edge.b, _edge.d)')}, ${band('greatest(_edge.b, _edge.d)')} + 1)`
  return `select _band, any_value(_n) as _n, any_value(_west) as _west, any_value(_east) as _east, list(_edge) as _edges
    from (select _area, _n, _west, _east, _edge, unnest(${range}) as _band
      from ${quoteIdentifier(edges)}, ${quoteIdentifier(scale)}
      where isfinite(_edge.b) and isfinite(_edge.d) and abs(_edge.b) < 1000 and abs(_edge.d) < 1000)
    group by _band, _area order by _band`
}
