/** GeoPackages: layers, geometries, projections, and databases that are not what they should be. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ErrorKey, JsonObject } from '../../src/kernel/index.ts'
import { zipOf } from '../support/archives.ts'
import { runBuild, sourceOf, tempDirectory } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile, sealedManifest } from '../support/parts.ts'

const build = (t: TestContext, content: Buffer, params: JsonObject = {}, name = 'a.gpkg') =>
  runBuild(t, [sourceOf(t, name, content, 'geopackage', params)])

/** The bytes of a database that `fill` has made. */
function databaseOf(t: TestContext, fill: (database: DatabaseSync) => void): Buffer {
  const path = join(tempDirectory(t), 'made.gpkg')
  const database = new DatabaseSync(path)
  fill(database)
  database.close()
  return readFileSync(path)
}

const frame = `
  create table gpkg_spatial_ref_sys (srs_name text, srs_id integer primary key, organization text, organization_coordsys_id integer, definition text, description text);
  create table gpkg_contents (table_name text primary key, data_type text, identifier text, srs_id integer);
  create table gpkg_geometry_columns (table_name text, column_name text, geometry_type_name text, srs_id integer, z integer, m integer);
  insert into gpkg_spatial_ref_sys values ('x', 0, 'NONE', 0, 'undefined', ''), ('x', -1, 'NONE', -1, 'undefined', ''),
    ('x', 4326, 'EPSG', 4326, 'undefined', ''), ('x', 2154, 'EPSG', 2154, 'undefined', ''), ('x', 100001, 'MINE', 7, 'PROJCS["mine"]', '');`

function addLayer(
  database: DatabaseSync,
  name: string,
  srs: number,
  columns = 'fid integer primary key, geom blob',
): void {
  database.exec(`create table "${name}" (${columns})`)
  tell(database, name, srs)
}

function tell(database: DatabaseSync, name: string, srs = 4326): void {
  database.prepare("insert into gpkg_contents values (?, 'features', ?, ?)").run(name, name, srs)
  database.prepare("insert into gpkg_geometry_columns values (?, 'geom', 'GEOMETRY', ?, 0, 0)").run(name, srs)
}

const head = (flags = 1, box = 0) =>
  Buffer.concat([Buffer.from([0x47, 0x50, 0, flags, 0, 0, 0, 0]), Buffer.alloc(box)])
const uint = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const doubles = (...values: number[]) => {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => void bytes.writeDoubleLE(value, 8 * index))
  return bytes
}
const wkb = (type: number, ...pieces: Buffer[]) => Buffer.concat([Buffer.from([1]), uint(type), ...pieces])
const line = (...positions: number[][]) => [uint(positions.length), doubles(...positions.flat())]
const point = (...position: number[]) => Buffer.concat([head(), wkb(1, doubles(...position))])

const ring = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 0],
]
const geometries: readonly (readonly [bytes: Buffer | null, expected: unknown])[] = [
  [point(2.35, 48.85), { type: 'Point', coordinates: [2.35, 48.85] }],
  [Buffer.concat([head(3, 32), wkb(1001, doubles(1, 2, 3))]), { type: 'Point', coordinates: [1, 2, 3] }],
  [Buffer.concat([head(), wkb(0x80000001, doubles(1, 2, 3))]), { type: 'Point', coordinates: [1, 2, 3] }],
  [Buffer.concat([head(), wkb(3001, doubles(1, 2, 3, 9))]), { type: 'Point', coordinates: [1, 2, 3] }],
  [
    Buffer.concat([head(), wkb(2, ...line([1, 1], [2, 2]))]),
    {
      type: 'LineString',
      coordinates: [
        [1, 1],
        [2, 2],
      ],
    },
  ],
  [Buffer.concat([head(), wkb(3, uint(1), ...line(...ring))]), { type: 'Polygon', coordinates: [ring] }],
  // Not closed: closed.
  [
    Buffer.concat([head(), wkb(3, uint(1), ...line(...ring.slice(0, 3)))]),
    { type: 'Polygon', coordinates: [ring] },
  ],
  [
    Buffer.concat([head(), wkb(6, uint(1), wkb(3, uint(1), ...line(...ring)))]),
    { type: 'MultiPolygon', coordinates: [[ring]] },
  ],
  [
    Buffer.concat([head(), wkb(4, uint(2), wkb(1, doubles(1, 1)), wkb(1, doubles(2, 2)))]),
    {
      type: 'MultiPoint',
      coordinates: [
        [1, 1],
        [2, 2],
      ],
    },
  ],
  [
    Buffer.concat([head(), wkb(7, uint(1), wkb(1, doubles(1, 1)))]),
    { type: 'GeometryCollection', geometries: [{ type: 'Point', coordinates: [1, 1] }] },
  ],
  [Buffer.concat([head(), wkb(1, doubles(Number.NaN, Number.NaN))]), null],
  [head(0x11), null],
  [null, null],
]

