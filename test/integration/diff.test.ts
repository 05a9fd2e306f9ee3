/** Diffs of two states over HTTP: numbers, pages and files say the same, and only to those who may read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Client, type CreatedDataset, explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const theServer = shareServer()
const idOf = (field: string) => ({ name: 'annotate', args: { field, annotation: 'id' } })
const baseOf = (dataset: CreatedDataset) => `${managementPath}/datasets/${dataset.datasetUid}`

async function saveVersion(server: Client, dataset: CreatedDataset): Promise<string> {
  const job = await server.jobDone(await server.order('PUT', `${baseOf(dataset)}/save_version`))
  return job.result.version_uid
}
async function publishNext(server: Client, dataset: CreatedDataset, content: string) {
  await server.replaceFile(dataset, 'next.csv', content)
  return server.jobDone(await server.publish(dataset.datasetUid))
}

interface Difference {
  readonly change: string
  readonly _id: string
  readonly key: Record<string, unknown> | null
  readonly old: Record<string, unknown> | null
  readonly new: Record<string, unknown> | null
}
const without = ({ _id, ...rest }: Difference) => rest

test('a version and now are compared in numbers, pages and files', async () => {
  const server = await theServer()
  const header = 'code,name,at,place,tags,price'
  const dataset = await server.publishFile('stops', {
    filename: 'stops.csv',
    content: `${header}
1,"Élan ""A""",2031-05-09T10:00:00Z,"45.5,4.5",a|b,1.5
2,Two,,,,2
3,Three,2031-05-09T10:00:00Z,"1,2",x,3
`,
    fieldSpecifications: [
      idOf('code'),
      { name: 'type', args: { field: 'place', type: 'geo_point_2d' } },
      { name: 'annotate', args: { field: 'tags', annotation: 'multivalued', args: ['|'] } },
      { name: 'rename', args: { from_name: 'name', label: 'Name' } },
    ],
  })
  const version = await saveVersion(server, dataset)
  const base = baseOf(dataset)
  await server.expect(201, 'POST', `${base}/fields_specifications/`, {
    body: { name: 'rename', args: { from_name: 'name', label: 'Title' } },
  })
  const published = await publishNext(
    server,
    dataset,
    `${header}
3,Three,2031-05-09T10:00:00Z,"1,2",x,3
1,"Élan ""A""",2031-05-09T11:00:00.5Z,"45.5,4.25",a|c,1.5
4,"=Four, new",,,,
`,
  )
  const current = published.result.generation_uid
  const summary = (await server.expect(200, 'GET', `${base}/diff?from=${version}&to=current`)).json
  assert.deepEqual(summary.from, { generation_uid: dataset.job.result.generation_uid, records_count: 3 })
  assert.deepEqual(summary.to, { generation_uid: current, records_count: 3 })
  assert.deepEqual(summary.records, { added: 1, removed: 1, changed: 1, unchanged: 1 })
  assert.deepEqual(summary.fields.relabelled, [{ name: 'name', from: 'Name', to: 'Title' }])
  assert.deepEqual(summary.fields.retyped, [])

  const expected = [
    {
      change: 'added',
      key: { code: 4 },
      old: null,
      new: { code: 4, name: '=Four, new', at: null, place: null, tags: null, price: null },
    },
    {
      change: 'removed',
      key: { code: 2 },
      old: { code: 2, name: 'Two', at: null, place: null, tags: null, price: 2 },
      new: null,
    },
    {
      change: 'changed',
      key: { code: 1 },
      old: { at: '2031-05-09T12:00:00+02:00', place: { lon: 4.5, lat: 45.5 }, tags: ['a', 'b'] },
      new: {
        at: '2031-05-09T13:00:00.500000+02:00',
        place: { lon: 4.25, lat: 45.5 },
        tags: ['a', 'c'],
      },
    },
  ]
  const zone = 'timezone=Europe/Paris'
  const pageOf = async (query: string) =>
    (await server.expect(200, 'GET', `${base}/diff/records?${query}`)).json
  const whole = await pageOf(`from=${version}&${zone}`)
  assert.deepEqual(whole.results.map(without), expected)
  assert.deepEqual([whole.total_count, whole.next_cursor, whole.to], [3, null, current])
  // Printed as the search API prints it.
  const record = (await server.expect(200, 'GET', `${explorePath}/stops/records?where=code%3D1&${zone}`)).json
    .results[0]
  for (const [name, value] of Object.entries(expected[2]!.new!)) assert.deepEqual(record[name], value, name)

  for (const [index, kind] of ['added', 'removed', 'changed'].entries()) {
    const one = await pageOf(`from=${version}&kind=${kind}&${zone}`)
    assert.deepEqual([one.total_count, one.results.map(without)], [1, [expected[index]]])
  }
  const second = await pageOf(`from=${version}&offset=1&limit=1&${zone}`)
  assert.deepEqual(second.results.map(without), [expected[1]])
  assert.deepEqual((await pageOf(`from=${version}&offset=99`)).results, [])

  const lines = await server.expect(200, 'GET', `${base}/diff/export?from=${version}&format=jsonl&${zone}`)
  assert.match(lines.headers.get('content-disposition')!, /stops-diff\.jsonl/)
  assert.deepEqual(
    lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    whole.results,
  )
  const csv = await server.expect(200, 'GET', `${base}/diff/export?from=${version}&kind=changed`)
  assert.match(csv.headers.get('content-type')!, /^text\/csv/)
  const [head, row] = csv.text.trimEnd().split('\n')
  assert.equal(
    head,
    'change,_id,changed_fields,old.code,old.name,old.at,old.place,old.tags,old.price,new.code,new.name,new.at,new.place,new.tags,new.price',
  )
  assert.equal(
    row,
    `changed,${whole.results[2]._id},at place tags,1,"Élan ""A""",2031-05-09T10:00:00+00:00,"45.5, 4.5","a,b",1.5,1,"Élan ""A""",2031-05-09T11:00:00.500000+00:00,"45.5, 4.25","a,c",1.5`,
  )
  const nothing = await server.expect(200, 'GET', `${base}/diff/export?from=current&format=csv`)
  assert.equal(nothing.text.trimEnd(), head)
  const asked = await server.expect(200, 'HEAD', `${base}/diff/export?from=${version}`)
  assert.equal(asked.headers.get('content-length'), null, 'not known, and not 0')
})

test('a cursor goes on over the same two generations, whatever is published meanwhile', async () => {
  const server = await theServer()
  const rows = (from: number, count: number, suffix: string) =>
    Array.from({ length: count }, (_, n) => `${from + n},v${suffix}`).join('\n')
  const dataset = await server.publishFile('rows', {
    filename: 'rows.csv',
    content: `code,value\n${rows(0, 250, 'a')}\n`,
    fieldSpecifications: [idOf('code')],
  })
  const version = await saveVersion(server, dataset)
  await publishNext(server, dataset, `code,value\n${rows(100, 150, 'b')}\n${rows(1000, 50, 'c')}\n`)
  const base = baseOf(dataset)
  const seen: Difference[] = []
  let query = `from=${version}&limit=70`
  for (let pages = 0; ; pages++) {
    const page = (await server.expect(200, 'GET', `${base}/diff/records?${query}`)).json
    assert.equal(page.total_count, 300)
    seen.push(...page.results)
    if (pages === 1) await publishNext(server, dataset, 'code,value\n1,other\n')
    if (page.next_cursor === null) break
    query = `cursor=${page.next_cursor}&limit=70`
  }
  assert.deepEqual(
    ['added', 'removed', 'changed'].map((kind) => seen.filter(({ change }) => change === kind).length),
    [50, 100, 150],
  )
  assert.equal(new Set(seen.map(({ _id }) => _id)).size, 300)
  const lines = await server.expect(
    200,
    'GET',
    `${base}/diff/export?format=jsonl&from=${version}&to=${(await server.expect(200, 'GET', `${base}/diff/records?${query}`)).json.to}`,
  )
  assert.deepEqual(
    lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    seen,
  )
})

test('without id fields a change is a record removed and one added', async () => {
  const server = await theServer()
  const dataset = await server.publishFile('plain', {
    filename: 'plain.csv',
    content: 'a,b\n1,x\n1,x\n2,y\n',
  })
  const first = dataset.job.result.generation_uid
  await publishNext(server, dataset, 'a,b\n1,x\n2,z\n')
  const summary = (await server.expect(200, 'GET', `${baseOf(dataset)}/diff?from=${first}`)).json
  assert.deepEqual(summary.records, { added: 1, removed: 2, changed: 0, unchanged: 1 })
  const page = (await server.expect(200, 'GET', `${baseOf(dataset)}/diff/records?from=${first}`)).json
  assert.deepEqual(page.results.map(without), [
    { change: 'added', key: null, old: null, new: { a: 2, b: 'z' } },
    { change: 'removed', key: null, old: { a: 1, b: 'x' }, new: null },
    { change: 'removed', key: null, old: { a: 2, b: 'y' }, new: null },
  ])
})

test('what cannot be compared is refused, and another dataset is not confirmed', async () => {
  const server = await theServer()
  const dataset = await server.publishFile('one', { filename: 'one.csv', content: 'a\n1\n' })
  const other = await server.publishFile('two', { filename: 'two.csv', content: 'a\n1\n' })
  const otherVersion = await saveVersion(server, other)
  const base = baseOf(dataset)
  const otherGeneration = other.job.result.generation_uid
  for (const route of ['diff', 'diff/records', 'diff/export']) {
    for (const [query, status, errorId] of [
      ['from=ge_nosuch', 404, 'checks.unknown_state'],
      [`from=${otherGeneration}`, 404, 'checks.unknown_state'],
      [`from=${otherVersion}`, 404, 'checks.unknown_state'],
      ['from=../../etc/passwd', 404, 'checks.unknown_state'],
      ["from=current&to=ch_x'--", 404, 'checks.unknown_state'],
      ['', 400, 'http.invalid_parameter'],
      ...(route === 'diff'
        ? []
        : ([
            ['from=current&kind=moved', 400, 'http.invalid_parameter'],
            ['from=current&timezone=Nowhere', 400, 'records.unknown_timezone'],
          ] as const)),
      ...(route === 'diff/records'
        ? ([
            ['from=current&limit=101', 400, 'http.invalid_parameter'],
            ['from=current&offset=-1', 400, 'http.invalid_parameter'],
            ['cursor=abc', 400, 'http.invalid_parameter'],
            [
              `cursor=${Buffer.from(JSON.stringify([otherGeneration, 'current', null, 0])).toString('base64url')}`,
              404,
              'checks.unknown_state',
            ],
          ] as const)
        : []),
      ...(route === 'diff/export'
        ? ([['from=current&format=xlsx', 400, 'http.invalid_parameter']] as const)
        : []),
    ] as const) {
      const answer = await server.expect(status, 'GET', `${base}/${route}?${query}`)
      assert.equal(answer.json.error_id, errorId, `${route}?${query}`)
    }
    await server.expect(401, 'GET', `${base}/${route}?from=current`, { auth: 'none' })
  }
  await server.jobDone(await server.order('PUT', `${base}/unpublish`))
  const gone = await server.expect(404, 'GET', `${base}/diff?from=${dataset.job.result.generation_uid}`)
  assert.equal(gone.json.error_id, 'checks.nothing_published')
})
