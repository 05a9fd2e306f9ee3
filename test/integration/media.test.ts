/** Files that records have: fetched from their addresses or pushed with them, and served by the search API. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, explorePath, managementPath } from '../support/http-client.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'

const theServer = shareServer({
  env: {
    BROADSHEET_ALLOW_PRIVATE_ADDRESSES: 'true',
    BROADSHEET_MAX_MEDIA_MB: '1',
    BROADSHEET_REALTIME_SECONDS: '1',
  },
})

/** A PNG of one pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const page = '<html><script>alert(1)</script></html>'

async function startPictures(t: TestContext) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    const path = request.url!
    if (path === '/oak.png' || path === '/same.png')
      return response.writeHead(200, { 'content-type': 'text/plain' }).end(png)
    if (path === '/page') return response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    if (path === '/large') return response.writeHead(200).end(Buffer.alloc(2 << 20))
    if (path === '/broken') return response.writeHead(503).end()
    return response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function recordsOf(server: TestServer, datasetId: string) {
  return (await server.expect(200, 'GET', `${explorePath}/${datasetId}/records?order_by=name&limit=50`)).json
    .results
}

/** As its address says, and with what keeps it from running anything. */
async function fetchFile(server: TestServer, url: string): Promise<Answer> {
  assert.ok(url.startsWith(server.url), url)
  const answer = await server.expect(200, 'GET', url.slice(server.url.length))
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.match(
    answer.headers.get('content-security-policy') ?? '',
    /^sandbox; default-src 'none'.*frame-ancestors 'none'/,
  )
  return answer
}

