/** What a back office needs of processors, over HTTP: what they take, what they would do, what may be meant. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { processors } from '../../src/ingest/index.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

test('processors in the management API', async (t) => {
  const server = await startServer(t)
  const call = documented(server, await readApiDocument(server))
  const file = await server.upload(
    'a.csv',
    'City,Lat,Lon,Tags,Price\nLyon,45.7,4.8,a;b,12\nParis,48.8,2.3,c,free\n,1,1,,3\n',
  )
  const more = await server.upload('b.csv', 'city,price\nNice,4\n')
  const { json: dataset } = await call(201, 'POST', `${managementPath}/datasets`, {
    body: { dataset_id: 'steps' },
  })
  const base = `${managementPath}/datasets/${dataset.dataset_uid}`

  await t.test('every processor says what it does and takes, with examples', async () => {
    const names: string[] = (await call(200, 'GET', `${managementPath}/processors/`)).json
    assert.deepEqual(names, [...processors.keys()])
    for (const name of names) {
      const { json } = await call(200, 'GET', `${managementPath}/processors/${name}`)
      assert.equal(json.name, name)
      assert.ok(json.description.length > 10 && json.examples.length > 0)
      for (const example of json.examples) assert.ok(Array.isArray(example.records))
    }
    assert.equal(
      (await call(400, 'GET', `${managementPath}/processors/explode`)).json.error_key,
      'UnknownProcessorException',
    )
  })

  await t.test('without a resource there is nothing to guess from and nothing to show', async () => {
    const body = { name: 'create_geopoint' }
    const guessed = await call(200, 'POST', `${base}/guess_processor_params`, { body })
    assert.deepEqual(guessed.json, { latitude: {}, longitude: {}, epsg: {}, output_field: {} })
    await call(404, 'POST', `${base}/processors/preview`, { body: {} })
  })

  const added = await call(201, 'POST', `${base}/resources/`, { body: { url: file.url } })
  const second = await call(201, 'POST', `${base}/resources/`, { body: { url: more.url } })
  await call(201, 'POST', `${base}/processors/`, {
    body: { name: 'expression', args: { output_field: 'double_price', expression: 'price * 2' } },
  })
  await call(201, 'POST', `${base}/processors/`, { body: { name: 'skip_record', args: { field: 'city' } } })
  await call(201, 'POST', `${base}/processors/`, {
    body: { name: 'expand_multivalued', args: { field: 'tags', separator: ';', output_field: 'tag' } },
  })

  await t.test('the records behind any step are shown, with what could not be handled', async () => {
    const previewed = async (body: object) =>
      (await call(200, 'POST', `${base}/processors/preview`, { body })).json
    const all = await previewed({})
    assert.deepEqual(
      all.records.map((record: Record<string, unknown>) => [record.city, record.double_price, record.tag]),
      [
        ['Lyon', 24, 'a'],
        ['Lyon', 24, 'b'],
        ['Paris', null, 'c'],
      ],
    )
    const [error] = all.errors
    assert.deepEqual([error.field, error.value, error.reason], ['price', 'free', 'not a number'])
    assert.match(error.record_id, /^[0-9a-f]{32}$/)
    assert.match(error.processor_uid, /^pr_/)
    assert.equal(all.errors_count, 1)
    assert.deepEqual(all.rows, { read: 3, kept: 3, rejected: 0, filtered: 1, added: 1 })
    assert.equal((await previewed({ step: 2 })).records.length, 2)
    assert.equal((await previewed({ rows: 1 })).records.length, 1)
    const other = await previewed({ resource_uid: second.json.resource_uid, step: 1 })
    assert.deepEqual(other.records, [{ city: 'Nice', price: 4, double_price: 8 }])
  })

  await t.test('processors that are not configured yet are shown too', async () => {
    const shown = await call(200, 'POST', `${base}/processors/preview`, {
      body: {
        resource_uid: added.json.resource_uid,
        processors: [
          {
            name: 'expression',
            args: { output_field: 'age', expression: 'year(now()) > 2000 ? upper(city)' },
          },
          { processor_uid: 'pr_mine', name: 'convert_number', args: { field: 'price' } },
        ],
      },
    })
    assert.deepEqual(
      shown.json.records.map((record: Record<string, unknown>) => [record.age, record.price]),
      [
        ['LYON', 12],
        ['PARIS', null],
        [null, 3],
      ],
    )
    assert.deepEqual(
      shown.json.errors.map((error: Record<string, unknown>) => error.processor_uid),
      ['pr_mine'],
    )
  })

  await t.test('what cannot be previewed says why', async () => {
    for (const [body, key] of [
      [{ processors: [{ name: 'explode' }] }, 'UnknownProcessorException'],
      [{ processors: [{ name: 'split', args: { field: 'city' } }] }, 'MissingProcessorArgumentException'],
      [
        { processors: [{ name: 'expression', args: { output_field: 'x', expression: '1 +' } }] },
        'InvalidProcessorArgumentException',
      ],
      [
        { processors: [{ name: 'expression', args: { output_field: 'x', expression: 'nowhere' } }] },
        'ProcessorException',
      ],
    ] as const) {
      const { json } = await call(400, 'POST', `${base}/processors/preview`, { body })
      assert.equal(json.error_key, key, JSON.stringify(body))
    }
    await call(404, 'POST', `${base}/processors/preview`, { body: { resource_uid: 're_none' } })
    await call(400, 'POST', `${base}/processors/preview`, { body: { step: -1 } })
  })

  await t.test('arguments are guessed from the fields as the processors leave them', async () => {
    const guess = async (name: string) =>
      (await call(200, 'POST', `${base}/guess_processor_params`, { body: { name } })).json
    const point = await guess('create_geopoint')
    assert.equal(point.latitude.candidate.name, 'lat')
    assert.deepEqual(point.longitude.candidate, {
      name: 'lon',
      original_name: 'Lon',
      label: 'Lon',
      type: 'double',
      description: null,
      annotations: [],
    })
    assert.deepEqual([point.epsg, point.output_field], [{}, {}])
    assert.equal((await guess('expand_multivalued')).field.candidate.name, 'tags')
    const { left, right } = await guess('concat')
    assert.notEqual(left.candidate.name, right.candidate.name)
    assert.deepEqual((await guess('expand_json_array')).json_array_field, {})
    await call(400, 'POST', `${base}/guess_processor_params`, { body: { name: 'explode' } })
  })
})
