/** Every export format, read back by a reader that is not ours, says what the JSON export says. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { DOMParser, type Element } from '@xmldom/xmldom'
import { geojson as flatgeobuf } from 'flatgeobuf'
import type { HeaderMeta } from 'flatgeobuf/lib/mjs/header-meta.js'
import ICAL from 'ical.js'
import jsonld from 'jsonld'
import { Parser, type Quad } from 'n3'
import proj4 from 'proj4'
import { RdfXmlParser } from 'rdfxml-streaming-parser'
import { readSheet } from 'read-excel-file/node'
import shp from 'shpjs'
import { filesOf } from '../support/archives.ts'
import { tempDirectory } from '../support/builder.ts'
import { explorePath } from '../support/http-client.ts'
import { places, placesSpec } from '../support/places.ts'
import { connectIn } from '../support/reading-engine.ts'
import { startServer } from '../support/server.ts'

// biome-ignore lint/suspicious/noExplicitAny: records as they come, compared with each other
type Loose = any

const hugeText = 'é😀x<&>"'.repeat(200_000)
const hugeId = 900

/** What XML cannot hold, as every XML format shows it. */
const xmlSafe = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
/** The XML reader takes these for line ends, as XML 1.1 does. */
const asRead = (text: string) => xmlSafe(text).replace(/[\u2028\u2029]/g, '\n')

