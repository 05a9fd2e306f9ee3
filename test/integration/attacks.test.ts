/**
 * Attacks by HTTP, each with the outcome that it must have, on one server. docs/security.md lists those that other tests
 * hold.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { before, describe, test } from 'node:test'
import { giveRuleset, makeUser } from '../support/accounts.ts'
import { readApiDocument } from '../support/api-document.ts'
import { browse } from '../support/browser-session.ts'
import { type Auth, type CreatedDataset, explorePath, managementPath } from '../support/http-client.ts'
import { shareServer, type TestServer } from '../support/server.ts'

const shared = shareServer()
const automationPath = '/api/automation/v1.0'
const csv = 'id,name,city\n1,One,Paris\n2,Two,Lyon\n'
const secret = 'zq-secret'
let server: TestServer
/** What somebody is told who never comes to the end of the headers; others are served meanwhile. */
let slow: Promise<string>
let open: CreatedDataset
/** Restricted; what it holds must come up nowhere. */
let closed: CreatedDataset
let admin: TestServer['admin']

before(async () => {
  server = await shared()
  slow = sendBytes('GET / HTTP/1.1\r\nHost: a\r\nX: ')
  admin = server.admin
  open = await server.publishFile('open', { filename: 'open.csv', content: csv })
  closed = await server.publishFile('closed', { filename: 'closed.csv', content: `id,word\n1,${secret}\n` })
  const policy = `${managementPath}/datasets/${closed.datasetUid}/security/access_policy`
  await server.expect(200, 'PUT', policy, { body: '"restricted"' })
})

/** What the server answers to these bytes until it closes the connection, or has been silent for long. */
function sendBytes(bytes: string, isOver: (answer: string) => boolean = () => false): Promise<string> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'))
    socket.setTimeout(60_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (isOver(answer)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}

const statusesIn = (answer: string) => [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code)

describe('requests that two servers on the way could read differently are read by none', () => {
  const inner = 'GET /api/explore/v2.1/catalog/datasets HTTP/1.1\r\nHost: a\r\n\r\n'
  const post = 'POST /api/auth/v1/password-resets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
  const cases: Readonly<Record<string, string>> = {
    'a length and chunks': `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    'chunks and a length': `${post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${inner}`,
    'two lengths': `${post}Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}${inner}`,
    'a list of lengths': `${post}Content-Length: 2, 2\r\n\r\n{}${inner}`,
    'a signed length': `${post}Content-Length: +2\r\n\r\n{}${inner}`,
    'a negative length': `${post}Content-Length: -1\r\n\r\n{}${inner}`,
    'a length in hexadecimal': `${post}Content-Length: 0x2\r\n\r\n{}${inner}`,
    'an unknown coding': `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
    'chunks that are not last': `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`,
    'a space before the colon': `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
    'a folded header': `${post}Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n\r\n{}${inner}`,
    'a header that begins with a space': `${post} Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    'a bare line feed in a header': `${post}X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    'a bare carriage return': `${post}X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    'NUL in a header': `${post}X: a\0b\r\nContent-Length: 2\r\n\r\n{}${inner}`,
    'a chunk size that is none': `${post}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n${inner}`,
    'a negative chunk': `${post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n${inner}`,
    'a chunk that is longer than it says': `${post}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n${inner}`,
    'two hosts': `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${inner}`,
    'no host': `GET / HTTP/1.1\r\n\r\n${inner}`,
    'another protocol': `GET / HTTP/9.9\r\nHost: a\r\n\r\n${inner}`,
    'a space in the address': `GET /api /x HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
    'an unknown method': `GE T / HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
  }
  for (const [what, bytes] of Object.entries(cases))
    test(`${what}: 400, and the connection is closed`, async () => {
      assert.deepEqual(statusesIn(await sendBytes(bytes)), ['400'])
    })

  test('two requests in one go are two, in order', async () => {
    const answer = await sendBytes(`${inner}${inner.replace('datasets', 'nothing')}`, (text) =>
      /404.*\}$/s.test(text),
    )
    assert.deepEqual(statusesIn(answer), ['200', '404'])
  })
})

