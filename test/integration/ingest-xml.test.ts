/** XML files and feeds become records, however they are written; what is wrong with some has a name. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ErrorKey, JsonObject } from '../../src/kernel/index.ts'
import { type Built, type PlanChanges, runBuild, sourceOf } from '../support/builder.ts'
import { fieldTypesOf, readRecords, sealedManifest } from '../support/parts.ts'

function build(
  t: TestContext,
  content: string | Buffer,
  params: JsonObject = {},
  changes: PlanChanges = {},
  extractor = 'xmlfile',
): Promise<Built> {
  return runBuild(t, [sourceOf(t, 'data.xml', content, extractor, params)], changes)
}

const recordsOf = async (t: TestContext, content: string | Buffer, params: JsonObject = {}) =>
  readRecords(await build(t, content, params))

const catalog = `<?xml version="1.0"?>
<c:catalog xmlns:c="urn:c" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <c:header><c:made>2031-12-24</c:made><c:link/><c:link/></c:header>
  <c:item id="007" xsi:type="x"><name>Ann &amp; Bob</name><price currency="EUR">1.50</price><opened>2031-12-24</opened>
    <address><city>Nîmes</city><zip>01234</zip></address><tag>a</tag><tag><![CDATA[<b>]]></tag><empty/></c:item>
  <c:item id="8"><name>Cy</name><price currency="USD">2</price><opened/><tag>c</tag><item>9</item><__proto__>x</__proto__></c:item>
</c:catalog>`

test('elements in elements, attributes and repeated elements become fields', async (t) => {
  const built = await build(t, catalog)
  assert.deepEqual(await readRecords(built), [
    {
      id: '007',
      name: 'Ann & Bob',
      price_currency: 'EUR',
      price: 1.5,
      opened: '2031-12-24',
      address_city: 'Nîmes',
      address_zip: '01234',
      tag: ['a', '<b>'],
      empty: null,
      item: null,
      proto: null,
    },
    {
      id: '8',
      name: 'Cy',
      price_currency: 'USD',
      price: 2,
      opened: null,
      address_city: null,
      address_zip: null,
      tag: ['c'],
      empty: null,
      item: 9,
      proto: 'x',
    },
  ])
  const { id, price, opened, tag } = fieldTypesOf(built)
  assert.deepEqual([id, price, opened, tag], ['text', 'double', 'date', 'text'])
  const labels = sealedManifest(built).fields.map((field) => field.label)
  assert.deepEqual(labels.slice(0, 6), ['@id', 'name', 'price@currency', 'price', 'opened', 'address.city'])
})

test('an element that repeats only in the last of many slices is a list in all records', async (t) => {
  const items = Array.from({ length: 2000 }, (_, n) => `<i><n>${n}</n><k>${n % 7}</k></i>`).join('')
  const content = `<x>${items}<i><n>2000</n><k>1</k><k>2</k><late>1</late></i></x>`
  const whole = await build(t, content)
  const cut = await build(t, content, {}, { limits: { sliceBytes: 4096 } })
  assert.ok(sealedManifest(cut).parts.length > 5)
  assert.equal(sealedManifest(cut).content_hash, sealedManifest(whole).content_hash)
  const records = await readRecords(cut)
  assert.deepEqual(records[3], { n: 3, k: ['3'], late: null })
  assert.deepEqual(records.at(-1), { n: 2000, k: ['1', '2'], late: 1 })
})

const guesses: readonly (readonly [what: string, document: string, records: number, first: JsonObject])[] = [
  ['a single record', '<items><item><a>1</a><b>2</b></item></items>', 1, { a: 1, b: 2 }],
  ['a root that is the record', '<item><a>1</a><b>2</b></item>', 1, { a: 1, b: 2 }],
  [
    'records beside repeated remarks',
    `<x><note/><note/><rows>${'<row a="1"/>'.repeat(9)}</rows></x>`,
    9,
    { a: 1 },
  ],
  [
    'records with repeated parts',
    `<x>${'<r><t>1</t><t>2</t><t>3</t></r>'.repeat(3)}</x>`,
    3,
    { t: ['1', '2', '3'] },
  ],
  ['records that are only text', '<x><v>1</v><v>2</v></x>', 2, { v: 1 }],
  [
    'records in each of several groups',
    '<x><g><r a="1"/><r a="2"/></g><h><r/></h><g><r a="3"/></g></x>',
    2,
    { r_a: ['1', '2'] },
  ],
]
for (const [what, document, count, first] of guesses) {
  test(`${what}: the element of a record is guessed`, async (t) => {
    const records = await recordsOf(t, document)
    assert.equal(records.length, count)
    assert.deepEqual(records[0], first)
  })
}

test('a path chooses the element of a record', async (t) => {
  const document = '<x:a xmlns:x="u"><b><c n="1"/></b><d><c n="2"/><c n="3"/></d></x:a>'
  const chosen = async (xpath: string) => (await recordsOf(t, document, { xpath })).map(({ n }) => n)
  assert.deepEqual(await chosen('//c'), [1, 2, 3])
  assert.deepEqual(await chosen('/a/d/c'), [2, 3])
  assert.deepEqual(await chosen('/x:a/*/q:c'), [1, 2, 3])
  assert.deepEqual(await chosen('d/c'), [2, 3])
})

