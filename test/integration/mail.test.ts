/** The outbox against an SMTP server: what is sent, tried again, given up, and what is left of it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openControl } from '../../src/control/index.ts'
import { createIds, createSecretBox, systemClock } from '../../src/kernel/index.ts'
import { startMail } from '../../src/mail/index.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

async function setUp(t: TestContext, smtp: MailServer) {
  const root = mkdtempSync(join(tmpdir(), 'broadsheet-mail-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(root, 'control.sqlite') })
  const errors: string[] = []
  let onGivenUp: () => void = () => {}
  const givenUp = new Promise<void>((resolve) => {
    onGivenUp = resolve
  })
  const ids = createIds()
  const mailer = await startMail({
    control,
    clock: systemClock,
    ids,
    secrets: createSecretBox(Buffer.alloc(32, 7), ids),
    smtpUrl: smtp.url,
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
    await control.close()
    await smtp.close()
    rmSync(root, { recursive: true })
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
