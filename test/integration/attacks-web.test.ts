/** Texts of publishers in a real browser: whatever stands in data, metadata, names and files, nothing of it runs. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { shareBrowser, skippedWithoutBrowser } from '../support/browser.ts'
import { managementPath } from '../support/http-client.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { skippedUnlessWhole } from '../support/tiers.ts'

const startServer = shareServer()
const openPage = shareBrowser()
let server: TestServer

/** Each says `owned` to whoever listens, if it runs. */
const scripts = [
  '<script>owned=1</script>',
  '"><img src=x onerror="owned=1">',
  "'><svg onload='owned=1'>",
  '</title><script>owned=1</script>',
  '</script><script>owned=1</script>',
  '<iframe srcdoc="<script>parent.owned=1</script>"></iframe>',
  '<a href="javascript:owned=1" id="lure">lure</a>',
  '<math><mtext><style><img src=x onerror=owned=1></style></mtext></math>',
  '<noscript><p title="</noscript><img src=x onerror=owned=1>">',
  '<!--><img src=x onerror=owned=1>-->',
  '<form action="https://evil.example"><input name=password></form>',
  '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example">',
  '{{constructor.constructor("owned=1")()}}',
]
const all = scripts.join('')
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
let attachment = ''
let image = ''

before(async () => {
  server = await startServer()
  const header = ['name', `<img src=x onerror=owned=1>`, 'link', 'image', 'day', 'place']
  const rows = scripts.map((text, n) =>
    [text, text, 'javascript:owned=1', 'javascript:owned=1', `2031-05-${10 + n}`, `48.${n},2.${n}`].map(
      quoted,
    ),
  )
  const dataset = await server.createDataset('attack', {
    filename: '"><script>owned=1</script>.csv',
    content: `${[header.map(quoted), ...rows].map((row) => row.join(',')).join('\n')}\n`,
    extractor: 'csvfile',
    fieldSpecifications: [
      { name: 'annotate', args: { field: 'name', annotation: 'facet' } },
      { name: 'type', args: { field: 'place', type: 'geo_point_2d' } },
    ],
    metas: {
      default: {
        title: all,
        description: `<p>${all}</p>`,
        keyword: scripts,
        theme: scripts,
        publisher: all,
        license: all,
        license_url: 'javascript:owned=1',
        references: 'javascript:owned=1',
        attributions: scripts,
      },
    },
  })
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" onload="owned=1"><script>document.documentElement.setAttribute("owned","1")</script></svg>'
  const file = { content: svg, filename: '"><img src=x onerror=owned=1>.svg', mimetype: 'image/svg+xml' }
  const { json: uploaded } = await server.expect(200, 'POST', `${managementPath}/files`, { body: file })
  const path = `${managementPath}/datasets/${dataset.datasetUid}/attachments`
  const { json } = await server.expect(201, 'POST', path, {
    body: { url: uploaded.url, title: all.slice(0, 500) },
  })
  attachment = `/api/explore/v2.1/catalog/datasets/attack/attachments/${json.attachment_uid}`
  const form = new FormData()
  form.append('file', new Blob([svg]), file.filename)
  image = (await server.expect(201, 'POST', `${managementPath}/images`, { body: form })).json.url
  await server.expect(201, 'POST', `${managementPath}/pages`, {
    body: { slug: 'attack', title: all.slice(0, 500), content: { html: all, css: `a{}</style>${all}` } },
  })
  await server.expect(200, 'PUT', `${managementPath}/domain`, { body: { name: '<script>owned=1</script>' } })
  await server.jobDone(await server.publish(dataset.datasetUid))
})

/** Addresses where texts of publishers, or of whoever made the address, are shown. */
const pages = [
  '/',
  '/explore',
  '/explore?refine.theme=%3Cscript%3Eowned%3D1%3C/script%3E',
  `/explore?q=${encodeURIComponent(all)}`,
  `/explore?sort=${encodeURIComponent(all)}`,
  ...['information', 'table', 'map', 'analyze', 'calendar', 'images', 'export', 'api'].map(
    (view) => `/explore/dataset/attack/${view}/`,
  ),
  `/explore/dataset/attack/table/?where=${encodeURIComponent(all)}&refine.name=${encodeURIComponent(scripts[0]!)}`,
  `/explore/dataset/attack/analyze/?chart.type=bar&chart.x=name&chart.fn=count`,
  `/explore/dataset/attack/api/?api.select=${encodeURIComponent(all)}`,
  '/explore/embed/dataset/attack/table/',
  `/no/${encodeURIComponent(all)}`,
  `/explore/dataset/${encodeURIComponent(all)}/table/`,
]

describe('in the pages of the portal', {
  skip: skippedWithoutBrowser || skippedUnlessWhole('13 texts on 19 pages'),
}, () => {
  test('nothing runs, is sent elsewhere, or leads to a script', async () => {
    const { page } = await openPage()
    const problems: string[] = []
    page.on('dialog', (dialog) => void dialog.dismiss())
    page.on('request', (request) => {
      if (/evil/.test(new URL(request.url()).hostname)) problems.push(`asked for ${request.url()}`)
    })
    for (const path of pages) {
      await page.goto(`${server.url}${path}`)
      await page.waitForLoadState('load')
      const found = await page.evaluate<string[]>(`[
        ...(window.owned === undefined ? [] : ['a script ran']),
        ...[...document.querySelectorAll('*')].flatMap((element) =>
          [...element.attributes]
            .filter(({ name, value }) => /^on/.test(name) || (/^(href|src|action|srcdoc|data)$/.test(name) && /^\\s*javascript:/i.test(value)))
            .map(({ name, value }) => element.tagName + ' ' + name + '=' + value.slice(0, 60))),
        ...[...document.querySelectorAll('base, meta[http-equiv], iframe[srcdoc], form[action*="evil"], input[name=password]')].map((element) => element.outerHTML),
      ]`)
      problems.push(...found.map((problem) => `${path.slice(0, 60)}: ${problem}`))
      assert.ok(page.url().startsWith(server.url), page.url())
    }
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('an SVG with scripts that is opened by itself runs none', async () => {
    const { page } = await openPage()
    const answer = await page.goto(`${server.url}${new URL(image, server.url).pathname}`)
    assert.equal(answer?.headers()['content-type'], 'image/svg+xml')
    assert.equal(await page.evaluate('document.documentElement.getAttribute("owned")'), null)
    await page.context().close()
  })
})

test('an attached picture is a file to keep, whatever it is called', async () => {
  const { headers } = await server.expect(200, 'GET', attachment)
  assert.match(headers.get('content-disposition')!, /^attachment; filename=/)
  assert.match(headers.get('content-security-policy')!, /^sandbox/)
})

test('a page comes to whoever shows it without anything that runs', async () => {
  const { json } = await server.expect(200, 'GET', '/api/portal/v1/pages/attack')
  assert.doesNotMatch(
    JSON.stringify(json.content),
    /<(?:script|iframe|svg|math|form|input|base|meta|style)|onerror\s*=\s*\\?"|javascript:/i,
  )
})
