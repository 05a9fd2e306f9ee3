/**
 * kill -9 at named instants: before and after each durable step of ordering, fetching, building, exposing, aborting,
 * unpublishing, saving, restoring, deleting and collecting. `npm test` takes a sample, `npm run test:soak` all of them.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { entryOf } from '../../bin/built.js'
import { type CrashOrder, type CrashPoint, crashPoints } from '../../src/faults/index.ts'
import {
  type CrashCase,
  crashAt,
  createWorld,
  isBuilderPoint,
  scenariosOf,
  type World,
} from '../support/crash.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { createChance, isSoak, soakEndsAt } from '../support/seed.ts'

const cases = (point: CrashPoint, ...modes: CrashOrder['mode'][]): CrashCase[] =>
  scenariosOf(point).flatMap((scenario) => modes.map((mode) => ({ point, mode, scenario })))
/** A builder dies alone or with its server. */
const kills = crashPoints.flatMap((point) =>
  isBuilderPoint(point) ? cases(point, 'kill', 'kill-both') : cases(point, 'kill'),
)
const isOfPublish = ({ scenario }: CrashCase) => scenario === 'publish'
const aroundTheSwitch = kills.filter((order) => order.point.startsWith('expose.') && isOfPublish(order))
const lostAnswers = crashPoints
  .filter((point) => point.endsWith('.after') && !isBuilderPoint(point))
  .flatMap((point) => cases(point, 'throw'))

forEachDatabase((database, options) => {
  const isSampled = database === 'sqlite'
  const skip = options.skip || (!isSampled && !isSoak && 'on PostgreSQL: npm run test:soak')

  test(`crashes at named instants (${database})`, { skip }, async (t) => {
    const chance = createChance(t)
    const world = await createWorld(t, database)

    await t.test('kill -9 at a crash point loses nothing that was published', async () => {
      const others = kills.filter((order) => !aroundTheSwitch.includes(order))
      const drawn = [...aroundTheSwitch, ...(isSoak ? others : chance.sample(others, 2))]
      await crashAll(t, world, chosen(kills) ?? drawn)
    })

    await t.test(
      'the answer to a commit is lost: nothing live is cleaned up, job and dataset end right',
      async () => {
        const always = lostAnswers.filter(
          (order) => isOfPublish(order) && ['expose.after', 'sealed.after'].includes(order.point),
        )
        await crashAll(t, world, chosen(lostAnswers) ?? (isSoak ? lostAnswers : always))
      },
    )
  })
})

async function crashAll(t: TestContext, world: World, orders: readonly CrashCase[]): Promise<void> {
  let done = 0
  for (const order of orders) {
    if (isSoak && performance.now() > soakEndsAt) break
    await crashOnce(world, order)
    done++
  }
  t.diagnostic(
    `${done} of ${orders.length} crashes: ${orders.map(({ point, mode, scenario }) => `${point} ${mode} (${scenario})`).join(', ')}`,
  )
}

/** BROADSHEET_TEST_POINTS=sealed,fail.before,edit: points and scenarios, these alone, to look into one. */
function chosen(orders: readonly CrashCase[]): readonly CrashCase[] | null {
  const wanted = process.env.BROADSHEET_TEST_POINTS?.split(',')
  const isWanted = ({ point, scenario }: CrashCase) =>
    wanted!.some((start) => point.startsWith(start) || scenario === start)
  return wanted ? orders.filter(isWanted) : null
}

async function crashOnce(world: World, order: CrashCase): Promise<void> {
  try {
    await crashAt(world, order)
  } catch (error) {
    throw new Error(`after ${order.mode} at ${order.point} (${order.scenario}):\n${world.server.stderr()}`, {
      cause: error,
    })
  }
}

test('every crash point is in the code exactly once, every one in the code is known, each has a scenario', () => {
  const sources = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const placed = sources.flatMap((source) =>
    [...source.matchAll(/crashPoint\('([^']+)'\)/g)].map(([, point]) => point!),
  )
  assert.deepEqual(placed.sort(), [...crashPoints].sort())
  for (const point of crashPoints) assert.ok(scenariosOf(point).length > 0, point)
})

test('a server outside of tests refuses to be armed', () => {
  const entry = fileURLToPath(entryOf('main'))
  const { status, stderr } = spawnSync(process.execPath, [entry], {
    env: { PATH: process.env.PATH, BROADSHEET_TEST_FAULTS: '/tmp/none' },
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  assert.match(stderr, /BROADSHEET_TEST_FAULTS .* needs NODE_ENV=test/)
})