describe('who sends more than there may be, or less, is answered or left', () => {
  test('headers beyond 256 KiB: 431', async () => {
    const answer = await sendBytes(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(300_000)}\r\n\r\n`)
    assert.deepEqual(statusesIn(answer), ['431'])
  })
  test('a body that is announced beyond the limit: 413 before it is sent', async () => {
    const { username, password } = admin
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    const answer = await sendBytes(
      `POST ${managementPath}/datasets HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${basic}\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{`,
      (text) => text.includes('http.payload_too_large'),
    )
    assert.deepEqual(statusesIn(answer), ['413'])
  })
  test('a body without end, in chunks, by nobody: refused before it is read', async () => {
    const answer = await sendBytes(
      `POST ${managementPath}/datasets HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      (text) => text.includes('access.authentication_required'),
    )
    assert.deepEqual(statusesIn(answer), ['401'])
  })
  test('JSON that is nested without end: a fault of the client', async () => {
    const body = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const headers = { 'content-type': 'application/json' }
    for (const path of [`${managementPath}/datasets`, `${automationPath}/datasets/`]) {
      const answer = await server.request('POST', path, { body, headers, auth: 'admin' })
      assert.equal(answer.status, 400, answer.text.slice(0, 200))
    }
  })
})

describe('the address that a request came by decides nothing', () => {
  const asked = `${explorePath}/open/records?limit=1&include_links=true`
  const get = (target: string, headers = '') =>
    sendBytes(
      `GET ${target} HTTP/1.1\r\nHost: data.example.org\r\n${headers}Accept: text/html\r\nConnection: close\r\n\r\n`,
    )
  test('a host in the request line is not put into links', async () => {
    const answer = await get(`http://evil.example${asked}`)
    assert.deepEqual(statusesIn(answer), ['200'])
    assert.match(answer, /http:\/\/data\.example\.org\/api/)
    assert.doesNotMatch(answer, /evil/)
  })
  test('nor one that only looks like a path', async () => {
    for (const target of [
      '//evil.example/explore',
      'http://evil.example//evil.example/x',
      '/\\evil.example',
    ]) {
      const answer = await get(target)
      assert.deepEqual(statusesIn(answer), ['404'], target)
      assert.doesNotMatch(answer, /(?:href|content|src|action)="(?:https?:)?\/\/evil/, target)
      assert.doesNotMatch(answer, /Location:/i)
    }
  })
  test('a closed API is closed by whatever spelling', async () => {
    for (const target of [
      `http://x${managementPath}/datasets`,
      '/%61pi/management/v2/datasets',
      '/api/./management/v2/datasets',
      '/api/explore/../management/v2/datasets',
      '/api//management/v2/datasets',
      '/API/management/v2/datasets',
      '/api/management%2fv2/datasets',
      '/api/management/v2/datasets;x=/api/explore',
      '/api/management/v2/datasets/?x=/healthz',
    ]) {
      const [status] = statusesIn(await get(target))
      assert.match(status!, /^40[145]$/, target)
    }
  })
  test('headers of proxies in which line ends or markup stand reach no answer', async () => {
    for (const value of ['a"><script>', 'x y', 'a/b', 'javascript:alert(1)//']) {
      const answer = await get(asked, `X-Forwarded-Host: ${value}\r\nX-Forwarded-Proto: ${value}\r\n`)
      assert.deepEqual(statusesIn(answer), ['400'], value)
      assert.doesNotMatch(answer, /<script>/)
    }
  })
  test('one answer for each host: none is kept for another', async () => {
    const first = await get(asked, 'X-Forwarded-Host: evil.example\r\n')
    const second = await get(asked)
    assert.match(first, /evil\.example/)
    assert.doesNotMatch(second, /evil/)
  })
})

describe('what other sites make a browser do', () => {
  test('a password that the browser adds by itself changes nothing for a page of another site', async () => {
    const path = `${managementPath}/datasets`
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
    ] as Record<string, string>[]) {
      // As a form can send it: JSON in text/plain.
      const sent = { ...headers, 'content-type': 'text/plain' }
      const forged = await server.request('POST', path, { headers: sent, body: '{"a":"="}', auth: 'admin' })
      assert.deepEqual([forged.status, forged.json.error_id], [403, 'access.foreign_origin'])
      await server.expect(200, 'GET', path, { headers, auth: 'admin' })
    }
    const key: Auth = { apikey: await server.createApiKey(['create_dataset']) }
    const headers = { Origin: 'https://elsewhere.example' }
    await server.expect(201, 'POST', path, { auth: key, headers, body: { dataset_id: 'by-key' } })
  })

  test('JSONP tells scripts of other sites nothing that a cookie or a password opens', async () => {
    const path = '/api/records/1.0/search?dataset=closed&callback=f'
    const session = await browse(server)
    for (const answer of [
      await session.send('GET', path),
      await session.send('GET', path.replace('callback=f', 'format=jsonp')),
      await server.request('GET', path, { auth: 'admin' }),
    ]) {
      assert.equal(answer.status, 400)
      assert.doesNotMatch(answer.text, new RegExp(secret))
    }
    await session.expect(200, 'GET', '/api/records/1.0/search?dataset=closed')
    for (const name of ['alert(1)//', 'a;b', '<script>', 'a[0]', 'é', 'a'.repeat(200)])
      await server.expect(
        400,
        'GET',
        `/api/records/1.0/search?dataset=open&callback=${encodeURIComponent(name)}`,
      )
    const { text } = await server.expect(200, 'GET', '/api/records/1.0/search?dataset=open&callback=f')
    assert.match(text, /^\/\*\*\/f\(/)
  })

  test('no answer lets a page of another site read with credentials', async () => {
    const headers = { Origin: 'https://evil.example' }
    for (const path of [explorePath, `${managementPath}/datasets`, '/api/auth/v1/session', '/'])
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await server.request(method, path, { headers, auth: 'none' })
        assert.equal(answer.headers.get('access-control-allow-credentials'), null, path)
        assert.notEqual(answer.headers.get('access-control-allow-origin'), headers.Origin, path)
        assert.doesNotMatch(answer.headers.get('access-control-allow-methods') ?? '', /POST|PUT|DELETE/)
      }
  })
})

