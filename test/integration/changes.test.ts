/** What was done to a dataset: every edit and action once, with old and new, and the way back. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { changeMetadata, createDataset, listChanges } from '../../src/catalog/index.ts'
import { openControl } from '../../src/control/index.ts'
import { createIds, systemClock } from '../../src/kernel/index.ts'
import { addUser } from '../support/accounts.ts'
import { documented, readApiDocument } from '../support/api-document.ts'
import { tempDirectory } from '../support/builder.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { explorePath, managementPath } from '../support/http-client.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { startServer } from '../support/server.ts'
import { skippedUnlessWhole } from '../support/tiers.ts'

interface Change {
  change_uid: number
  kind: string
  job_id: string | null
  sections: string[]
  can_restore: boolean
  omitted_count: number
  user: { username: string }
  // biome-ignore lint/suspicious/noExplicitAny: a difference's values are what a test is there to check
  diff: Record<string, any[]>
}

forEachDatabase(
  (database, options) => {
    test(`changes (${database})`, options, async (t) => {
      const server = await startServer(t, { database })
      const expect = documented(server, await readApiDocument(server))
      const dataset = await server.createDataset('visits', {
        filename: 'visits.csv',
        content: visitsCsv(10),
        metas: { default: { title: 'Visits' } },
      })
      const base = `${managementPath}/datasets/${dataset.datasetUid}`
      const changes = async (query = ''): Promise<Change[]> =>
        (await expect(200, 'GET', `${base}/changes${query}`)).json
      const latest = async (): Promise<Change> => (await changes('?rows=1'))[0]!
      const metadata = (name: string, value: unknown) =>
        expect(200, 'PUT', `${base}/metadata/default/${name}`, { body: { value } })

      await t.test('each edit writes one, with old and new by section', async () => {
        const resource = `${base}/resources/${dataset.resourceUid}`
        const { json: before } = await expect(200, 'GET', resource)
        const upload = await server.upload('more.csv', visitsCsv(20))
        const step = { name: 'annotate', args: { field: 'city', annotation: 'facet' } }
        const edits: [what: () => Promise<unknown>, sections: string[], diff: Change['diff']][] = [
          [
            () => metadata('title', 'All visits'),
            ['metadata'],
            {
              metadata: [
                {
                  path: ['default', 'title'],
                  old_value: 'Visits',
                  new_value: 'All visits',
                  operation_type: 'update',
                },
              ],
            },
          ],
          [
            () => expect(200, 'DELETE', `${base}/metadata/default/title`),
            ['metadata'],
            {
              metadata: [
                {
                  path: ['default', 'title'],
                  old_value: 'All visits',
                  new_value: null,
                  operation_type: 'delete',
                },
              ],
            },
          ],
          [
            () => expect(200, 'PUT', resource, { body: { ...before, url: upload.url } }),
            ['data'],
            {
              data: [
                {
                  path: ['resources', dataset.resourceUid, 'url'],
                  old_value: before.url,
                  new_value: upload.url,
                  operation_type: 'update',
                },
              ],
            },
          ],
          [
            () =>
              expect(200, 'PUT', resource, {
                body: { ...before, url: upload.url, params: { separator: ',' } },
              }),
            ['data'],
            {
              data: [
                {
                  path: ['resources', dataset.resourceUid, 'params', 'separator'],
                  old_value: null,
                  new_value: ',',
                  operation_type: 'create',
                },
              ],
            },
          ],
          [
            () => expect(200, 'PUT', `${base}/security/access_policy`, { body: '"restricted"' }),
            ['security'],
            {
              security: [
                {
                  path: ['visibility'],
                  old_value: 'domain',
                  new_value: 'restricted',
                  operation_type: 'update',
                },
              ],
            },
          ],
          [
            () => expect(200, 'PUT', base, { body: { dataset_id: 'all-visits' } }),
            ['identity'],
            {
              identity: [
                {
                  path: ['dataset_id'],
                  old_value: 'visits',
                  new_value: 'all-visits',
                  operation_type: 'update',
                },
              ],
            },
          ],
        ]
        let count = (await changes()).length
        for (const [edit, sections, diff] of edits) {
          await edit()
          const all = await changes()
          assert.equal(all.length, ++count, sections.join())
          const { kind, job_id, user } = all[0]!
          assert.deepEqual([kind, job_id, user.username], ['edit', null, 'admin'])
          assert.deepEqual(all[0]!.sections, sections)
          assert.deepEqual(all[0]!.diff, diff)
          assert.equal(
            all[0]!.can_restore,
            sections.some((name) => ['metadata', 'data'].includes(name)),
          )
          const { json: one } = await expect(200, 'GET', `${base}/changes/${all[0]!.change_uid}`)
          assert.deepEqual(one, all[0])
        }
        await server.expect(200, 'PUT', `${base}/security/access_policy`, { body: '"domain"' })

        const copy = { name: 'copy_field', args: { field: 'note', output_field: 'remark' } }
        for (const [stack, body] of [
          ['processors', copy],
          ['fields_specifications', step],
        ] as const) {
          const added = await expect(201, 'POST', `${base}/${stack}/`, { body })
          const { processor_uid } = added.json
          const create = (await latest()).diff.data![0]
          assert.deepEqual(create.path, [stack, processor_uid])
          assert.deepEqual(create.new_value, { ...body, label: null })
          await expect(200, 'PUT', `${base}/${stack}/${processor_uid}`, { body: { ...body, label: 'why' } })
          assert.deepEqual((await latest()).diff.data![0].path, [stack, processor_uid, 'label'])
          await expect(204, 'DELETE', `${base}/${stack}/${processor_uid}`)
          assert.equal((await latest()).diff.data![0].operation_type, 'delete')
        }
        // What changes nothing is no change; what is refused even less.
        const { change_uid } = await latest()
        await expect(200, 'PUT', `${base}/metadata/default/title`, { body: { value: null } })
        await expect(400, 'PUT', `${base}/metadata/default/title`, { body: { value: 3 } })
        await expect(404, 'DELETE', `${base}/resources/re_nothere`)
        assert.equal((await latest()).change_uid, change_uid)
      })

      await t.test('each action that took effect writes one, and names its job', async () => {
        const order = async (path: string) => {
          const job = await server.jobDone(await server.order('PUT', `${base}/${path}`))
          // The newest: a restore saves a version first.
          const change = await latest()
          assert.equal(change.job_id, job.job_id)
          return { job, change }
        }
        const { job, change: published } = await order('publish')
        assert.deepEqual([published.kind, published.sections], ['publish', ['publication']])
        const value = (name: string, { diff }: Change) =>
          diff.publication!.find(({ path }) => path[0] === name)
        assert.equal(value('published', published).new_value, true)
        assert.equal(value('generation_uid', published).new_value, job.result.generation_uid)
        assert.equal(value('records_count', published).new_value, 20)

        await metadata('title', 'Again')
        const { change: again } = await order('publish')
        assert.deepEqual(again.diff.publication, [
          {
            path: ['metas', 'default', 'title'],
            old_value: null,
            new_value: 'Again',
            operation_type: 'create',
          },
        ])
        const { job: saving, change: saved } = await order('save_version')
        assert.deepEqual(saved.diff.versions![0].path, [saving.result.version_uid])
        const { change: unpublished } = await order('unpublish')
        assert.equal(value('published', unpublished).new_value, false)
        const { change: undone } = await order('undo_unpublish')
        assert.equal(undone.kind, 'undo_unpublish')
        assert.equal(value('published', undone).new_value, true)
        await metadata('title', 'Draft')
        const { change: restored } = await order(`versions/${saving.result.version_uid}/restore`)
        assert.deepEqual(restored.sections, ['metadata'])
        assert.equal(restored.can_restore, true)
      })

      await t.test('the configuration goes back to right before a change, and that is a change', async () => {
        await metadata('title', 'First')
        await metadata('description', 'Kept')
        await metadata('title', 'Second')
        const { change_uid: second } = await latest()
        await expect(201, 'POST', `${base}/fields_specifications/`, {
          body: { name: 'annotate', args: { field: 'city', annotation: 'facet' } },
        })
        await metadata('title', 'Third')
        const published = (await server.expect(200, 'GET', `${explorePath}/all-visits`)).text
        const count = (await changes()).length

        const answer = await expect(200, 'PUT', `${base}/restore_change`, { body: { change_uid: second } })
        assert.equal(answer.text, '')
        const { json } = await expect(200, 'GET', base)
        assert.deepEqual([json.metas.default.title, json.metas.default.description], ['First', 'Kept'])
        assert.deepEqual((await expect(200, 'GET', `${base}/fields_specifications`)).json, [])
        assert.equal((await server.expect(200, 'GET', `${explorePath}/all-visits`)).text, published)
        const all = await changes()
        assert.equal(all.length, count + 1)
        assert.deepEqual([all[0]!.kind, all[0]!.sections], ['restore_change', ['metadata', 'data']])
        // Undone like any other, by the other address and with the uid as text.
        await expect(200, 'PUT', `${base}/restore_change/${all[0]!.change_uid}`)
        assert.equal((await expect(200, 'GET', base)).json.metas.default.title, 'Third')
        await expect(200, 'PUT', `${base}/restore_change`, { body: { change_uid: String(second) } })
        assert.equal((await expect(200, 'GET', base)).json.metas.default.title, 'First')
      })

      await t.test('what cannot be restored is refused and leaves nothing', async () => {
        const all = await changes()
        const { change_uid: created, ...first } = all.at(-1)!
        assert.deepEqual([first.kind, first.sections, first.diff], ['create', [], {}])
        const security = all.find(({ sections }) => sections.includes('security'))!.change_uid
        for (const uid of [created, security]) {
          const { json } = await expect(400, 'PUT', `${base}/restore_change/${uid}`)
          assert.equal(json.error_id, 'catalog.change_not_restorable')
        }
        const other = await server.createDataset('other', { filename: 'o.csv', content: visitsCsv(1) })
        const path = `${managementPath}/datasets/${other.datasetUid}`
        await expect(404, 'PUT', `${path}/restore_change/${created}`)
        await expect(404, 'GET', `${path}/changes/${created}`)
        for (const uid of ['0', '-1', '1.5', 'x', '9'.repeat(15), '9'.repeat(40)]) {
          await expect(404, 'PUT', `${base}/restore_change/${uid}`)
          await expect(404, 'GET', `${base}/changes/${uid}`)
        }
        await expect(400, 'PUT', `${base}/restore_change`, { body: {} })
        await expect(400, 'PUT', `${base}/restore_change`, { body: { change_uid: [1] } })
        assert.equal((await changes()).length, all.length)
      })

      await t.test('pages, newest first', async () => {
        const all = await changes()
        const uids = all.map(({ change_uid }) => change_uid)
        assert.deepEqual(
          uids,
          [...uids].sort((a, b) => b - a),
        )
        const pages = []
        for (let page = 1; page <= Math.ceil(all.length / 7) + 1; page++) {
          pages.push(...(await changes(`?rows=7&page=${page}`)))
        }
        assert.deepEqual(pages, all)
        await expect(400, 'GET', `${base}/changes?rows=0`)
        const [expanded] = (await expect(200, 'GET', `${base}/changes?rows=1&expand=dataset`)).json
        assert.equal(expanded.dataset.metas.default.title, 'First')
      })

      await t.test('long values are cut, and come back whole', async () => {
        const long = 'long text '.repeat(10_000)
        await metadata('description', long)
        await metadata('description', 'short')
        const change = await latest()
        const [difference] = change.diff.metadata!
        assert.deepEqual(difference.new_value, 'short')
        assert.deepEqual(
          [difference.old_value.truncated, difference.old_value.bytes, difference.old_value.start.length],
          [true, long.length + 2, 200],
        )
        await expect(200, 'PUT', `${base}/restore_change/${change.change_uid}`)
        const { json } = await expect(200, 'GET', `${base}/metadata/default/description`)
        assert.equal(json.value, long)
      })

      await t.test('a secret is in no change, and comes back only from the present', async () => {
        const url = (secret: string) => `https://example.org/data.csv?page=1&apikey=${secret}`
        const { json: added } = await expect(201, 'POST', `${base}/resources/`, {
          body: { url: url('s3cr3t-one'), title: 'old', type: 'csvfile' },
        })
        const one = `${base}/resources/${added.resource_uid}`
        await expect(200, 'PUT', one, { body: { url: url('s3cr3t-two'), title: 'new', type: 'csvfile' } })
        const { change_uid, diff } = await latest()
        assert.deepEqual(diff.data![0], {
          path: ['resources', added.resource_uid, 'url'],
          old_value: url('***'),
          new_value: url('***'),
          operation_type: 'update',
        })
        await expect(200, 'PUT', `${base}/restore_change/${change_uid}`)
        const { json: back } = await expect(200, 'GET', one)
        assert.deepEqual([back.title, back.url], ['old', url('s3cr3t-two')])

        await expect(204, 'DELETE', one)
        const refusal = await expect(400, 'PUT', `${base}/restore_change/${(await latest()).change_uid}`)
        assert.equal(refusal.json.error_id, 'catalog.change_lacks_secret')
        await server.expect(404, 'GET', one)
        assert.doesNotMatch(JSON.stringify(await changes()), /s3cr3t/)
        assert.match(JSON.stringify(await changes()), /apikey=\*\*\*/)
      })

      await t.test('edits at the same time are each told once and in a row', async () => {
        // Short: what is cut in an entry cannot be compared.
        await metadata('description', 'short')
        const before = (await changes()).length
        const names = ['title', 'description', 'publisher', 'references', 'language', 'license_url']
        const valuesOf = (name: string) => (name === 'language' ? ['en', 'fr', 'de'] : ['a', 'b', 'c'])
        const present = (await expect(200, 'GET', base)).json.metas.default
        await Promise.all(
          names.flatMap((name) =>
            valuesOf(name).map((value) =>
              server.expect(200, 'PUT', `${base}/metadata/default/${name}`, { body: { value } }),
            ),
          ),
        )
        const made = (await changes()).slice(0, -before).reverse()
        assert.equal(made.length, names.flatMap(valuesOf).length, 'each of them is told')
        // Told one after the other, each starts where the one before it ended.
        const state = new Map<string, unknown>(names.map((name) => [name, present[name] ?? null]))
        for (const { diff } of made) {
          assert.equal(diff.metadata!.length, 1)
          const { path, old_value, new_value } = diff.metadata![0]
          const name = path[1]
          assert.ok(names.includes(name), name)
          assert.deepEqual(old_value, state.get(name), name)
          state.set(name, new_value)
        }
        const { json } = await expect(200, 'GET', base)
        for (const [name, value] of state) assert.equal(json.metas.default[name], value)
      })

      await t.test(
        'a change names whoever made it, and is gone with its dataset',
        {
          // Users are written into its file.
          skip: database !== 'sqlite',
        },
        async () => {
          const dataset = await server.createDataset('hers', { filename: 'v.csv', content: visitsCsv(1) })
          const base = `${managementPath}/datasets/${dataset.datasetUid}`
          const permissions = ['edit_dataset', 'publish_dataset']
          const auth = addUser(server, 'ada', { user: permissions, key: permissions })
          await server.expect(200, 'PUT', `${base}/metadata/default/title`, { auth, body: { value: 'Hers' } })
          const { json } = await server.expect(200, 'PUT', `${base}/publish`, { auth })
          await server.jobDone(json.job_id)
          const { json: changes } = await server.expect(200, 'GET', `${base}/changes`)
          assert.deepEqual(
            changes.map((change: Change) => [change.kind, change.user.username]),
            [
              ['publish', 'ada'],
              ['edit', 'ada'],
              ['edit', 'admin'],
              ['create', 'admin'],
            ],
          )
          await server.expect(204, 'DELETE', base)
          await server.expect(404, 'GET', `${base}/changes`)
        },
      )
    })
  },
  { isLong: true },
)

