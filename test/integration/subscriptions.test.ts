/** Being told: subscriptions to datasets by mail and by feed, and alerts of jobs that went wrong. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeUser } from '../support/accounts.ts'
import { browse } from '../support/browser-session.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { controlRows } from '../support/invariants.ts'
import { type MailServer, type ReceivedMail, startMailServer } from '../support/mail-server.ts'
import { visit } from '../support/office-forms.ts'
import { launchServer, type TestServer } from '../support/server.ts'

const base = '/api/notifications/v1'
let smtp: MailServer
let server: TestServer
let clear: (() => Promise<void>) | undefined

before(async () => {
  smtp = await startMailServer()
  const launched = await launchServer({
    env: {
      BROADSHEET_SMTP_URL: smtp.url,
      BROADSHEET_MAIL_FROM: 'data@example.org',
      BROADSHEET_PUBLIC_URL: 'https://data.example.org',
      BROADSHEET_RETRY_MS: '5',
      BROADSHEET_NEWS_MINUTES: '0',
    },
  })
  server = launched.server
  clear = launched.clear
})
after(async () => {
  await clear?.()
  await smtp.close()
})

const csv = (rows: number) => `a\n${Array.from({ length: rows }, (_, n) => n).join('\n')}\n`
const subscribe = (datasetId: string, email: string, status = 204) =>
  server.expect(status, 'POST', `${base}/datasets/${datasetId}/subscriptions`, {
    auth: 'none',
    body: { email },
  })

/** The path of a link in a mail. */
function linkIn(mail: ReceivedMail, purpose: string): string {
  const found = new RegExp(`https://data\\.example\\.org(${base}/${purpose}\\?\\S+)`).exec(mail.text)
  assert.ok(found, mail.text)
  return found[1]!
}

async function confirmed(datasetId: string, email: string) {
  await subscribe(datasetId, email)
  const link = linkIn(await smtp.next(email), 'confirm')
  await server.expect(200, 'POST', link, { auth: 'none', body: '' })
}