describe('where a browser is sent to afterwards stays here', () => {
  for (const back of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/%0d%0aSet-Cookie:%20a=b',
    '/x\r\nSet-Cookie: a=b',
    'http://evil.example@127.0.0.1/',
    '////evil.example',
    '/..//evil.example',
    '/.//evil.example',
  ])
    test(JSON.stringify(back), async () => {
      const query = new URLSearchParams({ to_lang: 'fr', back })
      const { status, headers } = await server.request('GET', `/preferences?${query}`)
      assert.ok(status === 303 || status === 400, String(status))
      const location = headers.get('location') ?? '/'
      assert.equal(new URL(location, server.url).origin, server.url, location)
      assert.doesNotMatch(location, /[\r\n\\]|^\/\//)
      assert.doesNotMatch(headers.get('set-cookie') ?? '', /a=b/)
    })
})

/** Names that objects have by themselves. */
const inherited = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']

describe('names that every object has mean nothing', () => {
  // A password is slow to check, as it must be.
  let key: Auth
  before(async () => {
    const permissions = ['edit_domain', 'create_dataset', 'edit_dataset', 'publish_dataset', 'manage_dataset']
    key = { apikey: await server.createApiKey(permissions) }
  })

  test('in each place of each address: never a fault of the server', async () => {
    const { operations } = await readApiDocument(server)
    const real: Readonly<Record<string, string>> = {
      dataset_uid: open.datasetUid,
      dataset_id: open.datasetId,
      resource_uid: open.resourceUid,
    }
    const reading = operations.filter(({ method, path }) => method === 'GET' && path.includes('{'))
    assert.ok(reading.length > 80, String(reading.length))
    for (const { path } of reading) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
      for (const attacked of names)
        for (const word of ['__proto__', 'constructor']) {
          const address = path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
            name === attacked ? word : (real[name] ?? 'x'),
          )
          const answer = await server.request('GET', address, { auth: key })
          assert.ok(answer.status < 500, `${address}: ${answer.status} ${answer.text.slice(0, 200)}`)
        }
    }
  })

  test('in parameters and in bodies', async () => {
    for (const word of inherited) {
      for (const query of [
        `select=${word}`,
        `where=${word}=1`,
        `order_by=${word}`,
        `group_by=${word}`,
        `refine=${word}:a`,
        `exclude=${word}:a`,
        `lang=${word}`,
        `timezone=${word}`,
      ]) {
        const { status, text } = await server.request('GET', `${explorePath}/open/records?${query}`)
        assert.equal(status, 400, `${query}: ${text.slice(0, 200)}`)
      }
      // What no route reads means nothing.
      await server.expect(200, 'GET', `${explorePath}?${word}=1&${word}[x]=2`)
      const dataset = `${managementPath}/datasets/${open.datasetUid}`
      for (const [method, path, body] of [
        ['POST', `${managementPath}/datasets`, { metas: { [word]: { title: 'x' } } }],
        ['POST', `${managementPath}/datasets`, { metas: { default: { [word]: 'x' } } }],
        ['PUT', `${dataset}/metadata/${word}/title`, { value: 'x' }],
        ['PUT', `${dataset}/metadata/default/${word}`, { value: 'x' }],
        ['POST', `${dataset}/processors`, { name: word, args: {} }],
        ['POST', `${dataset}/fields_specifications`, { name: word, args: {} }],
        ['POST', `${dataset}/resources`, { url: 'https://a.example/a', title: 'x', type: word }],
        ['PUT', `${managementPath}/domain`, { theme: { [word]: 'x' }, languages: [word] }],
        ['POST', `${automationPath}/datasets/`, { metadata: { [word]: { title: { value: 'x' } } } }],
      ] as const) {
        // A literal `__proto__` would set the prototype of what is sent.
        const text = JSON.stringify(body).replaceAll('{}', `{"${word}":1}`)
        const headers = { 'content-type': 'application/json' }
        const answer = await server.request(method, path, { body: text, headers, auth: key })
        const isRefused = answer.status >= 400 && answer.status < 500
        assert.ok(isRefused, `${method} ${path} ${word}: ${answer.status} ${answer.text.slice(0, 200)}`)
      }
    }
    assert.equal(({} as Record<string, unknown>).title, undefined)
    await server.expect(200, 'GET', `${explorePath}/open/records?limit=1`)
  })
})

