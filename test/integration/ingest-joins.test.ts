/** Joins: what a record becomes by the records of another dataset that fit it, through the real builder. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ConfiguredStep, JoinedDataset, JsonObject } from '../../src/kernel/index.ts'
import { runBuild, sourceOf } from '../support/builder.ts'
import { buildJoined } from '../support/joined.ts'
import { fieldTypesOf, readRecords, readSideFile, readWithIds, sealedManifest } from '../support/parts.ts'

const step = (args: JsonObject): ConfiguredStep => ({ processor_uid: 'pr_join', name: 'join_dataset', args })

const shopsCsv = 'id,city\n1,Lyon\n2,LYON\n3,Paris\n4,Nowhere\n5,\n'
const citiesCsv = 'name,zip,mayor\nLyon,69001,A\nParis,75001,B\nLyon,69002,C\n'

const joinCities = { dataset: 'cities', local_key: ['city'], remote_key: ['name'] }

async function joinShops(t: TestContext, args: JsonObject, limits = {}) {
  const cities = await buildJoined(t, 'cities', sourceOf(t, 'cities.csv', citiesCsv, 'csvfile'))
  return runBuild(t, [sourceOf(t, 'shops.csv', shopsCsv, 'csvfile')], {
    processors: [step({ ...joinCities, ...args })],
    datasets: { cities },
    limits,
  })
}

test('a record becomes one for each that fits it, in their order, and the books balance, however it is cut', async (t) => {
  const ids = new Set<string>()
  for (const sliceBytes of [8, 16, 1 << 20]) {
    const built = await joinShops(t, { output_fields: ['zip', 'mayor'] }, { sliceBytes })
    assert.deepEqual(
      (await readRecords(built)).map((record) => Object.values(record)),
      [
        [1, 'Lyon', 69001, 'A'],
        [1, 'Lyon', 69002, 'C'],
        [2, 'LYON', 69001, 'A'],
        [2, 'LYON', 69002, 'C'],
        [3, 'Paris', 75001, 'B'],
        [4, 'Nowhere', null, null],
        [5, null, null, null],
      ],
    )
    const [source] = sealedManifest(built).sources
    assert.deepEqual([source!.rows_read, source!.rows_added, source!.rows_kept], [5, 2, 7])
    ids.add(JSON.stringify((await readWithIds(built)).map((record) => record._id)))
  }
  assert.equal(ids.size, 1)
})

test('with one_line a record stays one', async (t) => {
  const built = await joinShops(t, { retrieve_all: true, one_line: true, separator: ' + ' })
  assert.deepEqual(
    (await readRecords(built)).map(({ zip, mayor }) => [zip, mayor]),
    [
      ['69001 + 69002', 'A + C'],
      ['69001 + 69002', 'A + C'],
      ['75001', 'B'],
      [null, null],
      [null, null],
    ],
  )
  assert.equal(sealedManifest(built).sources[0]!.rows_added, 0)
})

test('keys can be told apart by their case', async (t) => {
  const built = await joinShops(t, { output_fields: ['zip'], case_sensitive: true, one_line: true })
  assert.deepEqual(
    (await readRecords(built)).map(({ zip }) => zip),
    ['69001,69002', null, '75001', null, null],
  )
})

test('fields keep their types, names that are taken get a number, and what was joined is noted', async (t) => {
  const remote = await buildJoined(
    t,
    'stations',
    sourceOf(
      t,
      'stations.jsonl',
      [
        { code: 7, name: '007', opened: '2031-05-09', seen: '2031-05-09T10:00:00Z', place: '45.5,4.5' },
        { code: 8, name: 'x', opened: null, seen: null, place: null },
      ]
        .map((record) =>
          JSON.stringify({
            ...record,
            tags: ['a', 'b'],
            shape: { type: 'Point', coordinates: [4.5, 45.5] },
          }),
        )
        .join('\n'),
      'jsonl',
    ),
    {
      fieldSpecifications: [
        { processor_uid: 'pr_name', name: 'type', args: { field: 'name', type: 'text' } },
        { processor_uid: 'pr_place', name: 'type', args: { field: 'place', type: 'geo_point_2d' } },
      ],
    },
  )
  const built = await runBuild(
    t,
    [sourceOf(t, 'a.csv', 'name,code\nown,007\nother,7.0\nnone,7.5\n', 'csvfile')],
    {
      processors: [
        step({ dataset: 'stations', local_key: ['code'], remote_key: ['code'], retrieve_all: true }),
      ],
      datasets: { stations: remote },
    },
  )
  assert.deepEqual(fieldTypesOf(built), {
    name: 'text',
    code: 'text',
    name_2: 'text',
    opened: 'date',
    seen: 'datetime',
    place: 'geo_point_2d',
    tags: 'text',
    shape: 'geo_shape',
  })
  const records = await readRecords(built)
  assert.deepEqual(
    records.map(({ name_2, opened }) => [name_2, opened]),
    [
      ['007', '2031-05-09'],
      ['007', '2031-05-09'],
      [null, null],
    ],
  )
  assert.deepEqual(records[0]!.tags, ['a', 'b'])
  assert.deepEqual(records[0]!.place, { lon: 4.5, lat: 45.5 })
  assert.deepEqual(sealedManifest(built).joined, [
    {
      dataset_uid: 'da_stations',
      dataset_id: 'stations',
      generation_uid: remote.generationUid,
      content_hash: remote.contentHash,
    },
  ])
})

test('several keys, a dataset without records, and the same dataset joined twice', async (t) => {
  const pairs = await buildJoined(
    t,
    'p',
    sourceOf(t, 'p.csv', 'a,b,v\n1,x,one\n1,y,two\n2,x,three\n', 'csvfile'),
  )
  const empty: JoinedDataset = { ...pairs, datasetUid: 'da_e', datasetId: 'e', parts: [] }
  const built = await runBuild(t, [sourceOf(t, 'a.csv', 'a,b\n1,y\n2,x\n2,y\n', 'csvfile')], {
    processors: [
      step({ dataset: 'p', local_key: ['a', 'b'], remote_key: ['a', 'b'], output_fields: ['v'] }),
      step({ dataset: 'p', local_key: ['v'], remote_key: ['v'], output_fields: ['a'] }),
      step({ dataset: { dataset_id: 'e' }, local_key: ['a'], remote_key: ['a'], retrieve_all: true }),
    ],
    datasets: { p: pairs, e: empty },
  })
  assert.deepEqual(
    (await readRecords(built)).map((record) => Object.values(record)),
    [
      [1, 'y', 'two', 1, null, null],
      [2, 'x', 'three', 2, null, null],
      [2, 'y', null, null, null, null],
    ],
  )
})

test('keys that fit nearly everything do not multiply without end: a record error says so', async (t) => {
  const many = `k,v\n${Array.from({ length: 3000 }, (_, n) => `same,${n}`).join('\n')}\n`
  const remote = await buildJoined(t, 'many', sourceOf(t, 'many.csv', many, 'csvfile'))
  for (const one_line of [false, true]) {
    const built = await runBuild(t, [sourceOf(t, 'a.csv', 'id,k\n1,same\n2,same\n3,other\n', 'csvfile')], {
      processors: [
        step({ dataset: 'many', local_key: ['k'], remote_key: ['k'], output_fields: ['v'], one_line }),
      ],
      datasets: { many: remote },
    })
    const manifest = sealedManifest(built)
    assert.equal(manifest.records_count, one_line ? 3 : 2001)
    assert.equal(manifest.record_errors.count, 2)
    const [error] = await readSideFile(built, 'record_errors')
    assert.deepEqual([error!.field, error!.value], ['k', 'same'])
    assert.match(String(error!.reason), /more than 1000 records fit/)
  }
})

test('a dataset or a field of it that is not there fails the build by name', async (t) => {
  const cities = await buildJoined(t, 'cities', sourceOf(t, 'cities.csv', citiesCsv, 'csvfile'))
  const cases: [args: JsonObject, field: string, msg: RegExp][] = [
    [{ ...joinCities, dataset: 'nowhere', retrieve_all: true }, 'dataset', /no published dataset nowhere/],
    [{ ...joinCities, output_fields: ['x"y'] }, 'x"y', /no such field/],
    [{ ...joinCities, remote_key: ['x'], output_fields: ['zip'] }, 'x', /no such field/],
    [{ ...joinCities, local_key: ['x'], output_fields: ['zip'] }, 'x', /field not found/],
  ]
  for (const [args, field, msg] of cases) {
    const built = await runBuild(t, [sourceOf(t, 'shops.csv', shopsCsv, 'csvfile')], {
      processors: [step(args)],
      datasets: { cities },
    })
    assert.equal(built.error?.key, 'ingest.processor_failed')
    assert.equal(built.error?.params.field, field)
    assert.match(String(built.error?.params.msg), msg)
  }
})