test('the processor file fetches what a field names, the search API serves it, exports give its address', async (t) => {
  const server = await theServer()
  const pictures = await startPictures(t)
  const at = (path: string) => `${pictures.url}${path}`
  const rows = [
    ['a-oak', at('/oak.png')],
    ['b-same', at('/same.png')],
    ['c-page', at('/page')],
    ['d-gone', at('/gone.png')],
    ['e-large', at('/large')],
    ['f-broken', at('/broken')],
    ['g-odd', 'file:///etc/passwd'],
    ['h-none', ''],
    ['i-again', at('/oak.png')],
  ]
  const spec = {
    filename: 'trees.csv',
    content: `name,picture\n${rows.map((row) => row.join(',')).join('\n')}\n`,
    processors: [{ name: 'file', args: { field: 'picture', extract_metadata: true } }],
  }
  const dataset = await server.publishFile('pictured', spec)
  assert.equal(pictures.asked.filter((path) => path === '/oak.png').length, 1)
  const [oak, same, web, gone, large, broken, odd, none, again] = await recordsOf(server, 'pictured')
  const { url, id, ...facts } = oak.picture
  assert.deepEqual(facts, {
    filename: 'oak.png',
    mimetype: 'image/png',
    format: 'png',
    width: 1,
    height: 1,
    bytes: png.length,
  })
  assert.match(id, /^[0-9a-f]{64}$/)
  assert.deepEqual([same.picture.id, again.picture.id], [id, id], 'kept once, by its content')
  for (const record of [gone, large, broken, odd, none]) assert.equal(record.picture, null)
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const errors = (await server.expect(200, 'GET', `${base}/status/records_errors`)).json
  const reasons = errors
    .map((error: { raw_params: { value: string }; message: string }) => error.message)
    .sort()
  assert.equal(reasons.length, 4, JSON.stringify(errors))
  for (const reason of [/no file at the address/, /too large/, /answered with an error/, /not an address/])
    assert.ok(
      reasons.some((text: string) => reason.test(text)),
      `${reason}: ${reasons.join()}`,
    )

  const file = await fetchFile(server, url)
  assert.deepEqual(file.bytes, png)
  assert.equal(file.headers.get('content-type'), 'image/png')
  assert.match(file.headers.get('content-disposition')!, /^inline; filename="?oak\.png/)
  const part = await server.request('GET', url.slice(server.url.length), { headers: { range: 'bytes=0-3' } })
  assert.deepEqual([part.status, part.bytes], [206, png.subarray(0, 4)])
  const known = { headers: { 'if-none-match': file.headers.get('etag')! } }
  await server.expect(304, 'GET', url.slice(server.url.length), known)
  // What is no picture is never shown as a page of this server.
  const saved = await fetchFile(server, web.picture.url)
  assert.equal(saved.headers.get('content-type'), 'application/octet-stream')
  assert.match(saved.headers.get('content-disposition')!, /^attachment/)

  const exported = async (format: string) =>
    (await server.expect(200, 'GET', `${explorePath}/pictured/exports/${format}`)).text
  assert.match(await exported('csv'), new RegExp(`a-oak;"?${url.replaceAll('.', '\\.')}"?\r?\n`))
  const found = JSON.parse(await exported('json'))
  assert.equal(found.find(({ name }: { name: string }) => name === 'a-oak').picture.url, url)

  // Only files of this dataset, and only while it is there.
  await server.expect(404, 'GET', `${explorePath}/pictured/files/${'0'.repeat(64)}`)
  await server.expect(404, 'GET', `${explorePath}/pictured/files/..%2f..%2fcontrol.sqlite`)
  const other = await server.publishFile('unpictured', { filename: 'x.csv', content: 'a\n1\n' })
  await server.expect(404, 'GET', `${explorePath}/${other.datasetId}/files/${id}`)
  await server.jobDone(await server.order('PUT', `${base}/unpublish`))
  const gonePath = url.slice(server.url.length)
  const withdrawn = await server.expect(404, 'GET', gonePath)
  const unknown = await server.expect(404, 'GET', gonePath.replace('pictured', 'nosuch'))
  assert.equal(withdrawn.text.replaceAll('pictured', 'nosuch'), unknown.text)
})

test('a source cannot open other bytes of the store by calling them a file', async () => {
  const server = await theServer()
  const secret = 'a,b\n1,secret\n'
  const { job } = await server.publishFile('secretive', { filename: 'secret.csv', content: secret })
  assert.equal(job.result.records_count, 1)
  const sha256 = createHash('sha256').update(secret).digest('hex')
  const posed = { filename: 'x.png', mimetype: 'image/png', id: sha256 }
  await server.publishFile('posing', {
    filename: 'posing.jsonl',
    content: `${JSON.stringify({ name: 'x', picture: posed })}\n${JSON.stringify({ name: 'y', picture: { id: 'no' } })}\n`,
    fieldSpecifications: [{ name: 'type', args: { field: 'picture', type: 'file' } }],
  })
  const [x, y] = await recordsOf(server, 'posing')
  assert.equal(x.picture.id, sha256)
  assert.deepEqual(y.picture, { id: 'no' })
  await server.expect(404, 'GET', `${explorePath}/posing/files/${sha256}`)
})

test('a pushed record brings its file along', async () => {
  const server = await theServer()
  const created = await server.expect(201, 'POST', `${managementPath}/datasets?strict=true`, {
    body: { dataset_id: 'cameras', metas: { default: { title: 'Cameras' } } },
  })
  const uid = String(created.json.dataset_uid)
  const base = `${managementPath}/datasets/${uid}`
  const resource = await server.expect(201, 'POST', `${base}/resources/`, {
    body: { type: 'realtime', title: 'Cameras' },
  })
  await server.jobDone(await server.publish(uid))
  const push = `${new URL(resource.json.push_url).pathname}?pushkey=${resource.json.push_key}`
  const picture = { content: png.toString('base64'), 'content-type': 'image/png', filename: '../gate.png' }
  const refused = await server.expect(400, 'POST', push, {
    body: { name: 'gate', picture: { ...picture, content: '*no base64*' } },
  })
  assert.match(refused.json.message, /record 1 has a file in picture whose content is not base64/)
  const large = { ...picture, content: Buffer.alloc((1 << 20) + 1).toString('base64') }
  await server.expect(413, 'POST', push, { body: { name: 'gate', picture: large } })
  await server.expect(200, 'POST', push, { body: [{ name: 'gate', picture }, { name: 'yard' }] })
  // A publish follows by itself.
  const state = `${base}/resources/${resource.json.resource_uid}/realtime`
  while ((await server.expect(200, 'GET', state)).json.waiting_pushes > 0) await delay(50)
  const [gate, yard] = await recordsOf(server, 'cameras')
  assert.deepEqual([gate.picture.filename, gate.picture.width, yard.picture], ['gate.png', 1, null])
  const { fields } = (await server.expect(200, 'GET', `${explorePath}/cameras`)).json
  assert.equal(fields.find(({ name }: { name: string }) => name === 'picture').type, 'file')
  assert.deepEqual((await fetchFile(server, gate.picture.url)).bytes, png)
})

test('what is pushed beyond the limit of its resource is refused before its file is kept', async (t) => {
  const server = await startServer(t, {
    env: { BROADSHEET_REALTIME_KEPT_MB: '1', BROADSHEET_REALTIME_SECONDS: '60' },
  })
  const created = await server.expect(201, 'POST', `${managementPath}/datasets`, {
    body: { dataset_id: 'cameras' },
  })
  const uid = String(created.json.dataset_uid)
  const base = `${managementPath}/datasets/${uid}`
  const resource = await server.expect(201, 'POST', `${base}/resources/`, {
    body: { type: 'realtime', title: 'Cameras' },
  })
  await server.jobDone(await server.publish(uid))
  const push = `${new URL(resource.json.push_url).pathname}?pushkey=${resource.json.push_key}`
  const pushed = (fill: number) => {
    const content = Buffer.alloc(600_000, fill).toString('base64')
    return { body: { picture: { content, 'content-type': 'image/png', filename: 'a.png' } } }
  }
  await server.expect(200, 'POST', push, pushed(1))
  await server.expect(200, 'POST', push, pushed(1))
  const { json } = await server.expect(413, 'POST', push, pushed(2))
  assert.equal(json.key, 'realtime.too_much_kept')
  const state = await server.expect(200, 'GET', `${base}/resources/${resource.json.resource_uid}/realtime`)
  assert.ok(state.json.kept.bytes > 600_000 && state.json.kept.bytes < 700_000, state.text)
})
