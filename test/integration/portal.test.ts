/** The portal in a real browser: tours of readers, what they see, and what the pages promise to machines. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { demoDatasets } from '../../src/cli/demo-datasets.ts'
import {
  accessibilityProblems,
  keepScreenshot,
  shareBrowser,
  skippedWithoutBrowser,
} from '../support/browser.ts'
import { createChance } from '../support/seed.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { isWhole, skippedUnlessWhole } from '../support/tiers.ts'

const startServer = shareServer()
const openPage = shareBrowser()
let server: TestServer
/** Uids of versions. */
let told: { readonly first: string; readonly second: string }

const hostile = '<script>document.title="owned"</script>"><img src=x onerror="document.title=1">'
/** More rows than a scroll bar has pixels for. */
const longCount = 400_000

before(async () => {
  server = await startServer()
  for (const datasetId of ['airports', 'seattle-weather']) {
    const demo = demoDatasets.find((one) => one.datasetId === datasetId)!
    const path = fileURLToPath(new URL(`../data/${demo.file}`, import.meta.resolve('vega-datasets')))
    await server.publishFile(datasetId, {
      filename: demo.file,
      content: { path },
      extractor: demo.extractor,
      processors: demo.processors,
      fieldSpecifications: demo.fieldSpecifications,
      metas: demo.metas as Record<string, Record<string, unknown>>,
    })
  }
  await server.publishFile('long', {
    filename: 'long.csv',
    content: `n\n${Array.from({ length: longCount }, (_, index) => index).join('\n')}\n`,
  })
  await server.publishFile('hostile', {
    filename: 'hostile.csv',
    content: `name,image,day,fit\n"${hostile.replaceAll('"', '""')}",${server.url}/favicon.svg,2031-05-09,false\nplain,${server.url}/favicon.svg,2031-05-10,true\n`,
    fieldSpecifications: [{ name: 'annotate', args: { field: 'fit', annotation: 'facet', args: [] } }],
    metas: { default: { title: hostile, description: `<p onclick="x()">Fine <b>print</b></p>${hostile}` } },
  })
  told = await publishTold()
  await showVersions(true)
})

/** A dataset with two labelled versions, which readers may see. */
async function publishTold() {
  const dataset = await server.publishFile('told', {
    filename: 'told.csv',
    content: 'book\nEmma\nPersuasion\n',
  })
  const base = `/api/management/v2/datasets/${dataset.datasetUid}`
  const save = async (label: string) => {
    const { json } = await server.expect(200, 'PUT', `${base}/save_version`, { body: { label } })
    return (await server.jobDone(json.job_id)).result.version_uid as string
  }
  const first = await save('Of <May>')
  await server.replaceFile(dataset, 'told.csv', 'book\nEmma\nSanditon\n')
  await server.jobDone(await server.publish(dataset.datasetUid))
  return { first, second: await save('Of June') }
}
const showVersions = (isPublic: boolean) =>
  server.expect(200, 'PUT', '/api/management/v2/datasets/told/security/public_versions', {
    body: { public_versions: isPublic },
  })

const at = (path: string) => `${server.url}${path}`
const get = async (path: string, headers: Record<string, string> = {}) =>
  server.request('GET', path, { headers: { accept: 'text/html', ...headers } })