test('who subscribes confirms first, is told of new data, and ends it with one click', async () => {
  const metas = { default: { title: 'Bread\r\nBcc: eve@example.org <b>&' } }
  const dataset = await server.publishFile('bread', { filename: 'a.csv', content: csv(2), metas })
  await subscribe('bread', 'Ada@example.org')
  const asked = await smtp.next('ada@example.org')
  assert.equal(asked.headers.get('bcc'), undefined)
  const link = linkIn(asked, 'confirm')

  // Programs that look at mails follow links: that alone confirms nothing.
  const page = await server.expect(200, 'GET', link, { auth: 'none' })
  assert.match(page.headers.get('content-type')!, /^text\/html/)
  assert.match(page.headers.get('content-security-policy')!, /form-action 'self'/)
  assert.doesNotMatch(page.text, /<script/)
  await server.replaceFile(dataset, 'a.csv', csv(3))
  await server.jobDone(await server.publish(dataset.datasetUid))
  await server.expect(400, 'POST', link.replace(/key=./, 'key=_'), { auth: 'none' })
  await server.expect(400, 'POST', link.replace('confirm', 'unsubscribe'), { auth: 'none' })
  await server.expect(200, 'POST', link, { auth: 'none' })

  await server.replaceFile(dataset, 'a.csv', csv(4))
  await server.jobDone(await server.publish(dataset.datasetUid))
  const news = await smtp.next('ada@example.org')
  assert.match(news.headers.get('subject')!, /^New data: Bread/)
  assert.ok(news.text.includes('https://data.example.org/explore/dataset/bread'))
  assert.equal(news.headers.get('list-unsubscribe-post'), 'List-Unsubscribe=One-Click')
  const oneClick = /^<https:\/\/data\.example\.org(.+)>$/.exec(news.headers.get('list-unsubscribe')!)![1]!
  assert.equal(oneClick, linkIn(news, 'unsubscribe'))
  await server.expect(200, 'GET', oneClick, { auth: 'none' })
  await server.expect(200, 'POST', oneClick, {
    auth: 'none',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  await server.expect(200, 'POST', oneClick, { auth: 'none' })

  await confirmed('bread', 'ben@example.org')
  await server.replaceFile(dataset, 'a.csv', csv(5))
  await server.jobDone(await server.publish(dataset.datasetUid))
  await smtp.next('ben@example.org')
  const toAda = smtp.received.filter(({ to }) => to.includes('ada@example.org'))
  assert.deepEqual(toAda, [asked, news])
})

test('the answer tells nobody who is subscribed, and no mailbox is flooded', async () => {
  await server.publishFile('quiet', { filename: 'a.csv', content: csv(1) })
  await confirmed('quiet', 'cleo@example.org')
  const known = await subscribe('quiet', 'cleo@example.org')
  const unknown = await subscribe('quiet', 'dora@example.org')
  assert.equal(known.text, unknown.text)
  await smtp.next('dora@example.org')
  const statuses: number[] = []
  for (let n = 0; n < 20; n++) {
    const { status } = await server.request('POST', `${base}/datasets/quiet/subscriptions`, {
      auth: 'none',
      body: { email: 'emil@example.org' },
    })
    statuses.push(status)
  }
  assert.equal(statuses.at(-1), 429)
  await server.expect(400, 'POST', `${base}/datasets/quiet/subscriptions`, {
    auth: 'none',
    body: { email: 'a@b.example, c@d.example' },
  })
  assert.ok(smtp.received.filter(({ to }) => to.includes('emil@example.org')).length <= 5)
})

test('one’s own confirmed address needs no mail; what is not to be seen is not told', async () => {
  const dataset = await server.publishFile('inner', { filename: 'a.csv', content: csv(1) })
  await confirmed('inner', 'finn@example.org').catch(() => {})
  const policy = `${managementPath}/datasets/inner/security/access_policy`
  await server.expect(200, 'PUT', policy, { body: '"restricted"' })
  await subscribe('inner', 'gus@example.org', 404)
  const feed = `${base}/datasets/inner/feed/rss`
  const hidden = await server.expect(404, 'GET', feed, { auth: 'none' })
  const missing = await server.expect(404, 'GET', feed.replace('inner', 'innex'), { auth: 'none' })
  assert.equal(hidden.text.replaceAll('inner', '?'), missing.text.replaceAll('innex', '?'))
  await server.replaceFile(dataset, 'a.csv', csv(2))
  await server.jobDone(await server.publish(dataset.datasetUid))
  await server.expect(200, 'PUT', policy, { body: '"domain"' })
  assert.ok(
    !smtp.received.some(
      ({ to, headers }) => to.includes('finn@example.org') && /New/.test(headers.get('subject')!),
    ),
  )
})

test('publications of a dataset are a feed, as RSS and as Atom, since it was last taken away', async () => {
  const dataset = await server.publishFile('fed', {
    filename: 'a.csv',
    content: csv(1),
    metas: { default: { title: 'Fed <&>' } },
  })
  const feed = `${base}/datasets/fed/feed`
  const items = async () => {
    const { text, headers } = await server.expect(200, 'GET', `${feed}/rss`, { auth: 'none' })
    assert.match(headers.get('content-type')!, /^application\/rss\+xml/)
    assert.ok(!text.includes('Fed <&>'))
    return text.match(/<item>/g)?.length ?? 0
  }
  assert.equal(await items(), 1)
  await server.replaceFile(dataset, 'a.csv', csv(2))
  await server.jobDone(await server.publish(dataset.datasetUid))
  assert.equal(await items(), 2)
  const atom = await server.expect(200, 'GET', `${feed}/atom`, { auth: 'none' })
  assert.equal(atom.text.match(/<entry>/g)?.length, 2)
  const page = '/explore/dataset/fed/information/'
  assert.equal(atom.text.split(`<link rel="alternate" href="${server.url}${page}"/>`).length, 4)
  await server.expect(200, 'GET', page, { auth: 'none' })
  await server.expect(400, 'GET', `${feed}/json`, { auth: 'none' })
  await server.expect(404, 'GET', `${explorePath}/fed/feed`, { auth: 'none' })
  const order = (action: string) => server.order('PUT', `${managementPath}/datasets/fed/${action}`)
  await server.jobDone(await order('unpublish'))
  await server.expect(404, 'GET', `${feed}/rss`, { auth: 'none' })
  await server.jobDone(await server.publish(dataset.datasetUid))
  assert.equal(await items(), 1)
})

test('who ordered a publish that fails is told, as long as they like', async () => {
  await server.expect(200, 'PUT', `${managementPath}/users/admin`, { body: { email: 'admin@example.org' } })
  const { datasetUid } = await server.createDataset('broken', {
    filename: 'a.csv',
    content: { url: 'http://127.0.0.1:9/a.csv' },
    extractor: 'csvfile',
  })
  const fail = async () => {
    const job = await server.waitForJob(await server.publish(datasetUid))
    assert.equal(job.state, 'error')
  }
  await fail()
  const alert = await smtp.next('admin@example.org')
  assert.match(alert.headers.get('subject')!, /^Failed: publish: broken/)
  assert.ok(alert.text.includes(`https://data.example.org/backoffice/datasets/${datasetUid}`))
  await server.expect(200, 'PUT', '/api/auth/v1/me', { auth: 'admin', body: { alerts: 'none' } })
  await fail()
  await server.expect(200, 'PUT', '/api/auth/v1/me', { auth: 'admin', body: { alerts: 'own' } })
  // Of what was held or broken off by intent, nothing is said: the next mail is of the next failure.
  await server.jobDone(await server.order('PUT', `${managementPath}/datasets/fed/save_version`))
  await fail()
  await smtp.next('admin@example.org')
  assert.equal(smtp.received.filter(({ to }) => to.includes('admin@example.org')).length, 2)
})

test('a publish that gates hold is told to who owns the dataset, as long as they may see it', async () => {
  const auth = await makeUser(server, 'olga', ['create_dataset'])
  const path = `${managementPath}/datasets`
  const { dataset_uid } = (await server.expect(201, 'POST', path, { auth, body: { dataset_id: 'gated' } }))
    .json
  const one = `${path}/${dataset_uid}`
  const { url } = await server.upload('a.csv', csv(10))
  const resource = await server.expect(201, 'POST', `${one}/resources`, { body: { url } })
  const dataset = {
    datasetId: 'gated',
    datasetUid: dataset_uid,
    resourceUid: resource.json.resource_uid,
  }
  await server.jobDone(await server.publish(dataset_uid))
  await server.expect(200, 'PUT', `${one}/gates`, { body: {} })
  const hold = async (rows: number) => {
    await server.replaceFile(dataset, 'a.csv', csv(rows))
    const job = await server.jobDone(await server.publish(dataset_uid))
    assert.equal(job.result.held, true)
    return job
  }
  const job = await hold(2)
  const isOfHeld = ({ headers }: ReceivedMail) => headers.get('subject') === 'Waits for you: gated'
  let mail = await smtp.next('olga@example.org')
  // Others are of the account.
  while (!isOfHeld(mail)) mail = await smtp.next('olga@example.org')
  assert.ok(mail.text.includes(`is held until ${job.result.kept_until}`), mail.text)
  assert.ok(mail.text.includes(`https://data.example.org/backoffice/datasets/${dataset_uid}`))
  // The admin, who ordered it, hears of it too; of the next one the admin alone.
  assert.ok(isOfHeld(await smtp.next('admin@example.org')))
  await server.expect(204, 'DELETE', `${one}/security/users/olga`)
  // Mails leave one after the other: hers of the first would be there before the admin's of the second.
  for (const rows of [1, 3]) {
    await hold(rows)
    assert.ok(isOfHeld(await smtp.next('admin@example.org')))
  }
  const told = smtp.received.filter((one) => one.to.includes('olga@example.org') && isOfHeld(one))
  assert.equal(told.length, 1)
})

test('a reader writes to the publisher where the domain lets them, who is told by mail, and closes it', async () => {
  const owner = await makeUser(server, 'publisher', ['create_dataset', 'edit_dataset', 'publish_dataset'])
  // The account's own mails.
  for (const subject of [/Your account/, /The password/])
    assert.match((await smtp.next('publisher@example.org')).headers.get('subject')!, subject)
  const made = await server.expect(201, 'POST', `${managementPath}/datasets`, {
    auth: owner,
    body: { dataset_id: 'asked', metas: { default: { title: 'Asked' } } },
  })
  const uid = made.json.dataset_uid as string
  const { url } = await server.upload('a.csv', csv(2))
  await server.expect(201, 'POST', `${managementPath}/datasets/${uid}/resources`, {
    body: { url, title: 'a.csv', type: 'csvfile', params: {} },
  })
  await server.jobDone(await server.publish(uid))
  const path = '/api/portal/v1/datasets/asked/feedback'
  const write = (status: number, body: object, headers: Record<string, string> = {}) =>
    server.expect(status, 'POST', path, { auth: 'none', body, headers })
  const hello = { kind: 'error', comment: 'Row 2 is <b>wrong</b>\nreally', email: 'reader@example.org' }
  const page = '/explore/dataset/asked/feedback/'
  await write(404, hello)
  await server.expect(404, 'GET', page, { auth: 'none' })
  await server.expect(200, 'PUT', `${managementPath}/domain`, { body: { feedback: true } })
  assert.match(
    (await server.expect(200, 'GET', '/explore/dataset/asked/information/', { auth: 'none' })).text,
    /asked\/feedback\//,
  )

  // As a browser without JavaScript sends it.
  const form = new URLSearchParams({ ...hello, csrf_token: '', record_id: '' })
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const foreign = { ...type, 'sec-fetch-site': 'cross-site' }
  await server.expect(403, 'POST', page, { auth: 'none', body: String(form), headers: foreign })
  const sent = await server.request('POST', page, { auth: 'none', body: String(form), headers: type })
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, `${page}?sent=1`])
  assert.match((await server.expect(200, 'GET', `${page}?sent=1`, { auth: 'none' })).text, /Thank you/)
  const mail = await smtp.next('publisher@example.org')
  assert.match(mail.headers.get('subject')!, /An error is reported: asked/)
  assert.match(
    mail.text,
    /> Row 2 is <b>wrong<\/b>\s+> really[\s\S]*From: reader@example\.org[\s\S]*\/feedback/,
  )

  await write(400, { ...hello, email: 'nobody' })
  await write(400, { ...hello, comment: ' ' })
  await write(400, { ...hello, kind: 'praise' })
  const taken = await write(201, { kind: 'question', comment: 'When is the next?', record_id: 'abc' })
  assert.match(taken.json.feedback_uid, /^df_/)
  const all = `${managementPath}/datasets/${uid}/feedbacks`
  const [second, first] = (await server.expect(200, 'GET', all)).json
  assert.deepEqual(
    [second.comment, second.record_id, second.email, second.user],
    ['When is the next?', 'abc', null, null],
  )
  assert.deepEqual([first.kind, first.email], ['error', 'reader@example.org'])
  await server.expect(403, 'GET', all, {
    auth: { apikey: await server.createApiKey(['explore_restricted_dataset']) },
  })

  const admin = await browse(server)
  const office = await visit(admin, `/backoffice/datasets/${uid}/feedback`)
  assert.match(office.text, /Row 2 is <b>wrong<\/b>.*Answer reader@example.org/)
  assert.doesNotMatch(office.html, /<b>wrong/)
  const closed = await office.send('close', {}, { feedback: first.feedback_uid })
  assert.doesNotMatch(closed.text, /Row 2/)
  const automation = `/api/automation/v1.0/datasets/${uid}/feedbacks/`
  const archived = (await server.expect(200, 'GET', `${automation}?is_archived=true`, { auth: 'admin' })).json
  assert.deepEqual([archived.total_count, archived.results[0].uid], [1, first.feedback_uid])
  await server.expect(200, 'POST', `${automation}${second.feedback_uid}/archive/`, { auth: 'admin' })
  assert.deepEqual((await server.expect(200, 'GET', all)).json, [])
  const one = `${all}/${first.feedback_uid}`
  const reopened = await server.expect(200, 'PUT', one, { body: { closed: false } })
  assert.deepEqual([reopened.json.closed_at, reopened.json.closed_by], [null, null])
  await server.expect(204, 'DELETE', one)
  await server.expect(404, 'GET', one)

  for (let n = 0; n < 3; n++) await write(201, hello)
  const refused = await write(429, hello)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  // From many addresses: all are kept, and the mails are not without end.
  for (let n = 0; n < 10; n++) await write(201, hello, { 'x-forwarded-for': `203.0.113.${n}` })
  const mails = await controlRows(server, "select kind from mails where kind = 'feedback'")
  assert.equal(mails.length, 10)
  await server.expect(200, 'PUT', `${managementPath}/datasets/${uid}/security/access_policy`, {
    body: '"restricted"',
  })
  await write(404, hello)
})
