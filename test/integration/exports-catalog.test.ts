/** The catalog as a file: tables, feeds, DCAT with what its profiles require. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import { Parser, type Quad, Store } from 'n3'
import { RdfXmlParser } from 'rdfxml-streaming-parser'
import { readSheet } from 'read-excel-file/node'
import { explorePath, managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

const dcat = 'http://www.w3.org/ns/dcat#'
const dct = 'http://purl.org/dc/terms/'
const type = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
const hostile = 'Bees & <wasps> "]]>" \u0001 \\ 😀'

const namespaces = {
  dcat,
  dct,
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  foaf: 'http://xmlns.com/foaf/0.1/',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  vcard: 'http://www.w3.org/2006/vcard/ns#',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  dc: 'http://purl.org/dc/elements/1.1/',
  dcatapit: 'http://dati.gov.it/onto/dcatapit#',
  dcatde: 'http://dcat-ap.de/def/dcatde/',
  mdcat: 'https://data.vlaanderen.be/ns/metadata-dcat#',
  mobilitydcatap: 'https://w3id.org/mobilitydcat-ap#',
} as const
function nameOf(short: string): string {
  const [prefix, local] = short.split(':') as [keyof typeof namespaces, string]
  return namespaces[prefix] + local
}
async function readRdf(text: string): Promise<Store> {
  const store = new Store()
  for await (const quad of Readable.from([text]).pipe(new RdfXmlParser())) store.addQuad(quad as Quad)
  return store
}

/** Of each class, what every resource of it must have: DCAT-AP, and each profile beyond it. */
type Rules = Readonly<Record<string, readonly string[]>>
const generalRules: Rules = {
  'dcat:Catalog': [
    ...['dct:title', 'dct:description', 'dct:publisher', 'dcat:dataset'],
    ...['foaf:homepage', 'dct:language', 'dct:issued', 'dct:modified', 'dcat:themeTaxonomy'],
  ],
  'dcat:Dataset': ['dct:title', 'dct:description', 'dct:publisher', 'dcat:contactPoint', 'dct:accessRights'],
  'dcat:Distribution': ['dcat:accessURL', 'dct:title'],
  'foaf:Agent': ['foaf:name'],
  'skos:Concept': ['skos:prefLabel'],
  'skos:ConceptScheme': ['dct:title'],
  'vcard:Organization': ['vcard:fn'],
}
/** Of what class that is which a property points at. */
const classes = {
  'dct:publisher': 'foaf:Agent',
  'dct:language': 'dct:LinguisticSystem',
  'dct:accrualPeriodicity': 'dct:Frequency',
  'dct:accessRights': 'dct:RightsStatement',
  'dct:rights': 'dct:RightsStatement',
  'dct:license': 'dct:LicenseDocument',
  'dct:format': 'dct:MediaTypeOrExtent',
  'dct:spatial': 'dct:Location',
  'dct:temporal': 'dct:PeriodOfTime',
  'dcat:mediaType': 'dct:MediaType',
  'dcat:theme': 'skos:Concept',
  'dcat:themeTaxonomy': 'skos:ConceptScheme',
  'dcat:landingPage': 'foaf:Document',
  'dcat:distribution': 'dcat:Distribution',
  'dcat:contactPoint': 'vcard:Organization',
  'foaf:homepage': 'foaf:Document',
} as const
/** What there is at most one of. */
const single = [
  ...['dct:publisher', 'dct:accessRights', 'dct:accrualPeriodicity', 'dct:issued', 'dct:modified'],
  ...['dct:rights', 'dct:license', 'dct:format', 'dcat:mediaType', 'foaf:homepage'],
]
function assertClasses(store: Store, said: string): void {
  for (const [property, name] of Object.entries(classes))
    for (const object of store.getObjects(null, nameOf(property), null)) {
      const types = store.getObjects(object, type, null).map(({ value }) => value)
      // Its rights statements are the conditions of distributions alone.
      if (said === 'dcat_ap_benap' && property === 'dct:accessRights') continue
      const isOne = types.includes(nameOf(name)) || (name === 'foaf:Agent' && types.length > 0)
      assert.ok(isOne, `${said}: ${property} ${object.value} is a ${name}`)
    }
  for (const property of single)
    for (const subject of store.getSubjects(nameOf(property), null, null))
      assert.equal(store.getObjects(subject, nameOf(property), null).length, 1, `${said}: one ${property}`)
}