describe('every page', { skip: skippedWithoutBrowser }, () => {
  const pages = {
    home: '/',
    catalog: '/explore',
    search: '/explore?q=weather&refine.theme=Environment',
    nothing: '/explore?q=zzzzzz',
    information: '/explore/dataset/airports/information/?figures=1',
    versions: '/explore/dataset/told/information/',
    changes: '/explore/dataset/told/changes/?to=current',
    feedback: '/explore/dataset/told/feedback/',
    table: '/explore/dataset/airports/table/?refine.state=TX&sort=-name',
    map: '/explore/dataset/airports/map/',
    chart:
      '/explore/dataset/seattle-weather/analyze/?chart.type=bar&chart.x=weather&chart.y=temp_max&chart.fn=avg',
    calendar: '/explore/dataset/seattle-weather/calendar/',
    images: '/explore/dataset/hostile/images/',
    export: '/explore/dataset/airports/export/',
    api: '/explore/dataset/airports/api/?api.select=state,count(*)&api.group_by=state',
    refused: '/explore/dataset/airports/table/?where=nothing%20=',
    embedded: '/explore/embed/dataset/airports/table/',
    missing: '/no/such/page',
  }

  test('is accessible in light and dark, fits a phone, and has nothing to complain about', async (t) => {
    await server.expect(200, 'PUT', '/api/management/v2/domain', { body: { feedback: true } })
    const chance = createChance(t)
    const { page, complaints } = await openPage({ viewport: { width: 1280, height: 860 } })
    const problems: string[] = []
    const note = (where: string, found: readonly string[]) => {
      problems.push(...found.map((problem) => `${where}: ${problem}`))
    }
    const all = Object.entries(pages)
    for (const [name, path] of isWhole ? all : chance.sample(all, 4)) {
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize({ width: 1280, height: 860 })
      const answer = await page.goto(at(path))
      assert.equal(answer?.status(), name === 'missing' ? 404 : 200, name)
      if (name === 'map' || name === 'chart') await page.locator('[data-drawn]').waitFor()
      note(`${name}, light`, await accessibilityProblems(page))
      await keepScreenshot(page, `${name}-desktop-light`)
      await page.emulateMedia({ colorScheme: 'dark' })
      note(`${name}, dark`, await accessibilityProblems(page, ['color-contrast']))
      await keepScreenshot(page, `${name}-desktop-dark`)
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize({ width: 390, height: 844 })
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      if (overflow > 0) note(name, [`${overflow} pixels wider than a phone`])
      await keepScreenshot(page, `${name}-phone-light`)
      // The browser itself reports the 404.
      note(
        name,
        complaints.splice(0).filter((text) => name !== 'missing' || !text.includes('404')),
      )
    }
    assert.deepEqual(problems, [])
    await page.context().close()
  })

  test('fits the narrowest phone in French, whose words are longer', async (t) => {
    const chance = createChance(t)
    const { page } = await openPage({ viewport: { width: 360, height: 740 }, locale: 'fr-FR' })
    const all = Object.entries(pages)
    for (const [name, path] of isWhole ? all : chance.sample(all, 3)) {
      await page.goto(at(path))
      assert.equal(await page.evaluate('document.documentElement.lang'), 'fr')
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      assert.ok(overflow <= 0, `${name}: ${overflow} pixels wider than the phone`)
      // A heading is as wide as its longest word: none is broken into letters.
      const broken = await page.evaluate<string[]>(`[...document.querySelectorAll('h1, h2, h3')]
        .filter((heading) => heading.checkVisibility() && heading.clientWidth > 0 && heading.clientWidth < 90)
        .map((heading) => heading.textContent).filter((text) => text.length > 14)`)
      assert.deepEqual(broken, [], name)
    }
    await page.context().close()
  })
})

/** One tour of each kind is always taken. */
const whole = { skip: skippedUnlessWhole('another tour of the portal') }

