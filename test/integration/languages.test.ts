/** French for those who prefer it: labels, refusals and what is kept, by the API and on the pages; English for all others. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { DomUtils, parseDocument } from 'htmlparser2'
import { type BrowserSession, browse } from '../support/browser-session.ts'
import { type Answer, explorePath, managementPath, type RequestOptions } from '../support/http-client.ts'
import { visit } from '../support/office-forms.ts'
import { shareServer, type TestServer } from '../support/server.ts'

const startServer = shareServer({ env: { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1' } })
let server: TestServer
let admin: BrowserSession

before(async () => {
  server = await startServer()
  admin = await browse(server)
})

const automation = '/api/automation/v1.0'
const asked = (language: string, options: RequestOptions = {}): RequestOptions => ({
  ...options,
  headers: { 'Accept-Language': language, ...options.headers },
})
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

/** The same question in French, in English, and without saying. */
async function inBoth(path: string, options: RequestOptions = {}) {
  const answers: Answer[] = []
  for (const language of ['fr-FR, fr;q=0.9, en;q=0.8', 'de, en;q=0.5'])
    answers.push(await server.request('GET', path, asked(language, options)))
  const untold = await server.request('GET', path, options)
  const [french, english] = answers as [Answer, Answer]
  assert.equal(english.status, french.status, path)
  assert.equal(untold.text, english.text, `${path} in English and without a language`)
  assert.deepEqual(
    [french, english, untold].map(({ headers }) => headers.get('content-language')),
    ['fr', 'en', 'en'],
    path,
  )
  for (const { headers } of [french, english, untold])
    assert.match(headers.get('vary') ?? '', /\bAccept-Language\b/, `${path}: ${headers.get('vary')}`)
  return { french: french.json, english: english.json }
}

/** Values by their path in an answer. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[path, value]]
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}/${name}`))
}

/** Where two answers differ: only in words. */
function requireOnlyWords(path: string, english: unknown, french: unknown): void {
  const before = new Map(leaves(english))
  for (const [at, value] of leaves(french)) {
    const name = at.split('/').at(-1)!
    if (before.get(at) === value) continue
    assert.match(
      at,
      /\/(?:label|title|description|help_text|message|hint|labels\/fr\/\w+)$/,
      `${path}${at}: ${String(value)}`,
    )
    assert.equal(typeof value, 'string', name)
  }
}

test('labels are French for whoever prefers it; names, codes and what else there is stay', async () => {
  const paths = [
    `${managementPath}/extractors`,
    `${managementPath}/processors/join_dataset`,
    `${managementPath}/harvester_types`,
    `${managementPath}/metadata/templates`,
    `${managementPath}/metadata/templates/inspire`,
  ]
  for (const path of paths) {
    const { french, english } = await inBoth(path)
    assert.notDeepEqual(french, english, path)
    requireOnlyWords(path, english, french)
  }
  const auth = 'admin'
  for (const path of [
    '/extractors/',
    '/processors/',
    '/metadata/templates/',
    '/metadata/templates/dcat/fields/',
  ]) {
    const { french, english } = await inBoth(`${automation}${path}`, { auth })
    assert.notDeepEqual(french, english, path)
    requireOnlyWords(path, english, french)
  }
  const { french } = await inBoth(`${managementPath}/extractors`)
  assert.deepEqual(
    french.find(({ type }: { type: string }) => type === 'csvfile').parameters[0].label,
    'Séparateur',
  )
})

test('refusals are French in each of the APIs, with the same keys, status and parameters', async () => {
  const management = await inBoth(`${managementPath}/datasets/nowhere`)
  assert.equal(plain(management.french.message), 'Jeu de données inconnu : nowhere')
  requireOnlyWords('management', management.english, management.french)
  assert.equal(management.french.raw_message, 'Unknown dataset: {dataset_uid}')

  const closed = await inBoth(`${managementPath}/jobs`, { auth: 'none' })
  assert.equal(closed.french.message, 'Des identifiants valides sont nécessaires')

  const missing = await inBoth(`${automation}/datasets/nowhere/`, { auth: 'admin' })
  assert.equal(missing.french.message, 'Introuvable.')
  assert.equal(missing.french.error_code, missing.english.error_code)
  const faulty = await inBoth(`${automation}/datasets/?limit=many`, { auth: 'admin' })
  assert.deepEqual(faulty.french.detail, { limit: ['il faut un nombre entier de 0 à 1000'] })

  const route = await inBoth('/api/nothing/here')
  assert.match(route.french.message, /^Cette adresse n’existe pas/)
})

