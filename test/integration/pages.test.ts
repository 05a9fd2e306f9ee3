/** Pages, their security, images, and what the portal gets of them. Management API section 21. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { managementPath } from '../support/http-client.ts'
import { shareServer, type TestServer } from '../support/server.ts'

const shared = shareServer()
const pages = `${managementPath}/pages`
const portal = '/api/portal/v1'

async function open() {
  const server = await shared()
  return { server, call: documented(server, await readApiDocument(server)) }
}

/** As another process of the same product would. */
function write(server: TestServer, sql: string, ...values: string[]): void {
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    database.prepare(sql).run(...values)
  } finally {
    database.close()
  }
}

test('a page is written, listed, changed, shown to readers cleaned, and deleted', async () => {
  const { call } = await open()
  const body = {
    slug: 'about',
    title: { en: 'About', fr: 'À propos' },
    description: 'Who we are',
    content: {
      html: { en: '<h1>About</h1><script>alert(1)</script><img src=x onerror=alert(1)>' },
      css: { en: 'h1 { color: red; background: url(https://evil.example/) }' },
    },
    tags: ['us'],
  }
  const page = (await call(201, 'POST', pages, { body })).json
  assert.deepEqual(page.content, body.content)
  assert.equal(page.restricted, false)
  assert.deepEqual(page.author, { username: 'admin' })
  assert.deepEqual((await call(200, 'GET', `${pages}/about/`)).json, page)
  assert.equal((await call(200, 'GET', `${pages}/about?expand=author`)).json.author.is_active, true)
  await call(400, 'POST', pages, { body })

  const shown = (await call(200, 'GET', `${portal}/pages/about`)).json
  assert.deepEqual(shown.content, {
    html: { en: '<h1>About</h1>' },
    css: { en: 'h1 { color: red }' },
  })
  const { json: unnamed } = await call(201, 'POST', pages, { body: { title: 'Été à Lyon' } })
  assert.equal(unnamed.slug, 'ete-a-lyon')
  assert.deepEqual(unnamed.title, { en: 'Été à Lyon' })

  const list = async (query: string) => (await call(200, 'GET', `${pages}?${query}`)).json
  assert.deepEqual(
    (await list('sort=slug')).items.map(({ slug }: { slug: string }) => slug),
    ['about', 'ete-a-lyon'],
  )
  const second = await list('sort=-slug&rows=1&page=2')
  assert.deepEqual([second.items[0].slug, second.rows, second.page, second.nhits], ['about', 1, 2, 2])
  assert.equal((await list('search=PROPOS')).nhits, 1)
  await call(400, 'GET', `${pages}?sort=content`)
  await call(400, 'GET', `${pages}?rows=0`)

  const changed = (await call(200, 'PUT', `${pages}/about`, { body: { slug: 'who', title: { en: 'Who' } } }))
    .json
  assert.equal(changed.slug, 'who')
  assert.deepEqual(changed.tags, ['us'])
  await call(404, 'GET', `${portal}/pages/about`)
  await call(400, 'PUT', `${pages}/who`, { body: { slug: 'ete-a-lyon' } })
  await call(200, 'PUT', `${pages}/who`, { body: { is_archived: true } })
  await call(404, 'GET', `${portal}/pages/who`)

  await call(404, 'DELETE', pages, { body: [{ slug: 'who' }, { slug: 'nothing' }] })
  assert.equal((await list('')).nhits, 2)
  const gone = (await call(200, 'DELETE', pages, { body: [{ slug: 'who' }] })).json
  assert.equal(gone[0].slug, 'who')
  await call(204, 'DELETE', `${pages}/ete-a-lyon`)
  await call(404, 'GET', `${pages}/ete-a-lyon`)
})

