/** Which extractor a file is given to, from its bytes: archives by what is in them, databases and XML by what they are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { guessExtractor } from '../../src/ingest/index.ts'
import { tarOf, zipOf } from '../support/archives.ts'
import { createRandom } from '../support/fixtures.ts'

const random = createRandom(3)
const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)))
const database = (mark: string) => {
  const bytes = Buffer.alloc(100)
  bytes.write('SQLite format 3\0', 'latin1')
  bytes.write(mark, 68, 'latin1')
  return bytes
}

const csv = 'a,b\n1,2\n'
const cases: readonly (readonly [
  what: string,
  name: string,
  content: Buffer | Promise<Buffer>,
  extractor: string,
])[] = [
  [
    'a zipped shapefile',
    'data',
    zipOf({ 'p.dbf': 'x', 'p.prj': 'x', 'p.shp': 'x', 'readme.csv': csv }),
    'shapefile',
  ],
  [
    'a large zipped shapefile',
    'data.zip',
    zipOf({ 'a.sbn': noise(90_000), 'a.shp': 'x', 'a.dbf': 'x' }),
    'shapefile',
  ],
  [
    'a shapefile in a tar.gz',
    'data.tgz',
    tarOf({ 'd/': '', 'd/p.dbf': 'x', 'd/p.shp': 'x' }).then((tar) => gzipSync(tar)),
    'shapefile',
  ],
  ['a KMZ', 'places', zipOf({ 'doc.kml': '<kml/>', 'files/a.png': 'x' }), 'kml'],
  ['a KML', 'places', Buffer.from('\uFEFF<?xml version="1.0"?>\n<!-- by hand -->\n<kml xmlns="x">'), 'kml'],
  ['a KML with a prefix', 'places', Buffer.from('<k:kml xmlns:k="x">'), 'kml'],
  ['a GPX', 'ride', Buffer.from('<?xml version="1.0"?><gpx version="1.1">'), 'gpx'],
  ['a GeoPackage', 'data', database('GPKG'), 'geopackage'],
  ['an old GeoPackage', 'data', database('GP10'), 'geopackage'],
  ['a zipped GeoPackage', 'data', zipOf({ 'a.gpkg': database('GPKG') }), 'geopackage'],
  ['an archive of CSV files', 'data.zip', zipOf({ 'a.csv': csv, 'b.csv': csv }), 'csvfile'],
  [
    'an archive of one file by its content',
    'data.zip',
    zipOf({ 'a.json': '{"type": "FeatureCollection", "features": []}' }),
    'geojson',
  ],
  ['JSON lines in an archive', 'data.tar', tarOf({ 'a.json': '{"a": 1}\n{"a": 2}\n' }), 'jsonl'],
  ['JSON in a large archive', 'data.zip', zipOf({ 'a.png': noise(90_000), 'b.json': '[]' }), 'jsonfile'],
]

for (const [what, name, content, extractor] of cases) {
  test(`${what} is given to ${extractor}`, async () => {
    const bytes = await content
    assert.equal(guessExtractor(name, bytes.subarray(0, 65_536), bytes.subarray(-65_536)), extractor)
  })
}

test('any bytes behind the marks of archives give an answer', () => {
  for (let n = 0; n < 300; n++) {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), noise(n)])
    assert.equal(typeof guessExtractor('x', zip, zip), 'string')
  }
})
