/** Shapefiles: every kind of shape and attribute, encodings, projections, and files that contradict themselves. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import parseShapefile from 'shpjs'
import { dbfColumns } from '../../src/exports/shapefile/dbf.ts'
import { openShapeSet } from '../../src/exports/shapefile/shape-set.ts'
import { shapesOf } from '../../src/exports/shapefile/shapes.ts'
import type { ErrorKey, JsonObject } from '../../src/kernel/index.ts'
import { type Files, zipOf } from '../support/archives.ts'
import { type Built, runBuild, sourceOf, tempDirectory } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile } from '../support/parts.ts'
import { dbfOf, multipointShape, nullShape, partsShape, pointShape, shpOf } from '../support/shapefiles.ts'

async function build(t: TestContext, files: Files, params: JsonObject = {}): Promise<Built> {
  return runBuild(t, [sourceOf(t, 'places.zip', await zipOf(files), 'shapefile', params)])
}

const shapesIn = async (built: Built) =>
  (await readRecords(built)).map(({ geo_shape }) => (geo_shape === null ? null : geo_shape))

const ids = (count: number) =>
  dbfOf(
    [['id', 'N', 4]],
    Array.from({ length: count }, (_, n) => [String(n + 1).padStart(4)]),
  )

test('attributes of every type', async (t) => {
  const columns = [
    ['name', 'C', 12],
    ['count', 'N', 8],
    ['share', 'F', 8],
    ['open', 'L', 1],
    ['since', 'D', 8],
    ['whole', 'I', 4],
    ['name', 'C', 4],
  ] as const
  const whole = Buffer.alloc(4)
  whole.writeInt32LE(-7)
  const dbf = dbfOf(
    columns,
    [
      ['Café', '     042', '  -1.50', 'T', '20310204', whole, 'x'],
      ['deleted', '       1', '     .5', 'F', '20310205', whole, 'x'],
      ['', '********', '     .5', '?', '00000000', whole, ''],
    ],
    { deleted: [1] },
  )
  const shp = shpOf([pointShape([2.35, 48.85]), pointShape([0, 0]), nullShape])
  const built = await build(t, { 'a/places.shp': shp, 'a/places.DBF': dbf, 'a/places.cpg': 'UTF-8' })
  assert.deepEqual(await readRecords(built), [
    {
      name: 'Café',
      count: 42,
      share: -1.5,
      open: true,
      since: '2031-02-04',
      whole: -7,
      name_1: 'x',
      geo_shape: { type: 'Point', coordinates: [2.35, 48.85] },
      geo_point_2d: { lon: 2.35, lat: 48.85 },
    },
    {
      name: null,
      count: null,
      share: 0.5,
      open: null,
      since: null,
      whole: -7,
      name_1: null,
      geo_shape: null,
      geo_point_2d: null,
    },
  ])
  assert.deepEqual(fieldTypesOf(built), {
    name: 'text',
    count: 'int',
    share: 'double',
    open: 'boolean',
    since: 'date',
    whole: 'int',
    name_1: 'text',
    geo_shape: 'geo_shape',
    geo_point_2d: 'geo_point_2d',
  })
})

const square = [
  [0, 0],
  [0, 10],
  [10, 10],
  [10, 0],
  [0, 0],
]
const hole = [
  [2, 2],
  [4, 2],
  [4, 4],
  [2, 4],
  [2, 2],
]
const island = [
  [20, 0],
  [20, 5],
  [25, 5],
  [20, 0],
]

test('every kind of shape, with holes, parts, heights and measures', async (t) => {
  const shp = shpOf([
    partsShape(5, [square, hole, island]),
    partsShape(5, [island, hole, square]),
    partsShape(3, [hole]),
    partsShape(3, [hole, island]),
    multipointShape(island),
    pointShape([1, 2, 30]),
    partsShape(13, [
      [
        [0, 0, 1],
        [1, 1, 2],
      ],
    ]),
    partsShape(25, [square.slice(0, -1)]),
  ])
  const built = await build(t, { 'p.shp': shp, 'p.dbf': ids(8) })
  const outer = [...square].reverse()
  const inner = [...hole].reverse()
  const other = [...island].reverse()
  assert.deepEqual(await shapesIn(built), [
    { type: 'MultiPolygon', coordinates: [[outer, inner], [other]] },
    { type: 'MultiPolygon', coordinates: [[other], [outer, inner]] },
    { type: 'LineString', coordinates: hole },
    { type: 'MultiLineString', coordinates: [hole, island] },
    { type: 'MultiPoint', coordinates: island },
    { type: 'Point', coordinates: [1, 2, 30] },
    {
      type: 'LineString',
      coordinates: [
        [0, 0, 1],
        [1, 1, 2],
      ],
    },
    // Not closed: closed, and turned.
    { type: 'Polygon', coordinates: [outer] },
  ])
})

const encodings: readonly (readonly [string, string | undefined, number, JsonObject, Buffer])[] = [
  ['.cpg', '1252', 0, {}, Buffer.from('Nîmes', 'latin1')],
  ['.cpg with another name', 'ISO-8859-1', 0, {}, Buffer.from('Nîmes', 'latin1')],
  ['the header', undefined, 2, {}, Buffer.from([0x4e, 0x8c, 0x6d, 0x65, 0x73])],
  ['nobody, in UTF-8', undefined, 0, {}, Buffer.from('Nîmes')],
  ['nobody, in Latin-1', undefined, 0, {}, Buffer.from('Nîmes', 'latin1')],
  ['the parameter', 'UTF-8', 0, { encoding: 'cp850' }, Buffer.from([0x4e, 0x8c, 0x6d, 0x65, 0x73])],
]
for (const [by, cpg, languageId, params, bytes] of encodings) {
  test(`the encoding of attributes is told by ${by}`, async (t) => {
    const dbf = dbfOf([['city', 'C', 10]], [[bytes]], { languageId })
    const files = { 'p.shp': shpOf([nullShape]), 'p.dbf': dbf, ...(cpg ? { 'p.cpg': cpg } : {}) }
    const [record] = await readRecords(await build(t, files, params))
    assert.equal(record!.city, 'Nîmes')
  })
}

const lambert =
  'PROJCS["RGF_1993_Lambert_93",GEOGCS["GCS_RGF_1993",DATUM["D_RGF_1993",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",700000.0],PARAMETER["False_Northing",6600000.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Standard_Parallel_1",44.0],PARAMETER["Standard_Parallel_2",49.0],PARAMETER["Latitude_Of_Origin",46.5],UNIT["Meter",1.0]]'
const paris = shpOf([pointShape([652469.02, 6862035.26])], { box: [652469, 6862035, 652470, 6862036] })

test('coordinates are brought to WGS 84 by the .prj or by the parameter', async (t) => {
  const files = { 'p.shp': paris, 'p.dbf': ids(1) }
  const expected = [{ type: 'Point', coordinates: [2.35219996, 48.85660001] }]
  assert.deepEqual(await shapesIn(await build(t, { ...files, 'p.prj': lambert })), expected)
  assert.deepEqual(
    await shapesIn(await build(t, { ...files, 'p.prj': 'nonsense' }, { epsg: 2154 })),
    expected,
  )
})

test('several shapefiles of one archive become one dataset, with their names', async (t) => {
  const files = {
    'a.shp': shpOf([pointShape([1, 1])]),
    'b.dbf': ids(1),
    'b.shp': shpOf([pointShape([2, 2])]),
    'a.dbf': dbfOf([['kind', 'C', 3]], [['x']]),
  }
  const built = await build(t, files, { extract_filename: true })
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ id, kind, source_filename }) => [id, kind, source_filename]),
    [
      [1, null, 'b.shp'],
      [null, 'x', 'a.shp'],
    ],
  )
  assert.equal((await readRecords(await build(t, files, { archive_member: 'a.shp' }))).length, 1)
})

test('what the exports write is read as it was, and as another program reads it', async (t) => {
  const directory = tempDirectory(t)
  const columns = dbfColumns(
    [
      { name: 'title', type: 'text' },
      { name: 'price', type: 'double' },
    ] as unknown as Parameters<typeof dbfColumns>[0],
    [12, 8],
  )
  const polygon = { type: 'Polygon', coordinates: [[...square].reverse(), [...hole].reverse()] }
  const set = await openShapeSet(join(directory, 'p'), 'polygon', columns, 0)
  for (const title of ['one', 'Łódź'])
    set.add(shapesOf(polygon, (position) => position)[0]!, { a0: title, a1: '12.25' } as never)
  await set.close()
  const read = (extension: string) => readFile(join(directory, `p.${extension}`))
  const zip = await zipOf({
    'p.shp': await read('shp'),
    'p.dbf': await read('dbf'),
    'p.cpg': 'UTF-8',
  })
  const built = await runBuild(t, [sourceOf(t, 'p.zip', zip, 'shapefile')])
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ title, price }) => [title, price]),
    [
      ['one', 12.25],
      ['Łódź', 12.25],
    ],
  )
  const other = (await parseShapefile(new Uint8Array(zip).buffer)) as {
    features: { geometry: unknown; properties: object }[]
  }
  assert.deepEqual(
    records.map(({ geo_shape }) => geo_shape),
    [polygon, polygon],
  )
  assert.deepEqual(
    other.features.map(({ properties }) => properties),
    records.map(({ title, price }) => ({ title, price })),
  )
})

const point = pointShape([1, 1])
const whole = { 'p.shp': shpOf([point, point]), 'p.dbf': ids(2) }
type Refusal = [name: string, files: () => Files, key: ErrorKey, expected?: RegExp, params?: JsonObject]
const refused: Refusal[] = [
  ['no .dbf', () => ({ 'p.shp': shpOf([point]) }), 'ingest.invalid_shapefile', /\.dbf is not there/],
  ['no .shp', () => ({ 'p.dbf': ids(1), 'p.prj': lambert }), 'ingest.member_not_found', /p\.dbf/],
  [
    'a .shp that is none',
    () => ({ ...whole, 'p.shp': Buffer.alloc(500, 'x') }),
    'ingest.invalid_shapefile',
    /shp is none/,
  ],
  ['an empty .shp', () => ({ ...whole, 'p.shp': '' }), 'ingest.invalid_shapefile', /shp is none/],
  [
    'a .shp that was cut off',
    () => ({ ...whole, 'p.shp': whole['p.shp'].subarray(0, 150) }),
    'ingest.invalid_shapefile',
    /ends inside record 2 of 2/,
  ],
  [
    'a .shp of fewer records',
    () => ({ ...whole, 'p.shp': shpOf([point]) }),
    'ingest.invalid_shapefile',
    /ends before record 2 of 2/,
  ],
  [
    'a .shp of more records',
    () => ({ ...whole, 'p.shp': shpOf([point, point, point]) }),
    'ingest.invalid_shapefile',
    /more shapes than the 2/,
  ],
  [
    'a .dbf that was cut off',
    () => ({ ...whole, 'p.dbf': ids(2).subarray(0, 70) }),
    'ingest.invalid_shapefile',
    /2 records, and ends inside number 2/,
  ],
  [
    'a .dbf cut off in its header',
    () => ({ ...whole, 'p.dbf': ids(2).subarray(0, 40) }),
    'ingest.invalid_shapefile',
    /inside its header/,
  ],
  [
    'a count of rows that lies',
    () => ({ ...whole, 'p.dbf': dbfOf([['id', 'N', 4]], [['1'], ['2']], { count: 4_000_000_000 }) }),
    'ingest.invalid_shapefile',
    /4000000000 records/,
  ],
  [
    'columns wider than rows',
    () => {
      const dbf = ids(2)
      dbf[48] = 200
      return { ...whole, 'p.dbf': dbf }
    },
    'ingest.invalid_shapefile',
    /wider/,
  ],
  [
    'more columns than a dataset has',
    () => ({
      ...whole,
      'p.dbf': dbfOf(
        Array.from({ length: 600 }, (_, n) => [`c${n}`, 'C', 1] as const),
        [['x'], ['x']],
      ),
    }),
    'ingest.too_many_fields',
  ],
  [
    'a record of a gigabyte',
    () => {
      const shp = shpOf([point, point])
      shp.writeInt32BE(500_000_000, 104)
      return { ...whole, 'p.shp': shp }
    },
    'ingest.record_too_large',
  ],
  [
    'a record of negative length',
    () => {
      const shp = shpOf([point, point])
      shp.writeInt32BE(-5, 104)
      return { ...whole, 'p.shp': shp }
    },
    'ingest.invalid_shapefile',
    /no content/,
  ],
  [
    'a projection that is not known',
    () => ({ ...whole, 'p.prj': 'LOCAL_CS["mine"]' }),
    'ingest.unknown_projection',
    /mine/,
  ],
  ['a code that is not known', () => whole, 'ingest.unknown_projection', /EPSG:1/, { epsg: 1 }],
  ['a projection that nobody says', () => ({ 'p.shp': paris, 'p.dbf': ids(1) }), 'ingest.projection_missing'],
  [
    'an encoding that is not known',
    () => whole,
    'ingest.unknown_encoding',
    /klingon/,
    { encoding: 'klingon' },
  ],
]
for (const [name, files, key, expected, params = {}] of refused) {
  test(`refused by name: ${name}`, async (t) => {
    const built = await build(t, files(), params)
    assert.equal(built.error?.key, key, JSON.stringify(built.error))
    if (expected) assert.match(JSON.stringify(built.error), expected)
  })
}

test('a .shp without the others is refused by name', async (t) => {
  const built = await runBuild(t, [sourceOf(t, 'p.shp', whole['p.shp'], 'shapefile')])
  assert.equal(built.error?.key, 'ingest.invalid_shapefile')
})

test('a shape that cannot be used leaves its record, and a record error with the reason', async (t) => {
  const contents = [
    partsShape(5, [square], 10_000_000),
    partsShape(3, [
      [
        [Number.NaN, 1],
        [2, 2],
      ],
    ]),
    pointShape([Number.POSITIVE_INFINITY, 1]),
    pointShape([1, 91]),
    partsShape(5, [square.slice(0, 2)]),
    Buffer.concat([Buffer.from([31, 0, 0, 0]), Buffer.alloc(40)]),
    partsShape(3, [[[1, 1]]]),
    point,
  ]
  const built = await build(t, { 'p.shp': shpOf(contents), 'p.dbf': ids(contents.length) })
  assert.deepEqual(
    (await shapesIn(built)).map((shape) => shape !== null),
    contents.map((content) => content === point),
  )
  const errors = await readSideFile(built, 'record_errors')
  const reasons = errors.map(
    ({ value }) => (JSON.parse(String(value)) as { coordinates: string }).coordinates,
  )
  for (const reason of [
    /more positions than its record/,
    /no number/,
    /1, 91 is no place on the Earth/,
    /fewer than three corners/,
    /shape type 31 is not read/,
    /1 positions where 2 are needed/,
  ])
    assert.ok(
      reasons.some((text) => reason.test(text)),
      `${reason}: ${reasons.join('; ')}`,
    )
})

test('a table without columns leaves the shapes', async (t) => {
  const built = await build(t, { 'p.shp': shpOf([point, point]), 'p.dbf': dbfOf([], [[], []]) })
  assert.deepEqual(
    await shapesIn(built),
    Array.from({ length: 2 }, () => ({ type: 'Point', coordinates: [1, 1] })),
  )
})

test('a table of 300 columns is read', async (t) => {
  const columns = Array.from({ length: 300 }, (_, n) => [`c${n}`, 'C', 1] as const)
  const built = await build(t, { 'p.shp': shpOf([point]), 'p.dbf': dbfOf(columns, [columns.map(() => 'x')]) })
  assert.equal(Object.keys(fieldTypesOf(built)).length, 302)
})