const record = ['foaf:primaryTopic', 'dct:modified', 'dct:created', 'dct:issued', 'dct:language']
const profileRules: Readonly<Record<string, Rules>> = {
  dcat_ap_benap: {
    'dcat:Catalog': ['foaf:homepage', 'dct:spatial', 'dcat:record'],
    'dcat:CatalogRecord': [...record, 'dct:identifier'],
    'dcat:Dataset': ['dct:accrualPeriodicity', 'dct:spatial', 'dcat:distribution'],
    'dcat:Distribution': ['dct:rights', 'dct:format', 'mobilitydcatap:mobilityDataStandard'],
    'dct:RightsStatement': ['dct:type'],
    'mobilitydcatap:MobilityDataStandard': ['dct:conformsTo'],
    'dct:Location': ['dct:identifier'],
  },
  dcat_ap_ch: {
    'dcat:Dataset': ['dct:identifier', 'dcat:theme'],
    'dcat:Distribution': ['dct:license', 'dct:issued'],
  },
  dcat_ap_de: { 'dcat:Dataset': ['dct:identifier', 'dct:modified'] },
  dcat_ap_it: {
    'dcat:Catalog': ['dct:modified'],
    'dcatapit:Catalog': ['dct:title'],
    'dcatapit:Dataset': [
      'dct:identifier',
      'dct:modified',
      'dcat:theme',
      'dct:rightsHolder',
      'dct:accrualPeriodicity',
      'dcat:distribution',
    ],
    'dcatapit:Distribution': ['dct:format', 'dct:license'],
    'dcatapit:Agent': ['dct:identifier', 'foaf:name'],
    'dcatapit:LicenseDocument': ['dct:type', 'foaf:name'],
  },
  dcat_ap_se: { 'dcat:Catalog': ['dct:license'] },
  dcat_ap_sp: {
    'dcat:Catalog': [
      'foaf:homepage',
      'dcat:themeTaxonomy',
      'dct:issued',
      'dct:modified',
      'dct:language',
      'dct:license',
    ],
    'dcat:Dataset': ['dcat:theme', 'dcat:distribution'],
  },
  dcat_ap_vl: {
    'dcat:Catalog': ['dct:identifier', 'dct:license', 'dcat:contactPoint', 'dcat:record'],
    'dcat:CatalogRecord': [...record, 'dct:identifier'],
    'dcat:Dataset': ['dct:identifier', 'mdcat:statuut', 'dcat:distribution'],
    'dcat:Distribution': ['dct:identifier', 'dct:description', 'dct:license'],
  },
}
/** Whose values must be names, not words. */
const named = [
  'dct:language',
  'dct:accrualPeriodicity',
  'dcat:theme',
  'dct:format',
  'dct:license',
  'dct:accessRights',
]

