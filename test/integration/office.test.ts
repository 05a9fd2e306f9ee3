/** The back office in a real browser: the tours of a data team, with and without JavaScript. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import {
  keepScreenshot,
  lookAtPage,
  shareBrowser,
  signInPage,
  skippedWithoutBrowser,
} from '../support/browser.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { createChance } from '../support/seed.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { startSlowSource } from '../support/slow-source.ts'
import { isWhole, skippedUnlessWhole } from '../support/tiers.ts'

const startServer = shareServer({ env: { BROADSHEET_ALLOW_PRIVATE_ADDRESSES: '1' } })
const openPage = shareBrowser()
const directory = mkdtempSync(join(tmpdir(), 'broadsheet-office-'))
after(() => rmSync(directory, { recursive: true, force: true }))
let server: TestServer

const first =
  'code,name,kind,price\n01,Brie,cow,2.5\n02,Comté,cow,4\n03,Valençay,goat,3\n04,Rocamadour,goat,1\n'
const second =
  'code,name,kind,price\n01,Brie,cow,2.75\n02,Comté,cow,4\n03,Valençay,goat,3\n04,Rocamadour,goat,1\n05,Ossau,ewe,5\n'

before(async () => {
  server = await startServer()
})

const at = (path: string) => `${server.url}${path}`

function fileOf(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

async function officeIn(options: Parameters<typeof openPage>[0] = {}) {
  const opened = await openPage(options)
  await signInPage(opened.page, server, server.admin, '/backoffice/datasets')
  return opened
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const uidIn = (page: Page) => /datasets\/(da_\w+)/.exec(page.url())![1]!

async function recordsOf(datasetId: string): Promise<number | null> {
  const { status, json } = await server.request('GET', `${explorePath}/${datasetId}/records?limit=0`, {
    auth: 'none',
  })
  return status === 200 ? json.total_count : null
}

/** One tour of each kind is always taken. */
const whole = { skip: skippedUnlessWhole('another tour of the back office') }