test('what strangers send is read only as far as strangers have something to say', async () => {
  const long = `[${'1,'.repeat(1_000_000)}1]`
  const headers = { 'content-type': 'application/json' }
  for (const [method, path] of [
    ['POST', '/api/auth/v1/session'],
    ['DELETE', '/api/auth/v1/session'],
    ['POST', '/api/auth/v1/password-resets'],
    ['POST', '/api/notifications/v1/datasets/open/subscriptions'],
    ['POST', '/no/such/address'],
    ['POST', '/api/push/no/such/address'],
  ] as const) {
    const { status, text } = await server.request(method, path, { auth: 'none', headers, body: long })
    assert.equal(status, 413, `${method} ${path}: ${text.slice(0, 200)}`)
  }
  // A push shows its key before it is read: of this one nothing is said of its JSON.
  const push = `/api/push/1.0/open/${open.resourceUid}/push?pushkey=a&pushkey=b`
  await server.expect(404, 'POST', push, { auth: 'none', headers, body: '[1,' })
  const known = await server.request('POST', `${managementPath}/datasets`, { headers, body: long })
  assert.notEqual(known.status, 413)
})

test('an address full of facets and refinements costs no more than a few of them', async () => {
  const many = (text: string, count: number) => Array.from({ length: count }, () => text).join('&')
  const catalog = explorePath.replace(/\/datasets$/, '')
  const { json } = await server.expect(200, 'GET', `${catalog}/facets?${many('facet=theme', 8000)}`)
  assert.ok(json.facets.length <= 1, String(json.facets.length))
  for (const path of [
    `${catalog}/facets?${many('facet=theme', 8000)}&${many('exclude=theme:x', 6000)}`,
    `${explorePath}/open/facets?${many('facet=name', 8000)}`,
    `${explorePath}/open/facets?${many('facet=name', 400)}&${many('exclude=name:x', 8000)}`,
    `${explorePath}/open/records?${many('exclude=name:x', 8000)}`,
    `/api/records/1.0/search?dataset=open&${many('q=a', 6)}`,
  ]) {
    const { status, text } = await server.request('GET', path, { auth: 'none' })
    assert.equal(status, 400, `${path.slice(0, 100)}: ${text.slice(0, 200)}`)
  }
})

test('a file is no larger for a field that is named, or a separator that is long', async () => {
  const exports = `${explorePath}/open/exports`
  const fields = Array.from({ length: 5000 }, () => 'name').join()
  await server.expect(400, 'GET', `${exports}/csv?list_separator=${'x'.repeat(21)}`)
  const catalog = explorePath.replace(/\/datasets$/, '')
  await server.expect(400, 'GET', `${catalog}/exports/csv?list_separator=${'x'.repeat(21)}`)
  const rows = 'name,day\na,2031-05-09\n'
  await server.publishFile('days', { filename: 'days.csv', content: rows })
  const { text } = await server.expect(
    200,
    'GET',
    `${explorePath}/days/exports/ics?description_field_list=${fields}`,
  )
  assert.ok(text.length < 2000, String(text.length))
})