test('exports of the catalog', async (t) => {
  const server = await startServer(t)
  const make = (id: string, metas: Record<string, Record<string, unknown>>) =>
    server.publishFile(id, { filename: 'a.csv', content: 'place,lat,lon\nx,1,2\n', metas })
  await make('bees', {
    default: {
      title: hostile,
      description: '<p>About bees</p>',
      keyword: ['insects', 'honey & wax'],
      theme: ['Nature', 'environment', 'https://w3id.org/mobilitydcat-ap/mobility-theme/tolls'],
      publisher: 'City of Bees',
      license: 'Open Licence',
      license_url: 'https://example.org/licence',
      language: 'en',
      references: 'https://example.org/bees> <urn:a> <urn:b> . # "{}|^`',
    },
    dcat: {
      contact_name: 'Ada',
      contact_email: 'ada@example.org',
      issued: '2020-01-02T00:00:00+00:00',
      accrualperiodicity: 'Monthly',
      temporal: '2000/2020-06-30',
      spatial: 'Castilla',
      contributor: 'http://dcat-ap.de/def/contributors/bees',
    },
  })
  await make('ants', { default: { title: 'Ants' } })
  const secret = await make('secret', { default: { title: 'Secret' } })
  await server.expect(200, 'PUT', `${managementPath}/datasets/${secret.datasetUid}/security/access_policy`, {
    body: '"restricted"',
  })
  const base = '/api/explore/v2.1/catalog/exports'
  const get = (format: string, query = '', auth: 'none' | 'admin' = 'none') =>
    server.expect(200, 'GET', `${base}/${format}?${query}`, { auth })

  await t.test('the list, formats that do not exist, and HEAD', async () => {
    const links = (await server.expect(200, 'GET', base)).json._links
    const rels = links.map(({ rel }: { rel: string }) => rel)
    assert.deepEqual(rels, [
      'csv',
      'data.json',
      'dcat',
      ...Object.keys(profileRules),
      'dublin_core',
      'json',
      'rdf',
      'rss',
      'ttl',
      'xlsx',
    ])
    for (const { href } of links) {
      const path = new URL(href).pathname
      const full = await server.expect(200, 'GET', path)
      const head = await server.expect(200, 'HEAD', path)
      assert.equal(head.headers.get('content-type'), full.headers.get('content-type'))
      assert.match(full.headers.get('content-disposition')!, /^attachment; filename="catalog\./)
    }
    assert.equal((await server.expect(404, 'GET', `${base}/toString`)).json.error_code, 'UnknownExportFormat')
    for (const format of ['rss', 'ttl', 'dcat', 'data.json']) {
      const { json } = await server.expect(400, 'GET', `${base}/${format}?select=title`)
      assert.equal(json.key, 'exports.whole_datasets_only')
    }
    assert.equal(
      (await server.expect(400, 'GET', `${base}/ttl?include_exports=csv,exe`)).json.key,
      'http.invalid_parameter',
    )
    assert.equal(
      (await server.expect(400, 'GET', `${base}/csv?where=nothing=1`)).json.error_code,
      'ODSQLError',
    )
  })

  await t.test('what the reader may not see is in none of them', async () => {
    for (const format of [
      ...['csv', 'json', 'rss', 'ttl', 'rdf', 'dcat', 'data.json', 'dublin_core'],
      ...Object.keys(profileRules),
    ]) {
      assert.doesNotMatch((await get(format)).text, /secret/i, format)
      assert.match((await get(format, '', 'admin')).text, /secret/i, format)
    }
    assert.equal((await readSheet((await get('xlsx')).bytes)).length, 3)
  })

  await t.test('tables: json, csv and xlsx', async () => {
    const { results } = (await server.expect(200, 'GET', explorePath)).json
    assert.deepEqual((await get('json')).json, results)
    assert.deepEqual((await get('json', 'select=dataset_id&order_by=dataset_id')).json, [
      { dataset_id: 'ants' },
      { dataset_id: 'bees' },
    ])
    assert.deepEqual((await get('json', 'where=dataset_id="none"')).json, [])
    assert.equal((await get('json', 'limit=1&offset=1')).json[0].dataset_id, results[1].dataset_id)
    assert.equal((await get('json', 'refine=publisher:City of Bees')).json.length, 1)
    const csv = (
      await get(
        'csv',
        'select=dataset_id,keyword&order_by=dataset_id&with_bom=false&delimiter=,&list_separator=|',
      )
    ).text
    assert.equal(csv, 'dataset_id,keyword\nants,\nbees,insects|honey & wax\n')
    const sheet = (await readSheet(
      (
        await get('xlsx', 'select=dataset_id,records_count&order_by=dataset_id')
      ).bytes,
    )) as unknown[][]
    assert.deepEqual(sheet, [
      ['dataset_id', 'records_count'],
      ['ants', 1],
      ['bees', 1],
    ])
  })

  await t.test('rss', async () => {
    const document = new DOMParser({ onError: () => {} }).parseFromString((await get('rss')).text, 'text/xml')
    const items = Array.from(document.getElementsByTagName('item'))
    assert.equal(items.length, 2)
    const bees = items.find(
      (item) =>
        item.getElementsByTagName('link')[0]!.textContent ===
        `${server.url}/explore/dataset/bees/information/`,
    )!
    assert.equal(bees.getElementsByTagName('title')[0]!.textContent, hostile.replace('\u0001', '\uFFFD'))
    assert.equal(bees.getElementsByTagName('category').length, 2)
    for (const item of items) {
      assert.ok(Date.parse(item.getElementsByTagName('pubDate')[0]!.textContent!) > 0)
      assert.ok(item.getElementsByTagName('guid')[0]!.textContent)
    }
  })

  await t.test('dcat: what the profile requires, the same in Turtle and in RDF/XML', async () => {
    const turtle = new Store(new Parser().parse((await get('ttl')).text))
    const bees = `${server.url}${explorePath}/bees`
    const xml: Quad[] = []
    for await (const quad of Readable.from([(await get('rdf')).text]).pipe(new RdfXmlParser()))
      xml.push(quad as Quad)
    assert.equal(xml.length, turtle.size)
    const predicates = (quads: Iterable<Quad>) => [...quads].map(({ predicate }) => predicate.value).sort()
    assert.deepEqual(predicates(xml), predicates(turtle.getQuads(null, null, null, null)))
    const values = (subject: unknown, predicate: string) =>
      turtle.getObjects(subject as string, predicate, null)
    const subjects = (name: string) => turtle.getSubjects(type, dcat + name, null)
    const [catalog] = subjects('Catalog')
    for (const property of [`${dct}title`, `${dct}description`, `${dct}publisher`])
      assert.equal(values(catalog, property).length, 1, property)
    assertClasses(turtle, 'ttl')
    for (const property of ['foaf:homepage', 'dct:language', 'dct:issued', 'dct:modified'])
      assert.equal(values(catalog, nameOf(property)).length, 1, property)
    const labels = (property: string) =>
      values(bees, nameOf(property)).map((of) => {
        const [label] = [...values(of, nameOf('skos:prefLabel')), ...values(of, nameOf('rdfs:label'))]
        return label?.value ?? of.value
      })
    const authority = 'http://publications.europa.eu/resource/authority/'
    assert.deepEqual(labels('dct:language'), [`${authority}language/ENG`])
    assert.deepEqual(labels('dct:accrualPeriodicity'), [`${authority}frequency/MONTHLY`])
    assert.deepEqual(labels('dct:accessRights'), [`${authority}access-right/PUBLIC`])
    assert.deepEqual(labels('dcat:theme'), [
      ...['Nature', 'Environment', 'https://w3id.org/mobilitydcat-ap/mobility-theme/tolls'],
    ])
    assert.deepEqual(
      values(bees, `${dcat}landingPage`).map(({ value }) => value),
      [`${server.url}/explore/dataset/bees/information/`],
    )
    assert.equal(values(bees, nameOf('rdfs:seeAlso')).length, 1)
    assert.equal(turtle.countQuads(null, 'urn:a', null, null), 0)
    const [period] = values(bees, `${dct}temporal`)
    assert.equal(values(period, `${dcat}startDate`)[0]!.value, '2000')
    assert.equal(values(period, `${dcat}endDate`)[0]!.value, '2020-06-30')
    for (const page of ['', '/dataset/bees/information/']) await server.expect(200, 'GET', `/explore${page}`)
    const datasets = subjects('Dataset')
    assert.deepEqual(
      values(catalog, `${dcat}dataset`)
        .map(({ value }) => value)
        .sort(),
      datasets.map(({ value }) => value).sort(),
    )
    assert.equal(datasets.length, 2)
    for (const dataset of datasets) {
      for (const property of [
        `${dct}title`,
        `${dct}description`,
        `${dct}identifier`,
        `${dct}publisher`,
        `${dct}modified`,
        `${dcat}contactPoint`,
        `${dcat}landingPage`,
      ]) {
        assert.equal(values(dataset, property).length, 1, property)
      }
      assert.equal(values(dataset, `${dcat}distribution`).length, 9)
    }
    const distributions = subjects('Distribution')
    assert.equal(distributions.length, 18)
    for (const distribution of distributions) {
      const [url] = values(distribution, `${dcat}accessURL`)
      assert.ok(url?.value.startsWith(`${server.url}${explorePath}/`))
      assert.equal(values(distribution, `${dcat}downloadURL`)[0]!.value, url!.value)
      assert.equal(values(distribution, `${dcat}mediaType`).length, 1)
      const { pathname, search } = new URL(url!.value)
      assert.equal((await server.request('HEAD', pathname + search)).status, 200, url!.value)
    }
    assert.equal(values(bees, `${dct}title`)[0]!.value, hostile)
    assert.equal((values(bees, `${dct}title`)[0] as { language?: string }).language, 'en')
    assert.deepEqual(
      values(bees, `${dcat}keyword`)
        .map(({ value }) => value)
        .sort(),
      ['honey & wax', 'insects'],
    )
    assert.equal(values(bees, `${dct}issued`)[0]!.value, '2020-01-02T00:00:00+00:00')
    assert.ok(
      turtle
        .getObjects(null, `${dct}license`, null)
        .every(({ value }) => value === 'https://example.org/licence'),
    )
    assert.equal((await get('dcat')).text, (await get('rdf')).text)
    const few = new Store(
      new Parser().parse((await get('ttl', 'include_exports=csv,geojson&use_labels_in_exports=false')).text),
    )
    assert.deepEqual(
      few
        .getObjects(null, `${dcat}accessURL`, null)
        .map(({ value }) => value)
        .sort(),
      ['ants', 'bees'].map((id) => `${server.url}${explorePath}/${id}/exports/csv`),
    )
  })

  await t.test('DCAT-AP of countries: what each requires is there, with and without metadata', async () => {
    const authority = 'http://publications.europa.eu/resource/authority/'
    for (const [profile, own] of Object.entries(profileRules)) {
      const store = await readRdf((await get(profile)).text)
      for (const rules of [generalRules, own])
        for (const [kind, properties] of Object.entries(rules)) {
          const subjects = store.getSubjects(type, nameOf(kind), null)
          assert.ok(subjects.length > 0, `${profile} has a ${kind}`)
          for (const subject of subjects)
            for (const property of properties)
              assert.ok(
                store.getObjects(subject, nameOf(property), null).length > 0,
                `${profile}: ${kind} ${subject.value} has a ${property}`,
              )
        }
      assertClasses(store, profile)
      for (const contact of store.getSubjects(type, nameOf('vcard:Organization'), null)) {
        const ways = ['vcard:hasEmail', 'vcard:hasURL'].flatMap((way) =>
          store.getObjects(contact, nameOf(way), null),
        )
        assert.equal(ways.length, 1, `${profile}: an address, or else a page`)
      }
      for (const property of named)
        for (const object of store.getObjects(null, nameOf(property), null))
          assert.equal(object.termType, 'NamedNode', `${profile}: ${property} ${object.value}`)
      assert.equal(store.getSubjects(type, `${dcat}Dataset`, null).length, 2)
      const bees = `${server.url}${explorePath}/bees`
      const of = (property: string, subject: string = bees) =>
        store.getObjects(subject, nameOf(property), null).map(({ value }) => value)
      assert.deepEqual(of('dct:language'), [`${authority}language/ENG`])
      assert.deepEqual(of('dct:accessRights'), [`${authority}access-right/PUBLIC`])
      const theme =
        profile === 'dcat_ap_sp'
          ? 'http://datos.gob.es/kos/sector-publico/sector/medio-ambiente'
          : `${authority}data-theme/ENVI`
      assert.ok(of('dcat:theme').includes(theme), profile)
      assert.ok(of('dcat:keyword').includes('Nature'), 'a theme of no vocabulary is a word')
      assert.ok(of('dct:accrualPeriodicity')[0]!.endsWith('/frequency/MONTHLY'))
    }
    const germany = await readRdf((await get('dcat_ap_de')).text)
    assert.deepEqual(
      germany.getObjects(null, nameOf('dcatde:contributorID'), null).map(({ value }) => value),
      ['http://dcat-ap.de/def/contributors/bees'],
    )
    const mobility = await readRdf((await get('dcat_ap_benap')).text)
    assert.deepEqual(
      mobility.getObjects(null, nameOf('mobilitydcatap:mobilityTheme'), null).map(({ value }) => value),
      ['https://w3id.org/mobilitydcat-ap/mobility-theme/tolls'],
    )
    const spain = await readRdf((await get('dcat_ap_sp')).text)
    assert.equal(spain.countQuads(null, nameOf('dct:spatial'), null, null), 0)
    assert.equal(
      spain.getObjects(null, nameOf('dcat:keyword'), null).some(({ value }) => value === 'Castilla'),
      true,
    )
    for (const property of ['dct:title', 'dct:description', 'dcat:keyword'])
      for (const text of spain.getObjects(null, nameOf(property), null))
        assert.ok((text as { language?: string }).language, `${property} ${text.value} has a language`)
    const italy = await readRdf((await get('dcat_ap_it', 'where=dataset_id="ants"')).text)
    assert.deepEqual(
      new Set(italy.getObjects(null, nameOf('dct:license'), null).map(({ value }) => value)),
      new Set(['https://w3id.org/italia/controlled-vocabulary/licences/C1_Unknown']),
    )
  })

  await t.test('dublin_core: elements and nothing else', async () => {
    const store = await readRdf((await get('dublin_core')).text)
    for (const { predicate } of store) assert.ok(predicate.value.startsWith(namespaces.dc), predicate.value)
    const subjects = store.getSubjects(nameOf('dc:title'), null, null)
    assert.equal(subjects.length, 2)
    const bees = `${server.url}${explorePath}/bees`
    const of = (element: string) =>
      store.getObjects(bees, `${namespaces.dc}${element}`, null).map(({ value }) => value)
    assert.deepEqual(of('title'), [hostile.replace('\u0001', '\uFFFD')])
    assert.deepEqual(of('rights'), ['https://example.org/licence'])
    assert.ok(of('subject').includes('insects') && of('subject').includes('Nature'))
  })

  await t.test('data.json: the required members of DCAT-US 1.1', async () => {
    const { json } = await get('data.json', '', 'admin')
    assert.equal(json.conformsTo, 'https://project-open-data.cio.gov/v1.1/schema')
    assert.equal(json.dataset.length, 3)
    for (const dataset of json.dataset) {
      for (const name of ['title', 'description', 'identifier', 'modified'])
        assert.equal(typeof dataset[name], 'string', name)
      assert.ok(
        dataset.keyword.length > 0 && dataset.keyword.every((word: unknown) => typeof word === 'string'),
      )
      assert.equal(dataset.publisher['@type'], 'org:Organization')
      assert.ok(dataset.publisher.name)
      assert.equal(dataset.accessLevel, dataset.title === 'Secret' ? 'restricted public' : 'public')
      for (const item of dataset.distribution) {
        assert.ok(item.downloadURL && item.mediaType)
      }
    }
    const bees = json.dataset.find(({ title }: { title: string }) => title === hostile)
    assert.deepEqual(bees.contactPoint, {
      '@type': 'vcard:Contact',
      fn: 'Ada',
      hasEmail: 'mailto:ada@example.org',
    })
    assert.equal(bees.license, 'https://example.org/licence')
    assert.equal(bees.landingPage, `${server.url}/explore/dataset/bees/information/`)
  })
})
