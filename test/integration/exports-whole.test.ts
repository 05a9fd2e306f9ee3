/** Exports are whole or visibly broken, resumable where they are files, and flat in memory; Parquet for analysts. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { tempDirectory } from '../support/builder.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { parquetOf } from '../support/parquet.ts'
import { memoryOf } from '../support/processes.ts'
import { connectIn } from '../support/reading-engine.ts'
import { shareServer, startServer, type TestServer } from '../support/server.ts'
import { isWhole, skippedUnlessWhole } from '../support/tiers.ts'

const theServer = shareServer()

/** Text is written in slices of this many records, one ahead of the reader. */
const sliceRows = 60_000
const manyRows = (isWhole ? 5 : 2) * sliceRows
const tooManyRows = 1_048_576

/** number, name, day, lat, lon: the same for the same number. */
const places = (count: number) => `
  select range as number, 'place ' || range || ' & "more" <x>' as name,
    date '2000-01-01' + (range % 9000)::integer as day,
    (range % 1800) / 10 - 90 as lat, (range % 3600) / 10 - 180 as lon
  from range(${count})`

const point = { name: 'create_geopoint', args: { latitude: 'lat', longitude: 'lon', output_field: 'at' } }

/** Opens an answer without reading it. */
function openAnswer(server: TestServer, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpGet(new URL(path, server.url), { agent: false }, resolve).once('error', reject)
  })
}

/** Reads to the end, keeping the length alone. */
async function drain(answer: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const chunk of answer) bytes += (chunk as Buffer).length
  return bytes
}

const streamedFormats = 'csv json jsonl geojson kml gpx turtle n3 rdfxml jsonld ics xlsx ov2'.split(' ')
/** Those that the engine writes as text, and those that our own code makes of rows. */
const textFormats = streamedFormats.filter((format) => !/xlsx|ov2/.test(format))
const rowFormats = isWhole ? ['xlsx', 'ov2'] : ['ov2']
/**
 * A heap into which the records would not fit as values of JavaScript. One thread of the engine: each has buffers for a
 * format with much text, which come to more than what is to be seen here.
 */
const scarce = { NODE_OPTIONS: '--max-old-space-size=96', BROADSHEET_QUERY_THREADS: '1' }