for (const [what, content, params] of [
  ['UTF-16 without a mark', Buffer.from('<x><i><a>é</a></i><i/></x>', 'utf16le'), {}],
  [
    'declared ISO-8859-1',
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><x><i><a>é</a></i><i/></x>', 'latin1'),
    {},
  ],
  [
    'undeclared Latin-1 whose encoding is given',
    Buffer.from('<x><i><a>é</a></i><i/></x>', 'latin1'),
    { encoding: 'iso-8859-1' },
  ],
  ['gzipped', gzipSync('<x><i><a>é</a></i><i/></x>'), {}],
] as const) {
  test(`${what} is read`, async (t) => {
    assert.deepEqual(await recordsOf(t, content, params), [{ a: 'é' }, { a: null }])
  })
}

const rss = `<?xml version="1.0"?><rss version="2.0" xmlns:georss="http://www.georss.org/georss" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title><link>https://example.org</link>
<item><title>One</title><link>https://example.org/1</link><description>&lt;p&gt;Hi&lt;/p&gt;</description><pubDate>Wed, 24 Dec 2031 18:00:00 +0100</pubDate><guid>g1</guid><category>a</category><category>b</category><enclosure url="https://example.org/1.mp3" type="audio/mpeg" length="1"/><georss:point>48.85 2.35</georss:point></item>
<item><title>Two</title><pubDate>25 Dec 2031 08:30 GMT</pubDate><dc:creator>Bo</dc:creator><category>c</category><geo:lat>-1</geo:lat><geo:long>2</geo:long></item></channel></rss>`

test('RSS 2.0', async (t) => {
  const built = await build(t, rss, {}, {}, 'rss')
  assert.deepEqual(await readRecords(built), [
    {
      title: 'One',
      link: 'https://example.org/1',
      description: '<p>Hi</p>',
      published: '2031-12-24 17:00:00+00',
      id: 'g1',
      categories: ['a', 'b'],
      enclosure: 'https://example.org/1.mp3',
      enclosure_type: 'audio/mpeg',
      geo_point: { lon: 2.35, lat: 48.85 },
      author: null,
    },
    {
      title: 'Two',
      link: null,
      description: null,
      published: '2031-12-25 08:30:00+00',
      id: null,
      categories: ['c'],
      enclosure: null,
      enclosure_type: null,
      geo_point: { lon: 2, lat: -1 },
      author: 'Bo',
    },
  ])
  const { published, geo_point } = fieldTypesOf(built)
  assert.deepEqual([published, geo_point], ['datetime', 'geo_point_2d'])
})

