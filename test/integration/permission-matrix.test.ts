/**
 * Who may do what: every route of the server, taken from its OpenAPI document and from its router, against everybody
 * there is. The table is the specification's; a route that is added must be found in it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveRuleset, makeUser } from '../support/accounts.ts'
import { documented, type Operation, readApiDocument } from '../support/api-document.ts'
import { addressesOf, isOfDataset, isPublic, readRoutes } from '../support/explore-routes.ts'
import { visitsCsv } from '../support/fixtures.ts'
import { type Auth, managementPath } from '../support/http-client.ts'
import { createChance } from '../support/seed.ts'
import { shareServer } from '../support/server.ts'
import { isWhole } from '../support/tiers.ts'

/**
 * Permissions as alternatives, each a set of which all are needed: on the whole domain (D), by rulesets on the dataset or,
 * for INDEX and TOOLS, on any (S). Management API section 7.
 */
const rights = {
  READ: ['D edit_dataset', 'S edit_dataset', 'S publish_dataset'],
  WRITE: ['D edit_dataset', 'S edit_dataset'],
  PUBLISH: ['D edit_dataset, D publish_dataset', 'S publish_dataset', 'S edit_dataset, D publish_dataset'],
  SECURITY: ['D edit_dataset, D manage_dataset', 'S edit_dataset, S manage_dataset'],
  INDEX: ['D create_dataset', 'D edit_dataset', 'S edit_dataset', 'S publish_dataset'],
  TOOLS: ['D create_dataset', 'D edit_dataset', 'S edit_dataset'],
  CREATE: ['D create_dataset'],
  HARVEST: ['D create_dataset, D edit_dataset, D publish_dataset'],
  ADMIN: ['D edit_domain'],
  SELF: [''],
  public: [''],
} as const
type Right = keyof typeof rights

