/** The description of the API: valid, complete, and readable by people without a script. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { chromium } from 'playwright-core'
import { apiDocumentation } from '../../scripts/api-docs.ts'
import { readApiDocument } from '../support/api-document.ts'
import { startServer } from '../support/server.ts'

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** What somebody does who is not signed in. */
const openSignIn = new Set([
  'signIn',
  'readSession',
  'signOut',
  'requestPasswordReset',
  'resetPassword',
  'acceptInvitation',
  'confirmEmail',
  'listSignInMethods',
  'startOpenid',
  'finishOpenid',
])

test('the OpenAPI document and its page', async (t) => {
  const server = await startServer(t)
  const document = await readApiDocument(server)
  const { operations, json } = document

  await t.test('routes and schemas give the server nothing to complain about', () => {
    assert.equal(server.stderr(), '')
  })

  // They are compiled by the first request that needs them (src/http/lazy-schemas.ts): one to every route.
  await t.test('schemas of every route can be compiled, and refuse what is not there in words', async () => {
    for (const { method, path, operationId } of operations) {
      const address = path.replaceAll(/\{\w+\}/g, 'nothing')
      const body = method === 'PUT' || method === 'POST' ? { body: {} } : {}
      const asked = method === 'GET' ? 'HEAD' : method
      const { status, text } = await server.request(asked, address, { auth: 'admin', ...body })
      assert.ok(status < 500, `${operationId}: ${status} ${text}`)
    }
    assert.equal(server.stderr(), '')
  })

  await t.test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(json))
    assert.ok(valid, JSON.stringify(errors))
    assert.equal(validator.version, '3.1')
    assert.match(json.openapi, /^3\.1\./)
  })

  await t.test('is what docs/api.md was written from', () => {
    const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
    assert.equal(page, apiDocumentation(json), 'run npm run docs')
  })

  await t.test('names every operation once, in words that a client generator can use', () => {
    const ids = operations.map(({ operationId }) => operationId)
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^[a-z][A-Za-z]+$/)
    assert.ok(ids.length > 60)
  })

  await t.test('asks for credentials everywhere but on the public side', () => {
    for (const { path, operationId, security } of operations) {
      const isOpen = security.some((requirement) => Object.keys(requirement).length === 0)
      const isForStrangers = path.startsWith('/api/auth/')
        ? openSignIn.has(operationId)
        : !/^\/api\/(management|automation|notifications\/v1\/subscriptions)(\/|$)/.test(path)
      assert.equal(isOpen, isForStrangers, operationId)
      for (const scheme of security.flatMap((requirement) => Object.keys(requirement))) {
        assert.ok(json.components.securitySchemes[scheme], scheme)
      }
    }
  })

  await t.test('describes answers with named objects, and every reference leads somewhere', () => {
    for (const reference of JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      let node = json
      for (const key of reference[1]!.split('/')) node = node?.[key]
      assert.ok(node, reference[1])
    }
    const jsonAnswers = operations.flatMap(({ responses }) =>
      Object.entries(responses as Record<string, { content?: Record<string, { schema: object }> }>)
        .filter(([status]) => status.startsWith('2'))
        .map(([, response]) => response.content?.['application/json']?.schema),
    )
    const named = jsonAnswers.filter((schema) => JSON.stringify(schema ?? '').includes('$ref'))
    assert.ok(named.length > 50, `${named.length} of ${jsonAnswers.length}`)
  })

  await t.test('describes every parameter of its paths', () => {
    for (const { path, parameters, operationId } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const described = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      assert.deepEqual(described.sort(), inPath.sort(), operationId)
    }
  })

  await t.test('the routes of issue and specification are in it', () => {
    const known = new Set(operations.map(({ method, path }) => `${method} ${path}`))
    const base = '/api/management/v2'
    const dataset = `${base}/datasets/{dataset_uid}`
    const explore = '/api/explore/v2.1/catalog'
    for (const route of [
      ...['publish', 'unpublish', 'abort_processing', 'abort', 'save_version'].map(
        (action) => `PUT ${dataset}/${action}`,
      ),
      `PUT ${dataset}/versions/{version_uid}/restore`,
      `GET ${dataset}/status/records_errors`,
      `GET ${base}/download_file/{file_id}`,
      `POST ${base}/download_file/{file_id}`,
      `PUT ${dataset}/security/access_policy`,
      `GET ${explore}/datasets/{dataset_id}/records/{record_id}`,
      `GET ${explore}/datasets/{dataset_id}/exports/{format}`,
      `GET ${explore}/facets`,
      'GET /healthz',
      'GET /readyz',
      'GET /metrics',
    ])
      assert.ok(known.has(route), route)
  })

  await t.test('the page lists every operation and needs nothing from elsewhere', async () => {
    const page = await server.expect(200, 'GET', '/api/docs')
    assert.match(page.headers.get('content-type')!, /^text\/html/)
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/)
    assert.doesNotMatch(page.text, /<script|style=|https?:\/\/(?!127\.0\.0\.1)/)
    for (const { operationId } of operations)
      assert.ok(page.text.includes(`id="${operationId}"`), operationId)
    const ids = [...page.text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
    assert.equal(new Set(ids).size, ids.length)
    for (const [, target] of page.text.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target!), target)
  })

  await t.test(
    'a browser shows the page, styled, without a complaint',
    { skip: browser === undefined ? 'no Chromium is installed' : false },
    async () => {
      const instance = await chromium.launch({ executablePath: browser!, args: ['--no-sandbox'] })
      try {
        const page = await instance.newPage()
        const complaints: string[] = []
        page.on('console', (message) => complaints.push(message.text()))
        page.on('pageerror', (error) => complaints.push(String(error)))
        page.on('requestfailed', (request) => complaints.push(request.url()))
        await page.goto(`${server.url}/api/docs`)
        assert.equal(await page.locator('details:has(b)').count(), operations.length)
        const publish = page.locator('#publishDataset')
        assert.equal(await publish.locator('table').first().isVisible(), false)
        await publish.locator('summary').click()
        assert.equal(await publish.locator('table').first().isVisible(), true)
        await page.locator('nav a[href="#explore"]').click()
        assert.equal(
          await page.locator('#explore').evaluate((section) => section.getBoundingClientRect().top < 50),
          true,
        )
        assert.notEqual(
          await page.evaluate<string>("getComputedStyle(document.querySelector('.put')).color"),
          'rgb(27, 31, 36)',
        )
        await publish.locator('a[href="#JobReference"]').click()
        assert.equal(await page.locator('#JobReference').isVisible(), true)
        for (const width of [1280, 375]) {
          await page.setViewportSize({ width, height: 800 })
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
          assert.ok(overflow <= 0, `at ${width} the page is ${overflow} too wide`)
        }
        assert.deepEqual(complaints, [])
      } finally {
        await instance.close()
      }
    },
  )
})