test('geometries of every kind, and values of every type', async (t) => {
  const content = databaseOf(t, (database) => {
    database.exec(frame)
    addLayer(
      database,
      'places',
      4326,
      'fid integer primary key, geom blob, name text, big bigint, share real, open boolean, day date, raw blob',
    )
    const insert = database.prepare('insert into places values (?, ?, ?, ?, ?, ?, ?, ?)')
    geometries.forEach(([bytes], index) => {
      insert.run(
        index + 1,
        bytes,
        index === 0 ? '' : 'Łódź',
        9007199254740993n,
        0.5,
        index % 2,
        '2031-02-03',
        Buffer.from([1, 255]),
      )
    })
  })
  const built = await build(t, content)
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ geo_shape }) => geo_shape),
    geometries.map(([, expected]) => expected),
  )
  const { geo_shape: _shape, geo_point_2d: _point, big: _big, ...second } = records[1]!
  assert.deepEqual(second, { fid: 2, name: 'Łódź', share: 0.5, open: true, day: '2031-02-03', raw: '01FF' })
  assert.deepEqual(fieldTypesOf(built), {
    fid: 'int',
    name: 'text',
    big: 'int',
    share: 'double',
    open: 'boolean',
    day: 'date',
    raw: 'text',
    geo_shape: 'geo_shape',
    geo_point_2d: 'geo_point_2d',
  })
  assert.deepEqual(
    readdirSync(built.plan.tmpDirectory).filter((name) => name.includes('gpkg')),
    [],
  )
})

test('the first layer, or the one that is asked for, in its projection', async (t) => {
  const content = databaseOf(t, (database) => {
    database.exec(frame)
    addLayer(database, 'first', 4326)
    addLayer(database, 'second', 2154)
    database.prepare('insert into first values (1, ?)').run(point(1, 1))
    database.prepare('insert into second values (1, ?)').run(point(652469.02, 6862035.26))
  })
  const shapeOf = async (bytes: Buffer, params: JsonObject, name?: string) =>
    (await readRecords(await build(t, bytes, params, name)))[0]!.geo_shape
  const paris = { type: 'Point', coordinates: [2.35219996, 48.85660001] }
  assert.deepEqual(await shapeOf(content, {}), { type: 'Point', coordinates: [1, 1] })
  assert.deepEqual(await shapeOf(content, { layer: 'second' }), paris)
  assert.deepEqual(await shapeOf(gzipSync(content), { layer: 'second' }, 'a.gpkg.gz'), paris)
  assert.deepEqual(await shapeOf(await zipOf({ 'a.gpkg': content }), { layer: 'second' }, 'a.zip'), paris)
})

test('more rows than a page, by numbers of rows with gaps', async (t) => {
  const content = databaseOf(t, (database) => {
    database.exec(`${frame} pragma journal_mode = wal;`)
    addLayer(database, 'many', 4326)
    database.exec('begin')
    const insert = database.prepare('insert into many values (?, ?)')
    for (let n = 0; n < 1500; n++) insert.run(n * 3 - 900, point(n / 100, 1))
    database.exec('commit')
  })
  const built = await build(t, content)
  assert.equal(sealedManifest(built).records_count, 1500)
  assert.deepEqual(
    (await readRecords(built)).slice(0, 2).map(({ fid }) => fid),
    [-900, -897],
  )
})

type Fill = (database: DatabaseSync) => void
type Refusal = [name: string, content: Fill | Buffer, key: ErrorKey, expected?: RegExp, params?: JsonObject]
const withLayer =
  (fill: Fill): Fill =>
  (database) => {
    database.exec(frame)
    fill(database)
  }
