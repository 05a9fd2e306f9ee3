/** Uploaded files over HTTP. Management API section 13. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { documented, readApiDocument } from '../support/api-document.ts'
import { managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'

const files = `${managementPath}/files`
const mebi = 1 << 20

function form(
  parts: readonly (readonly [name: string, content: string | Buffer, filename?: string])[],
): FormData {
  const body = new FormData()
  for (const [name, content, filename] of parts) {
    if (filename === undefined) body.append(name, content.toString())
    else body.append(name, new Blob([content as string], { type: 'text/csv' }), filename)
  }
  return body
}

test('files', async (t) => {
  const server = await startServer(t, { env: { BROADSHEET_MAX_UPLOAD_MB: '1' } })
  const call = documented(server, await readApiDocument(server))
  const uploaded = async (filename: string, content: string | Buffer) =>
    (await call(200, 'POST', `${files}/`, { body: form([['file', content, filename]]) })).json

  await t.test('an upload is described, listed and downloaded as it came', async () => {
    const content = Buffer.from([0, 1, 2, 0xff, 0xfe, 10, 13, 65])
    const file = await uploaded('Cheese list.csv', content)
    assert.match(file.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
    assert.deepEqual(file, {
      file_id: 'cheese_list.csv',
      url: 'odsfile://cheese_list.csv',
      filename: 'Cheese list.csv',
      properties: { mimetype: 'text/csv', size: content.length },
      created: file.created,
    })
    assert.deepEqual((await call(200, 'GET', `${files}/${file.file_id}/`)).json, file)
    assert.deepEqual((await call(200, 'GET', files)).json, [file])
    for (const method of ['GET', 'POST']) {
      const download = await call(200, method, `${managementPath}/download_file/${file.file_id}`)
      assert.ok(download.bytes.equals(content))
      assert.equal(download.headers.get('content-type'), 'text/csv; charset=utf-8')
      assert.equal(download.headers.get('content-disposition'), 'attachment; filename="Cheese list.csv"')
      assert.equal(download.headers.get('content-length'), String(content.length))
      assert.match(download.headers.get('content-security-policy')!, /sandbox/)
      assert.equal(download.headers.get('x-content-type-options'), 'nosniff')
    }
    const head = await server.expect(200, 'HEAD', `${managementPath}/download_file/${file.file_id}`)
    assert.equal(head.headers.get('content-length'), String(content.length))
    assert.equal(head.bytes.length, 0)
  })

  await t.test('files of one name are kept apart, also when they come at once', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, (_, n) => uploaded('same.csv', `a\n${n}\n`)))
    assert.equal(new Set(many.map((file) => file.file_id)).size, 8)
    for (const [n, file] of many.entries()) {
      assert.equal(
        (await call(200, 'GET', `${managementPath}/download_file/${file.file_id}`)).text,
        `a\n${n}\n`,
      )
    }
  })

  await t.test('hostile names become harmless ids, and the name is shown without directories', async () => {
    for (const [filename, shown] of [
      ['../../etc/passwd', 'passwd'],
      ['..', 'file'],
      ['C:\\temp\\data.csv', 'data.csv'],
      ["naïve 'quoted' ☃.csv", "naïve 'quoted' ☃.csv"],
      ['大気.csv', '大気.csv'],
      ['a%00b%2f..csv', 'a%00b%2f..csv'],
      [`${'x'.repeat(400)}.csv`, null],
    ] as const) {
      const file = await uploaded(filename, 'a\n1\n')
      assert.match(file.file_id, /^[a-z0-9][a-z0-9._-]*$/, filename)
      if (shown !== null) assert.equal(file.filename, shown)
      const download = await call(200, 'GET', `${managementPath}/download_file/${file.file_id}`)
      assert.match(download.headers.get('content-disposition')!, /^attachment; filename/)
    }
  })

  await t.test('a file may come as JSON too', async () => {
    const body = { content: 'a\nÉlan\n', mimetype: 'text/csv', filename: 'json.csv' }
    const file = await call(200, 'POST', files, { body: JSON.stringify(body) })
    assert.equal(file.json.file_id, 'json.csv')
    assert.equal(file.json.properties.size, 8)
    assert.equal((await call(200, 'GET', `${managementPath}/download_file/json.csv`)).text, body.content)
    const unnamed = await call(200, 'POST', files, { body: { content: '', mimetype: 'text/html\r\nX: y' } })
    assert.equal(unnamed.json.filename, 'file')
    assert.equal(unnamed.json.properties.mimetype, 'application/octet-stream')
    for (const wrong of [undefined, {}, { content: 1 }, []]) await call(400, 'POST', files, { body: wrong })
  })

  await t.test('a form without the right part is refused', async () => {
    const before = (await call(200, 'GET', files)).json.length
    await call(400, 'POST', files, { body: form([['other', 'a\n1\n', 'a.csv']]) })
    await call(400, 'POST', files, { body: form([['file', 'just text']]) })
    await call(400, 'POST', files, { body: new FormData() })
    const broken = await server.request('POST', files, {
      body: '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ncut off',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    })
    assert.equal(broken.status, 400)
    assert.match(broken.json.error_key, /Exception$/)
    const unbound = await server.request('POST', files, {
      body: 'x',
      headers: { 'Content-Type': 'multipart/form-data' },
    })
    assert.equal(unbound.status, 400)
    assert.equal((await call(200, 'GET', files)).json.length, before)
  })

  const blobs = () =>
    readdirSync(join(server.dataDirectory, 'blobs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)

  await t.test(
    'a file over the limit is refused and leaves nothing, one of exactly the limit is kept',
    async () => {
      const exact = Buffer.alloc(mebi, 'x')
      assert.equal((await uploaded('exact.csv', exact)).properties.size, mebi)
      const over = Buffer.alloc(mebi + 1, 'y')
      for (const content of [over, Buffer.alloc(5 * mebi, 'z')]) {
        const refused = await call(413, 'POST', files, { body: form([['file', content, 'over.csv']]) })
        assert.equal(refused.json.error_key, 'PayloadTooLargeException')
        assert.ok(!blobs().includes(createHash('sha256').update(content).digest('hex')))
      }
      await call(413, 'POST', files, { body: { content: over.toString(), filename: 'over.csv' } })
      await call(404, 'GET', `${files}/over.csv`)
    },
  )

  await t.test('an upload that breaks off leaves nothing', async () => {
    const before = blobs().length
    const url = new URL(`${server.url}${files}`)
    const Authorization = `Basic ${Buffer.from(`admin:${server.admin.password}`).toString('base64')}`
    await new Promise<void>((resolve) => {
      const upload = httpRequest(url, {
        method: 'POST',
        headers: {
          Authorization,
          'Content-Type': 'multipart/form-data; boundary=x',
          'Content-Length': 1_000_000,
        },
      })
      upload.on('error', () => resolve())
      upload.write(
        '--x\r\nContent-Disposition: form-data; name="file"; filename="cut.csv"\r\n\r\na\n1\n',
        () => {
          upload.destroy(new Error('gone'))
        },
      )
    })
    await call(404, 'GET', `${files}/cut.csv`)
    assert.equal(blobs().length, before)
  })

  await t.test('a file in use stays; one that nothing uses is deleted', async () => {
    const dataset = await server.createDataset('user', { filename: 'used.csv', content: 'a\n1\n' })
    const refused = await call(400, 'DELETE', `${files}/used.csv`)
    assert.equal(refused.json.error_key, 'FileInUseException')
    assert.deepEqual(refused.json.raw_params, { file_id: 'used.csv', dataset_id: 'user' })
    await call(
      204,
      'DELETE',
      `${managementPath}/datasets/${dataset.datasetUid}/resources/${dataset.resourceUid}`,
    )
    await call(204, 'DELETE', `${files}/used.csv/`)
    for (const [method, path] of [
      ['GET', `${files}/used.csv`],
      ['DELETE', `${files}/used.csv`],
      ['GET', `${managementPath}/download_file/used.csv`],
      ['POST', `${managementPath}/download_file/used.csv`],
      ['GET', `${managementPath}/download_file/..%2f..%2fcontrol.sqlite`],
    ] as const) {
      const gone = await call(404, method, path)
      assert.equal(gone.json.error_key, 'UnknownFileException')
    }
  })
})
