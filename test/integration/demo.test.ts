import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin, runCli } from '../support/cli.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

const records = {
  airports: 3376,
  earthquakes: 1707,
  'flights-3m': 3_000_000,
  'seattle-weather': 1461,
  zipcodes: 42_049,
}

test('the demo datasets are published once, described, and left alone when somebody unpublishes one', async (t) => {
  const server = await startServer(t)
  const seeded = await runCli(['seed', '--json'], asAdmin(server))
  assert.equal(seeded.code, 0, seeded.stderr)
  assert.deepEqual(
    seeded
      .events()
      .map(({ dataset_id, outcome }) => [dataset_id, outcome])
      .sort(),
    Object.keys(records).map((name) => [name, 'published']),
  )
  const catalog = (await server.expect(200, 'GET', explorePath)).json.results
  for (const { dataset_id, metas } of catalog) {
    assert.equal(metas.default.records_count, records[dataset_id as keyof typeof records])
    for (const name of [
      'title',
      'description',
      'license',
      'license_url',
      'publisher',
      'references',
      'keyword',
    ]) {
      assert.ok(metas.default[name]?.length > 0, `${dataset_id} has no ${name}`)
    }
    assert.equal(metas.internal, undefined)
  }

  const managed = await server.expect(200, 'GET', `${managementPath}/datasets?expand=publication`)
  for (const { dataset_id, publication } of managed.json)
    assert.equal(publication.edited_since, false, `${dataset_id} has edits that readers do not see`)

  const firstOf = async (dataset: string, query: string) =>
    (await server.expect(200, 'GET', `${explorePath}/${dataset}/records?limit=1&${query}`)).json.results[0]
  assert.deepEqual((await firstOf('airports', 'where=iata="00M"')).location, {
    lon: -89.23450472,
    lat: 31.95376472,
  })
  assert.equal((await firstOf('zipcodes', 'order_by=zip_code')).zip_code, '00501')
  assert.equal((await firstOf('seattle-weather', 'order_by=date')).date, '2012-01-01')
  assert.equal((await firstOf('earthquakes', 'order_by=mag desc')).geo_shape.geometry.type, 'Point')
  const { facets } = (await server.expect(200, 'GET', `${explorePath}/seattle-weather/facets?facet=weather`))
    .json
  assert.equal(facets[0].facets.length, 5)

  await runCli(['unpublish', 'airports'], asAdmin(server))
  const jobsBefore = (await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)).json.length
  const again = await runCli(['seed', '--json'], asAdmin(server))
  assert.deepEqual([again.code, again.stdout], [0, ''])
  assert.equal((await server.expect(200, 'GET', `${managementPath}/jobs?rows=100`)).json.length, jobsBefore)
  assert.equal((await server.request('GET', `${explorePath}/airports`)).status, 404)
})
