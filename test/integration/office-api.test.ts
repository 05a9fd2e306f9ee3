/** What the list of datasets and a dataset tell the back office. docs/back-office.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveRuleset, makeUser } from '../support/accounts.ts'
import { type Auth, managementPath } from '../support/http-client.ts'
import { shareServer } from '../support/server.ts'

const startServer = shareServer()
const content = 'a,b\n1,x\n2,y\n'

test('datasets are found by id, title and metadata, by what they are, and counted over all pages', async () => {
  const server = await startServer()
  const list = async (query: string) => {
    const { json, headers } = await server.expect(
      200,
      'GET',
      `${managementPath}/datasets?sort=dataset_id&${query}`,
    )
    const ids = json.map((dataset: { dataset_id: string }) => dataset.dataset_id)
    return { ids, count: Number(headers.get('x-total-count')) }
  }
  await server.publishFile('bees', {
    filename: 'a.csv',
    content,
    metas: { default: { title: 'Bees of 100%' } },
  })
  await server.createDataset('wasps', {
    filename: 'b.csv',
    content,
    metas: { default: { title: 'Wasps "quoted"', keyword: ['honey_comb'] } },
  })
  assert.deepEqual(await list(''), { ids: ['bees', 'wasps'], count: 2 })
  assert.deepEqual(await list('rows=1&page=2'), { ids: ['wasps'], count: 2 })
  assert.deepEqual(await list('q=BEES'), { ids: ['bees'], count: 1 })
  assert.deepEqual(await list(`q=${encodeURIComponent('100%')}`), { ids: ['bees'], count: 1 })
  assert.deepEqual(await list(`q=${encodeURIComponent('"quoted"')}`), { ids: ['wasps'], count: 1 })
  assert.deepEqual(await list('q=honey_comb'), { ids: ['wasps'], count: 1 })
  assert.deepEqual(await list('q=honeyXcomb'), { ids: [], count: 0 })
  assert.deepEqual(await list('status=published'), { ids: ['bees'], count: 1 })
  assert.deepEqual(await list('status=unpublished&q=wasps'), { ids: ['wasps'], count: 1 })
  assert.deepEqual(await list('status=held'), { ids: [], count: 0 })
  assert.deepEqual(await list('status=working'), { ids: [], count: 0 })
  await server.expect(400, 'GET', `${managementPath}/datasets?status=lost`)
  await server.expect(400, 'GET', `${managementPath}/datasets?q=bees&where=published`)
})

test('a dataset tells whether there are edits that readers do not see', async () => {
  const server = await startServer()
  const dataset = await server.publishFile('edited', { filename: 'c.csv', content })
  const { datasetUid: uid } = dataset
  const path = `${managementPath}/datasets/${uid}`
  const publication = async () =>
    (await server.expect(200, 'GET', `${path}?expand=publication`)).json.publication
  const isEdited = async () => (await publication()).edited_since
  assert.equal((await publication()).records_count, 2)
  assert.equal(await isEdited(), false)
  await server.expect(200, 'PUT', `${path}/metadata/default/title`, { body: { value: 'Edited' } })
  assert.equal(await isEdited(), true)
  await server.jobDone(await server.publish(uid))
  assert.equal(await isEdited(), false)
  await server.replaceFile(dataset, 'again.csv', content)
  assert.equal(await isEdited(), true)
  await server.jobDone(await server.publish(uid))
  assert.equal(await isEdited(), false, 'the same records are shown again')
  await server.expect(200, 'PUT', `${path}/security/access_policy`, { body: '"restricted"' })
  assert.equal(await isEdited(), false, 'who may see it holds at once')
  assert.equal((await server.expect(200, 'GET', path)).json.publication, undefined)
  await server.jobDone(await server.order('PUT', `${path}/unpublish`))
  assert.equal(await publication(), null)
})

test('a dataset tells what whoever asks may do to it, by rights on the domain and on the dataset', async () => {
  const server = await startServer()
  const { datasetUid: uid } = await server.publishFile('shared', { filename: 'd.csv', content })
  const path = `${managementPath}/datasets/${uid}`
  const rightsOf = async (auth: Auth) =>
    (await server.expect(200, 'GET', `${path}?expand=rights`, { auth })).json.rights
  assert.deepEqual(await rightsOf('admin'), ['edit_dataset', 'publish_dataset', 'manage_dataset'])
  assert.equal((await server.expect(200, 'GET', path)).json.rights, undefined)
  assert.deepEqual(await rightsOf({ apikey: await server.createApiKey(['edit_dataset']) }), ['edit_dataset'])

  const guest = await makeUser(server, 'guest')
  await server.expect(403, 'GET', path, { auth: guest })
  await giveRuleset(server, uid, 'guest', { permissions: ['publish_dataset'] })
  assert.deepEqual(await rightsOf(guest), ['publish_dataset'])
})
