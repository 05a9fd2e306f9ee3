/** KML, KMZ and GPX: what becomes a record and a field, and documents that are not what they should be. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ErrorKey } from '../../src/kernel/index.ts'
import { zipOf } from '../support/archives.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, readSideFile } from '../support/parts.ts'

const build = (t: TestContext, extractor: 'kml' | 'gpx', content: string | Buffer) =>
  runBuild(t, [sourceOf(t, `a.${extractor}`, content, extractor)])

const kml = (body: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>All</name>${body}</Document></kml>`

const document = kml(`
  <Folder><name>Parks &amp; squares</name>
    <Placemark id="p1"><name>Parc</name><description><![CDATA[<b>green</b>]]></description>
      <TimeStamp><when>2031-05-06T07:08:09Z</when></TimeStamp>
      <ExtendedData><Data name="trees"><displayName>Trees</displayName><value>12</value></Data>
        <SchemaData schemaUrl="#s"><SimpleData name="area">3.5</SimpleData></SchemaData></ExtendedData>
      <Polygon><innerBoundaryIs><LinearRing><coordinates>1,1 1,2 2,2 1,1</coordinates></LinearRing></innerBoundaryIs>
        <outerBoundaryIs><LinearRing><coordinates> 0,0,0 0,9,0
          9,9,0 9,0,0 </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
    <Folder><name>Inner</name><Placemark><Point><coordinates>2.35, 48.85, 35</coordinates></Point></Placemark></Folder>
    <Placemark><MultiGeometry><Point><coordinates>1,1</coordinates></Point><MultiGeometry><Point><coordinates>2,2</coordinates></Point></MultiGeometry></MultiGeometry></Placemark>
  </Folder>
  <Placemark><name>Ride</name><gx:Track><when>2031-01-01T00:00:00Z</when><when>2031-01-01T01:00:00Z</when><gx:coord>1 2 30</gx:coord><gx:coord>3 4 50</gx:coord></gx:Track></Placemark>
  <Placemark><name>Both</name><TimeSpan><begin>2031-01-01T00:00:00Z</begin></TimeSpan><MultiGeometry><Point><coordinates>1,1</coordinates></Point><LineString><coordinates>1,1 2,2</coordinates></LineString></MultiGeometry></Placemark>
  <Placemark><name>Nowhere</name></Placemark>`)

const shapes = [
  {
    type: 'Polygon',
    coordinates: [
      [
        [9, 0],
        [9, 9],
        [0, 9],
        [0, 0],
        [9, 0],
      ].map((_, index, ring) => ring[index]!),
      [
        [1, 1],
        [1, 2],
        [2, 2],
        [1, 1],
      ],
    ],
  },
  { type: 'Point', coordinates: [2.35, 48.85, 35] },
  {
    type: 'MultiPoint',
    coordinates: [
      [1, 1],
      [2, 2],
    ],
  },
  {
    type: 'LineString',
    coordinates: [
      [1, 2, 30],
      [3, 4, 50],
    ],
  },
  {
    type: 'GeometryCollection',
    geometries: [
      { type: 'Point', coordinates: [1, 1] },
      {
        type: 'LineString',
        coordinates: [
          [1, 1],
          [2, 2],
        ],
      },
    ],
  },
  null,
]

test('KML: placemarks with their texts, data, times, folders and geometries', async (t) => {
  const built = await build(t, 'kml', document)
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ name, folder }) => [name, folder]),
    [
      ['Parc', 'Parks & squares'],
      [null, 'Inner'],
      [null, 'Parks & squares'],
      ['Ride', null],
      ['Both', null],
      ['Nowhere', null],
    ],
  )
  const [first] = records
  assert.deepEqual([first!.description, first!.trees, first!.area], ['<b>green</b>', 12, 3.5])
  assert.deepEqual(fieldTypesOf(built), {
    name: 'text',
    description: 'text',
    folder: 'text',
    timestamp: 'datetime',
    trees: 'int',
    area: 'double',
    begin: 'datetime',
    end: 'datetime',
    geo_shape: 'geo_shape',
    geo_point_2d: 'geo_point_2d',
  })
  const found = records.map(({ geo_shape }) => geo_shape)
  assert.deepEqual(found.slice(1), shapes.slice(1))
  const { coordinates } = found[0] as { coordinates: number[][][] }
  assert.deepEqual([coordinates.length, coordinates[0]!.length], [2, 5])
  assert.deepEqual(coordinates[0]![0], coordinates[0]!.at(-1))
})

test('KMZ: the document of the zip is read, with its name', async (t) => {
  const kmz = await zipOf({ 'doc.kml': document, 'files/icon.png': 'png', 'legend.png': 'png' })
  const built = await runBuild(t, [sourceOf(t, 'a.kmz', kmz, 'kml', { extract_filename: true })])
  assert.deepEqual(
    (await readRecords(built)).map(({ source_filename }) => source_filename),
    Array.from({ length: 6 }, () => 'doc.kml'),
  )
})

const gpx = (body: string) =>
  `<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1" xmlns:f="urn:x"><metadata><name>file</name></metadata>${body}</gpx>`

test('GPX: waypoints, routes and tracks with their times', async (t) => {
  const built = await build(
    t,
    'gpx',
    gpx(`
    <wpt lat="48.85" lon="2.35"><ele>35</ele><time>2031-01-01T00:00:00Z</time><name>Start</name><link href="https://example.org/1"><text>x</text></link><extensions><f:rating>4</f:rating></extensions></wpt>
    <rte><name>Way</name><rtept lat="1" lon="2"/><rtept lat="3" lon="4"/></rte>
    <trk><name>Ride</name><type>bike</type>
      <trkseg><trkpt lat="1" lon="2"><ele>10</ele><time>2031-01-02T00:00:00Z</time></trkpt><trkpt lat="1.5" lon="2.5"><ele>11</ele><time>2031-01-02T00:01:00Z</time></trkpt></trkseg>
      <trkseg/><trkseg><trkpt lat="3" lon="4"><time>2031-01-02T01:00:00Z</time></trkpt><trkpt lat="5" lon="6"/></trkseg></trk>
    <trk><name>Empty</name></trk>`),
  )
  assert.deepEqual(
    (await readRecords(built)).map(({ kind, name, geo_shape }) => [kind, name, geo_shape]),
    [
      ['waypoint', 'Start', { type: 'Point', coordinates: [2.35, 48.85] }],
      [
        'route',
        'Way',
        {
          type: 'LineString',
          coordinates: [
            [2, 1],
            [4, 3],
          ],
        },
      ],
      [
        'track',
        'Ride',
        {
          type: 'MultiLineString',
          coordinates: [
            [
              [2, 1, 10],
              [2.5, 1.5, 11],
            ],
            [
              [4, 3],
              [6, 5],
            ],
          ],
        },
      ],
      ['track', 'Empty', null],
    ],
  )
  const types = fieldTypesOf(built)
  assert.deepEqual(
    [types.ele, types.time, types.rating, types.start_time, types.end_time, types.link],
    ['int', 'datetime', 'int', 'datetime', 'datetime', 'text'],
  )
  const ride = (await readRecords(built))[2]!
  assert.match(String(ride.start_time), /^2031-01-02.00:00/)
  assert.match(String(ride.end_time), /^2031-01-02.01:00/)
})

test('a track of 120,000 points is one record', async (t) => {
  const points = Array.from(
    { length: 120_000 },
    (_, n) => `<trkpt lat="${n % 80}.5" lon="${n % 170}.5"><time>2031-01-01T00:00:00Z</time></trkpt>`,
  )
  const built = await build(t, 'gpx', gpx(`<trk><trkseg>${points.join('')}</trkseg></trk>`))
  const [record] = await readRecords(built)
  assert.equal((record!.geo_shape as { coordinates: unknown[] }).coordinates.length, 120_000)
})

const bomb = `<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? '' : n - 1};`.repeat(10)}">`).join('')}]><kml><Placemark><name>&a19;</name></Placemark></kml>`
type Refusal = [
  name: string,
  extractor: 'kml' | 'gpx',
  content: () => string | Buffer,
  key: ErrorKey,
  expected?: RegExp,
]
const refused: Refusal[] = [
  ['an entity bomb', 'kml', () => bomb, 'ingest.xml_entities'],
  [
    'an external entity',
    'kml',
    () =>
      '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><Placemark><name>&x;</name></Placemark></kml>',
    'ingest.xml_entities',
  ],
  ['folders without end', 'kml', () => kml('<Folder>'.repeat(5000)), 'ingest.too_deep'],
  [
    'collections without end',
    'kml',
    () => kml(`<Placemark>${'<MultiGeometry>'.repeat(5000)}</Placemark>`),
    'ingest.too_deep',
  ],
  ['a document that was cut off', 'kml', () => document.slice(0, 500), 'ingest.invalid_xml'],
  [
    'a document that only points to another',
    'kml',
    () => kml('<NetworkLink><Link><href>http://example.org/</href></Link></NetworkLink>'),
    'ingest.no_features',
    /placemark/,
  ],
  ['a GPX file without points', 'gpx', () => gpx(''), 'ingest.no_features', /waypoint/],
  ['another document', 'gpx', () => document, 'ingest.invalid_xml', /root element is kml, not gpx/],
  ['a web page', 'kml', () => '<html><body>Sign in</body></html>', 'ingest.looks_like_html'],
  ['an empty file', 'gpx', () => ' ', 'ingest.source_is_empty'],
  ['an image', 'kml', () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'ingest.not_text'],
  [
    'a text of 17 MB',
    'kml',
    () => kml(`<Placemark><description>${'x'.repeat(17 << 20)}</description></Placemark>`),
    'ingest.xml_limit',
  ],
]
for (const [name, extractor, content, key, expected] of refused) {
  test(`refused by name: ${name}`, async (t) => {
    const built = await build(t, extractor, content())
    assert.equal(built.error?.key, key, JSON.stringify(built.error))
    if (expected) assert.match(JSON.stringify(built.error), expected)
  })
}

test('coordinates that are none leave the record, and a record error', async (t) => {
  const place = (coordinates: string) =>
    `<Placemark><Point><coordinates>${coordinates}</coordinates></Point></Placemark>`
  const built = await build(t, 'kml', kml(['NaN,1', '1e999,2', '1,91', 'x', '7,8'].map(place).join('')))
  assert.deepEqual(
    (await readRecords(built)).map(({ geo_shape }) => geo_shape === null),
    [true, true, true, true, false],
  )
  assert.equal((await readSideFile(built, 'record_errors')).length, 4)
})

test('names that programs give a meaning are only names', async (t) => {
  const data = (name: string) => `<Data name="${name}"><value>1</value></Data>`
  const names = ['__proto__', 'constructor', 'toString']
  const built = await build(
    t,
    'kml',
    kml(`<Placemark><ExtendedData>${names.map(data).join('')}</ExtendedData></Placemark>`),
  )
  assert.equal(Object.keys(fieldTypesOf(built)).length, 5)
  assert.deepEqual(Object.keys(Object.prototype), [])
})
