/** GeoJSON in other projections than the standard's. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../src/kernel/index.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { readRecords, readSideFile } from '../support/parts.ts'

const build = (t: TestContext, text: string, params: JsonObject = {}) =>
  runBuild(t, [sourceOf(t, 'a.geojson', text, 'geojson', params)])

const features = [
  '{"type": "Feature", "properties": {"id": 12345678901234567, "geometry": {"x": 1}, "note": "a \\"geometry\\": {"}, "geometry" : {"type": "Point", "coordinates": [652469.02, 6862035.26, 35]}}',
  '{"geometry": {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": [[652469.02, 6862035.26], [652469.02, 6862035.26]]}]}, "type": "Feature", "properties": {"id": 2}}',
  '{"type": "Feature", "geometry": null, "properties": {"id": 3}}',
  '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1e300, 0]}, "properties": {"id": 4}}',
  '{"type": "Feature", "geometry": {"type": "Point", "coordinates": "here"}, "properties": {"id": 5}}',
]
const crs = (name: string) =>
  `{"type": "FeatureCollection", "name": "x", "crs": {"type": "name", "properties": {"name": "${name}"}}, "features": [\n${features.join(',\n')}\n]}`

for (const [name, text, params] of [
  ['the parameter', crs('EPSG:3857'), { epsg: 2154 }],
  ['a crs member', crs('urn:ogc:def:crs:EPSG::2154'), {}],
  ['a crs member in short', crs('EPSG:2154'), {}],
] as const) {
  test(`coordinates are brought to WGS 84 by ${name}; all else is left as it is`, async (t) => {
    const built = await build(t, text, params)
    const records = await readRecords(built)
    const place = [2.35219996, 48.85660001]
    assert.deepEqual(
      records.map(({ geo_shape }) => geo_shape),
      [
        { type: 'Point', coordinates: [...place, 35] },
        { type: 'GeometryCollection', geometries: [{ type: 'LineString', coordinates: [place, place] }] },
        null,
        null,
        null,
      ],
    )
    assert.match(JSON.stringify(records[0]!.note), /geometry/)
    assert.deepEqual(
      (await readSideFile(built, 'record_errors')).map(({ value }) => String(value).slice(0, 60)),
      [
        '{"type":"Point","coordinates":"1e+300, 0 is no place on the Earth in its projection"}'.slice(0, 60),
        '{"type":"Point","coordinates":"here"}',
      ],
    )
  })
}

test('WGS 84 by another name is read as it is', async (t) => {
  const text = `{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "features": [{"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "Point", "coordinates": [1.123456789012, 2]}}]}`
  const [record] = await readRecords(await build(t, text))
  assert.deepEqual(record!.geo_shape, { type: 'Point', coordinates: [1.123456789012, 2] })
})

test('what is no JSON or no feature is rejected as ever', async (t) => {
  const text = `{"type": "FeatureCollection", "features": [${features[2]}, {"type": "Feature", "geometry": {"type" 7}}, 8]}`
  const built = await build(t, text, { epsg: 2154 })
  assert.deepEqual(
    (await readSideFile(built, 'rejects')).map(({ line, reason }) => [line, reason]),
    [
      [2, 'not valid JSON'],
      [3, 'not a feature'],
    ],
  )
})

test('a projection that is not known is refused by name', async (t) => {
  assert.equal((await build(t, crs('urn:ogc:def:crs:MINE::7'))).error?.key, 'ingest.unknown_projection')
  assert.equal((await build(t, crs('EPSG:2154'), { epsg: 7 })).error?.key, 'ingest.unknown_projection')
})