test('what cannot be a page is refused', async () => {
  const { call } = await open()
  for (const body of [
    { slug: '../etc' },
    { slug: 'A B' },
    { slug: '' },
    { slug: 'x'.repeat(101) },
    { title: 1 },
    { title: { '<b>': 'x' } },
    { title: { en: {} } },
    { title: { en: 'x'.repeat(501) } },
    { content: 'x' },
    { content: { html: { en: 1 } } },
    { content: { css: [] } },
    { tags: 'x' },
    { tags: [''] },
    { tags: [1] },
    { restricted: 'yes' },
    { is_archived: 1 },
    { description: {} },
  ])
    await call(400, 'POST', pages, { body: { slug: 'refused', ...body } })
  await call(400, 'DELETE', pages, { body: {} })
  await call(404, 'GET', `${portal}/pages/${encodeURIComponent("' or 1=1 --")}`)
})

test('who may see, edit and manage a page: domain permissions, own rights, rights of groups, keys', async () => {
  const { server, call } = await open()
  const right = ['edit_page', 'manage_page', 'explore_restricted_page']
  const author = addUser(server, 'author', { user: ['create_page'], key: [...right, 'create_page'] })
  const other = addUser(server, 'other', { user: [], key: right })
  const keyless = addUser(server, 'keyless', { user: [], key: [] })
  write(
    server,
    `insert into groups (group_id, title, description, permissions_json, quotas_json, limits_json, created_at, created_by, updated_at, updated_by)
     values (?, 'Readers', '', '[]', '{}', '{}', 0, 'admin', 0, 'admin')`,
    'readers',
  )
  const member = addUser(server, 'member', { user: [], key: right })
  write(server, 'insert into group_members (group_id, username) values (?, ?)', 'readers', 'member')

  await call(403, 'POST', pages, { body: { slug: 'no' }, auth: other })
  await call(201, 'POST', pages, { body: { slug: 'open', title: 'Open' } })
  const own = { body: { slug: 'closed', title: 'Closed', restricted: true }, auth: author }
  await call(201, 'POST', pages, own)

  // To others a restricted page is as if it were not there.
  for (const auth of ['none', other, member, keyless] as const) {
    const closed = await call(404, 'GET', `${portal}/pages/closed`, { auth })
    const unknown = await call(404, 'GET', `${portal}/pages/closex`, { auth })
    assert.equal(closed.text.replaceAll('closed', '?'), unknown.text.replaceAll('closex', '?'))
    assert.equal((await call(200, 'GET', `${portal}/pages`, { auth })).json.total_count, 1)
    if (auth === 'none') continue
    for (const method of ['GET', 'PUT', 'DELETE']) {
      await call(404, method, `${pages}/closed`, { auth, ...(method === 'PUT' ? { body: {} } : {}) })
      await call(403, method, `${pages}/open`, { auth, ...(method === 'PUT' ? { body: {} } : {}) })
    }
    await call(404, 'GET', `${pages}/closed/security/users`, { auth })
    await call(403, 'GET', `${pages}/open/security/users`, { auth })
  }
  assert.equal((await call(200, 'GET', pages, { auth: author })).json.nhits, 1)

  const security = `${pages}/closed/security`
  const given = (
    await call(201, 'POST', `${security}/groups`, {
      body: { group: { group_id: 'readers' }, permissions: [] },
      auth: author,
    })
  ).json
  assert.deepEqual(given.group, { group_id: 'readers' })
  await call(200, 'GET', `${portal}/pages/closed`, { auth: member })
  await call(403, 'PUT', `${pages}/closed`, { body: {}, auth: member })
  await call(404, 'GET', `${portal}/pages/closed`, { auth: other })

  const user = { user: { username: 'other' }, permissions: ['edit_page'] }
  await call(201, 'POST', `${security}/users/`, { body: user, auth: author })
  await call(400, 'POST', `${security}/users/`, { body: user, auth: author })
  await call(200, 'PUT', `${pages}/closed`, { body: { title: 'Edited' }, auth: other })
  // Editing is not managing: who may see the page is not the editor's to change.
  await call(403, 'PUT', `${pages}/closed`, { body: { restricted: false }, auth: other })
  await call(403, 'GET', `${security}/users`, { auth: other })
  await call(403, 'PUT', `${security}/users/other`, { body: { permissions: ['manage_page'] }, auth: other })
  const names = (await call(200, 'GET', `${security}/users?expand=user`, { auth: author })).json
  assert.deepEqual(
    names.map((item: { user: { username: string } }) => item.user.username),
    ['author', 'other'],
  )
  assert.equal(names[0].user.email, undefined)

  // A key gives no more than it has.
  const narrow = { user: { username: 'keyless' }, permissions: ['edit_page'] }
  await call(201, 'POST', `${security}/users`, { body: narrow, auth: author })
  await call(200, 'GET', `${portal}/pages/closed`, { auth: keyless })
  await call(403, 'PUT', `${pages}/closed`, { body: {}, auth: keyless })

  for (const body of [
    { user: { username: 'nobody' }, permissions: [] },
    { user: { username: 'member' }, permissions: ['edit_domain'] },
    { user: {}, permissions: [] },
    { permissions: [] },
  ])
    await call(400, 'POST', `${security}/users`, { body, auth: author })
  await call(404, 'GET', `${security}/users/member`, { auth: author })
  await call(204, 'DELETE', `${security}/groups/readers`, { auth: author })
  await call(404, 'GET', `${portal}/pages/closed`, { auth: member })
})