test('answers that are kept and those that are refused are told apart by language, and records are the same in all', async () => {
  const { datasetId } = await server.publishFile('langues', {
    filename: 'l.csv',
    content: 'name,size\na,1\nb,x\n',
  })
  const faulty = `${explorePath}/${datasetId}/records?where=nam%20%3D%20%22a%22`
  for (let round = 0; round < 2; round++) {
    const { french, english } = await inBoth(faulty)
    assert.equal(plain(french.message), 'Champ inconnu : nam, position 0. Clause(s) en cause : where.')
    assert.equal(plain(french.hint), 'Vouliez-vous dire name ?')
    assert.match(english.message, /^Unknown field: nam at position 0\./)
    requireOnlyWords('explore', english, french)
  }
  // From the cache, too.
  const question = `${explorePath}/${datasetId}/records?order_by=name`
  const first = await server.expect(200, 'GET', question, asked('fr'))
  const second = await server.expect(200, 'GET', question, asked('en'))
  assert.equal(second.text, first.text)
  assert.equal(second.headers.get('etag'), first.headers.get('etag'))
  assert.equal(first.headers.get('content-language'), null)
})

test('what went wrong is kept without words, and said to everybody in their own', async () => {
  const { datasetUid } = await server.createDataset('rate', {
    filename: 'r.csv',
    content: 'a,b\n"never closed,1\n',
  })
  const job = await server.waitForJob(await server.publish(datasetUid))
  assert.equal(job.state, 'error')
  const told = await inBoth(`${managementPath}/jobs/${job.job_id}`)
  assert.match(told.english.error.message, /^A quote that opens/)
  assert.match(told.french.error.message, /^Un guillemet ouvert/)
  assert.match(told.french.cause.what_to_do, /^Fermez-le/)
  const events = await server.request('GET', `${managementPath}/jobs/${job.job_id}/events`, asked('fr'))
  assert.match(events.text, /"message":"Un guillemet ouvert/)
  const status = await inBoth(`${managementPath}/datasets/${datasetUid}/status`)
  assert.equal(status.french.message, told.french.error.message)
  assert.equal(status.english.message, told.english.error.message)
  const listed = await inBoth(`${managementPath}/datasets/${datasetUid}?expand=status`)
  assert.equal(listed.french.status.message, status.french.message)
  const automated = await inBoth(`${automation}/datasets/${datasetUid}/status/`, { auth: 'admin' })
  assert.equal(automated.french.message, status.french.message)
})

test('gates that hold a publish, and values that could not be handled, are told in French', async () => {
  const rows = (count: number) =>
    `day,n\n${Array.from({ length: count }, (_, at) => `2031-01-01,${at}`).join('\n')}\nnever,9\n`
  const processors = [{ name: 'date_normalizer', args: { field: 'day', format: '%Y-%m-%d' } }]
  const dataset = await server.publishFile('retenu', { filename: 'd.csv', content: rows(40), processors })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const errors = await inBoth(`${base}/records_errors`)
  assert.match(errors.english[0].message, /^Cannot handle "never": not a date written as/)
  assert.equal(
    plain(errors.french[0].message),
    '« never » ne peut être traité : ce n’est pas une date écrite comme %Y-%m-%d',
  )
  await server.expect(200, 'PUT', `${base}/gates`, { body: {} })
  await server.replaceFile(dataset, 'fewer.csv', rows(9))
  const job = await server.jobDone(await server.publish(dataset.datasetUid))
  const words = '31 enregistrements ont disparu sur 41 (75,61 %) ; 20 % au plus le peuvent'
  const held = await inBoth(`${base}/status`)
  assert.equal(plain(held.french.held.gates[0].message), words)
  assert.match(held.english.held.gates[0].message, /^31 of 41 records are gone/)
  const told = await inBoth(`${managementPath}/jobs/${job.job_id}`)
  assert.equal(plain(told.french.result.gates[0].message), words)
  const page = await visit(admin, `/backoffice/datasets/${dataset.datasetUid}`, 'fr')
  assert.ok(plain(page.text).includes(words), page.text.slice(0, 2000))
})

test('what a harvester says of a run that failed is French, and so is why', async () => {
  const { json } = await server.expect(201, 'POST', `${managementPath}/harvesters`, {
    body: { name: 'Nowhere', type: 'ckan', params: { url: 'http://127.0.0.1:9/' } },
  })
  const path = `${managementPath}/harvesters/${json.harvester_id}`
  const { job_id } = (await server.expect(200, 'PUT', `${path}/start`)).json
  assert.equal((await server.waitForJob(job_id)).state, 'error')
  const { french, english } = await inBoth(`${path}/errors`)
  assert.match(english.harvester, /^Fetching .* failed: the host refuses connections$/)
  assert.match(plain(french.harvester), /^La récupération de .* a échoué : l’hôte refuse les connexions$/)
  const one = await inBoth(path)
  assert.equal(one.french.errors.harvester, french.harvester)
  assert.equal(one.french.fetcher.description, 'Un portail sous CKAN')
})

test('a form that is refused on a French page is refused in French, by the page’s language and not the browser’s', async () => {
  const headers = { Cookie: `${admin.cookie}; broadsheet_lang=fr` }
  const french: BrowserSession = {
    ...admin,
    send: (method, path, options) =>
      admin.send(method, path, { ...options, headers: { ...options?.headers, ...headers } }),
    request: (method, path, options) =>
      admin.request(method, path, { ...options, headers: { ...options?.headers, ...headers } }),
  }
  const page = await visit(french, '/backoffice/domain')
  const refused = await page.send('save', { languages: 'no language' })
  assert.match(
    plain(refused.problem ?? ''),
    /Le domaine ne peut pas avoir cette valeur de languages : il faut une liste/,
  )

  const { text } = await admin.send('GET', '/backoffice/datasets/nowhere?lang=fr', asked('en'))
  assert.match(text, /<html lang="fr"/)
  const chosen = await admin.send('GET', `${'/explore/dataset/langues/table/'}?where=nam%20%3D%201`, {
    headers: { Cookie: `${admin.cookie}; broadsheet_lang=fr`, 'Accept-Language': 'en' },
  })
  assert.match(plain(chosen.text), /Champ inconnu : nam/)
  const english = await admin.send('GET', '/explore/dataset/langues/table/?where=nam%20%3D%201', {
    headers: { Cookie: `${admin.cookie}; broadsheet_lang=en`, 'Accept-Language': 'fr' },
  })
  assert.match(english.text, /Unknown field: nam/)
})

/** Texts of a page that somebody reads or is read to. */
function textsOf(html: string): Set<string> {
  const texts = new Set<string>()
  const add = (text: string | undefined) => {
    const tidy = text?.replaceAll(/\s+/g, ' ').trim()
    if (tidy) texts.add(tidy)
  }
  const unread = new Set(['script', 'style', 'code', 'pre'])
  DomUtils.find(
    (node) => {
      if (node.type === 'text') {
        for (let at = node.parent; at !== null; at = at.parent)
          if ('name' in at && unread.has(String(at.name))) return false
        add((node as { data?: string }).data)
      } else if ('attribs' in node)
        for (const name of ['title', 'aria-label', 'placeholder', 'alt'])
          add((node.attribs as Record<string, string>)[name])
      return false
    },
    parseDocument(html).children,
    true,
    Number.POSITIVE_INFINITY,
  )
  return texts
}

/** Names of products and formats, and what the test itself has called something. */
const sameInBoth =
  /^(?:[^a-z]*|admin|.*Broadsheet.*|https?:.*|.*\b(?:langues|rate|retenu|sum)\b.*|ArcGIS Hub|DCAT-US \(data\.json\)|[\w-]+\.csv|[A-Z][a-z]+(?:\/[A-Z]\w+)+)$/

test('no page has a text of several words that is the same in English and in French', async () => {
  const { json } = await server.expect(200, 'GET', `${managementPath}/datasets?q=langues`)
  const uid = json[0].dataset_uid
  await server.expect(201, 'POST', `${managementPath}/datasets/${uid}/processors`, {
    body: { name: 'convert_number', args: { field: 'size' } },
  })
  const office = [
    '',
    '/sources',
    '/processing',
    '/fields',
    '/metadata',
    '/security',
    '/schedules',
    '/versions',
  ]
  const more = ['/changes', '/attachments', '/gates', '/start', '/errors']
  const pages = [
    ...['/', '/explore', '/explore?q=nothing+here', '/nowhere'],
    ...['information', 'table', 'analyze', 'export', 'api'].map(
      (view) => `/explore/dataset/langues/${view}/`,
    ),
    ...[...office, ...more].map((tab) => `/backoffice/datasets/${uid}${tab}`),
    `/backoffice/datasets/${uid}/processing?add=join_dataset`,
    ...['datasets', 'new', 'jobs', 'disk', 'users', 'account', 'account/new-key', 'domain', 'usage'].map(
      (page) => `/backoffice/${page}`,
    ),
    ...[
      'templates',
      'templates/dcat',
      'connections',
      'connections?add=sftp',
      'harvesters',
      'harvesters?add=ckan',
    ].map((page) => `/backoffice/${page}`),
  ]
  const left: string[] = []
  for (const path of pages) {
    const english = textsOf(
      (await admin.send('GET', path, asked('en', { headers: { Accept: 'text/html' } }))).text,
    )
    const french = await admin.send('GET', path, asked('fr', { headers: { Accept: 'text/html' } }))
    for (const text of textsOf(french.text))
      if (english.has(text) && /[a-z]{2,} [a-z]{2,}/i.test(text) && !sameInBoth.test(text))
        left.push(`${path}: ${text.slice(0, 200)}`)
  }
  assert.deepEqual(left, [])
})
