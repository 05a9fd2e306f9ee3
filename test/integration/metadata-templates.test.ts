/** Metadata templates and the settings of the domain. Management API sections 8.2, 10 and 21, automation API section 10. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const shared = shareServer()
const templates = `${managementPath}/metadata/templates`
const domain = `${managementPath}/domain`
const csv = 'id,name\n1,Lyon\n'

async function open(datasetId?: string) {
  const server = await shared()
  const call = documented(server, await readApiDocument(server))
  if (datasetId === undefined) return { server, call, base: '', published: '', order: async () => null }
  const dataset = await server.createDataset(datasetId, { filename: 'towns.csv', content: csv })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const order = async (action: string) => server.jobDone(await server.order('PUT', `${base}/${action}`))
  return { server, call, base, published: `${explorePath}/${datasetId}`, order }
}

const quality = {
  name: 'quality',
  title: 'Quality',
  schema: [
    { name: 'level', type: 'enum', choices: ['raw', 'checked'], labels: { en: { raw: 'As it came' } } },
    { name: 'score', type: 'int', label: 'Score', help_text: '0 to 100' },
    { name: 'remarks', type: 'text', i18n: true },
    { name: 'checkers', type: 'list', self_suggest: true },
  ],
}

test('a template that somebody makes checks values, describes forms and reaches readers', async () => {
  const { call, base, published, order } = await open('checked')
  const created = (await call(201, 'POST', templates, { body: quality })).json
  assert.equal(created.purpose, 'general')
  assert.equal(created.is_system, false)
  assert.equal(created.created_by.username, 'admin')
  assert.deepEqual((await call(200, 'GET', `${templates}/quality`)).json, created)
  assert.ok(
    (await call(200, 'GET', `${templates}?type=basic`)).json.some(
      ({ name }: { name: string }) => name === 'quality',
    ),
  )

  const { json: entry } = await call(200, 'GET', `${base}/metadata/quality/level?expand=definition`)
  assert.equal(entry.template.label, 'Quality')
  assert.deepEqual(entry.definition, {
    name: 'level',
    type: 'text',
    label: 'level',
    help_text: '',
    choices: [['raw', 'As it came'], 'checked'],
    widget: { type: 'select' },
    requirement_level: 'optional',
    i18n: false,
  })
  const put = (status: number, name: string, value: unknown) =>
    call(status, 'PUT', `${base}/metadata/quality/${name}`, { body: { value } })
  await put(200, 'level', 'checked')
  for (const value of ['other', 1, ['raw'], { raw: true }]) await put(400, 'level', value)
  await put(200, 'score', 99)
  for (const value of [1.5, '7', true, 1e300]) await put(400, 'score', value)
  await put(200, 'remarks', { fr: 'Bon', 'pt-BR': 'Bom' })
  for (const value of [{ __proto: 'x' }, { fr: 1 }, { 'not a language': 'x' }, ['x']])
    await put(400, 'remarks', value)
  await put(200, 'checkers', ['Élodie', 'Emil'])
  await put(404, 'constructor', 'x')
  for (const name of ['nothing', '__proto__', 'constructor'])
    await call(404, 'PUT', `${base}/metadata/${name}/x`, { body: { value: 'x' } })

  const suggest = `${templates}/quality/fields/checkers/suggest`
  assert.deepEqual((await call(200, 'GET', `${suggest}?query=elo`)).json.hits, ['Élodie'])
  assert.equal((await call(200, 'GET', `${suggest}?query=e&count=1`)).json.nb_hits, 2)
  await call(400, 'GET', `${suggest}?count=0`)

  await order('publish')
  assert.deepEqual((await call(200, 'GET', published)).json.metas.quality, {
    level: 'checked',
    score: 99,
    remarks: { fr: 'Bon', 'pt-BR': 'Bom' },
    checkers: ['Élodie', 'Emil'],
  })
  await call(400, 'DELETE', `${templates}/quality`)
  await call(200, 'PUT', `${templates}/quality`, { body: { is_active: false } })
  await call(404, 'GET', `${base}/metadata/quality/level`)
  await order('publish')
  assert.equal((await call(200, 'GET', published)).json.metas.quality, undefined)
})

test('what is for administrators is never shown to readers, and what is mandatory must be there', async () => {
  const { call, base, published, order } = await open('followed')
  const body = {
    name: 'filing',
    title: 'Filing',
    type: 'admin',
    schema: [{ name: 'shelf', requirement_level: 'mandatory' }],
  }
  await call(201, 'POST', templates, { body })
  const refused = await call(400, 'PUT', `${base}/publish`)
  assert.equal(refused.json.error_id, 'catalog.metadata_missing')
  await call(200, 'PUT', `${base}/metadata/filing/shelf`, { body: { value: 'B 12 secret' } })
  await call(200, 'PUT', `${base}/metadata/internal/draft`, { body: { value: true } })
  await order('publish')
  const shown = await call(200, 'GET', published)
  assert.ok(!shown.text.includes('B 12'))
  assert.equal(shown.json.metas.filing, undefined)
  assert.equal(shown.json.metas.internal, undefined)
  // What a template asks for later keeps nobody from updating what is published.
  await call(200, 'DELETE', `${base}/metadata/filing/shelf`)
  await order('publish')
  await call(204, 'DELETE', `${templates}/filing`)
  await call(404, 'GET', `${templates}/filing`)
})

test("the system's templates stay as they are; those of interoperability can be switched off", async () => {
  const { call, base } = await open('switched')
  const { json: all } = await call(200, 'GET', templates)
  assert.deepEqual(
    all.filter((item: { is_system: boolean }) => item.is_system).map(({ name }: { name: string }) => name),
    ['default', 'dcat', 'inspire', 'visualization', 'asset_content_configuration', 'internal'],
  )
  await call(400, 'PUT', `${templates}/default`, { body: { is_active: false } })
  await call(400, 'PUT', `${templates}/dcat`, { body: { schema: [] } })
  await call(400, 'DELETE', `${templates}/dcat`)
  await call(200, 'PUT', `${base}/metadata/dcat/creator`, { body: { value: 'City' } })
  await call(200, 'PUT', `${templates}/dcat`, { body: { is_active: false } })
  await call(404, 'PUT', `${base}/metadata/dcat/creator`, { body: { value: 'Town' } })
  await call(200, 'PUT', `${templates}/dcat`, { body: { is_active: true } })
  assert.equal((await call(200, 'GET', `${base}/metadata/dcat/creator`)).json.value, 'City')
})

test('hostile templates are refused, and so is everybody who does not run the domain', async () => {
  const { server, call } = await open()
  const make = (change: object) =>
    call(400, 'POST', templates, { body: { ...quality, name: 'hostile', ...change } })
  for (const name of [
    '',
    'default',
    '__proto__',
    'constructor',
    'publishing',
    'A',
    'a"b',
    'x'.repeat(100),
    "a'; drop table",
  ])
    await make({ name })
  for (const type of ['interop', 'extra', 'public']) await make({ type })
  await make({ title: ' ' })
  for (const field of [
    null,
    'x',
    {},
    { name: '__proto__' },
    { name: 'toString' },
    { name: 'a b' },
    { name: 'x', type: 'object' },
    { name: 'x', type: 'enum' },
    { name: 'x', choices: [{ a: 1 }] },
    { name: 'x', labels: { '<b>': {} } },
    { name: 'x', suggest_url: 'javascript:alert(1)' },
    { name: 'x', requirement_level: 'always' },
    { name: 'x', i18n: 'yes' },
  ])
    await make({ schema: [field] })
  await make({ schema: [{ name: 'twice' }, { name: 'twice' }] })
  await make({ schema: Array.from({ length: 201 }, (_, n) => ({ name: `f${n}` })) })
  const editor = addUser(server, 'describer', { user: ['edit_dataset'], key: ['edit_dataset'] })
  await call(200, 'GET', templates, { auth: editor })
  await call(403, 'POST', templates, { body: quality, auth: editor })
  await call(403, 'PUT', domain, { body: { name: 'Mine' }, auth: editor })
})

test('settings of the domain reach new datasets, metadata and what is published', async () => {
  const { server, call, base, published, order } = await open('settled')
  const before = (await call(200, 'GET', domain)).json
  assert.deepEqual(before.properties['metadata.themes'], [])
  const changed = await call(200, 'PUT', domain, {
    body: {
      name: 'Open Town',
      languages: ['fr', 'en'],
      default_language: 'fr',
      licenses: [{ id: 'own', label: 'Our licence', url: 'https://example.org/licence' }],
      themes: [{ id: 'water', labels: { fr: 'Eau', en: 'Water' } }],
      contact: { email: 'data@example.org' },
      default_security: { visibility: 'restricted' },
    },
  })
  assert.deepEqual(changed.json.properties['metadata.themes'], [
    { id: 'water', labels: { fr: 'Eau', en: 'Water' } },
  ])
  assert.deepEqual(changed.json.contact, { name: '', email: 'data@example.org', url: '' })
  const { json: closed } = await call(201, 'POST', `${managementPath}/datasets`, { body: {} })
  assert.equal(closed.visibility, 'restricted')

  const put = (status: number, name: string, value: unknown) =>
    call(status, 'PUT', `${base}/metadata/internal/${name}`, { body: { value } })
  await put(400, 'license_id', 'other')
  await put(400, 'theme_id', ['fire'])
  await put(200, 'license_id', 'own')
  await put(200, 'theme_id', ['water'])
  await order('publish')
  const { metas } = (await call(200, 'GET', published)).json
  assert.equal(metas.default.license, 'Our licence')
  assert.equal(metas.default.license_url, 'https://example.org/licence')
  assert.deepEqual(metas.default.theme, ['Eau'])
  const exported = async (format: string) =>
    (await server.expect(200, 'GET', `/api/explore/v2.1/catalog/exports/${format}`)).text
  assert.match(
    await exported('ttl'),
    /dct:title "Open Town"[\s\S]*mailto:data@example\.org|mailto:data@example\.org[\s\S]*dct:title "Open Town"/,
  )
  assert.match(await exported('rss'), /<title>Open Town<\/title>/)
  assert.match(await exported('data.json'), /"hasEmail":"mailto:data@example.org"/)

  for (const body of [
    { nothing: 1 },
    { __proto: {} },
    { name: 1 },
    { languages: [] },
    { languages: ['de'] },
    { default_language: 'de' },
    { timezone: 'Mars/Base' },
    { contact: { email: 'a b' } },
    { contact: { url: 'javascript:alert(1)' } },
    { theme: { colors: { primary: 'red; background: url(x)' } } },
    { theme: { logo_url: 'https://elsewhere.example/logo.png' } },
    { theme: { logo_url: '/api/portal/v1/images/../../../management/v2/domain' } },
    { licenses: [{ label: 'x' }] },
    { licenses: [{ id: 'a', label: 'x', url: 'javascript:1' }] },
    {
      themes: [
        { id: 'a', labels: { fr: 'x' } },
        { id: 'a', labels: {} },
      ],
    },
    { default_security: { visibility: 'public' } },
  ])
    await call(400, 'PUT', domain, { body })
  const reset = {
    name: null,
    languages: null,
    default_language: null,
    licenses: null,
    themes: null,
    contact: null,
    default_security: null,
  }
  assert.deepEqual((await call(200, 'PUT', domain, { body: reset })).json, before)
  await server.expect(200, 'GET', published)
})