test('images are told by their bytes, and shown as nothing that runs', async () => {
  const { server, call } = await open()
  const images = `${managementPath}/images`
  const form = (content: string | Buffer, filename = 'logo.png') => {
    const body = new FormData()
    body.append('file', new Blob([content as string]), filename)
    return { body }
  }
  const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  const drawn = (await call(201, 'POST', images, form(svg, 'a"b.svg'))).json
  assert.equal(drawn.mimetype, 'image/svg+xml')
  const file = await call(200, 'GET', drawn.url)
  assert.equal(file.text, svg)
  assert.equal(file.headers.get('content-type'), 'image/svg+xml')
  assert.match(file.headers.get('content-security-policy')!, /^sandbox; default-src 'none'/)
  assert.equal(file.headers.get('x-content-type-options'), 'nosniff')
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(20)])
  const painted = (await call(201, 'POST', images, form(png, 'photo.html'))).json
  assert.equal((await call(200, 'GET', painted.url)).headers.get('content-type'), 'image/png')
  assert.equal((await call(200, 'GET', images)).json[0].image_uid.startsWith('im_'), true)
  for (const content of ['<html><svg></svg></html>', 'text', '', '<script>alert(1)</script>', 'GIF'])
    await call(400, 'POST', images, form(content))
  await call(200, 'PUT', `${managementPath}/domain`, { body: { theme: { logo_url: drawn.url } } })
  const shown = (await call(200, 'GET', `${portal}/domain`)).json
  assert.equal(shown.theme.logo_url, drawn.url)
  assert.equal(shown.default_security, undefined)

  const reader = addUser(server, 'onlooker', { user: ['edit_dataset'], key: ['edit_dataset'] })
  await call(403, 'POST', images, { ...form(png), auth: reader })
  await call(403, 'DELETE', `${images}/${drawn.image_uid}`, { auth: reader })
  await call(204, 'DELETE', `${images}/${painted.image_uid}`)
  await call(404, 'GET', painted.url)
  await call(404, 'GET', `${portal}/images/..%2f..%2fsecret.key`)
})

test('a file that is too large for an image is refused when that is known, not when all of it is there', async () => {
  const { server } = await open()
  for (const path of [`${managementPath}/images`, '/api/automation/v1.0/medias/images/']) {
    const sending = httpRequest(`${server.url}${path}`, {
      method: 'POST',
      auth: `${server.admin.username}:${server.admin.password}`,
      headers: { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': 10 * 2 ** 30 },
    })
    sending.on('error', () => {})
    const answered = once(sending, 'response', { signal: AbortSignal.timeout(60_000) })
    sending.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n')
    sending.write(Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(11 << 20)]))
    // Nothing more comes, and nothing ends.
    const [answer] = (await answered) as [IncomingMessage]
    assert.equal(answer.statusCode, 400)
    const text = (await answer.toArray()).join('')
    assert.match(text, /10485760 bytes|InvalidImage|"file"/)
    sending.destroy()
  }
})