describe('hostile texts in headers', () => {
  const payloads = [
    "' or 1=1 --",
    '"; DROP TABLE users; --',
    '../../etc/passwd',
    '$' + '{jndi:ldap://x}',
    '<script>',
    '%0d%0aX-A: b',
    'a'.repeat(5000),
  ]
  const names = [
    'Authorization',
    'Cookie',
    'X-CSRF-Token',
    'If-None-Match',
    'If-Range',
    'Range',
    'Accept',
    'Accept-Language',
    'Accept-Encoding',
    'Origin',
    'Referer',
    'User-Agent',
    'X-Forwarded-For',
    'Forwarded',
    'Last-Event-ID',
    'Idempotency-Key',
    'X-Request-Id',
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Content-Type',
  ]
  for (const name of names)
    test(`${name}: an answer as to anybody, or a refusal`, async () => {
      for (const payload of payloads) {
        const value =
          name === 'Cookie' ? `broadsheet_session=${payload}; broadsheet_lang=${payload}` : payload
        for (const path of [
          `${explorePath}/open/records?limit=1`,
          `${explorePath}/open/exports/csv`,
          '/explore',
        ]) {
          const { status, text, headers } = await server.request('GET', path, {
            auth: 'none',
            headers: { accept: 'text/html,*/*', [name]: value },
          })
          assert.ok(status < 500, `${path} ${name}: ${payload}: ${status}`)
          assert.doesNotMatch(text, new RegExp(`${secret}|root:x|<script>(?!.*json)`), name)
          assert.equal(headers.get('x-a'), null)
        }
      }
    })
})

describe('paths that lead elsewhere', () => {
  for (const path of [
    '/assets/../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/%252e%252e%252fpackage.json',
    '/assets//etc/passwd',
    '/assets/.env',
    '/assets/server.mjs%00.js',
    '/..%2f..%2fetc%2fpasswd',
    '/api/management/v2/download_file/..%2f..%2fsecret.key',
    '/api/management/v2/download_file/%2fetc%2fpasswd',
    '/api/management/v2/files/..%2fcontrol.sqlite',
    '/api/explore/v2.1/catalog/datasets/..%2f..%2fsecret.key/records',
    '/api/explore/v2.1/catalog/datasets/open/files/..%2f..%2fsecret.key',
    '/api/explore/v2.1/catalog/datasets/open/attachments/..%2f..%2fsecret.key',
    '/api/explore/v2.1/catalog/datasets/open/exports/..%2fcsv',
    '/api/explore/v2.1/catalog/datasets/open/exports/parquet/..%2f..%2fcontrol.sqlite',
    '/api/portal/v1/images/..%2f..%2fsecret.key',
    '/api/portal/v1/pages/..%2f..%2fsecret.key',
    '/explore/dataset/..%2f..%2fapi%2fmanagement%2fv2%2fdatasets/table/',
  ])
    test(path, async () => {
      for (const auth of ['none', 'admin'] as const) {
        const answer = await sendBytes(
          `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${
            auth === 'admin'
              ? `Authorization: Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}\r\n`
              : ''
          }\r\n`,
        )
        const [status] = statusesIn(answer)
        assert.match(status!, /^(?:400|401|404)$/, `${path}: ${answer.slice(0, 300)}`)
        assert.doesNotMatch(answer, /SQLite format|root:x|"dependencies"/)
      }
    })
})

