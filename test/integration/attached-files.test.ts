/** Attachments and alternative exports, from upload to readers. Management API sections 16 and 17, explore API section 3. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const shared = shareServer()
const csv = 'id,name\n1,Lyon\n2,Paris\n'

async function open(datasetId: string) {
  const server = await shared()
  const call = documented(server, await readApiDocument(server))
  const dataset = await server.createDataset(datasetId, { filename: 'towns.csv', content: csv })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const published = `${explorePath}/${datasetId}`
  const order = async (action: string) => server.jobDone(await server.order('PUT', `${base}/${action}`))
  return { server, call, dataset, base, published, order }
}

test('attachments go from upload to readers with a publish, and away with an unpublish', async () => {
  const { server, call, base, published, order } = await open('attached')
  const page = '<script>alert(1)</script>'
  const upload = await server.upload('Méthode 1.html', page)
  const added = (await call(201, 'POST', `${base}/attachments`, { body: { url: upload.url } })).json
  assert.match(added.attachment_uid, /^at_[a-z0-9]{6}$/)
  assert.equal(added.url, upload.url)
  assert.equal(added.title, 'Méthode 1.html')
  assert.deepEqual((await call(200, 'GET', `${base}/attachments/`)).json, [added])
  assert.deepEqual((await call(200, 'GET', `${base}/attachments/${added.attachment_uid}`)).json, added)

  await order('publish')
  const [shown] = (await call(200, 'GET', published)).json.attachments
  assert.deepEqual(shown, {
    id: added.attachment_uid,
    title: 'Méthode 1.html',
    mimetype: added.mimetype,
    url: upload.url,
  })
  const list = (await call(200, 'GET', `${published}/attachments`)).json
  assert.equal(list.attachments[0].metas['mime-type'], added.mimetype)
  const { pathname } = new URL(list.attachments[0].href)
  const file = await call(200, 'GET', pathname)
  assert.equal(file.text, page)
  assert.match(file.headers.get('content-disposition')!, /^attachment; filename=/)
  assert.equal(file.headers.get('x-content-type-options'), 'nosniff')
  assert.match(file.headers.get('content-security-policy')!, /^sandbox/)
  const part = await server.expect(206, 'GET', pathname, { headers: { Range: 'bytes=1-6' } })
  assert.equal(part.text, 'script')
  const managed = `${base}/download_attachment/${added.attachment_uid}`
  assert.equal(
    (await call(200, 'GET', managed)).headers.get('content-disposition'),
    file.headers.get('content-disposition'),
  )

  // An edit is not seen before the next publish.
  await call(200, 'PUT', `${base}/attachments/${added.attachment_uid}`, { body: { title: 'Method' } })
  assert.equal((await call(200, 'GET', published)).json.attachments[0].title, 'Méthode 1.html')
  const before = (await call(200, 'GET', published)).json.metas.default
  await order('publish')
  const after = (await call(200, 'GET', published)).json
  assert.equal(after.attachments[0].title, 'Method')
  assert.equal(after.metas.default.data_processed, before.data_processed)
  const old = (await server.expect(200, 'GET', `/api/datasets/1.0/attached/`)).json
  assert.equal(old.attachments[0].id, added.attachment_uid)

  await call(400, 'DELETE', `${managementPath}/files/${upload.url.slice('odsfile://'.length)}`)
  await order('unpublish')
  for (const address of [pathname, `${published}/attachments`])
    assert.equal((await call(404, 'GET', address)).json.error_code, 'DatasetNotFound')
  await order('undo_unpublish')
  assert.equal((await call(200, 'GET', pathname)).text, page)
  await call(404, 'GET', `${published}/attachments/at_zzzzzz`)
  await call(404, 'GET', `${published}/alternative_exports/${added.attachment_uid}`)
})

test('alternative exports are files or addresses elsewhere', async () => {
  const { server, call, base, published, order } = await open('exported')
  const upload = await server.upload('all.gpkg', Buffer.from([1, 2, 3]))
  const path = `${base}/alternative_exports`
  const file = (await call(201, 'POST', path, { body: { url: upload.url, title: 'GeoPackage' } })).json
  const link = (await call(201, 'POST', path, { body: { url: 'https://example.org/a.zip' } })).json
  assert.deepEqual([file.type, link.type], ['uploaded_file', 'url'])
  await order('publish')
  const shown = (await call(200, 'GET', published)).json.alternative_exports
  assert.deepEqual(
    shown.map(({ title }: { title: string }) => title),
    ['GeoPackage', 'https://example.org/a.zip'],
  )
  const download = await call(200, 'GET', `${published}/alternative_exports/${file.export_uid}`)
  assert.deepEqual([...download.bytes], [1, 2, 3])
  const away = await server.expect(303, 'GET', `${published}/alternative_exports/${link.export_uid}`)
  assert.equal(away.headers.get('location'), 'https://example.org/a.zip')
  assert.deepEqual((await call(200, 'DELETE', `${path}/${file.export_uid}`)).json, {})
  await call(404, 'GET', `${path}/${file.export_uid}`)
  assert.equal((await call(200, 'GET', published)).json.alternative_exports.length, 2)

  // Of a file no rule can take out a part: it is for those who may see every record.
  const rule = { is_data_visible: true, visible_fields: ['*'], filter_query: 'id = 1', api_calls_quota: null }
  await server.expect(200, 'PUT', `${base}/security/default`, { body: rule })
  for (const { export_uid } of [file, link])
    await call(404, 'GET', `${published}/alternative_exports/${export_uid}`)
  assert.deepEqual((await call(200, 'GET', `${published}/alternative_exports`)).json.alternative_exports, [])
  const all = await call(200, 'GET', `${published}/alternative_exports`, { auth: 'admin' })
  assert.equal(all.json.alternative_exports.length, 2)
  await call(200, 'GET', `${published}/alternative_exports/${file.export_uid}`, { auth: 'admin' })
})

test('what cannot be attached is refused', async () => {
  const { server, call, base } = await open('refused')
  const stranger = addUser(server, 'uploader', { user: ['create_dataset'], key: ['create_dataset'] })
  const form = new FormData()
  form.append('file', new Blob(['x']), 'x.txt')
  await server.expect(200, 'POST', `${managementPath}/files`, { body: form, auth: stranger })
  for (const url of [
    'odsfile://nothing.txt',
    'odsfile://../../secret.key',
    'file:///etc/passwd',
    'https://example.org/a.pdf',
    'javascript:alert(1)',
    '',
  ]) {
    const { json } = await server.request('POST', `${base}/attachments`, { body: { url } })
    assert.ok(json.status_code === 400 || json.status_code === 404, url)
  }
  for (const url of [
    'javascript:alert(1)',
    'https://user:pw@example.org/',
    'http:///x',
    'ftp://example.org/',
    'https://\r\nx',
  ])
    await call(400, 'POST', `${base}/alternative_exports`, { body: { url } })
  const { url } = await server.upload('ok.txt', 'ok')
  for (const body of [
    { url, title: '' },
    { url, title: 'x'.repeat(501) },
    { title: 'x' },
    { url: 1, title: {} },
  ])
    await call(400, 'POST', `${base}/attachments`, { body })
  await call(404, 'GET', `${base}/attachments/at_zzzzzz`)
  await call(404, 'DELETE', `${base}/attachments/at_zzzzzz`)
  await call(404, 'GET', `${base}/download_attachment/at_zzzzzz`)
})

test('changes, versions and the collector know them', async () => {
  const { server, call, dataset, base, published, order } = await open('remembered')
  const { url } = await server.upload('first.txt', 'first')
  const added = (await call(201, 'POST', `${base}/attachments`, { body: { url } })).json
  await order('publish')
  const version = (await order('save_version')).result.version_uid
  await call(200, 'DELETE', `${base}/attachments/${added.attachment_uid}`)
  // The version would not find it.
  await call(400, 'DELETE', `${managementPath}/files/${url.slice('odsfile://'.length)}`)
  const [change] = (await call(200, 'GET', `${base}/changes`)).json
  assert.deepEqual(change.sections, ['attachments'])
  assert.equal(change.diff.attachments[0].operation_type, 'delete')
  assert.equal(change.can_restore, true)
  await order('publish')
  assert.deepEqual((await call(200, 'GET', published)).json.attachments, [])
  const versioned = `${published}/attachments/${added.attachment_uid}?version=${version}`
  assert.equal((await call(200, 'GET', versioned)).text, 'first')

  await server.expect(200, 'PUT', `${base}/restore_change`, { body: { change_uid: change.change_uid } })
  assert.deepEqual((await call(200, 'GET', `${base}/attachments`)).json, [added])
  assert.equal((await call(200, 'GET', `${base}/download_attachment/${added.attachment_uid}`)).text, 'first')

  const rows = () => {
    const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'), { readOnly: true })
    try {
      return ['attached_files', 'attached_blobs'].map(
        (table) =>
          database
            .prepare(`select count(*) as n from ${table} where dataset_uid = ?`)
            .get(dataset.datasetUid)!.n,
      )
    } finally {
      database.close()
    }
  }
  assert.deepEqual(rows(), [1, 1])
  await call(204, 'DELETE', base)
  assert.deepEqual(rows(), [0, 0])
})
