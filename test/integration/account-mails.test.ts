/** Ways into an account by mail: invitations, forgotten passwords, addresses; and what people change themselves. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { browse } from '../support/browser-session.ts'
import { type MailServer, type ReceivedMail, startMailServer } from '../support/mail-server.ts'
import { launchServer, type TestServer } from '../support/server.ts'

const auth = '/api/auth/v1'
const session = `${auth}/session`
let smtp: MailServer
let server: TestServer
let clear: () => Promise<void>

before(async () => {
  smtp = await startMailServer()
  const launched = await launchServer({
    database: 'sqlite',
    env: {
      BROADSHEET_SMTP_URL: smtp.url,
      BROADSHEET_MAIL_FROM: 'Open data <data@example.org>',
      BROADSHEET_PUBLIC_URL: 'https://data.example.org/',
      BROADSHEET_RETRY_MS: '5',
    },
  })
  server = launched.server
  clear = launched.clear
})
after(async () => {
  await clear()
  await smtp.close()
})

function inDatabase<T>(run: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(server.dataDirectory, 'control.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    return run(database)
  } finally {
    database.close()
  }
}

/** As an administrator leaves a user who has been invited. */
function addPerson(username: string, email: string | null): void {
  inDatabase((database) =>
    database
      .prepare(
        `insert into users (username, password_hash, email, permissions_json, is_active, created_at)
         values (?, null, ?, '["create_dataset"]', 1, 0)`,
      )
      .run(username, email),
  )
}

const invite = (username: string) =>
  server.expect(200, 'POST', `${auth}/users/${username}/invitation`, { auth: 'admin' })
const asStranger = (status: number, path: string, body: unknown) =>
  server.expect(status, 'POST', `${auth}${path}`, { auth: 'none', body })
const tokenOf = (mail: ReceivedMail, page: string) => {
  const link = new RegExp(`https://data\\.example\\.org/account/${page}#token=([0-9a-f]{64})`)
  return link.exec(mail.text)![1]!
}

/** Invited and come. */
async function makePerson(username: string, password: string) {
  addPerson(username, `${username}@example.org`)
  await invite(username)
  const token = tokenOf(await smtp.next(`${username}@example.org`), 'invitation')
  await asStranger(200, '/invitations/accept', { token, password })
  return browse(server, { username, password })
}

test('who is invited chooses a password by the link in the mail, once, and signs in', async () => {
  addPerson('grace', 'grace@example.org')
  assert.deepEqual((await invite('grace')).json, { is_sent: true, link: null })
  const first = tokenOf(await smtp.next('grace@example.org'), 'invitation')
  await invite('grace')
  const mail = await smtp.next('grace@example.org')
  assert.ok(mail.text.includes('grace'))
  const token = tokenOf(mail, 'invitation')
  const password = 'compilers are fun'
  const worthless = await asStranger(400, '/invitations/accept', { token: first, password })
  assert.equal(worthless.json.error_id, 'access.token_worthless')
  for (const weak of ['short', 'grace grace', 'aaaaaaaaaaaaaaa']) {
    const refused = await asStranger(400, '/invitations/accept', { token, password: weak })
    assert.equal(refused.json.error_id, 'access.password_refused')
  }
  const both = await Promise.all(
    [1, 2].map(() =>
      server.request('POST', `${auth}/invitations/accept`, {
        auth: 'none',
        body: { token, password, first_name: 'Grace', last_name: 'Hopper' },
      }),
    ),
  )
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400], 'of two at once, one is first')
  await asStranger(400, '/invitations/accept', { token, password })
  const grace = await browse(server, { username: 'grace', password })
  const { json } = await grace.expect(200, 'GET', `${auth}/me`)
  assert.deepEqual(
    [json.username, json.email, json.is_email_verified, json.first_name, json.permissions],
    ['grace', 'grace@example.org', true, 'Grace', ['create_dataset']],
  )
  await server.expect(409, 'POST', `${auth}/users/grace/invitation`, { auth: 'admin' })
  await server.expect(404, 'POST', `${auth}/users/nobody/invitation`, { auth: 'admin' })
  addPerson('mute', null)
  await server.expect(409, 'POST', `${auth}/users/mute/invitation`, { auth: 'admin' })
  await grace.expect(403, 'POST', `${auth}/users/mute/invitation`)
})

test('a forgotten password is replaced by a link that works once, for an hour, and ends every session', async () => {
  const password = 'analytical engine'
  const ada = await makePerson('ada', password)
  await asStranger(204, '/password-resets', { login: 'ADA@example.org' })
  const old = tokenOf(await smtp.next('ada@example.org'), 'reset')
  await asStranger(204, '/password-resets', { login: 'ada' })
  const token = tokenOf(await smtp.next('ada@example.org'), 'reset')
  assert.ok(
    !inDatabase((db) => JSON.stringify(db.prepare('select * from account_tokens').all())).includes(token),
  )
  const next = 'difference engine'
  await asStranger(400, '/password-resets/confirm', { token: old, password: next })
  await ada.expect(200, 'GET', session)
  await asStranger(200, '/password-resets/confirm', { token, password: next })
  await ada.expect(401, 'GET', session)
  await asStranger(400, '/password-resets/confirm', { token, password: 'yet another one' })
  assert.match((await smtp.next('ada@example.org')).text, /has been changed/)
  await asStranger(401, '/session', { username: 'ada', password })
  await browse(server, { username: 'ada', password: next })

  await asStranger(204, '/password-resets', { login: 'ada' })
  const late = tokenOf(await smtp.next('ada@example.org'), 'reset')
  inDatabase((db) => db.exec('update account_tokens set expires_at = 1'))
  await asStranger(400, '/password-resets/confirm', { token: late, password: 'too late by now' })
})