test('Atom and RSS 1.0', async (t) => {
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><title type="xhtml"><div>One <b>two</b></div></title><link rel="self" href="s"/><link href="https://example.org/1"/><link rel="enclosure" href="e" type="t"/><id>urn:1</id><published>2031-12-24T18:00:00Z</published><updated>2031-12-25T18:00:00Z</updated><summary>S</summary><author><name>Bo</name></author><category term="a"/><georss:where xmlns:georss="g" xmlns:gml="m"><gml:Point><gml:pos>1.5 2.5</gml:pos></gml:Point></georss:where></entry></feed>`
  assert.deepEqual(await readRecords(await build(t, atom, {}, {}, 'rss')), [
    {
      title: 'One two',
      link: 'https://example.org/1',
      description: 'S',
      published: '2031-12-24 18:00:00+00',
      updated: '2031-12-25 18:00:00+00',
      id: 'urn:1',
      author: 'Bo',
      categories: ['a'],
      enclosure: 'e',
      enclosure_type: 't',
      geo_point: { lon: 2.5, lat: 1.5 },
    },
  ])
  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="c"><title>F</title></channel><item rdf:about="https://example.org/1"><title>One</title><link>https://example.org/1</link><dc:date>2031-12-24T18:00:00Z</dc:date><dc:subject>a</dc:subject></item></rdf:RDF>`
  assert.deepEqual(await readRecords(await build(t, rdf, {}, {}, 'rss')), [
    {
      title: 'One',
      link: 'https://example.org/1',
      published: '2031-12-24 18:00:00+00',
      id: 'https://example.org/1',
      categories: ['a'],
    },
  ])
})

type Case = [
  what: string,
  content: () => string | Buffer,
  key: ErrorKey,
  told?: JsonObject,
  params?: JsonObject,
]
const laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x><i>&b;</i></x>'
const refused: readonly Case[] = [
  ['an empty file', () => '', 'ingest.source_is_empty'],
  [
    'a path that leads nowhere',
    () => '<x><i/><i/></x>',
    'ingest.xml_path_not_found',
    { path: '//item', known: '/x, /x/i' },
    { xpath: '//item' },
  ],
  [
    'a path that is no path',
    () => '<x/>',
    'ingest.invalid_parameter',
    { parameter: 'xpath' },
    { xpath: '//item[1]' },
  ],
  ['a web page', () => '<!DOCTYPE html><html><body/></html>', 'ingest.looks_like_html'],
  ['a zip that is cut off', () => 'PK\x03\x04\x14\0', 'ingest.truncated_archive'],
  ['a billion laughs', () => laughs, 'ingest.xml_entities'],
  [
    'an external entity',
    () => '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    'ingest.xml_entities',
  ],
  ['deep nesting', () => '<a>'.repeat(100_000), 'ingest.too_deep'],
  [
    'a file cut off far behind its start',
    () => `<x>${'<i><a>1</a></i>'.repeat(100_000)}<i>`,
    'ingest.invalid_xml',
  ],
  [
    'elements of 501 names in a record',
    () => `<x><i>${Array.from({ length: 501 }, (_, n) => `<a${n}/>`).join('')}</i><i/></x>`,
    'ingest.too_many_fields',
  ],
  ['a truncated gzip file', () => gzipSync(catalog).subarray(0, 200), 'ingest.truncated_archive'],
]
for (const [what, content, key, told = {}, params = {}] of refused) {
  test(`${what} is refused as ${key}`, async (t) => {
    const built = await build(t, content(), params)
    assert.equal(built.error?.key, key, JSON.stringify(built.error))
    for (const [name, value] of Object.entries(told)) assert.equal(built.error!.params[name], value, name)
    assert.equal(built.manifest, null)
  })
}

test('XML that is no feed is refused as one', async (t) => {
  const built = await build(t, catalog, {}, {}, 'rss')
  assert.equal(built.error?.key, 'ingest.not_text')
})
