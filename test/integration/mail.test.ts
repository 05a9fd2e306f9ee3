/** The outbox against an SMTP server: what is sent, tried again, given up, and what is left of it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Control } from '../../src/control/index.ts'
import { type Clock, createIds, createSecretBox, systemClock } from '../../src/kernel/index.ts'
import { startMail } from '../../src/mail/index.ts'
import { openTestControl } from '../support/control.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

interface Given {
  readonly control?: Control
  readonly smtpUrl?: string
  readonly key?: number
  readonly clock?: Clock
}

async function setUp(t: TestContext, smtp: MailServer, given: Given = {}) {
  const control = given.control ?? (await openTestControl(t))
  const errors: string[] = []
  let onGivenUp: () => void = () => {}
  const givenUp = new Promise<void>((resolve) => {
    onGivenUp = resolve
  })
  const ids = createIds()
  const mailer = await startMail({
    control,
    clock: given.clock ?? systemClock,
    ids,
    secrets: createSecretBox(Buffer.alloc(32, given.key ?? 7), ids),
    smtpUrl: given.smtpUrl ?? smtp.url,
    from: 'Broadsheet <data@example.org>',
    owner: 'test',
    isAlone: true,
    firstRetryMs: 5,
    onError: (cause) => {
      errors.push(String(cause))
      onGivenUp()
    },
  })
  t.after(async () => {
    await mailer.stop()
    await smtp.close()
  })
  const rows = () => control.db.selectFrom('mails').selectAll().orderBy('created_at').execute()
  return { mailer, rows, errors, givenUp }
}

const mail = { to: 'ada@example.org', subject: 'Réunion', text: 'The secret is s3cret-token.\n' }
const order = { mail, kind: 'test', usefulMs: 60_000 }

test('a mail is sent, tried again when the server says not now, and forgotten when it is through', async (t) => {
  const smtp = await startMailServer()
  smtp.refuseNext(451, 421)
  const { mailer, rows } = await setUp(t, smtp)
  await mailer.send(order)
  const [waiting] = await rows()
  assert.ok(!JSON.stringify(waiting).includes('s3cret'), 'what waits is sealed')
  const received = await smtp.next('ada@example.org')
  assert.equal(received.from, 'data@example.org')
  assert.match(received.headers.get('from')!, /Broadsheet <data@example.org>/)
  assert.equal(received.headers.get('auto-submitted'), 'auto-generated')
  assert.ok(received.text.includes('s3cret-token'))
  await mailer.stop()
  const [row] = await rows()
  assert.deepEqual([row!.state, row!.attempts, row!.content_sealed], ['sent', 3, null])
})

test('a mail that the server will never take is given up at once, and the next one goes out', async (t) => {
  const smtp = await startMailServer()
  smtp.refuseNext(550)
  const { mailer, rows, errors, givenUp } = await setUp(t, smtp)
  await mailer.send(order)
  await givenUp
  await mailer.send({ ...order, mail: { ...mail, to: 'ben@example.org' } })
  await smtp.next('ben@example.org')
  const [dead] = await rows()
  assert.deepEqual([dead!.state, dead!.attempts, dead!.content_sealed], ['dead', 1, null])
  assert.match(dead!.last_error!, /not now/)
  assert.match(errors.join(), /given up/)
})

test('nobody but the recipient is written to, whatever the recipient and the subject say', async (t) => {
  const smtp = await startMailServer()
  const { mailer, rows } = await setUp(t, smtp)
  for (const to of [
    'ada@example.org, eve@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    '"eve@example.org" <ada@example.org>',
    'ada@example.org>\r\nRCPT TO:<eve@example.org',
    'ada',
    `${'a'.repeat(300)}@example.org`,
  ]) {
    await mailer.send({ ...order, mail: { ...mail, to } })
  }
  assert.deepEqual(await rows(), [])
  const subject = 'News\r\nBcc: eve@example.org\r\n\r\nAnother body'
  await mailer.send({ ...order, mail: { ...mail, subject } })
  const received = await smtp.next('ada@example.org')
  assert.deepEqual(received.to, ['ada@example.org'])
  assert.equal(received.headers.get('bcc'), undefined)
})

test('a mail of another key keeps no other from going out, and goes out when the key is back', async (t) => {
  const smtp = await startMailServer()
  const control = await openTestControl(t)
  const off = await setUp(t, smtp, { control, smtpUrl: 'smtp://127.0.0.1:9' })
  await off.mailer.send(order)
  await off.mailer.stop()
  const wrong = await setUp(t, smtp, { control, key: 8 })
  await wrong.mailer.send({ ...order, mail: { ...mail, to: 'ben@example.org' } })
  await smtp.next('ben@example.org')
  await wrong.mailer.stop()
  const [waiting] = (await wrong.rows()).filter(({ state }) => state === 'pending')
  assert.match(waiting!.last_error!, /another key/)
  await setUp(t, smtp, { control })
  await smtp.next('ada@example.org')
})

test('a mail that a process had when it was killed is sent by the next one', async (t) => {
  const smtp = await startMailServer()
  const control = await openTestControl(t)
  const off = await setUp(t, smtp, { control, smtpUrl: 'smtp://127.0.0.1:9' })
  await off.mailer.send(order)
  await off.mailer.stop()
  await control.db
    .updateTable('mails')
    .set({ next_attempt_at: 0, lease_owner: 'killed', lease_expires_at: systemClock.now() + 120_000 })
    .execute()
  await setUp(t, smtp, { control })
  await smtp.next('ada@example.org')
})

test('a server that refuses the sign-in is no reason to give a mail up', async (t) => {
  const smtp = await startMailServer()
  smtp.refuseSignIns(2)
  const smtpUrl = smtp.url.replace('smtp://', 'smtp://ada:secret@')
  const { mailer, rows, errors } = await setUp(t, smtp, { smtpUrl })
  await mailer.send(order)
  await smtp.next('ada@example.org')
  await mailer.stop()
  const [row] = await rows()
  assert.deepEqual([row!.state, row!.attempts], ['sent', 3])
  assert.deepEqual(errors, [])
})

test('a stop lets go of a server that says nothing, and the next start sends the mail', async (t) => {
  const silent = createServer()
  const connected = once(silent, 'connection')
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const control = await openTestControl(t)
  const smtp = await startMailServer()
  const { port } = silent.address() as AddressInfo
  const first = await setUp(t, smtp, { control, smtpUrl: `smtp://127.0.0.1:${port}` })
  await first.mailer.send(order)
  const [socket] = (await connected) as [Socket]
  const closed = once(socket, 'close')
  socket.resume()
  const beganAt = performance.now()
  await first.mailer.stop()
  assert.ok(performance.now() - beganAt < 10_000, 'it waits for no timeout of the server')
  await closed
  silent.close()
  const [waiting] = await first.rows()
  assert.deepEqual([waiting!.state, waiting!.attempts, waiting!.lease_owner], ['pending', 0, null])
  await setUp(t, smtp, { control })
  await smtp.next('ada@example.org')
})

test('what was sent, and what nobody was there to send, is forgotten in the end', async (t) => {
  const smtp = await startMailServer()
  const control = await openTestControl(t)
  const { mailer, rows } = await setUp(t, smtp, { control })
  await mailer.send(order)
  await smtp.next('ada@example.org')
  await mailer.stop()
  const waiting = await setUp(t, smtp, { control, smtpUrl: 'smtp://127.0.0.1:9' })
  await waiting.mailer.send(order)
  await waiting.mailer.stop()
  assert.equal((await rows()).length, 2)
  const dayMs = 86_400_000
  const later = { now: () => systemClock.now() + 31 * dayMs }
  await setUp(t, smtp, { control, clock: later })
  assert.deepEqual(await rows(), [])
})