/** The specification's table of routes, first match first: a route that is added later falls under it too. */
const table: readonly (readonly [method: string, path: RegExp, right: Right])[] = [
  ['GET', /^\/datasets$/, 'INDEX'],
  ['GET', /^\/export_datasets\/[^/]+$/, 'INDEX'],
  // Ours: with the right to edit the original.
  ['POST', /^\/datasets\/[^/]+\/duplicate$/, 'CREATE'],
  ['POST', /^\/datasets$/, 'CREATE'],
  ['.*', /^\/datasets\/[^/]+\/security\//, 'SECURITY'],
  ['PUT', /^\/datasets\/[^/]+\/(publish|unpublish|abort|abort_processing|save_version)$/, 'PUBLISH'],
  ['PUT', /^\/datasets\/[^/]+\/undo_unpublish$/, 'PUBLISH'],
  // Ours: a restore is a publish of an earlier state.
  ['PUT', /^\/datasets\/[^/]+\/versions\/[^/]+\/restore$/, 'PUBLISH'],
  // Ours: letting a held publish through and dismissing it are one decision.
  ['DELETE', /^\/datasets\/[^/]+\/held$/, 'PUBLISH'],
  // Ours: readers may be reading the version that goes.
  ['DELETE', /^\/datasets\/[^/]+\/versions\/[^/]+$/, 'PUBLISH'],
  ['PUT', /^\/datasets\/[^/]+\/versions_retention$/, 'PUBLISH'],
  // Ours: what was dropped is published again.
  ['PUT', /^\/datasets\/[^/]+\/recover_realtime_records$/, 'PUBLISH'],
  ['.*', /^\/(harvesters|harvester_types)(\/|$)/, 'HARVEST'],
  // Ours: schedules of all datasets at once.
  ['GET', /^\/schedules$/, 'INDEX'],
  ['GET', /^\/disk_usage$/, 'ADMIN'],
  ['GET', /^\/datasets\/[^/]+\/(status|status\/records_errors|records_errors)$/, 'PUBLISH'],
  ['GET', /^\/datasets\/[^/]+\/resources\/[^/]+\/download$/, 'WRITE'],
  ['GET', /^\/datasets\/[^/]+(\/|$)/, 'READ'],
  ['.*', /^\/datasets\/[^/]+(\/|$)/, 'WRITE'],
  [
    '.*',
    /^\/(extractors|processors|fields_specifications|guess_extractors|guess_extractor_params|describe_source)$/,
    'TOOLS',
  ],
  // Ours: what one of them takes.
  ['GET', /^\/processors\/[^/]+$/, 'TOOLS'],
  // Ours: who may edit resources may give them credentials.
  ['GET', /^\/connections(\/|$)/, 'TOOLS'],
  ['.*', /^\/connections(\/|$)/, 'WRITE'],
  ['POST', /^\/files$/, 'TOOLS'],
  // Ours: there is no documented deletion.
  ['DELETE', /^\/files\//, 'TOOLS'],
  // Ours: what datasets are described with, and the settings of the domain.
  ['GET', /^\/metadata\/templates(\/|$)/, 'INDEX'],
  ['.*', /^\/metadata\/templates(\/|$)/, 'ADMIN'],
  ['PUT', /^\/domain$/, 'ADMIN'],
  ['GET', /^\/domain\/calls$/, 'ADMIN'],
  // Pages and images are for whoever has a right on one of them: pages.test.ts.
  ['.*', /^\/(pages|images)(\/|$)/, 'SELF'],
  ['.*', /^\/(users|groups|audit)(\/|$)/, 'ADMIN'],
  ['.*', /^\/(files|download_file|apikeys|jobs|domain|quotas)(\/|$)/, 'SELF'],
]

/**
 * The same for the Automation API, which does not say it: as for the matching routes of the management API. That each is
 * asked is for one API to show: the hook that asks is one.
 */
const automationTable: typeof table = [
  ['GET', /^\/datasets\/$/, 'INDEX'],
  ['POST', /^\/datasets\/$/, 'CREATE'],
  ['.*', /^\/datasets\/[^/]+\/security\//, 'SECURITY'],
  ['POST', /^\/datasets\/[^/]+\/(publish|publish_metadata|unpublish|abort)\/$/, 'PUBLISH'],
  ['GET', /^\/datasets\/[^/]+\/status\/$/, 'PUBLISH'],
  ['POST', /^\/datasets\/[^/]+\/resources\/[^/]+\/recover\/$/, 'PUBLISH'],
  ['GET', /^\/datasets\/[^/]+\//, 'READ'],
  ['.*', /^\/datasets\/[^/]+\//, 'WRITE'],
  ['GET', /^\/(extractors|processors|datasource_connections)\//, 'TOOLS'],
  ['.*', /^\/datasource_connections\//, 'WRITE'],
  ['.*', /^\/harvesters\//, 'HARVEST'],
  ['GET', /^\/metadata\/templates\//, 'INDEX'],
  ['.*', /^\/(metadata\/templates|users|groups|apikeys\/search_key)\//, 'ADMIN'],
  ['.*', /^\/(apikeys|code_editor_pages|studio_pages|medias)\//, 'SELF'],
]
const automationPath = '/api/automation/v1.0'

function rightOf({ method, path }: Pick<Operation, 'method' | 'path'>): Right {
  if (path.startsWith(`${authPath}/users/`)) return 'ADMIN'
  if (/^\/(me|sessions)(\/|$)/.test(path.replace(authPath, ''))) return 'SELF'
  if (path === `${authPath}/openid/links`) return 'SELF'
  if (path.startsWith('/api/notifications/v1/subscriptions')) return 'SELF'
  const isAutomation = path.startsWith(automationPath)
  if (!isAutomation && !path.startsWith(managementPath)) return 'public'
  const short = path.slice((isAutomation ? automationPath : managementPath).length)
  const row = (isAutomation ? automationTable : table).find(
    ([methods, pattern]) => new RegExp(`^${methods}$`).test(method) && pattern.test(short),
  )
  assert.ok(row, `${method} ${path}: the specification says nothing of who may call it`)
  return row[2]
}

const authPath = '/api/auth/v1'
/** What needs a second right, or one on a page: pages.test.ts, dataset-list.test.ts. */
const asksMore = /\/v2\/(pages|images)(\/|$)|\/duplicate$/

const onDomain = [
  'edit_domain',
  'create_page',
  'edit_page',
  'manage_page',
  'explore_restricted_page',
  'create_dataset',
  'edit_dataset',
  'publish_dataset',
  'manage_dataset',
  'explore_restricted_dataset',
  'edit_reuse',
  'manage_subdomains',
  'explore_monitoring',
  'edit_theme',
]

interface Actor {
  readonly name: string
  readonly auth: Auth
  readonly onDomain: readonly string[]
  /** By rulesets on the two datasets that are asked for; null: on another one. */
  readonly onDataset: readonly string[]
  readonly onAnother: readonly string[]
  /** Whether it sees that the restricted dataset is there. */
  readonly seesRestricted: boolean
  /** Of a key that has every right but one: asked where that one matters. */
  readonly lacks?: string
}

const shared = shareServer()

test('who may call what', async (t) => {
  const server = await shared()
  const document = await readApiDocument(server)
  const call = documented(server, document)
  const source = { filename: 'visits.csv', content: visitsCsv(20) }
  const open = await server.publishFile('open', source)
  const hidden = await server.publishFile('hidden', source)
  const another = await server.publishFile('another', source)
  await call(200, 'PUT', `${managementPath}/datasets/hidden/security/access_policy`, { body: '"restricted"' })
  const actors = await makeActors()

  async function makeKey(auth: Auth, body: object): Promise<Auth> {
    return { apikey: (await call(200, 'POST', `${managementPath}/apikeys`, { auth, body })).json.key }
  }
  async function allow(username: string, datasets: readonly string[], permissions: readonly string[]) {
    for (const uid of datasets) await giveRuleset(server, uid, username, { permissions })
  }

  async function makeActors(): Promise<Actor[]> {
    const all = ['edit_dataset', 'publish_dataset', 'manage_dataset']
    const both = [open.datasetUid, hidden.datasetUid]
    const nothing = { onDomain: [], onDataset: [], onAnother: [], seesRestricted: false }
    const owner = await makeUser(server, 'owner')
    await allow('owner', both, all)
    const reader = await makeUser(server, 'reader')
    const guest = await makeUser(server, 'guest')
    await allow('guest', both, [])
    const neighbour = await makeUser(server, 'neighbour')
    await allow('neighbour', [another.datasetUid], all)
    const made: Actor[] = [
      { name: 'a reader', auth: reader, ...nothing },
      { name: 'a reader with a ruleset', auth: guest, ...nothing, seesRestricted: true },
      { name: 'an editor of another dataset', auth: neighbour, ...nothing, onAnother: all },
      { name: 'the owner', auth: owner, ...nothing, onDataset: all, seesRestricted: true },
      {
        name: 'a key of the owner without rights',
        auth: await makeKey(owner, { permissions: [] }),
        ...nothing,
      },
      {
        name: 'a key of the owner for another dataset',
        auth: await makeKey(owner, { permissions: onDomain, datasets: [another.datasetUid] }),
        ...nothing,
      },
      {
        name: 'a key of the admin for another dataset',
        auth: await makeKey('admin', { permissions: onDomain, datasets: [another.datasetUid] }),
        ...nothing,
        onAnother: [...all, 'explore_restricted_dataset'],
      },
      {
        name: 'a key of the owner for these datasets',
        auth: await makeKey(owner, { permissions: onDomain, datasets: both }),
        ...nothing,
        onDataset: all,
        seesRestricted: true,
      },
      { name: 'the admin', auth: 'admin', ...nothing, onDomain, seesRestricted: true },
    ]
    // Editors with one right on the dataset, and with every right on the domain but one.
    for (const permission of all) {
      const username = `only-${permission.replace('_', '-')}`
      const auth = await makeUser(server, username)
      await allow(username, both, [permission])
      const facts = { ...nothing, onDataset: [permission], seesRestricted: true }
      made.push({ name: `an editor with ${permission} on the dataset`, auth, ...facts })
    }
    const mixed = await makeUser(server, 'mixed', ['publish_dataset'])
    await allow('mixed', both, ['edit_dataset'])
    made.push({
      name: 'an editor of the dataset who may publish on the domain',
      auth: mixed,
      ...nothing,
      onDomain: ['publish_dataset'],
      onDataset: ['edit_dataset'],
      seesRestricted: true,
    })
    for (const missing of ['edit_domain', 'create_dataset', ...all]) {
      const permissions = onDomain.filter((name) => name !== missing)
      const auth = await makeKey('admin', { permissions })
      made.push({
        name: `a key without ${missing}`,
        lacks: missing,
        auth,
        ...nothing,
        onDomain: permissions,
        seesRestricted: true,
      })
    }
    const neither = onDomain.filter((name) => name !== 'create_dataset' && name !== 'edit_dataset')
    const auth = await makeKey('admin', { permissions: neither })
    made.push({ name: 'a key that makes nothing', auth, ...nothing, onDomain: neither, seesRestricted: true })
    return made
  }

  function isAllowed(actor: Actor, right: Right, isAboutDataset: boolean): boolean {
    const isOfAny = right === 'INDEX' || right === 'TOOLS'
    const held = new Set([
      ...actor.onDomain.map((name) => `D ${name}`),
      ...(isAboutDataset || isOfAny ? actor.onDataset.map((name) => `S ${name}`) : []),
      ...(isOfAny ? actor.onAnother.map((name) => `S ${name}`) : []),
    ])
    return rights[right].some((text) => text.split(', ').every((name) => name === '' || held.has(name)))
  }

  /** The status, and what the error is; of an answer that goes well nothing is read. */
  async function ask(method: string, path: string, auth: Auth): Promise<{ status: number; error: string }> {
    const headers: Record<string, string> = {}
    if (typeof auth === 'object')
      headers.Authorization =
        'apikey' in auth
          ? `Apikey ${auth.apikey}`
          : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
    if (auth === 'admin') {
      const { username, password: secret } = server.admin
      headers.Authorization = `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
    }
    // Half an object: whoever is let in gets no further, and nothing happens.
    const body = method === 'GET' ? {} : { body: '{' }
    const response = await fetch(new URL(path, server.url), { method, headers, redirect: 'manual', ...body })
    if (response.status < 400) {
      // A stream of events would never end.
      await response.body?.cancel()
      return { status: response.status, error: '' }
    }
    const answer = (await response.json()) as { error_id?: string; key?: string }
    return { status: response.status, error: answer.error_id ?? answer.key ?? '' }
  }

  const guarded = document.operations.filter((operation) => rightOf(operation) !== 'public')
  const addressOf = ({ path }: Operation, datasetUid: string) =>
    path.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'dataset_uid' ? datasetUid : 'unknown0'))
  const isAbout = ({ path }: Operation) => path.includes('{dataset_uid}')

  await t.test(
    'every route of the router is documented, and says what it needs as the specification does',
    async () => {
      const routes = await readRoutes()
      const bare = (path: string) => path.replace(/\/$/, '')
      const known = new Set(document.operations.map(({ method, path }) => `${method} ${bare(path)}`))
      const asDocumented = (path: string) => bare(path).replace(/:(\w+)/g, '{$1}')
      const isHidden = (path: string) => /^\/api\/(docs|records|datasets|v2|explore\/v2\.0)(\/|$)/.test(path)
      let seen = 0
      for (const { method, path } of routes) {
        if (method === 'HEAD' || method === 'OPTIONS' || isHidden(path)) continue
        if (!path.startsWith('/api/')) continue
        assert.ok(known.has(`${method} ${asDocumented(path)}`), `${method} ${path} is not documented`)
        seen++
      }
      assert.ok(seen > 150, `${seen} routes`)
      for (const operation of document.operations) {
        const declared = (operation as unknown as Record<string, unknown>)['x-permission']
        assert.equal(declared, rightOf(operation), `${operation.method} ${operation.path}`)
      }
    },
  )

  await t.test('nobody without credentials is let in where it takes somebody', async () => {
    for (const operation of guarded) {
      const datasets = isAbout(operation) ? [open.datasetUid, hidden.datasetUid, 'unknown0'] : ['']
      for (const uid of datasets) {
        const { status, error } = await ask(operation.method, addressOf(operation, uid), 'none')
        assert.deepEqual([status, error], [401, 'access.authentication_required'], operation.path)
      }
    }
  })

  await t.test(
    'each is let into what the rights allow, refused the rest, and told of nothing hidden',
    async () => {
      let asked = 0
      const all = guarded.filter(({ path }) => !asksMore.test(path))
      // What each declares has been looked at. A tenth of some hundreds of routes is asked at a time; which, the seed says.
      const drawn = isWhole ? all : createChance(t).sample(all, Math.ceil(all.length / 10))
      for (const operation of drawn) {
        const right = rightOf(operation)
        const matters = ({ lacks }: Actor) => lacks === undefined || rights[right].join().includes(lacks)
        const asking = actors.filter(matters).map(async (actor) => {
          const datasets = isAbout(operation) ? [open.datasetUid, hidden.datasetUid, 'unknown0'] : ['']
          for (const uid of datasets) {
            const { status, error } = await ask(operation.method, addressOf(operation, uid), actor.auth)
            const name = `${operation.method} ${operation.path} (${right}) of ${uid} as ${actor.name}: ${status} ${error}`
            asked++
            assert.ok(![401, 405, 500].includes(status), name)
            if (uid === 'unknown0') {
              if (right === 'SELF') continue
              // Who may do it to every dataset gets as far as looking for this one.
              if (!isAllowed(actor, right, false))
                assert.deepEqual([status, error], [404, 'catalog.unknown_dataset'], name)
              continue
            }
            const keyRoute = operation.path.includes('/apikeys') && operation.method !== 'GET'
            const isKey = typeof actor.auth === 'object' && 'apikey' in actor.auth
            if (isAllowed(actor, right, isAbout(operation))) {
              if (keyRoute && isKey) continue
              // Who may what with them is said page by page: pages.test.ts.
              if (/\/(pages|images)(\/|$)/.test(operation.path)) continue
              assert.notEqual(status, 403, name)
              assert.notEqual(error, 'catalog.unknown_dataset', name)
            } else if (uid === hidden.datasetUid && !actor.seesRestricted) {
              assert.deepEqual([status, error], [404, 'catalog.unknown_dataset'], name)
            } else assert.deepEqual([status, error], [403, 'access.permission_denied'], name)
          }
        })
        await Promise.all(asking)
      }
      t.diagnostic(`${asked} requests`)
      const { json } = await call(200, 'GET', `${managementPath}/datasets`)
      assert.equal(json.length, 3, 'what was refused has not happened')
    },
  )

  await t.test('in the search API everybody sees what is open, and what is restricted who may', async () => {
    // Not under an earlier address of the same.
    const routes = (await readRoutes()).filter(
      (route) =>
        isPublic(route) && route.method === 'GET' && !/^\/api\/(v2|explore\/v2\.0)\//.test(route.path),
    )
    const nobody = { name: 'nobody', auth: 'none' as Auth, seesRestricted: false }
    const known = actors.filter(({ lacks }) => lacks === undefined)
    const everybody = [nobody, ...(isWhole ? known : createChance(t).sample(known, 5))]
    let asked = 0
    for (const dataset of [open, hidden]) {
      const subject = { datasetId: dataset.datasetId, recordId: '0'.repeat(32), parts: [], formats: ['csv'] }
      for (const route of routes.filter(isOfDataset)) {
        for (const address of addressesOf(route, subject)) {
          const asking = everybody.map(async ({ name, auth, seesRestricted }) => {
            const { status, error } = await ask('GET', address, auth)
            const what = `${address} as ${name}: ${status} ${error}`
            asked++
            if (dataset === open || seesRestricted) {
              assert.ok(![401, 403, 500].includes(status), what)
              assert.notEqual(error, 'records.unknown_dataset', what)
            } else assert.deepEqual([status, error], [404, 'records.unknown_dataset'], what)
          })
          await Promise.all(asking)
        }
      }
    }
    for (const { name, auth, seesRestricted } of everybody) {
      const list = await server.expect(200, 'GET', '/api/explore/v2.1/catalog/datasets', { auth })
      const ids = list.json.results.map((row: { dataset_id: string }) => row.dataset_id)
      assert.equal(ids.includes('hidden'), seesRestricted, `${name}: ${ids}`)
      assert.ok(ids.includes('open'), name)
    }
    t.diagnostic(`${asked} requests`)
  })
})
