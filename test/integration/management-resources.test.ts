/** Resources, previews, processors, field specifications and guesses, over HTTP. Management API sections 11, 12, 14, 15. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documented, readApiDocument } from '../support/api-document.ts'
import { managementPath } from '../support/http-client.ts'
import { startServer } from '../support/server.ts'
import { xlsxOf } from '../support/workbooks.ts'

test('resources and the two stacks of steps', async (t) => {
  const server = await startServer(t)
  const call = documented(server, await readApiDocument(server))
  const newDataset = async (dataset_id: string) => {
    const { json } = await call(201, 'POST', `${managementPath}/datasets?strict=true`, {
      body: { dataset_id },
    })
    return `${managementPath}/datasets/${json.dataset_uid}`
  }
  const file = await server.upload('shops.csv', 'name;price\nÉlan;1.5\nBook "Nook";8\n')
  const many = await server.upload('many.csv', `n\n${Array.from({ length: 50 }, (_, n) => n).join('\n')}\n`)

  await t.test('a resource is added, read, replaced and deleted; its extractor is guessed', async () => {
    const base = await newDataset('resources')
    const before = (await call(200, 'GET', base)).json.last_modified
    assert.deepEqual((await call(200, 'GET', `${base}/resources/`)).json, [])
    const made = await call(201, 'POST', `${base}/resources/`, { body: { url: file.url } })
    assert.match(made.json.resource_uid, /^re_[a-z0-9]{6}$/)
    assert.deepEqual(made.json, {
      resource_uid: made.json.resource_uid,
      url: file.url,
      title: '',
      type: 'csvfile',
      params: {},
    })
    const one = `${base}/resources/${made.json.resource_uid}`
    assert.deepEqual((await call(200, 'GET', one)).json, made.json)
    const body = { url: many.url, title: 'Many', type: 'csvfile', params: { separator: ',' } }
    assert.deepEqual((await call(200, 'PUT', `${one}/`, { body })).json, {
      resource_uid: made.json.resource_uid,
      ...body,
    })
    const second = await call(201, 'POST', `${base}/resources`, { body: { ...body, title: null } })
    const listed = await call(200, 'GET', `${base}/resources`)
    assert.deepEqual(
      listed.json.map((resource: { resource_uid: string }) => resource.resource_uid),
      [made.json.resource_uid, second.json.resource_uid],
    )
    await call(204, 'DELETE', one)
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const gone = await call(404, method, one, method === 'PUT' ? { body } : {})
      assert.equal(gone.json.error_key, 'UnknownResourceException')
    }
    assert.ok((await call(200, 'GET', base)).json.last_modified >= before)
  })

  await t.test('a spreadsheet is known for one whatever its name, and previewed', async () => {
    const base = await newDataset('sheets')
    const row = (...texts: string[]) =>
      `<row>${texts.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`
    const book = xlsxOf({ sheets: { A: row('code', 'name') + row('007', 'Nook') } })
    const { url } = await server.upload('prices.csv', book)
    const guess = await call(200, 'POST', `${managementPath}/guess_extractors/`, { body: { url } })
    assert.deepEqual(guess.json.recommended_extractors, ['xlsfile'])
    const made = await call(201, 'POST', `${base}/resources`, { body: { url } })
    assert.equal(made.json.type, 'xlsfile')
    const seen = await call(200, 'GET', `${base}/resources/${made.json.resource_uid}/preview`)
    assert.deepEqual(seen.json.records, [{ code: '007', name: 'Nook' }])
    const wrong = await call(400, 'POST', `${base}/resource_preview`, { body: { url, type: 'csvfile' } })
    assert.equal(wrong.json.error_key, 'WrongExtractorException')
  })

  await t.test('a resource belongs to its dataset alone', async () => {
    const [mine, other] = [await newDataset('mine'), await newDataset('other')]
    const { resource_uid } = (await call(201, 'POST', `${mine}/resources`, { body: { url: file.url } })).json
    for (const suffix of ['', '/preview', '/download']) {
      await call(404, 'GET', `${other}/resources/${resource_uid}${suffix}`)
    }
    await call(404, 'DELETE', `${other}/resources/${resource_uid}`)
    await call(200, 'GET', `${mine}/resources/${resource_uid}`)
    await call(404, 'POST', `${managementPath}/datasets/da_zzzzzz/resources`, { body: { url: file.url } })
  })

  await t.test('an impossible resource is refused and nothing is kept', async () => {
    const base = await newDataset('impossible')
    const csv = (change: object) => ({ url: file.url, type: 'csvfile', ...change })
    const wrong: readonly (readonly [status: number, body: unknown])[] = [
      [400, undefined],
      [400, {}],
      [400, { url: 1 }],
      [404, csv({ url: 'odsfile://nothing.csv' })],
      [400, csv({ url: 'ftp://ada:pw@example.org/a.csv' })],
      [400, csv({ url: 'gopher://example.org/a.csv' })],
      [404, csv({ url: 'dataset://nothing', type: 'dataset' })],
      [400, csv({ url: 'file:///etc/passwd' })],
      [400, csv({ url: 'javascript:alert(1)' })],
      [400, csv({ url: 'http://' })],
      [400, csv({ url: '' })],
      [400, csv({ type: 'nothing' })],
      [400, csv({ type: '__proto__' })],
      [400, csv({ params: { separator: 5 } })],
      [400, csv({ params: [] })],
      [400, csv({ title: 'x'.repeat(501) })],
    ]
    for (const [status, body] of wrong) {
      const answer = await server.request('POST', `${base}/resources`, { body })
      assert.equal(
        answer.status,
        status,
        `${JSON.stringify(body)?.slice(0, 100)}: ${answer.text.slice(0, 300)}`,
      )
      assert.match(answer.json.error_key, /Exception$/)
    }
    assert.deepEqual((await call(200, 'GET', `${base}/resources`)).json, [])
  })

  await t.test('a preview shows at most 20 records with the types of the source', async () => {
    const base = await newDataset('previews')
    const shops = await call(201, 'POST', `${base}/resources`, {
      body: { url: file.url, params: { separator: ';' } },
    })
    const preview = await call(200, 'GET', `${base}/resources/${shops.json.resource_uid}/preview`)
    assert.deepEqual(
      preview.json.fields.map((field: { name: string; original_name: string; type: string }) => [
        field.name,
        field.original_name,
        field.type,
      ]),
      [
        ['name', 'name', 'text'],
        ['price', 'price', 'double'],
      ],
    )
    assert.deepEqual(preview.json.records, [
      { name: 'Élan', price: 1.5 },
      { name: 'Book "Nook"', price: 8 },
    ])

    const body = { url: many.url, type: 'csvfile' }
    const unsaved = await call(200, 'POST', `${base}/resource_preview/`, { body })
    assert.equal(unsaved.json.records.length, 20)
    assert.deepEqual(unsaved.json.records[19], { n: 19 })
    assert.equal((await call(200, 'GET', `${base}/resources`)).json.length, 1, 'a preview keeps nothing')

    const empty = await server.upload('empty.csv', '')
    const failed = await call(400, 'POST', `${base}/resource_preview`, {
      body: { url: empty.url, type: 'csvfile' },
    })
    assert.equal(failed.json.error_key, 'EmptySourceException')
    await call(404, 'POST', `${base}/resource_preview`, { body: { url: 'odsfile://nothing' } })
    await call(404, 'POST', `${managementPath}/datasets/da_zzzzzz/resource_preview`, { body })
  })

  await t.test('addresses of this machine are not fetched, and the refusal says so', async () => {
    const base = await newDataset('addresses')
    for (const url of [
      `${server.url}/healthz`,
      'http://127.0.0.1:1/a.csv',
      'http://[::1]/a.csv',
      'http://169.254.169.254/latest',
    ]) {
      const refused = await call(400, 'POST', `${base}/resource_preview`, { body: { url, type: 'csvfile' } })
      assert.equal(refused.json.error_key, 'FetchRefusedException', url)
      await call(400, 'POST', `${managementPath}/guess_extractors`, { body: { url } })
    }
  })

  await t.test('the file of a resource is downloaded as it was uploaded', async () => {
    const base = await newDataset('downloads')
    const stored = await call(201, 'POST', `${base}/resources`, { body: { url: file.url } })
    const answer = await call(200, 'GET', `${base}/resources/${stored.json.resource_uid}/download/`)
    assert.equal(answer.text, 'name;price\nÉlan;1.5\nBook "Nook";8\n')
    assert.match(answer.headers.get('content-disposition')!, /attachment; filename="?shops\.csv/)
    const remote = await call(201, 'POST', `${base}/resources`, {
      body: { url: 'https://example.org/a.csv', type: 'csvfile' },
    })
    const refused = await call(400, 'GET', `${base}/resources/${remote.json.resource_uid}/download`)
    assert.equal(refused.json.error_key, 'ResourceNotDownloadableException')
  })

  for (const [path, good, other] of [
    [
      'processors',
      { name: 'concat', args: { left: 'a', right: 'b', output_field: 'c' } },
      { name: 'skip_record', args: { field: 'a', value: '1' } },
    ],
    [
      'fields_specifications',
      { name: 'rename', args: { from_name: 'a', to_name: 'b', label: 'B' } },
      { name: 'order', args: ['b', 'a'] },
    ],
  ] as const) {
    await t.test(`${path} are an ordered stack`, async () => {
      const base = `${await newDataset(path.replaceAll('_', '-'))}/${path}`
      const names = await call(200, 'GET', `${managementPath}/${path}/`)
      assert.ok(names.json.length > 3 && names.json.every((name: unknown) => typeof name === 'string'))
      const usable = names.json.includes(other.name) ? other : good
      const first = await call(201, 'POST', `${base}/`, { body: { ...good, label: 'first' } })
      assert.match(first.json.processor_uid, /^pr_[a-z0-9]{6}$/)
      assert.deepEqual(first.json, { processor_uid: first.json.processor_uid, ...good, label: 'first' })
      const second = await call(201, 'POST', base, { body: usable })
      assert.ok(!('label' in second.json))
      const uids = async () =>
        (await call(200, 'GET', base)).json.map((step: { processor_uid: string }) => step.processor_uid)
      assert.deepEqual(await uids(), [first.json.processor_uid, second.json.processor_uid])
      const one = `${base}/${first.json.processor_uid}`
      const replaced = await call(200, 'PUT', `${one}/`, { body: { ...usable, label: null } })
      assert.deepEqual(replaced.json, { processor_uid: first.json.processor_uid, ...usable })
      assert.deepEqual(
        await uids(),
        [first.json.processor_uid, second.json.processor_uid],
        'it stays in its place',
      )
      assert.deepEqual((await call(200, 'GET', one)).json, replaced.json)
      await call(204, 'DELETE', one)
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const gone = await call(404, method, one, method === 'PUT' ? { body: good } : {})
        assert.equal(gone.json.error_key, 'UnknownProcessorException')
      }
      for (const body of [
        undefined,
        {},
        { name: 'nothing', args: {} },
        { name: good.name },
        { name: good.name, args: 'a' },
        { name: good.name, args: 5 },
        { ...good, label: 'x'.repeat(501) },
        { name: '__proto__', args: {} },
      ]) {
        const refused = await call(400, 'POST', base, { body })
        assert.match(refused.json.error_key, /Exception$/)
      }
      assert.deepEqual(await uids(), [second.json.processor_uid])
      // The other stack does not know it.
      const stranger = base.replace(path, path === 'processors' ? 'fields_specifications' : 'processors')
      await call(404, 'GET', `${stranger}/${second.json.processor_uid}`)
    })
  }

  await t.test('extractors are listed with their parameters and guessed from a source', async () => {
    const { json: extractors } = await call(200, 'GET', `${managementPath}/extractors/`)
    const types = extractors.map((extractor: { type: string }) => extractor.type)
    for (const type of ['csvfile', 'jsonfile', 'geojson']) assert.ok(types.includes(type), type)
    const csv = extractors.find((extractor: { type: string }) => extractor.type === 'csvfile')
    const parameters = csv.parameters.map((parameter: { name: string }) => parameter.name)
    for (const name of ['separator', 'encoding', 'headers_first_row', 'first_row_no', 'doublequote']) {
      assert.ok(parameters.includes(name), name)
    }
    const guess = await call(200, 'POST', `${managementPath}/guess_extractors/`, { body: { url: file.url } })
    assert.equal(guess.json.recommended_extractors[0], 'csvfile')
    assert.deepEqual(
      [...guess.json.recommended_extractors, ...guess.json.other_extractors].sort(),
      types.toSorted(),
    )
    const params = await call(200, 'POST', `${managementPath}/guess_extractor_params/`, {
      body: { url: file.url, extractor: 'csvfile' },
    })
    assert.equal(params.json.extractor, 'csvfile')
    await call(400, 'POST', `${managementPath}/guess_extractor_params`, {
      body: { url: file.url, extractor: 'nothing' },
    })
    await call(400, 'POST', `${managementPath}/guess_extractor_params`, { body: { url: file.url } })
    await call(404, 'POST', `${managementPath}/guess_extractors`, { body: { url: 'odsfile://nothing' } })
    await call(400, 'POST', `${managementPath}/guess_extractors`, { body: {} })
  })

  await t.test('what values could not be handled is listed in pages', async () => {
    const rows = Array.from({ length: 130 }, (_, n) => (n < 120 ? `v${n}` : String(n)))
    const dataset = await server.publishFile('mistyped', {
      filename: 'mistyped.csv',
      content: `a\n${rows.join('\n')}\n`,
      fieldSpecifications: [{ name: 'type', args: { field: 'a', type: 'int' } }],
    })
    const base = `${managementPath}/datasets/${dataset.datasetUid}`
    assert.equal((await call(200, 'GET', `${base}/status`)).json.records_errors, 120)
    assert.equal(
      (await call(200, 'GET', `${base}/status?expand=records_errors`)).json.records_errors.length,
      100,
    )
    const all = await call(200, 'GET', `${base}/status/records_errors`)
    assert.equal(all.json.length, 100)
    assert.equal(all.json[0].message, 'Cannot convert "v0" to "int"')
    assert.deepEqual(all.json[0].raw_params, { value: 'v0', type: 'int' })
    const same = await call(200, 'GET', `${base}/records_errors/`)
    assert.equal(same.text, all.text)
    const last = await call(200, 'GET', `${base}/records_errors?rows=50&page=3`)
    assert.equal(last.json.length, 20)
    await call(400, 'GET', `${base}/records_errors?rows=101`)
    await server.jobDone(await server.order('PUT', `${base}/unpublish`))
    assert.deepEqual((await call(200, 'GET', `${base}/records_errors`)).json, [])
  })
})