const refused: Refusal[] = [
  ['no database', Buffer.from('hello'), 'ingest.invalid_geopackage', /no SQLite/],
  ['an empty file', Buffer.alloc(0), 'ingest.source_is_empty'],
  [
    'a plain SQLite database',
    (database) => database.exec('create table a (b)'),
    'ingest.invalid_geopackage',
    /gpkg_contents/,
  ],
  ['no layer of features', withLayer(() => {}), 'ingest.layer_not_found', /none/],
  [
    'a layer that is not there',
    withLayer((database) => addLayer(database, 'a', 4326)),
    'ingest.layer_not_found',
    /one of: a|"known":"a"/,
    { layer: 'b' },
  ],
  [
    'a layer that is a view',
    withLayer((database) => {
      database.exec("create view a as select 1 as fid, load_extension('x') as geom")
      tell(database, 'a')
    }),
    'ingest.invalid_geopackage',
    /a is no table/,
  ],
  [
    'a layer that a module computes',
    withLayer((database) => {
      database.exec('create virtual table a using fts5(geom)')
      tell(database, 'a')
    }),
    'ingest.invalid_geopackage',
    /a is no table/,
  ],
  [
    'a column that computes',
    withLayer((database) =>
      addLayer(database, 'a', 4326, 'fid integer primary key, geom blob as (zeroblob(1000000000))'),
    ),
    'ingest.invalid_geopackage',
    /geom is computed/,
  ],
  [
    'contents that are a view',
    (database) => {
      database.exec(
        'create table gpkg_spatial_ref_sys (a); create table gpkg_geometry_columns (a); create view gpkg_contents as select 1',
      )
    },
    'ingest.invalid_geopackage',
    /without the table gpkg_contents/,
  ],
  [
    'contents without their columns',
    (database) => {
      database.exec(
        'create table gpkg_spatial_ref_sys (a); create table gpkg_geometry_columns (a); create table gpkg_contents (a)',
      )
    },
    'ingest.invalid_geopackage',
    /no such column/,
  ],
  [
    'no geometry column',
    withLayer((database) => addLayer(database, 'a', 4326, 'fid integer primary key')),
    'ingest.invalid_geopackage',
    /no column geom/,
  ],
  [
    'a table without numbers of rows',
    withLayer((database) => {
      database.exec('create table a (fid integer primary key, geom blob) without rowid')
      tell(database, 'a')
    }),
    'ingest.invalid_geopackage',
    /rowid/,
  ],
  [
    'a projection that nobody says',
    withLayer((database) => addLayer(database, 'a', -1)),
    'ingest.projection_missing',
  ],
  [
    'a projection that is not known',
    withLayer((database) => addLayer(database, 'a', 100_001)),
    'ingest.unknown_projection',
    /mine/,
  ],
  [
    'a value of 17 MB',
    withLayer((database) => {
      addLayer(database, 'a', 4326)
      database.exec('insert into a values (1, zeroblob(17825792))')
    }),
    'ingest.record_too_large',
  ],
]
for (const [name, content, key, expected, params = {}] of refused) {
  test(`refused by name: ${name}`, async (t) => {
    const built = await build(t, Buffer.isBuffer(content) ? content : databaseOf(t, content), params)
    assert.equal(built.error?.key, key, JSON.stringify(built.error))
    if (expected) assert.match(JSON.stringify(built.error), expected)
  })
}

test('refused by name: a database that is damaged', async (t) => {
  const content = databaseOf(t, (database) => {
    database.exec(frame)
    addLayer(database, 'many', 4326)
    const insert = database.prepare('insert into many values (?, ?)')
    database.exec('begin')
    for (let n = 0; n < 2000; n++) insert.run(n, point(1, 1))
    database.exec('commit')
  })
  for (const damaged of [content.subarray(0, 60_000), Buffer.from(content).fill(0xff, 40_000, 60_000)]) {
    assert.equal((await build(t, damaged)).error?.key, 'ingest.invalid_geopackage')
  }
})

test('triggers never run, and a geometry that cannot be used leaves its record and a record error', async (t) => {
  const bad = [
    'text',
    Buffer.from('GP'),
    Buffer.concat([head(), wkb(2, uint(10_000_000), doubles(1, 1))]),
    Buffer.concat([head(), wkb(3, uint(1), uint(100_000_000))]),
    Buffer.concat([head(), wkb(8, uint(0))]),
    Buffer.concat([head(), ...Array.from({ length: 40 }, () => wkb(7, uint(1))), wkb(1, doubles(1, 1))]),
    point(Number.POSITIVE_INFINITY, 1),
    point(1, 200),
    Buffer.concat([head(0x21), wkb(1, doubles(1, 1))]),
  ]
  const content = databaseOf(t, (database) => {
    database.exec(frame)
    addLayer(database, 'a', 4326)
    const insert = database.prepare('insert into a (geom) values (?)')
    for (const bytes of [...bad, point(1, 1)]) insert.run(bytes)
    database.exec('create trigger eager after insert on a begin delete from a; end')
  })
  const built = await build(t, content)
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ geo_shape }) => geo_shape !== null),
    [...bad.map(() => false), true],
  )
  assert.equal((await readSideFile(built, 'record_errors')).length, bad.length)
})
