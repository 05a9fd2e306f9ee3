/** The back office beside datasets' own pages: the domain, templates, connections, harvesters, checks, usage. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { makeUser } from '../support/accounts.ts'
import { lookAtPage, shareBrowser, signInPage, skippedWithoutBrowser } from '../support/browser.ts'
import { type BrowserSession, browse } from '../support/browser-session.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { visit } from '../support/office-forms.ts'
import { startPortal } from '../support/portal.ts'
import { createChance } from '../support/seed.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { isWhole } from '../support/tiers.ts'

const startServer = shareServer({ env: { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1' } })
const openPage = shareBrowser()
let server: TestServer
let admin: BrowserSession

const office = '/backoffice'
const hostile = '"><img src=x onerror="owned=1"></title><script>owned=1</script>'

before(async () => {
  server = await startServer()
  admin = await browse(server)
})

const read = async (path: string) => (await server.expect(200, 'GET', `${managementPath}${path}`)).json

test('settings of the domain are saved, refused with what was typed, and on every page at once', async () => {
  const page = await visit(admin, `${office}/domain`)
  const before = await read('/domain')
  const saved = await page.send('save', {
    name: 'Données de Lyon',
    languages: 'en, fr',
    contact_email: 'data@lyon.example',
    'color.0.role': 'accent',
    'color.0.color': '#8a1538',
    'theme.0.id': 'trees',
    'theme.0.label_en': 'Trees',
    visibility: 'restricted',
  })
  assert.match(saved.text, /Saved\./)
  const now = await read('/domain')
  assert.deepEqual(
    [now.name, now.languages, now.contact.email, now.theme.colors, now.default_security, now.themes],
    [
      'Données de Lyon',
      ['en', 'fr'],
      'data@lyon.example',
      { accent: '#8a1538' },
      { visibility: 'restricted' },
      [{ id: 'trees', labels: { en: 'Trees' } }],
    ],
  )
  assert.deepEqual(now.licenses, before.licenses)
  const internal = await read('/metadata/templates/internal')
  const license = internal.schema.find(({ name }: { name: string }) => name === 'license_id')
  assert.equal(license.choices, null, 'a list that nobody touched is not the own list of the domain')

  await saved.send('save', { description_en: 'All of it', description_fr: 'Tout', visibility: 'domain' })
  const home = await visit(admin, '/', 'fr')
  assert.match(home.html, /<title>Données de Lyon<\/title>/)
  assert.match(home.html, /<h1>Données de Lyon<\/h1>/)
  assert.match(home.html, /class="hero-lead">Tout</)
  assert.match(home.html, /"name":"Données de Lyon"/)
  const theme = /href="(\/theme\.css[^"]+)"/.exec(home.html)![1]!
  assert.match((await server.expect(200, 'GET', theme)).text, /--accent:#8a1538/)

  const refused = await (await visit(admin, `${office}/domain`)).send('save', {
    name: 'Kept',
    timezone: 'Mars/Olympus',
    'license.0.url': 'nowhere',
    'theme.1.id': 'water',
  })
  assert.equal(refused.status, 400)
  assert.match(refused.problem!, /time zone/)
  for (const [name, value] of [
    ['name', 'Kept'],
    ['timezone', 'Mars/Olympus'],
    ['license.0.url', 'nowhere'],
    ['theme.1.id', 'water'],
  ] as const)
    assert.equal(refused.value(name), value)
  assert.equal((await read('/domain')).name, 'Données de Lyon')
  const stale = await visit(admin, `${office}/domain`)
  await (await visit(admin, `${office}/domain`)).send('save', { name: 'By another', contact_name: 'Ada' })
  const second = await stale.send('save', { name: 'By me', contact_email: 'me@lyon.example' })
  assert.deepEqual([second.status, second.value('name')], [412, 'By me'])
  assert.match(second.problem!, /Somebody else has changed this/)
  assert.match(second.text, /Name saved now: By another Contact saved now: Ada/)
  assert.equal((await read('/domain')).name, 'By another')
  assert.match((await second.send('save', { contact_name: 'Ada' })).text, /Saved\./)
  const { name, contact, revision } = await read('/domain')
  assert.deepEqual([name, contact.name, contact.email], ['By me', 'Ada', 'me@lyon.example'])
  const domainPath = `${managementPath}/domain`
  const { headers } = await server.expect(200, 'GET', domainPath)
  assert.equal(headers.get('etag'), `"${revision}"`)
  const put = (etag: string, status: number) =>
    server.expect(status, 'PUT', domainPath, { headers: { 'If-Match': etag }, body: { name: 'Once' } })
  await put('W/"1", "2"', 412)
  await put(`"2", "${revision}"`, 200)
  await put(`"${revision}"`, 412)
  await put('*', 200)
  const odd = {
    description: { de: 'Alles', en: 'All of it\nin two lines' },
    themes: [{ id: 'trees', labels: { de: 'Bäume', en: 'Trees' } }],
    licenses: [{ id: 'own', label: 'Own', url: null }],
  }
  await server.expect(200, 'PUT', `${managementPath}/domain`, { body: odd })
  const unchanged = await read('/domain')
  await (await visit(admin, `${office}/domain`)).send('save')
  assert.deepEqual(await read('/domain'), unchanged, 'a form that is saved as it was changes nothing')
  await (await visit(admin, `${office}/domain`)).send('save', {
    name: '',
    'license.0.id': '',
    'license.0.label': '',
  })
  assert.deepEqual((await read('/domain')).licenses, before.licenses, 'an emptied list is the common one')
  assert.match((await visit(admin, '/explore')).html, /<span>Broadsheet<\/span>/)
})

test('a logo is uploaded, shown, and taken away', async () => {
  const form = new FormData()
  form.append('csrf_token', admin.csrfToken)
  form.append('action', 'image')
  form.append('image', 'logo_url')
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
  form.append('file', new Blob([svg], { type: 'image/svg+xml' }), 'logo.svg')
  const { status } = await admin.send('POST', `${office}/domain`, { body: form })
  assert.equal(status, 303)
  const { logo_url: logo } = (await read('/domain')).theme
  assert.ok((await visit(admin, '/')).html.includes(`<img class="logo" src="${logo}"`))
  await server.expect(200, 'GET', logo)
  await (await visit(admin, `${office}/domain`)).send('no_image')
  assert.equal((await read('/domain')).theme.logo_url, '')
})

test('a metadata template is made, filled, put in order, refused with what was typed, switched off, deleted', async () => {
  const made = await (await visit(admin, `${office}/templates`)).send('add', {
    title: 'Archive',
    name: 'archive',
    type: 'admin',
  })
  assert.match(made.path, /templates\/archive\?done=created/)
  const more = await made.send('add_field', { 'f.0.name': 'shelf', 'f.0.label': 'Shelf' })
  assert.equal(more.value('f.0.label'), 'Shelf', 'what was typed is there with one field more')
  const filled = await more.send('', {
    'f.1.name': 'state',
    'f.1.type': 'enum',
    'f.1.choices': 'good\nbad',
    'f.1.requirement_level': 'mandatory',
    'f.1.is_filter': true,
  })
  assert.match(filled.text, /Saved\./)
  const schemaOf = async () => (await read('/metadata/templates/archive')).schema
  const [shelf, state] = await schemaOf()
  assert.deepEqual([shelf.name, shelf.type, shelf.label], ['shelf', 'text', 'Shelf'])
  assert.deepEqual(
    [state.name, state.type, state.choices, state.requirement_level, state.is_filter],
    ['state', 'enum', ['good', 'bad'], 'mandatory', true],
  )
  await filled.send('down 0')
  assert.deepEqual(
    (await schemaOf()).map(({ name }: { name: string }) => name),
    ['state', 'shelf'],
  )
  const refused = await (await visit(admin, `${office}/templates/archive`)).send('', {
    'f.0.choices': '',
    title: 'Typed',
  })
  assert.deepEqual([refused.status, refused.value('title')], [400, 'Typed'])
  assert.match(refused.problem!, /this type needs them/)
  const stale = await visit(admin, `${office}/templates/archive`)
  await (await visit(admin, `${office}/templates/archive`)).send('', { 'f.1.label': 'Place' })
  const second = await stale.send('', { title: 'Of mine', 'f.0.label': 'Condition' })
  assert.deepEqual(
    [second.status, second.value('title'), second.value('f.0.label')],
    [412, 'Of mine', 'Condition'],
  )
  assert.match(second.text, /It differs here: Title saved now: Archive state Place See what/)
  assert.equal((await read('/metadata/templates/archive')).title, 'Archive')
  assert.match((await second.send('', { 'f.1.label': 'Place' })).text, /Saved\./)
  const { title, schema: both } = await read('/metadata/templates/archive')
  assert.deepEqual(
    [title, ...both.map(({ label }: { label: string }) => label)],
    ['Of mine', 'Condition', 'Place'],
  )
  const removed = await (await visit(admin, `${office}/templates/archive`)).send('', { 'f.1.name': '' })
  assert.match(removed.text, /Saved\./)
  assert.equal((await schemaOf()).length, 1)

  const off = await (await visit(admin, `${office}/templates`)).send('deactivate', {}, { name: 'archive' })
  assert.equal((await read('/metadata/templates/archive')).is_active, false)
  assert.match((await off.send('delete', {}, { name: 'archive' })).text, /Deleted\./)
  assert.match((await visit(admin, `${office}/templates/default`)).text, /cannot be changed/)
})

test('a connection is saved with a secret that never comes back, used by a source, and deleted', async (t) => {
  const { url } = await startPortal(t, [{ id: 'one', title: 'One' }])
  const page = await visit(admin, `${office}/connections?add=http`)
  const refused = await page.send('save', {
    name: 'co_1',
    url: 'ftp://files.example.org',
    secret: 'hush-hush',
  })
  assert.deepEqual([refused.status, refused.value('url')], [400, 'ftp://files.example.org'])
  const tried = await refused.send('test', { url, path: 'files/one.csv', secret: 'hush-hush' })
  assert.deepEqual([tried.status, tried.problem, tried.value('url')], [200, null, url])
  assert.match(
    tried.text,
    /The connection works\. Reached: http.*\/files\/one\.csv What it signs in with was accepted/,
  )
  assert.deepEqual(await read('/connections'), [])
  const unusable = await refused.send('test', { url: 'ftp://files.example.org' })
  assert.match(unusable.text, /does not work.*complete address/)
  const saved = await refused.send('save', {
    name: 'City files',
    url,
    secret: 'hush-hush',
    'param.authentication': 'bearer',
  })
  assert.match(saved.text, /City files.*with a secret/)
  for (const { html } of [refused, tried, saved]) assert.ok(!html.includes('hush-hush'))
  const [connection] = await read('/connections')
  assert.deepEqual(
    [connection.name, connection.has_secret, connection.params],
    ['City files', true, { authentication: 'bearer' }],
  )
  const like = { connection: connection.connection_uid }
  await saved.send('save', { name: 'City' }, like)
  assert.deepEqual(
    [(await read('/connections'))[0].name, (await read('/connections'))[0].has_secret],
    ['City', true],
  )
  const elsewhere = await saved.send('save', { url: 'https://elsewhere.example' }, like)
  assert.match(elsewhere.problem!, /secret/)
  assert.equal(elsewhere.value('url'), 'https://elsewhere.example')

  // As it is, with the secret that is saved; another server is not sent that one.
  const again = await elsewhere.send('test', { url, path: 'nothing.csv' }, like)
  assert.match(again.text, /not so that the connection can be judged.*status 404/)
  const another = { body: { url: 'https://elsewhere.example' } }
  const testPath = `${managementPath}/connections/City/test`
  assert.equal((await server.expect(400, 'POST', testPath, another)).json.error_id, 'catalog.secret_needed')
  const outside = { body: { path: 'https://elsewhere.example/a' } }
  assert.equal(
    (await server.expect(400, 'POST', testPath, outside)).json.error_id,
    'catalog.connection_mismatch',
  )

  const fresh = await visit(admin, `${office}/new`)
  const made = await fresh.send('url', { url: 'files/one.csv', connection: connection.connection_uid })
  const [, madeUid] = /datasets\/(da_\w+)\/start/.exec(made.path)!
  const [only] = await read(`/datasets/${madeUid}/resources`)
  assert.deepEqual([only.url, only.params.connection], [`${url}/files/one.csv`, connection.connection_uid])
  await server.expect(204, 'DELETE', `${managementPath}/datasets/${madeUid}`)

  const { datasetUid } = await server.createDataset('by-connection', { filename: 'a.csv', content: 'a\n1\n' })
  const sources = await visit(admin, `${office}/datasets/${datasetUid}/sources`)
  const added = await sources.send('url', {
    url: '/files/one.csv',
    connection: connection.connection_uid,
  })
  assert.match(added.text, /Saved\./)
  const resources = await read(`/datasets/${datasetUid}/resources`)
  assert.deepEqual(
    [resources[1].url, resources[1].params.connection],
    [`${url}/files/one.csv`, connection.connection_uid],
  )
  const inUse = await saved.send('delete', {}, like)
  assert.equal(inUse.status, 409)
  assert.match(inUse.problem!, /by-connection/)
  await added.send('edit', { connection: '' }, { resource: resources[1].resource_uid })
  assert.equal((await read(`/datasets/${datasetUid}/resources`))[1].params.connection, undefined)
  const forgotten = await saved.send('save', { no_secret: true }, like)
  assert.doesNotMatch(forgotten.text, /with a secret/)
  assert.match((await forgotten.send('delete', {}, like)).text, /Deleted\./)
})

test('a harvester is made from what its type asks for, runs, and does with its datasets what is ordered', async (t) => {
  const portal = await startPortal(t, [
    { id: 'one', title: 'Trees of one' },
    { id: 'two', title: hostile },
    { id: 'three' },
  ])
  const form = await visit(admin, `${office}/harvesters?add=ckan`)
  const refused = await form.send('create', { name: 'City', 'arg.url': '', publish_datasets: true })
  assert.match(refused.problem!, /url/)
  assert.equal(refused.value('name'), 'City')
  assert.equal(refused.value('publish_datasets'), 'on')
  const made = await refused.send('create', { 'arg.url': portal.url, publish_datasets: false })
  assert.match(made.text, /Never run/)
  assert.match((await visit(admin, `${made.path.split('?')[0]}?preview=1`)).text, /Trees of one/)
  const id = /ha_\w+/.exec(made.path)![0]
  const path = `${office}/harvesters/${id}`
  const harvester = () => read(`/harvesters/${id}`)
  const done = async () => {
    const { active_job_id: job } = await harvester()
    if (job) await server.jobDone(job)
  }
  await made.send('start')
  await done()
  const ran = await visit(admin, path)
  assert.match(ran.text, /Created: 2 Updated: 0 Unchanged: 0 Gone there: 0 Deleted: 0 Failed: 1/)
  const [first] = await read(`/harvesters/${id}/datasets`)
  assert.ok(ran.html.includes(`href="${office}/datasets/${first.dataset_uid}"`))
  assert.match(ran.text, /it has no title/)
  assert.ok(!ran.html.includes('<img src=x'))
  assert.ok(!ran.has('abort'), 'nothing runs that could be stopped')
  const jobs = await visit(admin, `${office}/jobs`)
  assert.ok(jobs.html.includes(`href="${path}"`), 'its jobs lead to it')
  await ran.send('publish')
  await done()
  for (const job of await read('/jobs?rows=50'))
    if (job.function === 'publish') await server.jobDone(job.job_id)
  assert.equal((await harvester()).counters.published, 2)
  await (await visit(admin, path)).send('unpublish')
  await done()

  const scheduled = await (await visit(admin, path)).send('add_schedule', { cron: '30 5 * * 1' })
  assert.match(scheduled.text, /30 5 \* \* 1/)
  await scheduled.send('delete_schedule')
  assert.deepEqual(await read(`/harvesters/${id}/schedules`), [])
  const changed = await (await visit(admin, path)).send('save', {
    name: 'Town',
    delete_missing_datasets: true,
  })
  assert.match(changed.text, /Town/)
  const { name, params, delete_missing_datasets, publish_datasets } = await harvester()
  assert.deepEqual(
    [name, params, delete_missing_datasets, publish_datasets],
    ['Town', { url: portal.url }, true, false],
  )
  for (const job of await read('/jobs?rows=50'))
    if (job.function === 'unpublish') await server.jobDone(job.job_id)
  assert.match((await changed.send('delete', { with_datasets: true })).text, /Deleted\..*No harvester yet/)
  await server.expect(404, 'GET', `${managementPath}/datasets/${first.dataset_uid}`)
})

test('checks of a dataset are set field by field, refused with what was typed, and hold its publish', async () => {
  const content = 'code,price\nA1,2\nB2,4\n'
  const { datasetUid: uid, ...dataset } = await server.publishFile('checked', { filename: 'a.csv', content })
  const path = `${office}/datasets/${uid}/gates`
  const page = await visit(admin, path)
  assert.equal(page.value('f.1.name'), 'price')
  const refused = await page.send('save', {
    record_loss_percent: 'many',
    'f.1.min': '0',
    'f.0.required': true,
  })
  assert.deepEqual([refused.status, refused.value('record_loss_percent')], [400, 'many'])
  const saved = await refused.send('save', {
    enabled: true,
    record_loss_percent: '2,5',
    min_records: '',
    type_changed: false,
    unique_keys: 'code\r\ncode, price',
    'f.0.pattern': '[A-Z]\\d',
    'f.0.points': '-',
    'f.1.max': '10',
  })
  assert.match(saved.text, /Saved\./)
  assert.deepEqual(await read(`/datasets/${uid}/gates`), {
    enabled: true,
    record_loss_percent: 2.5,
    min_records: null,
    field_lost: true,
    type_changed: false,
    null_share_points: 20,
    null_share_points_by_field: { code: null },
    required_fields: ['code'],
    unique_keys: [['code'], ['code', 'price']],
    ranges: { price: { min: 0, max: 10 } },
    patterns: { code: '[A-Z]\\d' },
  })
  assert.equal((await visit(admin, path)).value('f.0.points'), '-')
  await server.replaceFile({ datasetUid: uid, ...dataset }, 'b.csv', 'code,price\nA1,2\nB2,40\n')
  await server.jobDone(await server.publish(uid))
  const held = await visit(admin, `${office}/datasets/${uid}`)
  assert.match(held.text, /A check holds this publish/)
  await held.send('override')
  const job = (await read(`/datasets/${uid}/jobs`))[0]
  await server.jobDone(job.job_id)
  const told = await visit(admin, path)
  assert.match(told.text, /Published all the same .* by admin/)
  await told.send('delete')
  assert.equal((await read(`/datasets/${uid}/gates`)).enabled, false)
})

test('usage says what is used of what is allowed, one’s own to everybody', async () => {
  const ada = await makeUser(server, 'ada', ['create_dataset', 'edit_dataset'])
  const users = await visit(admin, `${office}/users`)
  const refused = await users.send('user', { calls_per_day: 'many', max_datasets: '4' }, { name: 'ada' })
  assert.deepEqual([refused.status, refused.value('max_datasets')], [400, '4'])
  await refused.send('user', { calls_per_day: '5000' }, { name: 'ada' })
  assert.deepEqual((await read('/users/ada')).limits, { max_datasets: 4 })
  await server.expect(201, 'POST', `${managementPath}/datasets`, {
    auth: ada,
    body: { dataset_id: 'of-ada' },
  })
  const all = await visit(admin, `${office}/usage`)
  assert.match(all.text, /ada \d+ of 5,000 1 of 4 no limit/)
  const own = await visit(await browse(server, ada), `${office}/usage`)
  assert.match(own.text, /API calls today \d+ of 5,000/)
  assert.doesNotMatch(own.text, /Of all users|Everybody/)
  assert.match(own.text, /Calls by day .*ada \d+ in 30 days/)
  assert.match(all.text, /Everybody \d+ in 30 days.*Most calls: .*ada \d+.*admin [\d,]+ in 30 days/)
  const week = await visit(admin, `${office}/usage?days=7&user=ada`)
  assert.match(week.text, /Everybody [\d,]+ in 7 days.*ada \d+ in 7 days/)
  const { days, users: most } = await read('/domain/calls?days=2')
  assert.equal(days.length, 2)
  const ofAda = (await read('/users/ada/quotas/calls?days=1')).days[0].calls
  assert.ok(
    ofAda > 0 &&
      ofAda < days[1].calls &&
      most.some(({ username }: { username: string }) => username === 'ada'),
  )
  await server.expect(403, 'GET', `${managementPath}/domain/calls`, { auth: ada })
  await server.expect(400, 'GET', `${managementPath}/quotas/calls?days=101`)
  const key = await server.expect(200, 'POST', `${managementPath}/apikeys`, {
    auth: ada,
    body: { label: 'robot' },
  })
  await server.expect(200, 'GET', `${managementPath}/quotas`, { auth: { apikey: key.json.key } })
  const [ofKey] = (await server.expect(200, 'GET', `${managementPath}/quotas/calls`, { auth: ada })).json.keys
  assert.deepEqual([ofKey.label, ofKey.days.at(-1).calls], ['robot', 1])
  assert.match((await visit(admin, `${office}/usage`, 'fr')).text, /ada \d+ sur 5\s000 1 sur 4 sans limite/)
})

test('an invitation is a link to pass on where no mails are sent; who gets none is said', async () => {
  const invited = await (await visit(admin, `${office}/users`)).send('invite', {
    emails: 'grace@lyon.example, nobody',
  })
  assert.match(invited.text, /nobody This is no e-mail address/)
  const token = /\/account\/invitation#token=(\w+)/.exec(invited.text)![1]!
  const again = await (await visit(admin, `${office}/users`)).send('invite_again', {}, { name: 'grace' })
  const newer = /\/account\/invitation#token=(\w+)/.exec(again.text)![1]!
  assert.notEqual(newer, token)
  await server.expect(200, 'POST', '/api/auth/v1/invitations/accept', {
    auth: 'none',
    body: { token: newer, password: 'a long enough password' },
  })
  const signIn = await server.expect(200, 'GET', '/login?username=grace', { auth: 'none' })
  assert.match(signIn.text, /<input[^>]*name="username"[^>]*value="grace"/)
  const member = await visit(admin, `${office}/users`)
  assert.equal(member.has('invite_again'), false)
  assert.match(
    (await member.send('invite', { emails: 'grace@lyon.example' })).text,
    /has an account already/i,
  )
  assert.equal((await visit(admin, `${office}/users/invited`)).status, 303)
})

test('pages are shown to who has the right, and their names to nobody else', async () => {
  const { datasetUid } = await server.createDataset('walked', { filename: 'a.csv', content: 'a\n1\n' })
  const people = {
    editor: ['edit_dataset'],
    harvester: ['create_dataset', 'edit_dataset', 'publish_dataset'],
    owner: ['edit_domain', 'edit_dataset'],
    nobody: [],
  }
  const all = { editor: 200, harvester: 200, owner: 200, nobody: 404 }
  const domain = { editor: 404, harvester: 404, owner: 200, nobody: 404 }
  const harvest = { editor: 403, harvester: 200, owner: 403, nobody: 403 }
  const expected: Record<string, Readonly<Record<keyof typeof people, number>>> = {
    domain,
    templates: domain,
    'templates/default': domain,
    new: { editor: 404, harvester: 200, owner: 404, nobody: 404 },
    connections: all,
    'connections?add=sftp': all,
    harvesters: harvest,
    'harvesters/ha_unknown': { ...harvest, harvester: 404 },
    usage: { ...all, nobody: 200 },
    [`datasets/${datasetUid}/gates`]: all,
  }
  const places = {
    editor: ['Connections'],
    harvester: ['Harvesters', 'Connections'],
    owner: ['Connections', 'Users', 'Domain'],
    nobody: [],
  }
  for (const [name, permissions] of Object.entries(people) as [keyof typeof people, string[]][]) {
    const session = await browse(server, await makeUser(server, `the-${name}`, permissions))
    for (const [page, statuses] of Object.entries(expected)) {
      const { status } = await visit(session, `${office}/${page}`)
      assert.equal(status, statuses[name], `${page} for ${name}`)
    }
    const { places: seen } = await visit(session, `${office}/usage`)
    assert.deepEqual(seen, ['Datasets', 'Jobs', ...places[name]])
  }
  const anonymous = await server.request('GET', `${office}/domain`)
  assert.deepEqual(
    [anonymous.status, anonymous.headers.get('location')],
    [303, '/login?back=%2Fbackoffice%2Fdomain'],
  )
  const forged = await admin.send('POST', `${office}/domain`, {
    body: 'action=save&name=forged',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(forged.status, 403)
})

describe('in a browser', { skip: skippedWithoutBrowser }, () => {
  test('a connection is tried in place, its secret kept as it was typed; a colour is picked', async (t) => {
    const { url } = await startPortal(t, [{ id: 'one', title: 'One' }])
    const { page, complaints } = await openPage({ viewport: { width: 1280, height: 860 } })
    await signInPage(page, server, server.admin, `${office}/connections?add=http`)
    await page.getByLabel('Server').fill(url)
    await page.getByLabel(/^Password, token/).fill('hush-hush')
    await page.getByLabel(/^To look at/).fill('files/one.csv')
    await page.getByRole('button', { name: 'Test the connection' }).click()
    await page.getByText('The connection works.').waitFor()
    assert.equal(await page.getByLabel(/^Password, token/).inputValue(), 'hush-hush')

    await page.goto(`${server.url}${office}/domain`)
    await page.locator('summary', { hasText: 'Colours' }).click()
    const text = page.locator('[name="color.0.color"]')
    await page.locator('[data-color-of="color.0.color"]').fill('#8a1538')
    assert.equal(await text.inputValue(), '#8a1538')
    await text.fill('#0f0')
    assert.equal(await page.locator('[data-color-of="color.0.color"]').inputValue(), '#00ff00')
    assert.deepEqual(complaints, [])
  })

  test('every page is accessible, fits a phone, works by keyboard, and runs nothing of what it shows', async (t) => {
    const chance = createChance(t)
    const send = (path: string, body: object) =>
      server.expect(201, 'POST', `${managementPath}${path}`, { body })
    await server.expect(200, 'PUT', `${managementPath}/domain`, {
      body: { name: hostile, themes: [{ id: 'trees', labels: { en: hostile } }] },
    })
    await send('/metadata/templates', {
      name: 'hostile',
      title: hostile,
      schema: [{ name: 'a', label: hostile, choices: [hostile] }],
    })
    await send('/connections', { name: hostile.slice(0, 100), kind: 'sftp', url: 'sftp://files.example.org' })
    const { json: made } = await send('/harvesters/', {
      name: hostile,
      type: 'ods',
      params: { domain: hostile },
    })
    const { datasetUid } = await server.createDataset('shown', { filename: 'a.csv', content: 'a,b\n1,2\n' })
    const pages = {
      domain: 'domain',
      templates: 'templates',
      template: 'templates/hostile',
      system: 'templates/dcat',
      connections: 'connections?add=http',
      harvesters: 'harvesters?add=ckan',
      harvester: `harvesters/${made.harvester_id}`,
      gates: `datasets/${datasetUid}/gates`,
      usage: 'usage',
    }
    const { page, complaints } = await openPage({ viewport: { width: 1280, height: 860 } })
    await signInPage(page, server, server.admin, `${office}/templates`)
    // By keyboard alone: the form is reached by Tab, and taken by Enter.
    await page.getByLabel('Title', { exact: true }).focus()
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Tab')
    await page.keyboard.type('keyboard')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor()

    const all = Object.entries(pages)
    for (const [name, path] of isWhole ? all : chance.sample(all, 4)) {
      await lookAtPage(page, `${server.url}${office}/${path}`, `office-${name}`, true)
      assert.equal(await page.evaluate('window.owned'), undefined, `${name} runs what it shows`)
    }
    assert.deepEqual(complaints, [])
  })
})

test('types are proposed for what texts look like, and taken when the page is sent', async () => {
  const { datasetUid } = await server.createDataset('proposed', {
    filename: 'proposed.csv',
    content: 'number;day;seen;code\n1,5;28/02/2031;oui;01,5\n20;01/03/2031;non;2,5\n',
  })
  const page = await visit(admin, `${office}/datasets/${datasetUid}/start`)
  await page.send('save', {})
  const specifications = await read(`/datasets/${datasetUid}/fields_specifications`)
  assert.deepEqual(
    specifications.map(({ args }: { args: { field: string; type: string } }) => [args.field, args.type]),
    [
      ['number', 'double'],
      ['day', 'date'],
      ['seen', 'boolean'],
    ],
  )
  await server.jobDone(await server.publish(datasetUid))
  const { results } = (await server.expect(200, 'GET', `${explorePath}/proposed/records`)).json
  assert.deepEqual(results, [
    { number: 1.5, day: '2031-02-28', seen: true, code: '01,5' },
    { number: 20, day: '2031-03-01', seen: false, code: '2,5' },
  ])
})