test('asking for a new password tells nobody whether there is such a user, and cannot flood a mailbox', async () => {
  await makePerson('alan', 'enigma is broken')
  const known = await asStranger(204, '/password-resets', { login: 'alan' })
  const unknown = await asStranger(204, '/password-resets', { login: 'nobody@example.org' })
  const said = ({ headers, text }: typeof known) => [
    text,
    [...headers.keys()].filter((name) => name !== 'date').sort(),
  ]
  assert.deepEqual(said(known), said(unknown))
  await smtp.next('alan@example.org')
  const statuses: number[] = []
  for (let n = 0; n < 25; n++) {
    const { status } = await server.request('POST', `${auth}/password-resets`, {
      auth: 'none',
      body: { login: 'alan' },
    })
    statuses.push(status)
  }
  assert.ok(statuses.includes(204))
  assert.equal(statuses.at(-1), 429)
  const mails = smtp.received.filter(({ to }) => to.includes('alan@example.org'))
  assert.ok(mails.length <= 4, `${mails.length} mails`)
})

test('one’s own password is changed with the present one; other sessions end, this one goes on', async () => {
  const password = 'lambda calculus'
  const alonzo = await makePerson('alonzo', password)
  const elsewhere = await browse(server, { username: 'alonzo', password })
  const path = `${auth}/me/password`
  const wrong = await alonzo.expect(403, 'PUT', path, {
    body: { current_password: 'guess', password: 'something long' },
  })
  assert.equal(wrong.json.error_id, 'access.wrong_password')
  await alonzo.expect(400, 'PUT', path, { body: { current_password: password, password: 'alonzo1' } })
  const changed = await alonzo.expect(204, 'PUT', path, {
    body: { current_password: password, password: 'church numerals' },
  })
  await elsewhere.expect(401, 'GET', session)
  await alonzo.expect(401, 'GET', session)
  const cookie = changed.headers.get('set-cookie')!.split(';')[0]!
  await server.expect(200, 'GET', session, { auth: 'none', headers: { Cookie: cookie } })
  assert.match((await smtp.next('alonzo@example.org')).text, /password has been changed/)
})

test('another address counts once it is confirmed, and the old one is told', async () => {
  const password = 'punched cards 1804'
  const jacquard = await makePerson('jacquard', password)
  const body = {
    email: 'joseph@example.org',
    current_password: password,
    last_name: 'Jacquard',
    alerts: 'none',
  }
  await jacquard.expect(403, 'PUT', `${auth}/me`, { body: { ...body, current_password: 'no' } })
  await jacquard.expect(400, 'PUT', `${auth}/me`, { body: { ...body, email: 'a@b.c, d@e.f' } })
  const changed = await jacquard.expect(200, 'PUT', `${auth}/me`, { body })
  assert.deepEqual(
    [changed.json.email, changed.json.last_name, changed.json.alerts],
    ['jacquard@example.org', 'Jacquard', 'none'],
  )
  const token = tokenOf(await smtp.next('joseph@example.org'), 'email')
  await asStranger(204, '/email-confirmations', { token })
  await asStranger(400, '/email-confirmations', { token })
  const after = await jacquard.expect(200, 'GET', `${auth}/me`)
  assert.deepEqual([after.json.email, after.json.is_email_verified], ['joseph@example.org', true])
  assert.match((await smtp.next('jacquard@example.org')).text, /address has been changed/)

  const apikey = (await jacquard.expect(200, 'POST', '/api/management/v2/apikeys', { body: {} })).json.key
  await server.expect(403, 'PUT', `${auth}/me`, { auth: { apikey }, body: { first_name: 'Eve' } })
  await server.expect(403, 'PUT', `${auth}/me/password`, {
    auth: { apikey },
    body: { current_password: password, password: 'taken over by key' },
  })
})

test('a link never goes by the address that a request came by', async () => {
  await server.request('POST', `${auth}/users/mute2/invitation`, { auth: 'admin' })
  addPerson('host', 'host@example.org')
  await server.expect(200, 'POST', `${auth}/users/host/invitation`, {
    auth: 'admin',
    headers: { 'X-Forwarded-Host': 'evil.example' },
  })
  const mail = await smtp.next('host@example.org')
  assert.ok(!mail.raw.includes('evil.example'))
  tokenOf(mail, 'invitation')
})
