import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createIds } from '../kernel/index.ts'
import { createSecret, sign } from './sign.ts'

const docs = readFileSync(new URL('../../docs/jobs.md', import.meta.url), 'utf8')

function snippet(language: string): string {
  const code = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(docs)?.[1]
  assert.ok(code, `docs/jobs.md has no ${language}`)
  return code
}

function signedMessage(timestamp: number) {
  const secret = createSecret(createIds())
  const body = JSON.stringify({ type: 'job.done', data: { title: 'Été à Nîmes' } })
  const id = 'de_x'
  const signature = sign(secret, { id, timestamp, body })
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    // More than one: a receiver takes any that fits.
    'webhook-signature': `v1,AAAA ${signature}`,
  }
  return { secret, body, headers }
}

// From the tests of the reference libraries: github.com/standard-webhooks/standard-webhooks.
test('signs as the reference libraries do', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
  }
  assert.equal(
    sign('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', message),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

const nowSeconds = () => Math.floor(Date.now() / 1000)

test('the check in the docs for Node takes what is signed and refuses what is not', async () => {
  const source = `data:text/javascript,${encodeURIComponent(snippet('js'))}`
  const { isFromBroadsheet } = await import(source)
  const { secret, body, headers } = signedMessage(nowSeconds())
  assert.equal(isFromBroadsheet(secret, headers, body), true)
  assert.equal(isFromBroadsheet(secret, headers, `${body} `), false)
  assert.equal(isFromBroadsheet(createSecret(createIds()), headers, body), false)
  const old = signedMessage(nowSeconds() - 3600)
  assert.equal(isFromBroadsheet(old.secret, old.headers, old.body), false)
})

const hasPython = spawnSync('python3', ['--version']).status === 0

test('the check in the docs for Python does too', {
  skip: hasPython ? false : 'python3 is not installed',
}, () => {
  const ask = ({ secret, body, headers }: ReturnType<typeof signedMessage>): string => {
    const input = JSON.stringify({ secret, body, headers })
    const code = `${snippet('python')}\nimport json, sys\nm = json.load(sys.stdin)\nprint(is_from_broadsheet(m["secret"], m["headers"], m["body"].encode()))`
    const { stdout, stderr } = spawnSync('python3', ['-c', code], { input, encoding: 'utf8' })
    return stdout.trim() || stderr
  }
  const message = signedMessage(nowSeconds())
  assert.equal(ask(message), 'True')
  assert.equal(ask({ ...message, body: '{}' }), 'False')
  assert.equal(ask(signedMessage(nowSeconds() - 3600)), 'False')
})