describe('what a request says beyond what it may say', () => {
  test('about an account of one’s own: no rights', async () => {
    const mary = await makeUser(server, 'mary')
    const session = await browse(server, mary)
    const more = {
      username: 'admin',
      permissions: ['edit_domain'],
      groups: ['admins'],
      is_active: true,
      account_type: 'root',
      is_email_verified: true,
      password: 'another long password',
      quotas: {},
    }
    const before = (await session.expect(200, 'GET', '/api/auth/v1/me')).json
    const answer = await session.request('PUT', '/api/auth/v1/me', { body: { first_name: 'Mary', ...more } })
    assert.ok(answer.status === 200 || answer.status === 400)
    const after = (await session.expect(200, 'GET', '/api/auth/v1/me')).json
    assert.deepEqual({ ...after, first_name: before.first_name }, before)
    await server.expect(200, 'GET', '/api/auth/v1/me', { auth: mary })
    const key = await session.request('POST', `${managementPath}/apikeys`, {
      body: {
        label: 'x',
        permissions: [],
        owner: 'admin',
        key: 'k'.repeat(60),
        key_uid: 'ak_mine',
        username: 'admin',
      },
    })
    const asKey = await server.request('GET', '/api/auth/v1/me', { auth: { apikey: key.json.key } })
    assert.equal(asKey.json.username, 'mary')
    await server.expect(401, 'GET', '/api/auth/v1/me', { auth: { apikey: 'k'.repeat(60) } })
  })

  test('about a dataset: neither whose it is nor its state', async () => {
    const ned = await makeUser(server, 'ned', ['create_dataset'])
    const told = {
      dataset_uid: open.datasetUid,
      uid: open.datasetUid,
      owner: 'admin',
      is_published: true,
      status: 'published',
      created_at: '2001-01-01T00:00:00+00:00',
      security: { permissions: ['edit_domain'] },
    }
    for (const [path, body] of [
      [`${managementPath}/datasets`, { dataset_id: 'ned-one', ...told }],
      [
        `${automationPath}/datasets/`,
        { dataset_id: 'ned-two', metadata: { default: { title: { value: 'Ned' } } }, ...told },
      ],
    ] as const) {
      const { json } = await server.expect(201, 'POST', path, { body, auth: ned })
      const uid = json.dataset_uid ?? json.uid
      assert.notEqual(uid, open.datasetUid)
      const { text } = await server.expect(200, 'GET', `${managementPath}/datasets/${uid}`, { auth: ned })
      assert.doesNotMatch(text, /2001-01-01|"is_published": ?true|"owner": ?"admin"/)
    }
    await server.expect(404, 'GET', `${explorePath}/ned-one`)
    // An id that is the uid of another dataset would be taken for it.
    for (const path of [`${managementPath}/datasets`, `${automationPath}/datasets/`]) {
      const body = { dataset_id: open.datasetUid, metadata: { default: { title: { value: 'x' } } } }
      const { status, json } = await server.request('POST', path, { body, auth: ned })
      assert.ok(status >= 400 || json.dataset_id !== open.datasetUid, path)
    }
  })

  test('a part of one dataset is not reached by the address of another', async () => {
    const olga = await makeUser(server, 'olga')
    const own = await server.createDataset('olgas', { filename: 'o.csv', content: csv })
    const all = ['edit_dataset', 'publish_dataset', 'manage_dataset']
    await giveRuleset(server, own.datasetUid, 'olga', { permissions: all })
    const parts: [string, string][] = [['resources', closed.resourceUid]]
    const dataset = `${managementPath}/datasets/${closed.datasetUid}`
    const field = { name: 'annotate', args: { field: 'word', annotation: 'facet' } }
    const step = await server.expect(201, 'POST', `${dataset}/fields_specifications`, { body: field })
    parts.push(['fields_specifications', step.json.processor_uid])
    for (const [kind, uid] of parts)
      for (const base of [managementPath, automationPath])
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const slash = base === automationPath ? '/' : ''
          const path = `${base}/datasets/${own.datasetUid}/${kind}/${uid}${slash}`
          const body = method === 'PUT' ? { title: 'mine', type: 'csvfile', name: 'x', args: {} } : undefined
          const answer = await server.request(method, path, { auth: olga, body })
          assert.ok([400, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`)
          assert.doesNotMatch(answer.text, new RegExp(secret))
        }
    // And what is theirs is untouched.
    await server.expect(200, 'GET', `${dataset}/resources/${closed.resourceUid}`)
  })
})

describe('a stolen key', () => {
  let key: Auth
  before(async () => {
    key = { apikey: await server.createApiKey(['edit_domain']) }
    await makeUser(server, 'victor', ['publish_dataset'])
    await server.expect(200, 'POST', `${managementPath}/users`, { body: { emails: ['wanda@example.org'] } })
  })
  const cases: readonly (readonly [what: string, method: string, path: string, body: object])[] = [
    ['sets no password', 'PUT', `${managementPath}/users/victor`, { password: 'another long password' }],
    [
      'sets no address, to which a new password is sent',
      'PUT',
      `${managementPath}/users/victor`,
      { email: 'eve@evil.example' },
    ],
    ['nor by the Automation API', 'PUT', `${automationPath}/users/victor/`, { email: 'eve@evil.example' }],
    ['is given no link to choose a password by', 'POST', '/api/auth/v1/users/wanda/invitation', {}],
    [
      'gives nobody more than it has',
      'PUT',
      `${managementPath}/users/victor`,
      { permissions: ['edit_dataset'] },
    ],
    ['makes no other key', 'POST', `${managementPath}/apikeys`, { permissions: ['edit_dataset'] }],
    ['changes nothing of its owner’s account', 'PUT', '/api/auth/v1/me', { first_name: 'Eve' }],
  ]
  for (const [what, method, path, body] of cases)
    test(what, async () => {
      const refused = await server.request(method, path, { auth: key, body })
      assert.equal(refused.status, 403, refused.text)
    })
  test('changes other things of an account that comes back with its address', async () => {
    const body = { email: 'victor@example.org', first_name: 'Victor' }
    await server.expect(200, 'PUT', `${managementPath}/users/victor`, { auth: key, body })
    await server.expect(200, 'PUT', `${automationPath}/users/victor/`, { auth: key, body })
  })
})

describe('a key does nothing by way of its owner', () => {
  const dataset = (uid: string) => `${managementPath}/datasets/${uid}`
  const makeKey = async (
    permissions: readonly string[],
    datasets: readonly string[] | null,
  ): Promise<Auth> => {
    const body = { permissions, datasets }
    const { json } = await server.expect(200, 'POST', `${managementPath}/apikeys`, { body })
    return { apikey: json.key }
  }
  let reads: Auth
  let editsOpen: Auth
  let publishesOpen: Auth
  /** Ids of the files that the two datasets are made of. */
  let files: { readonly open: string; readonly closed: string }
  /** The last publish of each. */
  let jobs: { readonly open: string; readonly closed: string }
  before(async () => {
    reads = await makeKey([], null)
    editsOpen = await makeKey(['edit_dataset'], ['open'])
    publishesOpen = await makeKey(['edit_dataset', 'publish_dataset'], ['open'])
    const fileOf = async ({ datasetUid, resourceUid }: CreatedDataset) => {
      const path = `${dataset(datasetUid)}/resources/${resourceUid}`
      return (await server.expect(200, 'GET', path)).json.url.replace('odsfile://', '')
    }
    const jobOf = async ({ datasetUid }: CreatedDataset) =>
      (await server.expect(200, 'GET', `${dataset(datasetUid)}/jobs`)).json[0].job_id
    files = { open: await fileOf(open), closed: await fileOf(closed) }
    jobs = { open: await jobOf(open), closed: await jobOf(closed) }
  })

  test('files are not for a key that only reads, nor those of other datasets for a key for some', async () => {
    assert.deepEqual((await server.expect(200, 'GET', `${managementPath}/files`, { auth: reads })).json, [])
    for (const path of [`files/${files.open}`, `download_file/${files.open}`])
      await server.expect(404, 'GET', `${managementPath}/${path}`, { auth: reads })
    const listed = await server.expect(200, 'GET', `${managementPath}/files`, { auth: editsOpen })
    const ids = listed.json.map(({ file_id }: { file_id: string }) => file_id)
    assert.ok(ids.includes(files.open) && !ids.includes(files.closed), ids.join())
    await server.expect(200, 'GET', `${managementPath}/download_file/${files.open}`, { auth: editsOpen })
    const url = `odsfile://${files.closed}`
    const own = dataset(open.datasetUid)
    for (const [method, path, body] of [
      ['GET', `${managementPath}/files/${files.closed}`, undefined],
      ['GET', `${managementPath}/download_file/${files.closed}`, undefined],
      ['DELETE', `${managementPath}/files/${files.closed}`, undefined],
      ['POST', `${own}/resources`, { url, title: 'x', type: 'csvfile' }],
      ['POST', `${own}/resource_preview`, { url, title: 'x', type: 'csvfile' }],
      ['POST', `${own}/attachments`, { url }],
      ['POST', `${managementPath}/guess_extractors`, { url }],
      [
        'GET',
        `${automationPath}/datasets/${open.datasetUid}/resources/files/${files.closed}/download/`,
        undefined,
      ],
    ] as const) {
      const answer = await server.request(method, path, { auth: editsOpen, body })
      assert.equal(answer.status, 404, `${method} ${path}: ${answer.text}`)
    }
  })

  test('jobs tell of records: they are there for keys that may read what they are about', async () => {
    assert.deepEqual((await server.expect(200, 'GET', `${managementPath}/jobs`, { auth: reads })).json, [])
    for (const path of [`jobs/${jobs.open}`, `jobs/${jobs.open}/events`])
      await server.expect(404, 'GET', `${managementPath}/${path}`, { auth: reads })
    const { json } = await server.expect(200, 'GET', `${managementPath}/jobs`, { auth: editsOpen })
    const ids = json.map(({ job_id }: { job_id: string }) => job_id)
    assert.ok(ids.includes(jobs.open) && !ids.includes(jobs.closed), ids.join())
    await server.expect(200, 'GET', `${managementPath}/jobs/${jobs.open}`, { auth: editsOpen })
    await server.expect(404, 'GET', `${managementPath}/jobs/${jobs.closed}`, { auth: editsOpen })
  })

  test('what publishes by itself is ordered by a key that may publish', async () => {
    const schedule = { cron_schedule: '0 3 1 1 *' }
    const pushed = { title: 'pushed', type: 'realtime' }
    const automation = `${automationPath}/datasets/${open.datasetUid}`
    const orders = [
      [`${dataset(open.datasetUid)}/schedules`, schedule],
      [`${automation}/schedules/`, schedule],
      [`${dataset(open.datasetUid)}/resources`, pushed],
      [`${automation}/resources/`, pushed],
    ] as const
    for (const [path, body] of orders) {
      const { status, text } = await server.request('POST', path, { auth: editsOpen, body })
      assert.equal(status, 403, `${path}: ${text}`)
    }
    const made = await server.expect(201, 'POST', orders[0][0], { auth: publishesOpen, body: schedule })
    const one = `${orders[0][0]}/${made.json.schedule_uid}`
    await server.expect(403, 'PUT', one, { auth: editsOpen, body: { cron_schedule: '* * * * *' } })
    // To end it takes no more than to edit.
    await server.expect(204, 'DELETE', one, { auth: editsOpen })
    const resource = await server.expect(201, 'POST', orders[2][0], { auth: publishesOpen, body: pushed })
    const at = `${orders[2][0]}/${resource.json.resource_uid}`
    await server.expect(403, 'PUT', `${at}/renew_api_key`, { auth: editsOpen })
    await server.expect(204, 'DELETE', at)
  })

  test('sessions and subscriptions of its owner are not its business', async () => {
    const session = await browse(server)
    const { json } = await session.expect(200, 'GET', '/api/auth/v1/session')
    for (const path of ['/api/auth/v1/sessions', '/api/notifications/v1/subscriptions'])
      assert.deepEqual((await server.expect(200, 'GET', path, { auth: publishesOpen })).json, [])
    for (const [method, path] of [
      ['DELETE', '/api/auth/v1/sessions'],
      ['DELETE', `/api/auth/v1/sessions/${json.session_uid}`],
      ['DELETE', '/api/notifications/v1/subscriptions/su_x'],
    ] as const)
      await server.expect(403, method, path, { auth: publishesOpen })
    await session.expect(200, 'GET', '/api/auth/v1/session')
  })
})

test('keys are looked up by their hash: what is right of a wrong one is not told by the time', async () => {
  // The comparison is that of an index over SHA-256, of which whoever guesses knows nothing.
  const key = await server.createApiKey(['edit_dataset'])
  const guesses = [key.slice(0, -1), `${key}x`, key.toUpperCase(), ` ${key.slice(1)}`, `${key}%00`, `${key} `]
  for (const guess of guesses.filter((text) => text.trim() !== key)) {
    const path = `${managementPath}/datasets?apikey=${encodeURIComponent(guess)}`
    const { status } = await server.request('GET', path, { auth: 'none' })
    assert.equal(status, 401, guess.replace(key, 'KEY'))
  }
  await server.expect(200, 'GET', `${managementPath}/datasets?apikey=${key}`, { auth: 'none' })
})

test('headers without an end: 408, when there has been time for them', async () => {
  assert.deepEqual(statusesIn(await slow), ['408'])
})

test('after all of it the server stands, and has failed nowhere', async () => {
  await server.expect(200, 'GET', '/readyz')
  assert.equal((await server.expect(200, 'GET', `${explorePath}/open/records`)).json.total_count, 2)
  assert.doesNotMatch(server.stderr(), /request_failed/)
})
