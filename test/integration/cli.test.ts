import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createWriteStream, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { fileForm } from '../../src/cli/file-form.ts'
import { tempDirectory } from '../support/builder.ts'
import { asAdmin, callCli, runCli, startCli } from '../support/cli.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { shareServer, type TestServer } from '../support/server.ts'
import { skippedUnlessWhole } from '../support/tiers.ts'

const theServer = shareServer()

const cheeses = 'name,milk,weight_kg\nBrie,cow,2.8\nRoquefort,ewe,2.5\nValençay,goat,0.25\n'

function folder(t: TestContext): (name: string, content: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-cli-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return (name, content) => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
}

async function countOf(server: TestServer, datasetId: string): Promise<number> {
  return (await server.expect(200, 'GET', `${explorePath}/${datasetId}/records`)).json.total_count
}

test('publish makes a dataset of a file, prints only its explore URL to a pipe, and replaces its records the next time', async (t) => {
  const server = await theServer()
  const write = folder(t)
  const first = await runCli(
    ['publish', write('Fromages d’été.csv', cheeses), '--title', 'Cheeses'],
    asAdmin(server),
  )
  assert.equal(first.stderr, '')
  assert.equal(first.stdout, `${server.url}${explorePath}/fromages-d-ete/records\n`)
  assert.equal(first.code, 0)
  const dataset = (await server.expect(200, 'GET', `${explorePath}/fromages-d-ete`)).json
  assert.equal(dataset.metas.default.title, 'Cheeses')
  assert.equal(await countOf(server, 'fromages-d-ete'), 3)

  const next = write('new.csv', `${cheeses}Comté,cow,40\n`)
  const second = await runCli(['publish', next, '--id', 'fromages-d-ete'], asAdmin(server))
  assert.equal(second.code, 0, second.stderr)
  assert.equal(await countOf(server, 'fromages-d-ete'), 4)
  const resources = (await server.expect(200, 'GET', `${managementPath}/datasets/fromages-d-ete/resources/`))
    .json
  assert.deepEqual(
    resources.map((resource: { title: string }) => resource.title),
    ['new.csv'],
  )
})

test('what was set for a format is kept for the next file of that format, and only for that', async (t) => {
  const server = await theServer()
  const write = folder(t)
  const args = [
    'publish',
    write('shops.csv', 'one;two\na|b;2\n'),
    '--param',
    'separator=|',
    '--param',
    'headers_first_row=false',
  ]
  assert.equal((await callCli(args, asAdmin(server))).code, 0)
  const made = (await server.expect(200, 'GET', `${explorePath}/shops`)).json
  assert.equal(made.metas.default.title, 'Shops')
  const paramsOf = async () =>
    (await server.expect(200, 'GET', `${managementPath}/datasets/shops/resources/`)).json[0].params
  assert.deepEqual(await paramsOf(), { separator: '|', headers_first_row: false })
  await callCli(['publish', write('shops.csv', 'c|d\n')], asAdmin(server))
  assert.deepEqual(await paramsOf(), { separator: '|', headers_first_row: false })
  await callCli(['publish', write('shops.json', '[{"a": 1}]')], asAdmin(server))
  assert.deepEqual(await paramsOf(), {})
})

