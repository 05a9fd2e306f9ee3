/** Geocoders against a server that speaks their protocols: batches, the cache, what fails for a while and what fails. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createServices, type ServiceSettings } from '../../src/ingest/index.ts'
import { AppError, type ErrorKey, systemClock } from '../../src/kernel/index.ts'
import { tempDirectory } from '../support/builder.ts'
import { startGeocoders } from '../support/geocoders.ts'
import { explorePath } from '../support/http-client.ts'
import { makeMmdb } from '../support/mmdb.ts'
import { startServer } from '../support/server.ts'

const off: ServiceSettings = {
  addresses: { ban: null, nominatim: null, arcgis: null, census: null, pdok: null },
  arcgisToken: null,
  perSecond: 10_000,
  ipFile: null,
  maxAnswers: 100,
}

function open(
  t: TestContext,
  settings: Partial<ServiceSettings>,
  more: { allowPrivateAddresses?: boolean; cachePath?: string } = {},
) {
  const services = createServices({
    settings: { ...off, ...settings },
    policy: {
      allowPrivateAddresses: more.allowPrivateAddresses ?? true,
      timeoutMs: 20_000,
      idleTimeoutMs: 20_000,
      maxBytes: 1 << 20,
      maxRedirects: 0,
    },
    clock: systemClock,
    cachePath: more.cachePath ?? join(tempDirectory(t), 'answers.sqlite'),
    firstRetryMs: 1,
    media: null,
  })
  t.after(() => services.close())
  const never = new AbortController().signal
  return (service: string, keys: readonly string[], request = {}) =>
    services.ask(service, request, keys, never)
}

const addressesOf = (url: string) => ({
  ban: `${url}/ban`,
  nominatim: `${url}/nominatim/`,
  arcgis: `${url}/arcgis`,
  census: `${url}/census`,
  pdok: `${url}/pdok`,
})

const missing = { error: 'nothing found' }
const census = (...parts: string[]) => JSON.stringify(parts)

test('each is asked in its own protocol, and answers are put to their questions', async (t) => {
  const server = await startGeocoders(t)
  const ask = open(t, { addresses: addressesOf(server.url), arcgisToken: 'secret' })
  const paris = { lon: 2.35, lat: 48.85 }
  assert.deepEqual(await ask('geocode_ban', ['Nowhere, "quoted"', '1 rue X, Paris', 'a\nb']), [
    missing,
    { value: paris, label: '1 Rue X, 75001 Paris', score: 0.97 },
    missing,
  ])
  assert.deepEqual(await ask('geocode_nominatim', ['1 rue X, Paris', 'Nowhere'], { country: 'fr' }), [
    { value: paris, label: 'X', score: 0.4 },
    missing,
  ])
  assert.deepEqual(await ask('geocode_arcgis', ['Nowhere', '1 rue X, Paris']), [
    missing,
    { value: paris, label: 'X', score: 99.5 },
  ])
  assert.deepEqual(
    await ask('geocode_census', [
      census('Nowhere', '', '', ''),
      census('1 Main St', 'Springfield', 'IL', '62701'),
    ]),
    [missing, { value: { lon: -89.65, lat: 39.8 }, label: '1 MAIN ST, SPRINGFIELD, IL, 62701', score: 1 }],
  )
  assert.deepEqual(await ask('geocode_pdok', ['Dam 1, Amsterdam', 'Nowhere']), [
    { value: { lon: 4.89, lat: 52.37 }, label: 'Dam 1, 1012JS Amsterdam', score: 12.5 },
    missing,
  ])
})

test('many go in batches, and what has been answered is not asked again, after a restart either', async (t) => {
  const server = await startGeocoders(t)
  const cachePath = join(tempDirectory(t), 'answers.sqlite')
  const settings = { addresses: addressesOf(server.url), maxAnswers: 10_000 }
  const keys = Array.from({ length: 4500 }, (_, n) => `address ${n}`)
  await open(t, settings, { cachePath })('geocode_ban', keys)
  assert.equal(server.requests.length, 3)
  const again = open(t, settings, { cachePath })
  await again('geocode_ban', [...keys.slice(100, 200), '1 rue X, Paris'])
  assert.equal(server.requests.length, 4)
  await again('geocode_nominatim', ['address 1'])
  assert.equal(server.requests.length, 5)
})

test('the cache keeps as many answers as it may', async (t) => {
  const server = await startGeocoders(t)
  const cachePath = join(tempDirectory(t), 'answers.sqlite')
  // What lies there is no cache, and nobody's loss.
  writeFileSync(cachePath, 'no database at all')
  const ask = open(t, { addresses: addressesOf(server.url), maxAnswers: 2 }, { cachePath })
  for (const key of ['a', 'b', 'c']) await ask('geocode_pdok', [key])
  await ask('geocode_pdok', ['c', 'b'])
  assert.equal(server.requests.length, 3)
  await ask('geocode_pdok', ['a'])
  assert.equal(server.requests.length, 4)
})

const isFailure = (key: ErrorKey, text: RegExp) => (error: unknown) =>
  error instanceof AppError && error.key === key && text.test(error.message)

test('what passes by itself is tried again; what does not is named', async (t) => {
  const server = await startGeocoders(t)
  const addresses = addressesOf(server.url)
  const ask = open(t, { addresses })
  server.failures.push(429, 503, 500)
  assert.deepEqual(await ask('geocode_pdok', ['x']), [missing])
  assert.equal(server.requests.length, 4)
  server.failures.push(...Array(5).fill(503))
  await assert.rejects(ask('geocode_pdok', ['y']), isFailure('ingest.service_failed', /status 503/))
  server.failures.push(403)
  await assert.rejects(ask('geocode_pdok', ['y']), isFailure('ingest.service_failed', /status 403/))
  assert.equal(server.requests.length, 10)
  await assert.rejects(ask('geocode_arcgis', ['y']), isFailure('ingest.service_failed', /error 499/))
  for (const [service, said] of [
    ['geocode_pdok', '<html>'],
    ['geocode_pdok', '{"response":null}'],
    ['geocode_nominatim', '{}'],
    ['geocode_arcgis', 'null'],
    ['geocode_ban', 'a,b\n"'],
    ['geocode_census', 'id\n'],
  ] as const) {
    server.instead = said
    const key = service === 'geocode_census' ? census('z') : 'z'
    await assert.rejects(ask(service, [key]), isFailure('ingest.service_failed', /it did not answer/), said)
  }
})

test('off until set, and never asked at an address that is not public', async (t) => {
  const server = await startGeocoders(t)
  const name = /BROADSHEET_GEOCODER_BAN_URL|not been told/
  await assert.rejects(open(t, {})('geocode_ban', ['x']), isFailure('ingest.service_not_set', name))
  await assert.rejects(
    open(t, {})('ip_places', ['x']),
    isFailure('ingest.service_not_set', /ip_to_coordinates/),
  )
  const guarded = open(t, { addresses: addressesOf(server.url) }, { allowPrivateAddresses: false })
  await assert.rejects(
    guarded('geocode_ban', ['x']),
    isFailure('ingest.service_failed', /not a public address/),
  )
  assert.equal(server.requests.length, 0)
})

const cities = {
  81: {
    location: { latitude: 45.75, longitude: 4.85 },
    country: { iso_code: 'FR' },
    city: { names: { en: 'Lyon' } },
  },
  82: { country: { iso_code: 'NL' } },
}

test('IP addresses are found in a file, which may be replaced; a damaged one is named', async (t) => {
  const ipFile = join(tempDirectory(t), 'city.mmdb')
  writeFileSync(ipFile, makeMmdb(cities))
  const ask = open(t, { ipFile })
  assert.deepEqual(await ask('ip_places', ['81.2.69.142', '82.1.1.1', '9.9.9.9', '::1', '999.1.1.1', 'x']), [
    { value: { lon: 4.85, lat: 45.75 }, country: 'FR', label: 'Lyon', score: null },
    missing,
    missing,
    missing,
    { error: 'not an IP address' },
    { error: 'not an IP address' },
  ])
  writeFileSync(ipFile, 'no database')
  await assert.rejects(
    ask('ip_places', ['81.2.69.142']),
    isFailure('ingest.service_failed', /cannot be read/),
  )
})

test('a server geocodes what it publishes, and says by name what it cannot', async (t) => {
  const geocoders = await startGeocoders(t)
  const ipFile = join(tempDirectory(t), 'city.mmdb')
  writeFileSync(ipFile, makeMmdb(cities))
  const server = await startServer(t, {
    env: {
      BROADSHEET_GEOCODER_BAN_URL: `${geocoders.url}/ban`,
      BROADSHEET_GEOCODER_PER_SECOND: '1000',
      BROADSHEET_GEOIP_FILE: ipFile,
      BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1',
    },
  })
  const spec = (name: string, args: object) => ({
    filename: 'a.csv',
    content: 'street,city,ip\n1 rue X,Paris,81.0.0.1\n,Nowhere,9.9.9.9\n1 rue X,Paris,\n',
    processors: [
      { name, args },
      { name: 'ip_to_coordinates', args: { field: 'ip', output_field: 'origin', label_field: 'town' } },
    ],
  })
  const address = { address: ['street', 'city'], output_field: 'place' }
  const { job } = await server.publishFile(
    'geocoded',
    spec('geocode_ban', { ...address, score_field: 'sure' }),
  )
  assert.equal(job.result.record_errors ?? job.result.records_errors ?? 2, 2)
  const { json } = await server.request('GET', `${explorePath}/geocoded/records`)
  assert.deepEqual(
    json.results.map((record: Record<string, unknown>) => [
      record.place,
      record.sure,
      record.origin,
      record.town,
    ]),
    [
      [{ lon: 2.35, lat: 48.85 }, 0.97, { lon: 4.85, lat: 45.75 }, 'Lyon'],
      [null, null, null, null],
      [{ lon: 2.35, lat: 48.85 }, 0.97, null, null],
    ],
  )
  assert.equal(geocoders.requests.length, 1)
  const unset = await server.createDataset('unset', spec('geocode_pdok', address))
  const failed = await server.waitForJob(await server.publish(unset.datasetUid))
  assert.equal(failed.error?.error_key, 'ServiceNotSetException')
})
