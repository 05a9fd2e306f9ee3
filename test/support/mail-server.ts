/** An SMTP server that keeps what it is given, or refuses it as a test likes. */
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** By name in lower case; folded lines joined. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  readonly raw: string
}

export interface MailServer {
  readonly url: string
  readonly received: readonly ReceivedMail[]
  /** What the next mails are answered, in turn; afterwards they are taken. */
  refuseNext(...codes: number[]): void
  /** The next who sign in are refused: the password is wrong. */
  refuseSignIns(count: number): void
  /** The first mail to this address that is not older than the last one asked for; waits for it. */
  next(to: string): Promise<ReceivedMail>
  close(): Promise<void>
}

export async function startMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = []
  const taken = new Set<ReceivedMail>()
  const refusals: number[] = []
  let refusedSignIns = 0
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth(auth, _session, done) {
      if (refusedSignIns-- > 0)
        return done(Object.assign(new Error('the password is wrong'), { responseCode: 535 }))
      done(null, { user: auth.username ?? 'nobody' })
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const responseCode = refusals.shift()
        if (responseCode !== undefined) return done(Object.assign(new Error('not now'), { responseCode }))
        const { mailFrom, rcptTo } = session.envelope
        received.push(
          readMail(
            Buffer.concat(chunks).toString('utf8'),
            mailFrom === false ? '' : mailFrom.address,
            rcptTo.map(({ address }) => address),
          ),
        )
        done()
        for (const look of waiting) look()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as { port: number }
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    refuseNext: (...codes) => {
      refusals.push(...codes)
    },
    refuseSignIns: (count) => {
      refusedSignIns = count
    },
    next: (to) =>
      new Promise((resolve) => {
        const look = () => {
          const found = received.find((mail) => !taken.has(mail) && mail.to.includes(to))
          if (!found) return
          taken.add(found)
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function readMail(raw: string, from: string, to: readonly string[]): ReceivedMail {
  const at = raw.indexOf('\r\n\r\n')
  const headers = new Map(
    raw
      .slice(0, at)
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
  )
  const body = raw.slice(at + 4)
  const isQuoted = headers.get('content-transfer-encoding') === 'quoted-printable'
  return { from, to, headers, raw, text: isQuoted ? unquote(body) : body }
}

/** Quoted-printable, RFC 2045 section 6.7. */
function unquote(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