test('exports of many records', async (t) => {
  const server = await startServer(t, { env: scarce })
  const content = await parquetOf(t, places(manyRows))
  await server.publishFile('many', { filename: 'many.parquet', content, processors: [point] })
  const base = `${explorePath}/many/exports`
  const spool = join(server.dataDirectory, 'tmp', 'exports')
  const left = () => readdirSync(spool).filter((name) => !name.startsWith('whole-'))

  /** Reads an export; answers its length. */
  async function read(format: string, limit: number): Promise<number> {
    const answer = await openAnswer(server, `${base}/${format}?select=number,name,day,at&limit=${limit}`)
    assert.equal(answer.statusCode, 200, format)
    assert.equal(answer.headers['transfer-encoding'], 'chunked')
    const bytes = await drain(answer)
    assert.equal(answer.trailers['broadsheet-records'], String(Math.min(limit, manyRows)), format)
    return bytes
  }

  await t.test('every streamed format counts its records in a trailer', async () => {
    for (const format of streamedFormats) assert.ok((await read(format, 3000)) > 3000 * 10, format)
    assert.deepEqual(left(), [])
  })

  await t.test('a limit takes the first that match, wherever they lie', async () => {
    const numbersOf = async (format: string, query: string) => {
      const { text } = await server.expect(200, 'GET', `${base}/${format}?select=number,at&${query}`)
      return [...text.matchAll(/"number":\s?(\d+)/g)].map(([, number]) => Number(number))
    }
    const from = (start: number, count: number) => Array.from({ length: count }, (_, n) => start + n)
    for (const format of ['jsonl', 'json', 'geojson']) {
      assert.deepEqual(await numbersOf(format, 'where=number >= 100001&limit=5'), from(100_001, 5), format)
      assert.deepEqual(await numbersOf(format, 'where=number > 7 and number < 10&limit=5'), [8, 9], format)
      assert.deepEqual(await numbersOf(format, 'where=number < 0&limit=5'), [], format)
      assert.deepEqual(await numbersOf(format, 'limit=3'), from(0, 3), format)
      assert.deepEqual(await numbersOf(format, 'where=name like "7"&limit=1'), [7], format)
    }
    const where = encodeURIComponent('number >= 1000')
    const most = await openAnswer(server, `${base}/csv?where=${where}&limit=${sliceRows}`)
    await drain(most)
    assert.equal(most.trailers['broadsheet-records'], String(sliceRows))
  })

  await t.test('records of many kilobytes are exported', async () => {
    const wide = await parquetOf(
      t,
      `select range as number, repeat('wide "text" & more <' || range || '> ', 300) as name,
         date '2000-01-01' as day, 48.5 as lat, 2.5 as lon from range(1500)`,
    )
    await server.publishFile('wide', { filename: 'wide.parquet', content: wide, processors: [point] })
    for (const format of isWhole ? ['geojson', 'n3', 'ics', 'kml', 'jsonl'] : ['geojson', 'ics']) {
      const answer = await openAnswer(server, `${explorePath}/wide/exports/${format}`)
      assert.equal(answer.statusCode, 200, format)
      assert.ok((await drain(answer)) > 1500 * 6000, format)
      assert.equal(answer.trailers['broadsheet-records'], '1500', format)
    }
  })

  await t.test(
    'text that the engine writes needs the memory of two slices, however many there are',
    { skip: skippedUnlessWhole('three hundred thousand records as linked data') },
    async (tt) => {
      const peakMb = () => memoryOf(server.pid)!.peakMb
      for (const format of textFormats) {
        // Twice: the engine's allocator takes more the second time, and gives back late.
        const two = await read(format, 2 * sliceRows)
        await read(format, 2 * sliceRows)
        const before = peakMb()
        const addedMb = ((await read(format, manyRows)) - two) / 2 ** 20
        const grownMb = peakMb() - before
        const said = `${format}: ${grownMb.toFixed()} MB on top of ${before.toFixed()} for ${addedMb.toFixed()} MB of text`
        tt.diagnostic(said)
        assert.ok(grownMb < Math.max(addedMb / 2, 100), said)
      }
      assert.deepEqual(left(), [])
    },
  )

  await t.test('rows that our own code writes go through a heap that could not hold them', async () => {
    for (const format of rowFormats) await read(format, manyRows)
  })

  await t.test('what fails in the middle is cut off, and cannot be taken for whole', async () => {
    for (const path of ['csv', 'geojson', 'xlsx', 'kml?compressed=true', 'json?order_by=name']) {
      const answer = await openAnswer(server, `${base}/${path}`)
      assert.equal(answer.statusCode, 200)
      // The first slices are written, none of the later ones can be.
      rmSync(spool, { recursive: true })
      await assert.rejects(drain(answer), /aborted|ECONNRESET/, path)
      assert.equal(answer.complete, false)
      mkdirSync(spool)
    }
    const whole = await openAnswer(server, `${base}/csv`)
    await drain(whole)
    assert.equal(whole.complete, true)
  })

  await t.test('a reader that leaves ends the work and leaves nothing', async () => {
    for (const format of ['csv', 'xlsx', 'ov2']) {
      const answer = await openAnswer(server, `${base}/${format}`)
      answer.once('error', () => {})
      answer.destroy()
    }
    const endsAt = performance.now() + 20_000
    while (left().length > 0 && performance.now() < endsAt) await delay(20)
    assert.deepEqual(left(), [])
  })

  await t.test('whole files have a length, ranges and a tag, and can be resumed', async () => {
    for (const format of ['parquet', 'shp', 'fgb']) {
      const path = `${base}/${format}?where=number<5000`
      const full = await server.expect(200, 'GET', path)
      const length = full.bytes.length
      const etag = full.headers.get('etag')!
      assert.equal(full.headers.get('accept-ranges'), 'bytes')
      assert.equal(full.headers.get('content-length'), String(length))
      assert.match(etag, /^"ge_[^"]+"$/)
      const head = await server.expect(200, 'HEAD', path)
      for (const name of ['content-length', 'etag', 'accept-ranges', 'content-type', 'content-disposition']) {
        assert.equal(head.headers.get(name), full.headers.get(name), name)
      }
      const part = (range: string, more = {}) =>
        server.request('GET', path, { headers: { Range: range, ...more } })
      const first = await part('bytes=0-999')
      assert.equal(first.status, 206)
      assert.equal(first.headers.get('content-range'), `bytes 0-999/${length}`)
      const rest = await part('bytes=1000-', { 'If-Range': etag })
      assert.equal(rest.status, 206)
      assert.deepEqual(Buffer.concat([first.bytes, rest.bytes]), full.bytes)
      assert.deepEqual((await part('bytes=-8')).bytes, full.bytes.subarray(-8))
      assert.equal((await part('bytes=0-9', { 'If-Range': '"another"' })).status, 200)
      assert.equal((await part('bytes=0-1,5-6')).status, 200)
      assert.equal((await part('lines=0-9')).status, 200)
      const beyond = await part(`bytes=${length}-`)
      assert.equal(beyond.status, 416)
      assert.equal(beyond.headers.get('content-range'), `bytes */${length}`)
      assert.equal(beyond.json.key, 'http.range_not_satisfiable')
      const known = await server.expect(304, 'GET', path, { headers: { 'If-None-Match': etag } })
      assert.equal(known.headers.get('etag'), etag)
      assert.equal(known.bytes.length, 0)
    }
    const timely = await server.expect(200, 'GET', `${base}/parquet?where=day < now()&limit=5`)
    assert.equal(timely.headers.get('accept-ranges'), 'none')
    assert.equal(timely.headers.get('etag'), null)
  })

  await t.test(
    'a stream is a file for who wants parts of it, or its length to open it in a map',
    async () => {
      const lengthOf = async (path: string) =>
        (await server.expect(200, 'HEAD', `${base}/${path}`)).headers.get('content-length')
      for (const format of ['geojson', 'kml', 'gpx', 'csv', 'xlsx', 'jsonl']) {
        const path = `${base}/${format}?where=number<3000`
        const full = await server.expect(200, 'GET', path)
        assert.equal(full.headers.get('accept-ranges'), 'bytes', format)
        const part = (range: string, more = {}) =>
          server.request('GET', path, { headers: { Range: range, ...more } })
        const first = await part('bytes=0-999')
        assert.equal(first.status, 206, format)
        assert.equal(first.headers.get('content-range'), `bytes 0-999/${full.bytes.length}`, format)
        const etag = first.headers.get('etag')!
        assert.match(etag, /^"ge_/)
        const rest = await part('bytes=1000-', { 'If-Range': etag })
        assert.equal(rest.status, 206, format)
        assert.ok(Buffer.concat([first.bytes, rest.bytes]).equals(full.bytes), format)
        const isForGdal = /geojson|kml|gpx|xlsx/.test(format)
        const length = isForGdal ? String(full.bytes.length) : null
        assert.equal(await lengthOf(`${format}?where=number<3000`), length, format)
        for (const whole of [
          await part('bytes=0-'),
          await part('bytes=9-', { 'If-Range': full.headers.get('etag')! }),
          await part('bytes=9-', { 'If-Range': full.headers.get('last-modified')! }),
        ]) {
          assert.equal(whole.status, 200, format)
          assert.equal(whole.headers.get('content-length'), null, format)
          assert.ok(whole.bytes.equals(full.bytes), format)
        }
      }
      assert.equal(await lengthOf('geojson?compressed=true&limit=3'), null, 'not known, and not 0')
      const timely = await server.request('GET', `${base}/csv?where=day < now()&limit=5`, {
        headers: { Range: 'bytes=0-9' },
      })
      assert.equal(timely.status, 200)
      assert.equal(timely.headers.get('accept-ranges'), null)
      assert.deepEqual(left(), [])
    },
  )

  await t.test('who asks at once for the same file shares it', async () => {
    const path = `${base}/parquet?where=number<7000`
    const answers = await Promise.all([1, 2, 3, 4].map(() => server.expect(200, 'GET', path)))
    assert.equal(new Set(answers.map(({ headers }) => headers.get('etag'))).size, 1)
  })

  await t.test('the Parquet door: one file and the parts, in ranges, read by an engine', async (tt) => {
    const door = `${explorePath}/many/parquet`
    const listing = (await server.expect(200, 'GET', door)).json
    assert.equal(listing.records_count, manyRows)
    assert.equal(listing.file.href, `${server.url}${door}/all.parquet`)
    assert.equal(
      listing.parts.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0),
      manyRows,
    )
    const directory = tempDirectory(tt)
    const connection = await connectIn(tt, directory)
    for (const [index, { href, bytes, sha256 }] of listing.parts.entries()) {
      const { pathname } = new URL(href)
      const answer = await server.expect(200, 'GET', pathname)
      assert.equal(answer.bytes.length, bytes)
      assert.equal(createHash('sha256').update(answer.bytes).digest('hex'), sha256)
      assert.equal(answer.headers.get('etag'), `"${sha256}"`)
      assert.equal(answer.headers.get('content-type'), 'application/vnd.apache.parquet')
      const footer = await server.request('GET', pathname, { headers: { Range: 'bytes=-4' } })
      assert.equal(footer.status, 206)
      assert.equal(footer.text, 'PAR1')
      await server.expect(304, 'GET', pathname, { headers: { 'If-None-Match': `"${sha256}"` } })
      writeFileSync(join(directory, `part-${index}.parquet`), answer.bytes)
    }
    const count = async (files: string) => {
      const [row] = await connection.all(
        `select count(*) as n, count(distinct number) as d, sum(number)::bigint as s from read_parquet('${files}')`,
      )
      return row!
    }
    const expected = {
      n: BigInt(manyRows),
      d: BigInt(manyRows),
      s: (BigInt(manyRows) * BigInt(manyRows - 1)) / 2n,
    }
    assert.deepEqual(await count(join(directory, 'part-*.parquet')), expected)
    // As engines open a file over HTTP: its length, its end, then what they need of it.
    const all = `${door}/all.parquet`
    const head = await server.expect(200, 'HEAD', all)
    const length = Number(head.headers.get('content-length'))
    const pieces: Buffer[] = []
    const step = Math.ceil(length / 5)
    for (let at = 0; at < length; at += step) {
      const range = `bytes=${at}-${Math.min(at + step, length) - 1}`
      const piece = await server.request('GET', all, {
        headers: { Range: range, 'If-Range': head.headers.get('etag')! },
      })
      assert.equal(piece.status, 206)
      pieces.push(piece.bytes)
    }
    const file = join(directory, 'all.parquet')
    writeFileSync(file, Buffer.concat(pieces))
    assert.deepEqual(await count(file), expected)
    const columns = await connection.all(`describe select * from '${file}'`)
    assert.deepEqual(
      columns.map((row) => row.column_name),
      ['number', 'name', 'day', 'lat', 'lon', 'at'],
    )
    for (const name of ['part-99999.parquet', 'manifest.json', '..%2fmanifest.json', 'rejects.parquet']) {
      await server.expect(404, 'GET', `${door}/${name}`)
    }
  })
})