describe('the back office', { skip: skippedWithoutBrowser }, () => {
  test('is for who has signed in, and keeps what was typed with a wrong password', async () => {
    const { page, complaints } = await openPage()
    await page.goto(at('/backoffice/jobs?state=done'))
    assert.equal(new URL(page.url()).pathname, '/login')
    await page.getByLabel('User name').fill('admin')
    await page.getByLabel('Password').fill('wrong')
    await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    assert.equal(await page.getByLabel('User name').inputValue(), 'admin')
    assert.equal(await page.getByLabel('Password').inputValue(), '')
    await page.getByLabel('Password').fill(server.admin.password)
    await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(at('/backoffice/jobs?state=done'))
    await button(page, 'Sign out').click()
    await page.getByText('You have signed out').waitFor()
    await page.goto(at('/backoffice'))
    assert.equal(new URL(page.url()).pathname, '/login')
    // What the console says of an answer of 4xx is not of our making.
    assert.deepEqual(
      complaints.filter((text) => !/status of 40[0-9]/.test(text)),
      [],
    )
  })

  test('a form of another site changes nothing', async () => {
    const { page } = await officeIn()
    const { datasetUid: uid } = await server.createDataset('forged', {
      filename: 'forged.csv',
      content: first,
    })
    const path = `/backoffice/datasets/${uid}`
    const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const post = (body: string, headers: Record<string, string>) =>
      fetch(at(path), {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: cookies, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body,
      })
    assert.equal((await post('action=publish', {})).status, 403)
    await page.goto(at(path))
    const token = await page.locator('input[name=csrf_token]').first().inputValue()
    const foreign = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }
    assert.equal((await post(`action=publish&csrf_token=${token}`, foreign)).status, 403)
    assert.equal((await server.expect(200, 'GET', `${managementPath}/datasets/${uid}/jobs`)).json.length, 0)
  })

  test('a file becomes a dataset that readers see: dropped, looked through, published', async () => {
    const { page, complaints } = await officeIn()
    await page.getByRole('link', { name: 'New dataset' }).click()
    await page.locator('html[data-awake]').waitFor({ state: 'attached' })
    await page.getByLabel('Drop files here').setInputFiles(fileOf('fine_cheeses.csv', first))
    await page.waitForURL(/\/start$/)
    const uid = uidIn(page)
    assert.equal(await page.getByLabel('Title').inputValue(), 'Fine cheeses')
    assert.equal(
      await page.getByLabel('kind is a facet').isChecked(),
      true,
      'what repeats is proposed as facet',
    )
    assert.equal(await page.getByLabel('name is a facet').isChecked(), false)
    await page.getByLabel('Type of price').selectOption('text')
    await page.getByLabel('Keywords').fill('cheese, milk')
    await keepScreenshot(page, 'office-start')
    await button(page, 'Publish').click()
    await page.getByText('Readers see 4 records').waitFor()
    const see = page.getByRole('link', { name: 'See it as readers do' })
    assert.equal(await see.getAttribute('href'), '/explore/dataset/fine-cheeses/', 'without a reload')
    const { json } = await server.expect(200, 'GET', `${explorePath}/fine-cheeses`, { auth: 'none' })
    assert.deepEqual(json.metas.default.keyword, ['cheese', 'milk'])
    const facets = json.fields.filter((field: { annotations: object }) => 'facet' in field.annotations)
    assert.deepEqual(
      facets.map((field: { name: string }) => field.name),
      ['kind'],
    )
    assert.equal(json.fields[3].type, 'text')
    await page.goto(at('/backoffice/datasets?q=fine'))
    await page.getByRole('link', { name: 'Fine cheeses' }).waitFor()
    assert.equal(await page.locator('tbody tr').count(), 1)
    assert.match(uid, /^da_/)
    assert.deepEqual(complaints, [])
  })

  test('a publish is watched live, and stopped without a trace', async (t) => {
    const source = await startSlowSource(t, first)
    const { page, complaints } = await officeIn()
    const { json: dataset } = await server.expect(201, 'POST', `${managementPath}/datasets`, {
      body: { dataset_id: 'endless', metas: { default: { title: 'Endless' } } },
    })
    await server.expect(201, 'POST', `${managementPath}/datasets/${dataset.dataset_uid}/resources`, {
      body: { url: `${source.url}/trickle`, title: 'endless.csv', type: 'csvfile', params: {} },
    })
    await page.goto(at(`/backoffice/datasets/${dataset.dataset_uid}`))
    await page.locator('html[data-awake]').waitFor({ state: 'attached' })
    // Ordered elsewhere: the page sees it by itself.
    await server.publish(dataset.dataset_uid)
    await page.locator('[data-status=processing]').waitFor()
    await page.getByText('Fetch').waitFor()
    assert.equal(await button(page, 'Publish').count(), 0, 'nothing to order while it works')
    await keepScreenshot(page, 'office-progress')
    await button(page, 'Stop, discard').click()
    await page.locator('[data-status=idle]').waitFor()
    await page.getByText('Readers do not see this dataset').waitFor()
    assert.equal(await recordsOf('endless'), null)
    assert.deepEqual(complaints, [])
  })

  test('edit, dry run, publish, compare, restore, undo', async () => {
    const { page, complaints } = await officeIn()
    const { datasetUid: uid } = await server.publishFile('shops', { filename: 'shops.csv', content: first })
    const tab = (name: string) =>
      page.getByRole('navigation', { name: 'Of this dataset' }).getByRole('link', { name }).click()

    await page.goto(at(`/backoffice/datasets/${uid}/fields`))
    const code = page.locator('.field-card').first()
    await code.getByLabel('Identifies records').check()
    await code.getByLabel('Type').selectOption('text')
    await button(page, 'Save').click()
    await page.getByText('Saved.').waitFor()
    await tab('Overview')
    await button(page, 'Publish again').click()
    await page.getByText('There are edits that readers do not see yet').waitFor({ state: 'detached' })

    await tab('Versions')
    await page.getByLabel('Label').first().fill('before the fair')
    await button(page, 'Save a version').click()
    await page.getByText('The version is being saved').waitFor()
    await page
      .locator('li', { hasText: 'before the fair' })
      .or(page.getByText('No version yet'))
      .first()
      .waitFor()

    await tab('Sources')
    await page.getByLabel('Another file in its place').setInputFiles(fileOf('shops2.csv', second))
    await button(page, 'Upload').first().click()
    await page.getByText('Saved.').waitFor()

    await tab('Overview')
    await button(page, 'Dry run').click()
    await page.getByText('What publishing would change').waitFor()
    const figures = (await page.locator('.diff-figures').textContent())!
    assert.match(figures, /\+1.*−0.*~1/, figures)
    assert.equal(await recordsOf('shops'), 4, 'a dry run shows nothing')
    await keepScreenshot(page, 'office-dry-run')
    await button(page, 'Publish exactly this').click()
    await page.getByText('Readers see 5 records').waitFor()
    assert.equal(await recordsOf('shops'), 5)

    await tab('Versions')
    const version = page.locator('li', { hasText: 'before the fair' })
    await version.getByRole('link', { name: 'Compare with now' }).click()
    await page.locator('#compare').getByText('Ossau').waitFor()
    assert.match((await page.locator('#compare .diff-figures').textContent())!, /\+1.*−0.*~1/)
    assert.match((await page.locator('#compare h2').textContent())!, /before the fair → What readers see now/)
    await keepScreenshot(page, 'office-compare')
    await version.locator('summary', { hasText: 'Restore' }).click()
    await version.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('Readers see 4 records').waitFor()
    assert.equal(await recordsOf('shops'), 4)

    await page.locator('summary', { hasText: 'Unpublish' }).click()
    await button(page, 'Unpublish').click()
    await page.getByText('Readers do not see this dataset').waitFor()
    assert.equal(await recordsOf('shops'), null)
    await button(page, 'Undo the unpublish').click()
    await page.getByText('Readers see 4 records').waitFor()
    assert.equal(await recordsOf('shops'), 4)

    await tab('Changes')
    const undo = page.getByRole('button', { name: /^Undo/ }).first()
    await undo.click()
    await page.getByText('Put back as it was.').waitFor()
    assert.deepEqual(complaints, [])
  })

  test('a publish that a gate holds shows its numbers, and an override publishes it', whole, async () => {
    const { page } = await officeIn()
    const { datasetUid: uid, ...dataset } = await server.publishFile('held', {
      filename: 'held.csv',
      content: first,
    })
    await server.expect(200, 'PUT', `${managementPath}/datasets/${uid}/gates`, { body: {} })
    await server.replaceFile(
      { datasetUid: uid, ...dataset },
      'held2.csv',
      'code,name,kind,price\n01,Brie,cow,2\n',
    )
    await page.goto(at(`/backoffice/datasets/${uid}`))
    await page.locator('html[data-awake]').waitFor({ state: 'attached' })
    await button(page, 'Publish again').click()
    await page.getByText('A check holds this publish').waitFor()
    await page.getByText('records are gone').first().waitFor()
    assert.equal(await recordsOf('held'), 4)
    await keepScreenshot(page, 'office-held')
    await page.locator('summary', { hasText: 'Publish all the same' }).click()
    await button(page, 'Publish all the same').click()
    await page.getByText('Readers see 1 record.').waitFor()
    await page.getByText('A check holds this publish').waitFor({ state: 'detached' })
    assert.equal(await recordsOf('held'), 1)
  })

  test(
    'a processor is previewed as it is typed, kept over a reload, saved and put in order',
    whole,
    async () => {
      const { page, complaints } = await officeIn()
      const { datasetUid: uid } = await server.createDataset('steps', {
        filename: 'steps.csv',
        content: first,
      })
      await page.goto(at(`/backoffice/datasets/${uid}/processing`))
      await page.getByLabel('Add a step').selectOption('string_replace')
      await button(page, 'Add').click()
      await page.getByLabel(/^Field/).fill('kind')
      await page.getByLabel(/^Old/).fill('cow')
      await page.getByLabel(/^New/).fill('vache')
      await page.locator('#step-preview').getByText('vache').first().waitFor()
      await page.reload()
      await page.getByText('What you had typed before is back').waitFor()
      assert.equal(await page.getByLabel(/^Old/).inputValue(), 'cow')
      await button(page, 'Save').click()
      await page.getByText('Saved.').waitFor()
      await page.getByLabel('Add a step').selectOption('copy_field')
      await button(page, 'Add').click()
      await button(page, 'Save').click()
      // What the browser itself refuses (a mandatory field) never leaves the page.
      assert.equal((await page.locator(':invalid').count()) > 0, true)
      await page
        .getByLabel(/^Field/)
        .first()
        .fill('name')
      const others = page.locator('[id^=step-]:invalid')
      for (const control of await others.all()) await control.fill('copy')
      await button(page, 'Save').click()
      await page.getByText('Saved.').waitFor()
      await page.getByRole('button', { name: /^Move up: Copy/ }).click()
      await page.getByText('Moved.').waitFor()
      const { json } = await server.expect(200, 'GET', `${managementPath}/datasets/${uid}/processors`)
      assert.deepEqual(
        json.map((step: { name: string }) => step.name),
        ['copy_field', 'string_replace'],
      )
      assert.deepEqual(complaints, [])
    },
  )

  test('metadata are saved by themselves', whole, async () => {
    const { page, complaints } = await officeIn()
    const { datasetUid: uid } = await server.createDataset('said', { filename: 'said.csv', content: first })
    await page.goto(at(`/backoffice/datasets/${uid}/metadata`))
    await page.getByLabel('Publisher').fill('City of Lyon')
    await page.getByText('All changes saved').waitFor()
    const { json } = await server.expect(
      200,
      'GET',
      `${managementPath}/datasets/${uid}/metadata/default/publisher`,
    )
    assert.equal(json.value, 'City of Lyon')
    assert.deepEqual(complaints, [])
  })

  test('without JavaScript a file is uploaded, published, scheduled, and refused with a reason', async () => {
    const { page } = await officeIn({ javaScriptEnabled: false })
    await page.goto(at('/backoffice/new'))
    await page.getByLabel('Address').fill('http://127.0.0.1:1/nothing.csv')
    await button(page, 'Look at it').click()
    await page.getByRole('alert').waitFor()
    assert.equal(await page.getByLabel('Address').inputValue(), 'http://127.0.0.1:1/nothing.csv')
    await page.getByLabel('Drop files here').setInputFiles(fileOf('plain.csv', first))
    await button(page, 'Upload').click()
    await page.waitForURL(/\/start$/)
    const uid = uidIn(page)
    await button(page, 'Publish').click()
    // The page looks again by itself.
    await page.getByText('Readers see 4 records').waitFor()
    assert.equal(await recordsOf('plain'), 4)
    await page.goto(at(`/backoffice/datasets/${uid}/schedules`))
    await page.getByLabel(/Another rule/).fill('every day')
    await button(page, 'Add').click()
    await page.getByRole('alert').waitFor()
    assert.equal(await page.getByLabel(/Another rule/).inputValue(), 'every day')
    await page.getByLabel(/Another rule/).fill('30 5 * * 1')
    await button(page, 'Add').click()
    await page.getByText('Created.').waitFor()
    await page.getByText('30 5 * * 1').waitFor()
  })

  test('every page is accessible in light and dark, fits a phone, and has nothing to complain about', async (t) => {
    const chance = createChance(t)
    const { datasetUid: uid, job } = await server.publishFile('pages', {
      filename: 'pages.csv',
      content: first,
    })
    await server.expect(200, 'PUT', `${managementPath}/datasets/${uid}/save_version`, {
      body: { label: 'one' },
    })
    await server.expect(201, 'POST', `${managementPath}/datasets/${uid}/processors`, {
      body: { name: 'string_replace', args: { field: 'kind', old: 'cow', new: 'vache' } },
    })
    const dataset = `/backoffice/datasets/${uid}`
    const pages: Record<string, string> = {
      datasets: '/backoffice/datasets',
      nothing: '/backoffice/datasets?q=zzzz',
      new: '/backoffice/new',
      start: `${dataset}/start`,
      overview: dataset,
      sources: `${dataset}/sources`,
      processing: `${dataset}/processing?add=expression`,
      fields: `${dataset}/fields`,
      metadata: `${dataset}/metadata`,
      security: `${dataset}/security`,
      gates: `${dataset}/gates`,
      schedules: `${dataset}/schedules`,
      versions: `${dataset}/versions`,
      changes: `${dataset}/changes`,
      feedback: `${dataset}/feedback`,
      errors: `${dataset}/errors`,
      jobs: '/backoffice/jobs',
      job: `/backoffice/jobs/${job.job_id}`,
      disk: '/backoffice/disk',
      audit: '/backoffice/audit',
      users: '/backoffice/users',
      key: '/backoffice/account/new-key',
      attachments: `${dataset}/attachments`,
      account: '/backoffice/account',
      usage: '/backoffice/usage',
    }
    const { page, complaints } = await officeIn({ viewport: { width: 1280, height: 860 } })
    const all = Object.entries(pages)
    for (const [name, path] of isWhole ? all : chance.sample(all, 5)) {
      await lookAtPage(page, at(path), `office-${name}`)
    }
    await page.goto(at('/backoffice/datasets?lang=fr'))
    await page.getByRole('heading', { name: 'Jeux de données' }).waitFor()
    assert.deepEqual(complaints, [])
  })
})