test('the life of a dataset on the command line: save-version, versions, restore, unpublish, status, jobs', async (t) => {
  const server = await theServer()
  const admin = asAdmin(server)
  const write = folder(t)
  const on = (...args: string[]) => callCli(args, admin)
  await on('publish', write('cheeses.csv', cheeses))

  const saved = await on('save-version', 'cheeses', '--label', 'before the fair')
  const versionUid = saved.stdout.trim()
  assert.match(versionUid, /^ch_[a-z0-9]{6}$/)
  const listed = await on('versions', 'cheeses')
  assert.match(listed.stdout, new RegExp(`^${versionUid}\\t\\S+\\t3 records\\tbefore the fair\\n$`))

  await on('publish', write('cheeses.csv', 'name,milk,weight_kg\n'))
  assert.equal(await countOf(server, 'cheeses'), 0)
  assert.equal((await on('restore', 'cheeses', versionUid)).code, 0)
  assert.equal(await countOf(server, 'cheeses'), 3)
  const automatic = /^(ch_\w+)\t\S+\t0 records\t\(automatic\) Before version ch_\w+ was restored\n/.exec(
    (await on('versions', 'cheeses')).stdout,
  )![1]!
  const back = await on('restore', 'cheeses', automatic, '--only', 'data')
  assert.match(
    back.stdout,
    /^the data of cheeses is what it was in version ch_\w+; what it was before is version ch_/,
  )
  assert.equal(await countOf(server, 'cheeses'), 0)
  await on('restore', 'cheeses', versionUid)
  assert.equal((await on('restore', 'cheeses', versionUid, '--only', 'some')).code, 2)
  const noted = (await on('save-version', 'cheeses', '--note', 'for the record')).stdout.trim()
  assert.match(
    (await on('delete-version', 'cheeses', noted)).stdout,
    /^version ch_\w+ of cheeses is deleted\n$/,
  )
  assert.equal((await on('delete-version', 'cheeses', noted)).code, 1)

  assert.equal((await on('unpublish', 'cheeses')).code, 0)
  assert.equal((await server.request('GET', `${explorePath}/cheeses`)).status, 404)
  assert.match(
    (await on('status', 'cheeses')).stdout,
    /^idle, not published, since \S+, undo-unpublish until \S/,
  )
  assert.equal((await on('undo-unpublish', 'cheeses')).stdout, 'cheeses is public again, as it was\n')
  assert.equal(await countOf(server, 'cheeses'), 3)
  assert.equal((await on('undo-unpublish', 'cheeses')).code, 1)

  const jobs = (await on('jobs', '--rows', '9', '--json')).events().map((event) => event.job.function)
  assert.deepEqual(jobs, [
    'undo_unpublish',
    'unpublish',
    'save_version',
    'restore_version',
    'restore_version',
    'restore_version',
    'publish',
    'save_version',
    'publish',
  ])
})

test('--json prints one event a line: the job as it goes, then what came of it', async (t) => {
  const server = await theServer()
  const run = await callCli(['publish', folder(t)('goats.csv', cheeses), '--json'], asAdmin(server))
  const events = run.events()
  assert.ok(events.slice(0, -1).every((event) => event.event === 'job'))
  assert.equal(events.at(-2).job.state, 'done')
  const { event, dataset_id, explore_url, result } = events.at(-1)
  assert.equal(event, 'published')
  assert.equal(dataset_id, 'goats')
  assert.equal(explore_url, `${server.url}${explorePath}/goats/records`)
  assert.equal(result.records_count, 3)
})

test('what goes wrong has an exit code, a sentence and a hint, and no stack', async (t) => {
  const server = await theServer()
  const admin = asAdmin(server)
  const write = folder(t)
  const cases: [string, string[], Record<string, string>, number, RegExp][] = [
    ['no such command', ['frobnicate'], admin, 2, /unknown command 'frobnicate'/],
    ['no argument', ['publish'], admin, 2, /missing required argument/],
    ['no such file', ['publish', '/nowhere/cheese.csv'], admin, 2, /There is no file \/nowhere\/cheese\.csv/],
    ['a directory', ['publish', tmpdir()], admin, 2, /is not a file/],
    ['no name left', ['publish', write('+++.csv', cheeses)], admin, 2, /--id/],
    ['no address', ['status', 'x', '--server', 'cheese'], admin, 2, /not an address/],
    ['no such dataset', ['unpublish', 'nothing'], admin, 1, /Unknown dataset: nothing/],
    ['no credentials', ['status', 'nothing'], { BROADSHEET_SERVER: server.url }, 1, /--apikey/],
    ['nothing to abort', ['abort', 'idle-one'], admin, 1, /dataset status is 'idle'/],
    [
      'a failed job',
      ['publish', write('broken.geojson', '{"type": "FeatureColl')],
      admin,
      1,
      /broadsheet: \S[\s\S]*The dataset broken has been created and is not published\.[\s\S]*--id broken; or go on at http\S+\/backoffice\/datasets\/da_\w+/,
    ],
    [
      'no data at all',
      ['publish', write('page.csv', '<!doctype html><title>No</title>')],
      admin,
      1,
      /broadsheet: \S/,
    ],
    ['nobody there', ['status', 'x', '--server', await deadAddress()], admin, 3, /nothing listens there/],
    [
      'somebody else',
      ['status', 'x', '--server', await strangersAddress(t)],
      admin,
      3,
      /not a Broadsheet server/,
    ],
  ]
  await server.expect(201, 'POST', `${managementPath}/datasets`, { body: { dataset_id: 'idle-one' } })
  for (const [index, [name, args, env, code, message]] of cases.entries()) {
    // Some as processes: the exit code is theirs.
    const run = await (index % 4 === 0 ? runCli : callCli)(args, env)
    assert.equal(run.code, code, `${name}: ${run.stderr}`)
    assert.match(run.stderr, message, name)
    assert.doesNotMatch(run.stderr, /\n\s+at /, name)
    assert.equal(run.stdout, '', name)
  }
  const told = (await callCli(['unpublish', 'nothing', '--json'], admin)).events()
  assert.deepEqual(
    told.map(({ event, kind, error }) => [event, kind, error.error_key]),
    [['error', 'refused', 'UnknownDatasetException']],
  )
})