test('who may not see a dataset finds no Parquet of it, and a version is read after later publishes', async () => {
  const server = await theServer()
  const dataset = await server.publishFile('few', { filename: 'few.csv', content: 'a,b\n1,x\n2,y\n' })
  const base = `${managementPath}/datasets/${dataset.datasetUid}`
  const saved = await server.jobDone(await server.order('PUT', `${base}/save_version`))
  const version = saved.result.version_uid
  const before = (await server.expect(200, 'GET', `${explorePath}/few/parquet`)).json
  await server.replaceFile(dataset, 'few.csv', 'a,b\n1,x\n2,y\n3,z\n')
  await server.jobDone(await server.publish(dataset.datasetUid))
  const now = (await server.expect(200, 'GET', `${explorePath}/few/parquet`)).json
  assert.equal(now.records_count, 3)
  const old = (await server.expect(200, 'GET', `${explorePath}/few/parquet?version=${version}`)).json
  assert.equal(old.records_count, 2)
  assert.equal(old.generation_uid, before.generation_uid)
  for (const { href } of [old.file, ...old.parts]) {
    assert.match(href, new RegExp(`version=${version}$`))
    const { pathname, search } = new URL(href)
    await server.expect(200, 'GET', `${pathname}${search}`)
  }
  const paths = [
    '/parquet',
    '/parquet/all.parquet',
    `/parquet/${new URL(now.parts[0].href).pathname.split('/').at(-1)}`,
    '/exports',
    '/exports/geojson',
    '/exports/xlsx',
  ]
  await server.expect(200, 'PUT', `${base}/security/access_policy`, { body: '"restricted"' })
  for (const path of paths) {
    const hidden = await server.expect(404, 'GET', `${explorePath}/few${path}`)
    const unknown = await server.expect(404, 'GET', `${explorePath}/nox${path}`)
    assert.equal(hidden.text.replaceAll('few', 'nox'), unknown.text)
  }
  await server.expect(200, 'GET', `${explorePath}/few/parquet/all.parquet`, { auth: 'admin' })
})

test('a sheet that is too long for spreadsheets is refused before it begins', async (t) => {
  const server = await theServer()
  const content = await parquetOf(t, `select range as n from range(${tooManyRows})`)
  await server.publishFile('long', { filename: 'long.parquet', content })
  const path = `${explorePath}/long/exports/xlsx`
  for (const query of ['', '?order_by=n', '?where=n >= 0']) {
    const { json } = await server.expect(400, 'GET', `${path}${query}`)
    assert.equal(json.key, 'exports.too_many_records')
    assert.equal(
      json.message,
      `A file of format xlsx holds at most 1048575 records, and these are ${tooManyRows}`,
    )
    assert.ok(json.hint)
  }
  for (const query of ['where=n < 10', 'limit=10', 'where=n > 1048570&limit=9', 'select=count(*)']) {
    assert.equal((await server.expect(200, 'GET', `${path}?${query}`)).bytes.subarray(0, 2).toString(), 'PK')
  }
})