const skip = skippedUnlessWhole('a thousand edits')

test('the history of a dataset is bounded: a thousand entries, two hundred of them to go back to', {
  skip,
}, async (t) => {
  const control = await openControl({
    databaseUrl: null,
    sqlitePath: join(tempDirectory(t), 'control.sqlite'),
  })
  t.after(() => control.close())
  const deps = { db: control.db, clock: systemClock, ids: createIds(), username: 'ada' }
  const { dataset_uid } = await createDataset(deps, {
    datasetId: 'visits',
    metas: {},
    owner: 'ada',
    isStrict: true,
  })
  const edits = 1010
  for (let n = 0; n < edits; n++) {
    await changeMetadata(deps, dataset_uid, [{ template: 'default', name: 'title', value: `Title ${n}` }])
  }
  const kept = await listChanges(control.db, dataset_uid, { rows: 2000, page: 1 })
  assert.equal(kept.length, 1000)
  assert.equal(JSON.parse(kept[0]!.diff_json).metadata[0].new_value, `Title ${edits - 1}`)
  assert.deepEqual(
    kept.map(({ before_digest }) => before_digest !== null),
    kept.map((_, index) => index < 200),
  )
  const snapshots = await control.db.selectFrom('configuration_snapshots').select('digest').execute()
  assert.equal(snapshots.length, 200)
})