describe('tours', { skip: skippedWithoutBrowser }, () => {
  test('find, filter, sort, choose columns', async () => {
    const { page, complaints } = await openPage()
    await page.goto(at('/'))
    await page.getByRole('searchbox').fill('airpo')
    await page.getByRole('searchbox').press('Enter')
    await page.getByRole('heading', { name: '1 dataset' }).waitFor()
    // While somebody types, the list follows, and so does the address.
    await page.getByRole('searchbox').fill('seatt')
    await page.getByRole('link', { name: 'Daily weather in Seattle', exact: true }).waitFor()
    await page.waitForURL(/q=seatt$/)
    await page.goBack()
    await page.goto(at('/explore?refine.theme=Transport'))
    await page.getByRole('link', { name: 'Airports of the United States', exact: true }).click()
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Table' }).click()
    await page.getByRole('link', { name: /^TX/ }).click()
    await page.getByRole('heading', { name: '209 of 3,376 records' }).waitFor()
    await page.getByRole('link', { name: 'Name', exact: true }).click()
    await page
      .getByRole('columnheader', { name: 'Name' })
      .and(page.locator('[aria-sort=ascending]'))
      .waitFor()
    await page.getByText('Filter by column').click()
    await page.getByLabel('Column', { exact: true }).selectOption('city')
    await page.getByLabel('Value').fill('Dallas')
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByRole('list', { name: 'Active filters' }).getByText('City contains Dallas').waitFor()
    assert.match(page.url(), /refine\.state=TX.*text\.city=Dallas/)
    await page.locator('summary', { hasText: 'Columns' }).click()
    for (const name of ['City', 'State', 'Country', 'Latitude', 'Longitude', 'Location'])
      await page.getByRole('checkbox', { name, exact: true }).uncheck()
    await page.locator('.columns-form').getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('columnheader').nth(2).waitFor()
    assert.equal(await page.getByRole('columnheader').count(), 3)
    // The same filters in every view.
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Export' }).click()
    const href = await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href')
    const { text } = await get(href!)
    assert.match(text, /^\uFEFFiata;name\r?\n/)
    assert.ok(text.includes('Dallas'))
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('scroll through more records than a bar has pixels, by keyboard', whole, async () => {
    const { page, complaints } = await openPage({ viewport: { width: 1000, height: 900 } })
    await page.goto(at('/explore/dataset/long/table/'))
    const region = page.getByRole('region', { name: 'Records of long' })
    await page.locator('.data-scroll.awake').waitFor()
    await region.focus()
    await page.keyboard.press('End')
    await page
      .getByRole('row', {
        name: `${(longCount).toLocaleString('en')} ${(longCount - 1).toLocaleString('en')}`,
      })
      .waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Home')
    await page.getByRole('row', { name: '1 0', exact: true }).waitFor()
    await region.hover()
    await page.mouse.wheel(0, 36 * 50)
    await page.getByRole('row', { name: '51 50', exact: true }).waitFor()
    await page.evaluate('document.querySelector(".data-scroll").scrollTop = 6000000')
    // The middle of the bar is the middle of the records.
    const shown = page.locator('.data-table tbody tr', { hasText: /^\s*(19|20)\d,\d{3}\s*\d/ }).first()
    await shown.waitFor()
    const [position, value] = (await shown.locator('th, td').allTextContents()).map((text) =>
      Number(text.replaceAll(',', '')),
    )
    assert.equal(value, position! - 1)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('map: a record tells what it is, an area becomes a filter', async () => {
    const { page, complaints } = await openPage({ viewport: { width: 1200, height: 900 } })
    // Chicago Midway in the middle.
    await page.goto(at('/explore/dataset/airports/map/?loc=13,41.7859839,-87.7524239'))
    const map = page.locator('.map[data-drawn]')
    await map.waitFor()
    const box = (await map.boundingBox())!
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await page.locator('.record-card').getByText('Chicago Midway').waitFor()
    await page.getByRole('button', { name: 'Zoom out' }).click()
    await page.getByRole('link', { name: 'Filter to this area' }).click()
    await page.getByRole('list', { name: 'Active filters' }).getByText('Map area').waitFor()
    assert.match(page.url(), /geo=41\.\d+,-8/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('chart: what is chosen is drawn and kept in the address', async () => {
    const { page, complaints } = await openPage()
    await page.goto(at('/explore/dataset/seattle-weather/analyze/'))
    await page.locator('[data-drawn=line]').waitFor()
    for (const type of ['bar', 'area', 'pie', 'histogram', 'box', 'scatter']) {
      await page.getByLabel('Chart', { exact: true }).selectOption(type)
      await page.locator(`[data-drawn=${type}]`).waitFor()
      assert.match(page.url(), new RegExp(`chart.type=${type}`))
    }
    await page.reload()
    await page.locator('[data-drawn=scatter]').waitFor()
    await page.goto(at('/explore/dataset/seattle-weather/analyze/?chart.type=bar&chart.x=weather'))
    await page.getByText('Data of the chart').click()
    await page.getByRole('row', { name: 'rain 641' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('API console: completes, answers, says what is wrong, gives code', whole, async () => {
    const { page, complaints } = await openPage()
    await page.goto(at('/explore/dataset/airports/api/'))
    await page.locator('html[data-awake]').waitFor()
    const select = page.getByRole('combobox', { name: 'select' })
    await select.pressSequentially('cou')
    await page.getByRole('option', { name: /^count\(/ }).waitFor()
    await page.getByRole('option', { name: /^country/ }).click()
    assert.equal(await select.inputValue(), 'country')
    await page.locator('.result', { hasText: '"country": "USA"' }).waitFor()
    await page.getByRole('button', { name: 'Python' }).click()
    assert.match(
      (await page.locator('#snippet').textContent())!,
      /requests\.get\([\s\S]*\("select", "country"\)/,
    )
    await page.getByRole('combobox', { name: 'where' }).fill('nothing = 1')
    await page.locator('.clause .problem').waitFor()
    // The browser itself reports the 400.
    assert.deepEqual(
      complaints.filter((text) => !text.includes('400')),
      [],
    )
    await page.context().close()
  })

  test('language and theme: by the browser, then by choice', whole, async () => {
    const { page } = await openPage({ locale: 'fr-FR' })
    await page.goto(at('/explore'))
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr')
    await page.getByRole('link', { name: 'English' }).click()
    await page.waitForURL(at('/explore'))
    assert.equal(await page.locator('html').getAttribute('lang'), 'en')
    await page.goto(at('/explore/dataset/airports/table/'))
    assert.equal(await page.locator('html').getAttribute('lang'), 'en')
    await page.getByRole('link', { name: 'Switch between light and dark' }).click()
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
    await page.reload()
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
    await page.context().close()
  })

  test('views stand in frames on other sites, and nothing else does', async (t) => {
    const { page } = await openPage()
    const elsewhere = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(
        `<h1>Elsewhere</h1><script src="${at('/assets/embed.js')}" data-dataset="airports" data-view="table" data-query="refine.state=TX"></script>`,
      )
    }).listen(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    t.after(() => elsewhere.close())
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
    await page.frameLocator('iframe').getByRole('cell', { name: 'TX' }).first().waitFor()
    for (const path of ['/', '/explore', '/explore/dataset/airports/table/'])
      assert.match((await get(path)).headers.get('content-security-policy')!, /frame-ancestors 'none'/)
    assert.match(
      (await get('/explore/embed/dataset/airports/map/')).headers.get('content-security-policy')!,
      /frame-ancestors \*/,
    )
    await page.context().close()
  })

  test('what was searched for is marked where it is found, and a text stays a text', async () => {
    const marks = async (path: string) =>
      [...(await get(path)).text.matchAll(/<mark>([^<]*)<\/mark>/g)].map(([, term]) => term)
    assert.deepEqual(new Set(await marks('/explore?q=seatt')), new Set(['Seattle']))
    const filtered = await marks('/explore/dataset/airports/table/?text.city=dalas%20fo&text.state=tx')
    assert.deepEqual(new Set(filtered), new Set(['Dallas', 'Fort', 'TX']))
    const { text } = await get('/explore/dataset/hostile/table/?q=owned')
    assert.ok(text.includes('&lt;script>document.title=&quot;<mark>owned</mark>&quot;&lt;/script>'))
  })

  test('yes and no are called so among the filters, too', async () => {
    const { text } = await get('/explore/dataset/hostile/table/?refine.fit=true')
    const named = [...text.matchAll(/<span class="facet-name">([^<]*)/g)].map(([, name]) => name)
    assert.deepEqual(new Set(named), new Set(['Yes']))
    assert.ok(text.includes('fit: Yes'))
    const head = /<th[^>]*class="([^"]*)"[^>]*><a[^>]*sort=fit/.exec(text)
    assert.equal(head?.[1], 'w-s', 'its heading stands above its values')
  })

  test('without JavaScript everything can be read, filtered and exported', async () => {
    const { page } = await openPage({ javaScriptEnabled: false })
    await page.goto(at('/'))
    await page.getByRole('searchbox').fill('airports')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'Airports of the United States', exact: true }).click()
    await page.getByRole('link', { name: 'All records' }).click()
    await page.getByRole('link', { name: 'Next' }).click()
    await page.getByRole('row', { name: /^101 / }).waitFor()
    await page.getByRole('link', { name: /^AK/ }).click()
    await page.getByRole('heading', { name: '263 of' }).waitFor()
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Chart' }).click()
    await page.getByLabel('Chart', { exact: true }).selectOption('pie')
    await page.getByRole('button', { name: 'Draw' }).click()
    assert.match(page.url(), /chart.type=pie/)
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Export' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download GEOJSON' }).click(),
    ])
    assert.equal(download.suggestedFilename(), 'airports.geojson')
    await page.context().close()
  })

  test('on paper there is what a page says, in light colours, and nothing to click', async () => {
    const { page, complaints } = await openPage({ colorScheme: 'dark' })
    const isShown = (selector: string) => page.locator(selector).first().isVisible()
    const never = '.site-header, .tabs, .filters, .share, .button, .site-footer, .search-box, .chart-form'
    const visit = async (path: string, shown: readonly string[]) => {
      await page.goto(at(path))
      await page.emulateMedia({ media: 'print' })
      for (const hidden of await page.locator(never).all())
        assert.equal(await hidden.isVisible(), false, `${path}: ${await hidden.getAttribute('class')}`)
      for (const selector of shown) assert.ok(await isShown(selector), `${path}: ${selector}`)
      const address = page.locator('.print-only').last()
      assert.ok((await address.textContent())!.includes(at(path)), path)
      await page.emulateMedia({ media: null })
    }
    // What the browser does when somebody prints.
    const tell = (event: string) => page.evaluate(`dispatchEvent(new Event('${event}'))`)

    await visit('/explore', ['.dataset-card h3'])
    await visit('/explore/dataset/airports/information/', ['.facts', '.prose'])
    await visit('/explore/dataset/airports/table/?refine.state=TX', [
      '.chosen',
      '.data-table .row-number.number',
    ])
    await page.locator('.data-scroll.awake').waitFor()
    // How many are in sight follows with the next frame: as long as the table knows itself as tall as on paper, more than 100.
    const rows = page.locator('.data-table tbody:not([aria-hidden]) tr')
    await tell('beforeprint')
    await rows.nth(99).waitFor({ state: 'attached' })
    await rows.nth(100).waitFor({ state: 'detached' })
    assert.equal(await rows.count(), 100)
    await page.emulateMedia({ media: 'print' })
    const tooWide = 'document.documentElement.scrollWidth > innerWidth'
    assert.equal(await page.evaluate(tooWide), false, 'columns are not cut')
    await tell('afterprint')
    await page.emulateMedia({ media: null })
    await rows.nth(99).waitFor({ state: 'detached' })

    const chart = '/explore/dataset/seattle-weather/analyze/?chart.type=bar&chart.x=weather'
    await visit(chart, ['.chart', '.print-only'])
    await page.locator('[data-drawn=bar]').waitFor()
    const background = () =>
      page.evaluate<string>('getComputedStyle(document.querySelector(".chart")).backgroundColor')
    const dark = await background()
    await tell('beforeprint')
    assert.equal(await background(), 'rgb(255, 255, 255)')
    await tell('afterprint')
    assert.equal(await background(), dark)
    assert.notEqual(dark, 'rgb(255, 255, 255)')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('what publishers write never runs', async () => {
    const { page, complaints } = await openPage()
    for (const view of ['information', 'table', 'images', 'calendar']) {
      await page.goto(at(`/explore/dataset/hostile/${view}/`))
      assert.match(await page.title(), /<script>/)
      assert.equal(await page.locator('main script, main [onerror], main [onclick]').count(), 0)
    }
    await page.goto(at('/explore?q=owned'))
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('what pages promise to machines', () => {
  test('a dataset describes itself by schema.org, Open Graph, sitemap and feeds', async () => {
    const { text, headers } = await get('/explore/dataset/airports/information/')
    const [, json] = /<script type="application\/ld\+json">(.*?)<\/script>/.exec(text)!
    const described = JSON.parse(json!)
    assert.equal(described['@type'], 'Dataset')
    assert.equal(described.name, 'Airports of the United States')
    assert.equal(
      described.distribution[0].contentUrl,
      `${server.url}/api/explore/v2.1/catalog/datasets/airports/exports/csv`,
    )
    assert.match(text, /<meta property="og:title" content="Airports of the United States"/)
    assert.match(
      text,
      /<link rel="canonical" href="http:\/\/127[^"]+\/explore\/dataset\/airports\/information\/"/,
    )
    assert.match(headers.get('content-security-policy')!, /script-src 'self';/)
    const { text: sitemap } = await get('/sitemap.xml')
    assert.ok(sitemap.includes(`<loc>${server.url}/explore/dataset/airports/map/</loc>`))
    assert.match((await get('/robots.txt')).text, /Sitemap: http/)
    assert.match((await get('/explore')).text, /type="application\/rss\+xml"/)
  })

  test('JSON in a page cannot end its element, whatever it holds', async () => {
    const { text } = await get('/explore/dataset/hostile/information/')
    for (const [, json] of text.matchAll(/<script[^>]*json">(.*?)<\/script>/g)) JSON.parse(json!)
    assert.ok(!text.includes('<script>document'))
  })

  test('what is not there says so in the words of who asks', async () => {
    assert.equal((await get('/no/such/page')).status, 404)
    assert.match((await get('/no/such/page')).text, /^<!doctype html>/)
    assert.equal((await get('/explore/dataset/nothing/table/')).status, 404)
    assert.equal((await get('/explore/dataset/seattle-weather/map/')).status, 404)
    assert.equal((await get('/explore/dataset/airports/nonsense/')).status, 404)
    assert.equal((await server.request('GET', '/no/such/page')).json.key, 'http.route_not_found')
    assert.equal((await get('/api/nothing')).json.key, 'http.route_not_found')
    assert.equal((await get('/assets/../server.mjs')).status, 404)
    assert.equal((await get('/assets/%2e%2e%2fmanifest.json')).status, 404)
    assert.equal((await server.request('POST', '/explore')).status, 405)
  })

  test('an address of more filters than a page can show is told so, and not multiplied by itself', async () => {
    const many = (name: string, count: number) =>
      Array.from({ length: count }, (_, n) => `${name}=${n}`).join('&')
    for (const path of [
      `/explore/dataset/airports/table/?${many('refine.state', 10_000)}`,
      `/explore/dataset/airports/table/?exclude.state=${'x'.repeat(60_000)}`,
      `/explore/dataset/airports/table/?${many('chart.x', 10_000)}&${many('col', 100)}`,
      `/explore?${many('refine.theme', 10_000)}`,
    ]) {
      const { status, text } = await get(path)
      assert.equal(status, 414, path.slice(0, 80))
      assert.match(text, /more filters than a page can show/)
      // A few links have the whole address in them, to come back to.
      assert.ok(text.length < 20 * path.length, `${path.slice(0, 80)}: ${text.length}`)
    }
    const few = await get(`/explore/dataset/airports/table/?${many('exclude.state', 80)}&${many('col', 400)}`)
    assert.equal(few.status, 200)
    assert.ok(few.text.length < 10_000_000, String(few.text.length))
  })

  test('a form of more fields than any page has is not read', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = 'a&'.repeat(500_000)
    const { status, text } = await server.request('POST', '/login', { headers, body })
    assert.equal(status, 400, text)
    assert.match(text, /more than 20000 fields/)
  })

  test('the choice of a language leads nowhere else', async () => {
    for (const back of [
      '//evil.example/',
      'https://evil.example/',
      '/\\evil.example',
      'javascript:alert(1)',
    ]) {
      const { status, headers } = await get(`/preferences?to_lang=fr&back=${encodeURIComponent(back)}`)
      assert.equal(status, 303)
      assert.match(headers.get('location')!, /^\/(?!\/)/)
      assert.match(headers.get('set-cookie')!, /^broadsheet_lang=fr;/)
    }
  })

  test('scripts and styles never change under their name, and come compressed', async () => {
    const { text } = await get('/')
    const [, address] = /<script type="module" src="([^"]+)"/.exec(text)!
    const { headers, status } = await get(address!, { 'accept-encoding': 'br' })
    assert.equal(status, 200)
    assert.match(headers.get('cache-control')!, /immutable/)
    assert.equal(headers.get('content-encoding'), 'br')
  })
})

describe('who is signed in', () => {
  test('is named, and sees versions with what changed between them where the API tells', async () => {
    const dataset = await server.publishFile('shelf', {
      filename: 'shelf.csv',
      content: 'book\nEmma\nPersuasion\n',
    })
    const save = async () => {
      const path = `/api/management/v2/datasets/${dataset.datasetUid}/save_version`
      await server.jobDone(await server.order('PUT', path))
    }
    await save()
    await server.replaceFile(dataset, 'shelf.csv', 'book\nEmma\nLady Susan\nSanditon\n')
    await server.jobDone(await server.publish(dataset.datasetUid))
    await save()
    const { headers } = await server.expect(200, 'POST', '/api/auth/v1/session', { body: server.admin })
    const cookie = headers.get('set-cookie')!.split(';')[0]!
    const path = '/explore/dataset/shelf/information/'
    const { text } = await get(path, { cookie })
    assert.match(text, /aria-label="admin: Back office"/)
    assert.match(text, /\+2 −1 ~0/)
    const anonymous = (await get(path)).text
    assert.match(anonymous, /href="\/login\?back=/)
    assert.doesNotMatch(anonymous, /save_version|\+2 −1|csrf/)
  })

  test('readers see labelled versions and their differences where the publisher lets them', async () => {
    const path = '/explore/dataset/told/information/'
    const { first, second } = told
    await showVersions(false)
    assert.doesNotMatch((await get(path)).text, /Of June/)
    assert.equal((await get('/explore/dataset/told/changes/')).status, 404)
    await showVersions(true)
    const { text } = await get(path)
    assert.match(text, /Of June/)
    assert.match(text, /Of &lt;May>/)
    const between = `/explore/dataset/told/changes/?from=${first}&amp;to=${second}`
    assert.ok(text.includes(`href="${between}"`), text)
    assert.ok(text.includes(`href="/explore/dataset/told/export/?version=${first}"`), text)
    const differences = (await get(between.replace('&amp;', '&'))).text
    assert.match(differences, /<del>Persuasion<\/del>/)
    assert.match(differences, /<ins>Sanditon<\/ins>/)
    const older = (await get(`/explore/dataset/told/table/?version=${first}`)).text
    assert.match(older, /This is a saved version/)
    assert.match(older, /Persuasion/)
    assert.match(
      (await get(`/explore/dataset/told/export/?version=${first}`)).text,
      new RegExp(`exports/csv\\?version=${first}`),
    )
  })

  test('a cookie that is none is nobody', async () => {
    const { status, text } = await get('/', { cookie: 'broadsheet_session=nothing' })
    assert.equal(status, 200)
    assert.match(text, /href="\/login/)
  })
})