test('exports in every format', async (t) => {
  const server = await startServer(t)
  await server.publishFile('places', placesSpec([{ id: hugeId, name: hugeText }]))
  await server.publishFile('plain', { filename: 'plain.csv', content: 'word,number\na,1\nb,2\n' })
  const base = `${explorePath}/places/exports`
  const get = (format: string, query = '') => server.expect(200, 'GET', `${base}/${format}?${query}`)
  const refuse = async (path: string, key: string) => {
    const { json } = await server.expect(400, 'GET', path)
    assert.equal(json.key, key, path)
    assert.equal(json.error_code, 'InvalidRESTParameterError')
    return json
  }
  const small = `where=id < ${hugeId}&order_by=id`
  const all: Loose[] = (await get('json', 'order_by=id')).json
  const records = all.slice(0, -1)
  const url = `${server.url}${explorePath}/places`
  const ids = (
    await server.expect(200, 'GET', `${explorePath}/places/records?limit=100&order_by=id&select=recordid`)
  ).json.results as { recordid: string }[]
  assert.equal(records.length, places().length)
  assert.equal(all.at(-1).name, hugeText)
  const located = records.filter(({ at, shape }) => at || shape)
  const geometryOf = (record: Loose) =>
    record.shape?.geometry ??
    (record.at ? { type: 'Point', coordinates: [record.at.lon, record.at.lat] } : null)
  const pointsOf = (value: Loose): [number, number][] =>
    typeof value?.[0] === 'number' ? [value] : (value ?? []).flatMap(pointsOf)

  await t.test('the source comes back as it was', () => {
    for (const [index, place] of places().entries()) {
      const { shape, tags, price, ...rest } = records[index]
      assert.deepEqual({ ...rest, shape: shape?.geometry ?? null, tags, price }, place, String(place.id))
    }
  })

  await t.test('the list names what the dataset offers, and nothing else is exported', async () => {
    const rels = async (dataset: string) =>
      (await server.expect(200, 'GET', `${explorePath}/${dataset}/exports`)).json._links.map(
        ({ rel }: { rel: string }) => rel,
      )
    const everything = 'csv fgb geojson gpx ics json jsonl jsonld kml n3 ov2 parquet rdfxml shp turtle xlsx'
    assert.deepEqual(await rels('places'), everything.split(' '))
    assert.deepEqual(await rels('plain'), 'csv json jsonl jsonld n3 parquet rdfxml turtle xlsx'.split(' '))
    for (const format of ['fgb', 'geojson', 'gpx', 'kml', 'ov2', 'shp', 'ics']) {
      await refuse(`${explorePath}/plain/exports/${format}`, 'exports.format_needs_field')
      await refuse(`${base}/${format}?select=name`, 'exports.format_needs_field')
      assert.equal((await server.request('HEAD', `${base}/${format}?select=name`)).status, 400)
    }
    const failed = await server.request('GET', `${explorePath}/plain/exports/kml`)
    assert.equal(failed.headers.get('content-disposition'), null)
    for (const format of await rels('plain')) {
      await server.expect(200, 'GET', `${explorePath}/plain/exports/${format}?where=number > 5`)
    }
    for (const format of await rels('places')) {
      const none = await server.expect(200, 'GET', `${base}/${format}?where=id < 0`)
      assert.equal(none.headers.get('content-disposition')?.startsWith('attachment; filename="places.'), true)
      const packed = await server.expect(200, 'GET', `${base}/${format}?compressed=true&limit=2`)
      assert.ok(gunzipSync(packed.bytes).length >= 0)
    }
  })

  await t.test('groups, labels, limits, refinements and zones reach every kind of format', async () => {
    const grouped = 'select=count(*) as n&group_by=open&order_by=n desc'
    const expected = (await get('json', grouped)).json
    assert.equal(expected.length, 3)
    const { rows } = await sheetOf((await get('xlsx', grouped)).bytes)
    assert.deepEqual(rows[0], ['open', 'n'])
    assert.deepEqual(
      rows.slice(1),
      expected.map(({ open, n }: Loose) => [open, n]),
    )
    const turtle = new Parser().parse((await get('turtle', grouped)).text)
    assert.equal(new Set(turtle.map(({ subject }) => subject.value)).size, 3)
    assert.ok(turtle.every(({ subject }) => subject.termType === 'BlankNode'))
    assert.deepEqual(
      statements(turtle).length,
      statements(new Parser().parse((await get('n3', grouped)).text)).length,
    )
    await parseRdfXml((await get('rdfxml', grouped)).text)
    assert.equal((await get('json', 'limit=2&order_by=id')).json.length, 2)
    assert.equal((await get('geojson', 'limit=3')).json.features.length, 3)
    const labelled = await sheetOf((await get('xlsx', `${small}&use_labels=true&select=name`)).bytes)
    assert.equal(labelled.rows[0]![0], 'Name & "label"')
    const zoned = (await get('geojson', `${small}&timezone=Asia/Tokyo&limit=1`)).json.features[0]
    assert.equal(zoned.properties.seen, '2024-01-16T08:30:00+09:00')
  })

  await t.test('csv: safe cells on request, never in numbers', async () => {
    const lines = async (query: string) =>
      (await get('csv', `where=id in (10,11,12)&order_by=id&with_bom=0&select=name,price&${query}`)).text
        .trimEnd()
        .split('\n')
        .slice(1)
    assert.deepEqual(await lines(''), ['=1+1;', '"-2+3;""x"",|y";9.5', '@sum(a1);10.75'])
    assert.deepEqual(await lines('safe_cells=true'), ["'=1+1;", `"'-2+3;""x"",|y";9.5`, "'@sum(a1);10.75"])
    const negative = await get('csv', 'where=id=1&select=price&safe_cells=true&with_bom=0')
    assert.equal(negative.text, 'price\n-3.0\n')
  })

  await t.test('geojson', async () => {
    const { json, headers } = await get('geojson', 'order_by=id')
    assert.equal(headers.get('content-type'), 'application/geo+json; charset=utf-8')
    assert.equal(json.type, 'FeatureCollection')
    assert.equal(json.features.length, all.length)
    for (const [index, feature] of json.features.entries()) {
      const { shape: _, ...properties } = all[index]
      assert.deepEqual(feature, { type: 'Feature', geometry: geometryOf(all[index]), properties })
    }
    const points = (await get('geojson', `${small}&select=id,at`)).json.features
    assert.deepEqual(points[0], {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [records[0].at.lon, records[0].at.lat] },
      properties: { id: 1 },
    })
  })

  await t.test('kml', async () => {
    const { text, headers } = await get('kml', small)
    assert.match(headers.get('content-type')!, /^application\/vnd\.google-earth\.kml\+xml/)
    const document = parseXml(text)
    assert.equal(document.getElementsByTagName('name')[0]!.textContent, 'Places & <things>')
    const placemarks = elements(document, 'Placemark')
    assert.equal(placemarks.length, records.length)
    for (const [index, placemark] of placemarks.entries()) {
      const record = records[index]
      const data = Object.fromEntries(
        elements(placemark, 'Data').map((item) => [item.getAttribute('name'), item.textContent]),
      )
      assert.equal(data.name, record.name === null ? undefined : asRead(record.name))
      assert.equal(data.id, String(record.id))
      assert.equal(data.seen, record.seen ?? undefined)
      assert.equal(data.tags, record.tags ? asRead(record.tags.join(',')) : undefined)
      const positions = elements(placemark, 'coordinates').flatMap((item) =>
        item.textContent!.split(' ').map((pair) => pair.split(',').map(Number)),
      )
      assert.deepEqual(positions, pointsOf(geometryOf(record)?.coordinates), String(record.id))
    }
    assert.equal(
      elements(document, 'innerBoundaryIs').length,
      records.filter(({ shape }) => shape?.geometry.type === 'Polygon').length,
    )
    assert.equal(elements(placemarks[0]!, 'name')[0]!.textContent, 'plain')
    const huge = (await get('kml', `where=id=${hugeId}`)).text
    assert.ok(huge.includes('é😀x&lt;&amp;&gt;&quot;'.repeat(200_000)))
    const named = parseXml((await get('kml', `${small}&name_field=id`)).text)
    assert.equal(elements(elements(named, 'Placemark')[2]!, 'name')[0]!.textContent, '3')
    await refuse(`${base}/kml?name_field=nothing`, 'exports.unknown_column')
  })

  await t.test('gpx', async () => {
    const document = parseXml((await get('gpx', small)).text)
    const nodes = [...elements(document, 'wpt'), ...elements(document, 'trk')]
    const children = Array.from(document.documentElement!.childNodes).map(({ nodeName }) => nodeName)
    assert.deepEqual([...new Set(children.filter((name) => name !== '#text'))], ['metadata', 'wpt', 'trk'])
    const found = nodes.flatMap((node) => {
      const id = Number(elements(node, 'f:id')[0]!.textContent)
      const at = node.nodeName === 'wpt' ? [node] : elements(node, 'trkpt')
      return at.map((spot) => [id, Number(spot.getAttribute('lon')), Number(spot.getAttribute('lat'))])
    })
    const expected = located.flatMap((record) =>
      pointsOf(geometryOf(record).coordinates).map((position) => [record.id, ...position]),
    )
    const order = (list: number[][]) => list.map(String).sort()
    assert.deepEqual(order(found), order(expected))
    for (const node of nodes) {
      const record = records[Number(elements(node, 'f:id')[0]!.textContent) - 1]
      assert.equal(elements(node, 'name')[0]!.textContent, asRead(record.name))
      assert.equal(elements(node, 'f:name')[0]!.textContent, asRead(record.name))
    }
    const described = parseXml(
      (
        await get(
          'gpx',
          `${small}&use_extension=false&name_field=id&description_field_list=price, name&select=id,name,price,at`,
        )
      ).text,
    )
    assert.equal(elements(described, 'extensions').length, 0)
    const first = elements(described, 'wpt')[0]!
    assert.equal(elements(first, 'name')[0]!.textContent, '1')
    assert.equal(elements(first, 'desc')[0]!.textContent, 'price: -3.0\nname: plain')
    assert.equal(elements(described, 'wpt').length, records.filter(({ at }) => at).length)
    await refuse(`${base}/gpx?description_field_list=id,nothing`, 'exports.unknown_column')
  })

  await t.test('turtle, n3, rdf/xml and json-ld say the same, and what the records say', async () => {
    const vocabulary = `${url}#`
    const quads = new Parser().parse((await get('turtle', small)).text)
    const expected: string[] = []
    for (const [index, record] of records.entries()) {
      const subject = `${url}/records/${ids[index]!.recordid}`
      expected.push(
        JSON.stringify([subject, 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type', `${vocabulary}Record`]),
      )
      for (const [name, value] of Object.entries(record)) {
        for (const item of [value].flat()) {
          if (item !== null)
            expected.push(JSON.stringify([subject, vocabulary + name, literalOf(name, item)]))
        }
      }
    }
    const sorted = (list: string[]) => [...list].sort()
    assert.deepEqual(statements(quads), sorted(expected))
    assert.deepEqual(
      statements(new Parser({ format: 'N-Triples' }).parse((await get('n3', small)).text)),
      sorted(expected),
    )
    assert.deepEqual(
      statements(await parseRdfXml((await get('rdfxml', small)).text)),
      sorted(
        expected.map((item) =>
          JSON.stringify(
            JSON.parse(item).map((part: Loose) => (typeof part === 'string' ? xmlSafe(part) : part)),
          ),
        ),
      ),
    )
    const linked = (await get('jsonld', small)).json
    const nquads = (await jsonld.toRDF(linked, { format: 'application/n-quads' })) as unknown as string
    const points = (list: string[]) =>
      list.filter((item) => !item.includes('#at"') && !item.includes('#shape"'))
    assert.deepEqual(points(statements(new Parser().parse(nquads))), points(sorted(expected)))
    const huge = new Parser().parse((await get('turtle', `where=id=${hugeId}`)).text)
    assert.equal(huge.find(({ predicate }) => predicate.value.endsWith('#name'))!.object.value, hugeText)
  })

  await t.test('ics', async () => {
    const { text, headers } = await get('ics', 'order_by=id')
    assert.equal(headers.get('content-type'), 'text/calendar; charset=utf-8')
    assert.ok(text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75 && !line.includes('\n')))
    const events = new ICAL.Component(ICAL.parse((await get('ics', small)).text)).getAllSubcomponents(
      'vevent',
    )
    const dated = records.filter(({ day }) => day)
    assert.equal(events.length, dated.length)
    for (const [index, component] of events.entries()) {
      const event = new ICAL.Event(component)
      assert.equal(event.startDate.toString(), dated[index].day)
      // Line ends of every kind are one, other control characters none.
      const printed = dated[index].name
        ?.replace(/\r\n|\r/g, '\n')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
        .replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, '\uFFFD')
      assert.equal(event.summary, printed)
      assert.ok(event.description.startsWith(`id: ${dated[index].id}\n`))
    }
    const timed = new ICAL.Component(
      ICAL.parse(
        (
          await get(
            'ics',
            `${small}&start_field=seen&end_field=seen&name_field=id&description_field_list=price`,
          )
        ).text,
      ),
    ).getAllSubcomponents('vevent')
    assert.equal(timed.length, records.filter(({ seen }) => seen).length)
    assert.equal(new ICAL.Event(timed[0]!).startDate.toJSDate().toISOString(), '2024-01-15T23:30:00.000Z')
    assert.equal(new ICAL.Event(timed[0]!).description, 'price: -3.0')
    await refuse(`${base}/ics?start_field=name`, 'exports.not_a_date')
    await refuse(`${base}/ics?start_field=nothing`, 'exports.unknown_column')
  })

  await t.test('xlsx: numbers, days and truth are cells of their kind; text is never a formula', async () => {
    const { bytes } = await get('xlsx', 'order_by=id')
    const { rows, sheet } = await sheetOf(bytes)
    const names = rows[0] as string[]
    assert.deepEqual(names, Object.keys(all[0]))
    assert.equal(rows.length, all.length + 1)
    for (const [index, record] of records.entries()) {
      const row = Object.fromEntries(
        names.map((name, column) => [name, rows[index + 1]![column] ?? null]),
      ) as Loose
      assert.equal(row.id, record.id)
      assert.equal(row.price, record.price)
      assert.equal(row.open, record.open)
      assert.equal((row.day as Date | null)?.toISOString().slice(0, 10) ?? null, record.day)
      assert.equal(
        row.seen === null ? null : Math.round(row.seen.getTime() / 1000),
        record.seen === null ? null : Date.parse(record.seen) / 1000,
      )
      assert.equal(
        row.large,
        record.large === null ? null : String(record.large),
        'too many digits for a number',
      )
      // The reader undoes `_x0001_` not at all: it is looked for below.
      const isPlain = record.name === null || !/[\r]|_x|control/.test(record.name)
      if (isPlain && record.name?.trim() === record.name) assert.equal(row.name, record.name)
    }
    assert.doesNotMatch(sheet, /<f>/)
    // Without it Python's reader warns at every sheet.
    const defaultStyle = /<cellStyle name="Normal" xfId="0" builtinId="0"\/>/
    assert.match((await filesOf(bytes))['xl/styles.xml']!.toString(), defaultStyle)
    assert.match(sheet, /<c r="B11" t="inlineStr" s="3"><is><t xml:space="preserve">=1\+1</)
    assert.match(sheet, /control _x0001_ _x000B_ _x001F_ \u007f _xFFFE_</)
    assert.match(sheet, /_x005F_x0041_</)
    assert.match(sheet, /line two_x000D_\nline three\ttab/)
    parseXml((await sheetOf((await get('xlsx', small)).bytes)).sheet)
    const cut = rows.at(-1)![1] as string
    assert.ok(cut.length <= 32_767 && cut.endsWith(' […]') && hugeText.startsWith(cut.slice(0, -4)))
  })

  await t.test('shapefile: a set for each kind of geometry', async () => {
    const { bytes, headers } = await get('shp', small)
    assert.equal(headers.get('content-type'), 'application/zip')
    assert.ok(headers.get('content-length'))
    const sets = [await shp(bytes)].flat()
    assert.deepEqual(
      sets.map(({ fileName }) => fileName).sort(),
      ['line', 'multipoint', 'point', 'polygon'].map((kind) => `places_${kind}`),
    )
    const features = sets.flatMap((set) => set.features as Loose[])
    assert.equal(features.length, records.length)
    for (const { geometry, properties } of features) {
      const record = records[properties.id - 1]
      const expected = geometryOf(record)
      // The reader takes the coordinates through radians.
      const order = (list: Loose) =>
        pointsOf(list)
          .map((position) => position.map((value) => Number(value.toFixed(9)) + 0).join())
          .sort()
      assert.deepEqual(order(geometry?.coordinates), order(expected?.coordinates), String(record.id))
      if (expected && !/Line|Polygon/.test(expected.type)) assert.equal(geometry.type, expected.type)
      // The reader has no null for numbers.
      for (const name of ['price', 'large']) assert.equal(properties[name], record[name] ?? Number.NaN)
      assert.equal(properties.name?.trim() ?? '', record.name?.trim() ?? '')
      // Neither has it one for truth values.
      assert.equal(properties.open, record.open ?? false)
    }
    const projected = [await shp((await get('shp', `${small}&epsg=3035&select=id,at`)).bytes)].flat()
    assert.deepEqual(
      projected.map(({ fileName }) => fileName),
      ['places'],
    )
    for (const { geometry, properties } of projected[0]!.features as Loose[]) {
      const { at } = records[properties.id - 1]
      if (at === null) assert.equal(geometry, null)
      else {
        assert.ok(Math.abs(geometry.coordinates[0] - at.lon) < 1e-6)
        assert.ok(Math.abs(geometry.coordinates[1] - at.lat) < 1e-6)
      }
    }
    const files = await filesOf((await get('shp', `${small}&epsg=32631&select=id,at&where=id=1`)).bytes)
    const [x, y] = proj4('+proj=utm +zone=31 +datum=WGS84', [records[0].at.lon, records[0].at.lat])
    assert.ok(Math.abs(files['places.shp']!.readDoubleLE(112) - x!) < 0.001)
    assert.ok(Math.abs(files['places.shp']!.readDoubleLE(120) - y!) < 0.001)
    assert.match(files['places.prj']!.toString(), /UTM_Zone_31N/)
    assert.equal(files['places.cpg']!.toString(), 'UTF-8')
    const twins = await filesOf(
      (
        await get(
          'shp',
          `where=id=1&select=at,${['a', 'b', 'c'].map((end) => `id as a_long_name_${end}`).join(',')}`,
        )
      ).bytes,
    )
    const header = twins['places.dbf']!
    assert.deepEqual(
      [0, 1, 2].map((index) => header.subarray(32 + 32 * index, 42 + 32 * index).toString()),
      ['a_long_nam', 'a_long_n_1', 'a_long_n_2'],
    )
    await refuse(`${base}/shp?epsg=9999`, 'exports.unknown_projection')
    await refuse(`${base}/geojson?epsg=3857`, 'http.invalid_parameter')
    await refuse(`${base}/shp?epsg=x`, 'http.invalid_parameter')
  })

  await t.test('flatgeobuf, whole and by a box', async (tt) => {
    // The reader tells what it fetches.
    tt.mock.method(console, 'debug', () => {})
    const { bytes } = await get('fgb', small)
    const features: Loose[] = []
    let header: HeaderMeta | null = null
    const read = flatgeobuf.deserialize(new Uint8Array(bytes), {
      headerMetaFn: (meta: HeaderMeta) => {
        header = meta
      },
    })
    for await (const feature of read) features.push(feature)
    assert.deepEqual(
      features.map(({ properties }) => properties.id).sort((a, b) => a - b),
      located.map(({ id }) => id),
    )
    for (const { geometry, properties } of features) {
      const record = records[properties.id - 1]
      assert.deepEqual(geometry, geometryOf(record))
      assert.equal(properties.name, record.name)
      assert.equal(properties.price ?? null, record.price)
      assert.equal(properties.open ?? null, record.open)
      assert.equal(properties.large, record.large)
      assert.equal(properties.seen ?? null, record.seen)
    }
    const { title, envelope, featuresCount, indexNodeSize, crs } = header! as HeaderMeta
    assert.deepEqual(
      { title, featuresCount, indexNodeSize, code: crs?.code },
      { title: 'Places & <things>', featuresCount: located.length, indexNodeSize: 16, code: 4326 },
    )
    const sides = (positions: [number, number][]) => [
      ...[0, 1].map((axis) => Math.min(...positions.map((position) => position[axis]!))),
      ...[0, 1].map((axis) => Math.max(...positions.map((position) => position[axis]!))),
    ]
    assert.deepEqual(
      [...envelope!],
      sides(located.flatMap((record) => pointsOf(geometryOf(record).coordinates))),
    )
    const [minX, minY, maxX, maxY] = [-1, -1, 3, 3]
    const inBox: number[] = []
    const found = flatgeobuf.deserialize(`${server.url}${base}/fgb?${small.replace('<', '%3C')}`, {
      rect: { minX, minY, maxX, maxY },
    })
    for await (const { properties } of found as AsyncIterable<Loose>) inBox.push(properties.id)
    const meets = ([west, south, east, north]: number[]) =>
      west! <= maxX && east! >= minX && south! <= maxY && north! >= minY
    assert.deepEqual(
      inBox.sort((a, b) => a - b),
      located.filter((record) => meets(sides(pointsOf(geometryOf(record).coordinates)))).map(({ id }) => id),
    )
  })

  await t.test('ov2', async () => {
    const { bytes } = await get('ov2', `${small}&name_field=id`)
    const found: unknown[] = []
    for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 1)) {
      assert.equal(bytes[at], 2)
      const end = at + bytes.readUInt32LE(at + 1)
      assert.equal(bytes[end - 1], 0)
      found.push([
        Number(bytes.subarray(at + 13, end - 1).toString()),
        bytes.readInt32LE(at + 5),
        bytes.readInt32LE(at + 9),
      ])
    }
    assert.deepEqual(
      found,
      located.map((record) => {
        const [lon, lat] = record.at
          ? [record.at.lon, record.at.lat]
          : pointsOf(geometryOf(record).coordinates)[0]!
        return [record.id, Math.round(lon * 1e5), Math.round(lat * 1e5)]
      }),
    )
  })

  await t.test('parquet: native types, geometries as GeoParquet', async (tt) => {
    const directory = tempDirectory(tt)
    const file = join(directory, 'places.parquet')
    writeFileSync(file, (await get('parquet', small)).bytes)
    const connection = await connectIn(tt, directory)
    const types = await connection.all(`describe select * from '${file}'`)
    assert.deepEqual(
      types.map((row) => `${row.column_name} ${row.column_type}`),
      [
        'id BIGINT',
        'name VARCHAR',
        'large BIGINT',
        'price DOUBLE',
        'open BOOLEAN',
        'day DATE',
        'seen TIMESTAMP WITH TIME ZONE',
        'tags VARCHAR[]',
        'doc JSON',
        "at GEOMETRY('OGC:CRS84')",
        "shape GEOMETRY('OGC:CRS84')",
      ],
    )
    const rows = await connection.all(
      `select id, name, price, st_astext("at") as "at", st_astext(shape) as shape from '${file}'`,
    )
    for (const [index, row] of rows.entries()) {
      const record = records[index]
      assert.equal(row.name, record.name)
      assert.equal(row.price, record.price)
      const { at, shape } = record
      assert.equal(row.at, at ? `POINT (${at.lon} ${at.lat})` : null)
      const numbers = (row.shape as string | null)?.match(/-?[\d.]+/g)?.map(Number) ?? []
      assert.deepEqual(numbers, pointsOf(shape?.geometry.coordinates).flat())
      assert.equal((row.shape as string | null)?.split(' ')[0], shape?.geometry.type.toUpperCase())
    }
    const [meta] = await connection.all(
      `select decode(value) as geo from parquet_kv_metadata('${file}') where decode(key) = 'geo'`,
    )
    const geo = JSON.parse(String(meta!.geo))
    assert.equal(geo.version, '1.0.0')
    assert.deepEqual(Object.keys(geo.columns).sort(), ['at', 'shape'])
    assert.deepEqual(geo.columns.at.geometry_types, ['Point'])
  })
})