test('an API key and a user with a password are credentials too, and win over the environment', async () => {
  const server = await theServer()
  await server.expect(201, 'POST', `${managementPath}/datasets`, { body: { dataset_id: 'some' } })
  const key = await server.createApiKey(['edit_dataset', 'publish_dataset'])
  const env = { BROADSHEET_SERVER: server.url, BROADSHEET_ADMIN_PASSWORD: 'a wrong password' }
  assert.equal((await callCli(['status', 'some'], env)).code, 1)
  assert.equal((await callCli(['status', 'some', '--apikey', key], env)).code, 0)
  assert.equal((await callCli(['status', 'some'], { ...env, BROADSHEET_APIKEY: key })).code, 0)
  const user = `${server.admin.username}:${server.admin.password}`
  assert.equal((await callCli(['--user', user, 'status', 'some'], env)).code, 0)
})

test('Ctrl-C while a publish is followed leaves the job running and says how to stop it', async (t) => {
  const server = await theServer()
  const admin = asAdmin(server)
  const write = folder(t)
  const big = write('big.csv', '')
  await pipeline(Readable.from(manyRows()), createWriteStream(big))
  const publishing = startCli(['publish', big, '--json'], admin)
  const seen = await publishing.line((line) => JSON.parse(line).job?.state === 'running')
  const jobId = JSON.parse(seen).job.job_id
  publishing.child.kill('SIGINT')
  const run = await publishing.ended
  assert.equal(run.code, 130)
  const { hint, ...last } = run.events().at(-1)
  assert.deepEqual(last, { event: 'interrupted', job_id: jobId, dataset: 'big' })
  assert.match(hint, /broadsheet abort big/)
  assert.equal((await server.expect(200, 'GET', `${managementPath}/jobs/${jobId}`)).json.state, 'running')

  const aborted = await callCli(['abort', 'big', '--discard'], admin)
  assert.equal(aborted.code, 0, aborted.stderr)
  const ended = await runCli(['jobs', jobId, '--follow', '--json'], admin)
  assert.equal(ended.events().at(-1).job.result.aborted, true)
  assert.equal((await server.request('GET', `${explorePath}/big`)).status, 404)
})

