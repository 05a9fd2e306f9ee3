import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../kernel/index.ts'
import { projectionOf } from './projections.ts'

/** Points whose longitude and latitude the registries' own services give; within some metres where a datum is shifted. */
const places: readonly (readonly [
  string,
  number | string,
  readonly [number, number],
  readonly [number, number],
])[] = [
  ['France', 2154, [652469.02, 6862035.26], [2.3522, 48.8566]],
  ['France, the old grid', 27572, [600000, 2428000], [2.3365, 48.85035]],
  ['Great Britain', 27700, [530000, 180000], [-0.12834, 51.50398]],
  ['the Netherlands', 28992, [155000, 463000], [5.387204, 52.155172]],
  ['Belgium', 31370, [150000, 170000], [4.36875, 50.84041]],
  ['Switzerland', 2056, [2600000, 1200000], [7.438632, 46.951083]],
  ['the web map', 3857, [261848.16, 6250566.72], [2.352222, 48.856614]],
  ['New York in feet', 2263, [987998, 212000], [-73.986473, 40.748567]],
  ['Sydney', 7856, [334000, 6252000], [151.205515, -33.859262]],
  ['America, the old datum', 26710, [500000, 5000000], [-123.00119, 45.15524]],
  ['WGS 84', 4326, [2, 48], [2, 48]],
  [
    'a text that leaves out the shift of its datum',
    'PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]',
    [530000, 180000],
    [-0.12834, 51.50398],
  ],
  [
    'a text with its code and heights',
    'COMPD_CS["x",PROJCS["RGF93 / Lambert-93",GEOGCS["RGF93",DATUM["Reseau_Geodesique_Francais_1993",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],PARAMETER["latitude_of_origin",46.5],PARAMETER["central_meridian",3],PARAMETER["standard_parallel_1",49],PARAMETER["standard_parallel_2",44],PARAMETER["false_easting",700000],PARAMETER["false_northing",6600000],UNIT["metre",1]],VERT_CS["h",VERT_DATUM["h",2005],UNIT["metre",1]]]',
    [652469.02, 6862035.26],
    [2.3522, 48.8566],
  ],
]

for (const [name, of, from, to] of places) {
  test(`coordinates of ${name} become longitude and latitude, and back`, () => {
    const projection = projectionOf(of)
    const [lon, lat] = projection.toWgs84(from)!
    assert.ok(Math.abs(lon - to[0]) < 2e-5 && Math.abs(lat - to[1]) < 2e-5, `${lon} ${lat}`)
    const [x, y] = projection.fromWgs84([lon, lat])!
    assert.ok(Math.abs(x - from[0]) < 0.01 && Math.abs(y - from[1]) < 0.01, `${x} ${y}`)
  })
}

test('what has no place on the Earth is null', () => {
  assert.equal(projectionOf(25832).toWgs84([1e300, 0]), null)
  assert.equal(projectionOf(4326).toWgs84([Number.NaN, 0]), null)
})

for (const of of [
  99_999,
  '',
  'hello',
  'LOCAL_CS["x"]',
  'PROJCS["__proto__",GEOGCS["constructor",DATUM["__proto__"]]]',
  `PROJCS["${'['.repeat(5000)}`,
  `GEOGCS["${'x'.repeat(20_000)}"]`,
]) {
  test(`a projection that is not known is refused by name: ${String(of).slice(0, 30)}`, () => {
    assert.throws(
      () => projectionOf(of),
      (error) => error instanceof AppError && error.key === 'ingest.unknown_projection',
    )
    assert.deepEqual(Object.keys(Object.prototype), [])
  })
}