function literalOf(name: string, value: Loose): Loose {
  if (name === 'at') return `POINT (${value.lon} ${value.lat})`
  if (name === 'shape') return value.geometry
  return typeof value === 'object' ? value : typeof value === 'string' ? value : String(value)
}

/** Statements as texts, in an order of their own; numbers and JSON by value. */
function statements(quads: readonly Quad[] | readonly Loose[]): string[] {
  return quads
    .map(({ subject, predicate, object }: Loose) => {
      const type = object.datatype?.value ?? ''
      const value = /double$|integer$/.test(type)
        ? String(Number(object.value))
        : /JSON/.test(type)
          ? JSON.parse(object.value)
          : type.endsWith('wktLiteral')
            ? object.value.replaceAll('.0 ', ' ').replaceAll('.0)', ')')
            : object.value
      return JSON.stringify([subject.value, predicate.value, value])
    })
    .sort()
}

async function parseRdfXml(text: string): Promise<Quad[]> {
  const quads: Quad[] = []
  for await (const quad of Readable.from([text]).pipe(new RdfXmlParser())) quads.push(quad as Quad)
  return quads
}

function parseXml(text: string) {
  const faults: string[] = []
  const document = new DOMParser({
    // It takes U+FFFD for a sign of trouble, and says so.
    onError: (level, message) => void (level === 'warning' || faults.push(message)),
  }).parseFromString(text, 'text/xml')
  assert.deepEqual(faults, [])
  return document
}

const elements = (
  node: Pick<Element, 'getElementsByTagName'> | ReturnType<typeof parseXml>,
  name: string,
): Element[] => Array.from(node.getElementsByTagName(name))

async function sheetOf(bytes: Buffer) {
  const sheet = (await filesOf(bytes))['xl/worksheets/sheet1.xml']!.toString()
  return { rows: (await readSheet(bytes)) as unknown[][], sheet }
}