test('explain shows every stage of a query without any server', async () => {
  const run = await runCli(['explain', "weight > 2 and milk = 'ewe'", '--fields', 'weight:double,milk:text'])
  assert.equal(run.code, 0, run.stderr)
  for (const stage of ['fields', 'tokens', 'ast', 'normal', 'plan', 'sql', 'values']) {
    assert.match(run.stdout, new RegExp(`^${stage} +\\S`, 'm'))
  }
  assert.doesNotMatch(run.stdout.match(/^sql .*$/m)![0], /ewe/, 'values are bound, not pasted')
  const wrong = await callCli(['explain', 'x = 1', '--fields', 'x:cheese'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /'cheese' is not a field type/)
  const refused = await callCli(['explain', 'nowhere = 1'])
  assert.equal(refused.code, 1)
  assert.match(refused.stdout, /^error +odsql\.unknown_field/m)
  assert.match(refused.stderr, /--dataset/)
})

test('what a script should know is told to it too', async (t) => {
  const server = await theServer()
  const write = folder(t)
  const login = asAdmin(server)
  const ragged = write('ragged.csv', 'a,b\n1,2\n3,4,5\n')
  const published = await callCli(['publish', ragged], login)
  assert.equal(published.code, 0, published.stderr)
  assert.match(published.stderr, /1 row was rejected, 1 kept; why: broadsheet rejects \S+/)
  assert.match(published.stdout, /^http\S+\n$/)
  const mistaken = await callCli(['publish', ragged, '--param', 'seperator=;'], login)
  assert.equal(mistaken.code, 2)
  assert.match(mistaken.stderr, /no parameter 'seperator'[\s\S]*separator/)
  const unknown = await callCli(['--json', 'bogus'])
  assert.equal(unknown.code, 2)
  assert.equal(JSON.parse(unknown.stdout).kind, 'usage')
  const occupied = await runCli(['serve'], {
    BROADSHEET_DATA_DIR: server.dataDirectory,
    BROADSHEET_PORT: '0',
    BROADSHEET_DEMO: '0',
  })
  assert.equal(occupied.code, 1)
  assert.match(occupied.stderr, /cannot start/)
})

test('list, errors, rejects and delete: what there is, what did not come through, and away with it', async (t) => {
  const server = await theServer()
  const write = folder(t)
  const on = (...args: string[]) => callCli(args, asAdmin(server))
  const source = write('mended.csv', 'day,b\n2031-01-01,2\n3,4,5\nsoon,6\n')
  assert.equal((await on('publish', source, '--title', 'To  be\nmended')).code, 0)
  const { json: dataset } = await server.expect(200, 'GET', `${managementPath}/datasets/mended`)
  const steps = `${managementPath}/datasets/${dataset.dataset_uid}/fields_specifications/`
  await server.expect(201, 'POST', steps, { body: { name: 'type', args: { field: 'day', type: 'date' } } })
  await server.createDataset('hidden', { filename: 'a.csv', content: 'a\n1\n' })
  assert.equal((await on('publish', source)).code, 0)

  const listed = (await on('list')).stdout.split('\n')
  assert.ok(listed.includes('mended\tpublished\tidle\tTo be mended'), listed.join('\n'))
  assert.ok(listed.includes('hidden\tnot published\tidle\thidden'), listed.join('\n'))
  const names = (await on('list', '--json')).events().map((event) => event.dataset_id)
  assert.ok(names.includes('mended') && names.includes('hidden'))

  const errors = await on('errors', 'mended')
  assert.match(errors.stdout, /^[0-9a-f]{32}\tday\t.*soon.*\n$/)
  assert.equal((await on('errors', 'mended', '--json')).events()[0].event, 'record_error')
  const rejects = await on('rejects', 'mended')
  assert.match(rejects.stdout, /^resource_uid,line,reason,raw\nre_\w+,3,.*"3,4,5"\n$/)
  const [reject] = (await on('rejects', 'mended', '--json')).events()
  assert.deepEqual([reject.event, reject.line, reject.raw], ['reject', 3, '3,4,5'])
  const none = await on('rejects', 'hidden')
  assert.equal(none.code, 1)
  assert.match(none.stderr, /not published/)

  const [job] = (await on('jobs', '--json', '--rows', '1')).events()
  assert.equal(job.job.dataset_id, 'mended')
  assert.match((await on('jobs', '--rows', '1')).stdout, /\tpublish\tmended\t/)
  const hesitant = await on('delete', 'mended')
  assert.equal(hesitant.code, 2)
  assert.match(hesitant.stderr, /--yes/)
  const deleted = await on('delete', 'mended', '--yes', '--json')
  assert.deepEqual(deleted.events(), [{ event: 'dataset_deleted', dataset: 'mended' }])
  await server.expect(404, 'GET', `${explorePath}/mended`)
  assert.match((await on('jobs', '--rows', '1')).stdout, new RegExp(`\\tpublish\\t${dataset.dataset_uid}\\t`))
})

/** Some 60 MB: a few seconds of work for the builder. Digits are hashed, so that the engine cannot shortcut them. */
function* manyRows(): Generator<string> {
  yield 'id,a,b,c\n'
  for (let block = 0; block < 600; block++) {
    let rows = ''
    for (let row = 0; row < 1000; row++) {
      const hash = createHash('md5').update(`${block} ${row}`).digest('hex')
      rows += `${block * 1000 + row},${hash.slice(0, 12)} ${hash.slice(12, 20)},${hash},${hash.charCodeAt(5)}.5\n`
    }
    yield rows
  }
}

async function deadAddress(): Promise<string> {
  const probe = createServer()
  const port = await new Promise<number>((resolve) =>
    probe.listen(0, '127.0.0.1', () => resolve((probe.address() as { port: number }).port)),
  )
  await new Promise((resolve) => probe.close(resolve))
  return `http://127.0.0.1:${port}`
}

async function strangersAddress(t: TestContext): Promise<string> {
  const { createServer: createHttpServer } = await import('node:http')
  const stranger = createHttpServer((_request, response) => response.end('<html>hello</html>'))
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  t.after(() => stranger.close())
  return `http://127.0.0.1:${(stranger.address() as { port: number }).port}`
}

test('publish --dry-run shows nothing, a held publish ends with code 1, --override-gates lets it through, diff tells', async (t) => {
  const server = await theServer()
  const write = folder(t)
  const run = (...args: string[]) => callCli(args, asAdmin(server))
  const path = (name: string, rows: number) =>
    write(
      name,
      `${cheeses
        .split('\n')
        .slice(0, rows + 1)
        .join('\n')}\n`,
    )
  assert.equal((await run('publish', path('few.csv', 3))).code, 0)
  const base = `${managementPath}/datasets/few`
  await server.expect(200, 'PUT', `${base}/gates`, { body: {} })
  assert.equal((await run('save-version', 'few')).code, 0)

  const dry = await run('publish', path('less.csv', 1), '--id', 'few', '--dry-run')
  assert.equal(dry.stdout, '0 added, 2 removed, 0 changed, 1 unchanged\n')
  assert.equal(dry.code, 0)
  assert.equal(await countOf(server, 'few'), 3)

  const held = await run('--json', 'publish', path('less.csv', 1), '--id', 'few')
  assert.equal(held.code, 1)
  const last = held.events().at(-1)
  assert.deepEqual([last.event, last.result.gates[0].gate], ['held', 'record_loss_percent'])
  assert.match((await run('status', 'few')).stdout, /a publish is held: 2 of 3 records are gone/)
  assert.equal(await countOf(server, 'few'), 3)

  const through = await run('publish', path('less.csv', 1), '--id', 'few', '--override-gates')
  assert.equal(through.code, 0, through.stderr)
  assert.equal(await countOf(server, 'few'), 1)
  const lines = (await run('diff', 'few')).stdout.trimEnd().split('\n')
  assert.equal(lines[0], '0 added, 2 removed, 0 changed, 1 unchanged')
  assert.deepEqual(
    lines.slice(1).map((line) => line.split('\t')[0]),
    ['removed', 'removed'],
  )
  const events = (await run('--json', 'diff', 'few', 'current', 'current', '--rows', '0')).events()
  assert.deepEqual(events[0].records, { added: 0, removed: 0, changed: 0, unchanged: 1 })
  assert.equal((await run('diff', 'few', 'ch_nosuch')).code, 1)
})

test('a file beyond 4 GiB is sent whole', {
  skip: skippedUnlessWhole('reads 4 GiB'),
}, async (t) => {
  const path = join(tempDirectory(t), 'large.csv')
  writeFileSync(path, 'a\n')
  const bytes = 2 ** 32 + 5
  truncateSync(path, bytes)
  let sent = 0
  for await (const chunk of fileForm(path, 'x').body) sent += (chunk as Buffer).length
  assert.ok(sent > bytes && sent < bytes + 1000, `${sent} bytes of ${bytes}`)
})
