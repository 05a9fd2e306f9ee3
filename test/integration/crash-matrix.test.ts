/**
 * kill -9 at named instants: before and after each durable step of ordering, fetching, building, exposing, aborting,
 * unpublishing, saving, restoring, deleting and collecting. `npm test` takes a sample, `npm run test:soak` all of them.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type CrashOrder, crashPoints } from '../../src/faults/index.ts'
import { crashAt, createWorld, isBuilderPoint, scenarioOf } from '../support/crash.ts'
import { forEachDatabase } from '../support/postgres.ts'
import { createChance, isSoak } from '../support/seed.ts'

/** A builder dies alone or with its server. */
const kills: readonly CrashOrder[] = crashPoints.flatMap((point): CrashOrder[] =>
  isBuilderPoint(point)
    ? [
        { point, mode: 'kill' },
        { point, mode: 'kill-both' },
      ]
    : [{ point, mode: 'kill' }],
)
const aroundTheSwitch = kills.filter(({ point }) => point.startsWith('expose.'))
const lostAnswers: readonly CrashOrder[] = crashPoints
  .filter((point) => point.endsWith('.after') && !isBuilderPoint(point))
  .map((point) => ({ point, mode: 'throw' }))

forEachDatabase((database, options) => {
  const isSampled = database === 'sqlite'
  const skip = options.skip || (!isSampled && !isSoak && 'on PostgreSQL: npm run test:soak')

  test(`kill -9 at a crash point loses nothing that was published (${database})`, { skip }, async (t) => {
    const chance = createChance(t)
    const others = kills.filter((order) => !aroundTheSwitch.includes(order))
    const drawn = [...aroundTheSwitch, ...(isSoak ? others : chance.sample(others, 2))]
    const orders = chosen(kills) ?? drawn
    const world = await createWorld(t, database)
    for (const order of orders) await crashOnce(world, order)
    t.diagnostic(
      `${orders.length} crashes: ${orders.map(({ point, mode }) => `${point} ${mode}`).join(', ')}`,
    )
  })

  test(`the answer to a commit is lost: nothing live is cleaned up, job and dataset end right (${database})`, {
    skip,
  }, async (t) => {
    const always = lostAnswers.filter(({ point }) => point === 'expose.after' || point === 'sealed.after')
    const orders = chosen(lostAnswers) ?? (isSoak ? lostAnswers : always)
    const world = await createWorld(t, database)
    for (const order of orders) await crashOnce(world, order)
  })
})

/** BROADSHEET_TEST_POINTS=sealed,fail.before: these alone, to look into one. */
function chosen(orders: readonly CrashOrder[]): readonly CrashOrder[] | null {
  const wanted = process.env.BROADSHEET_TEST_POINTS?.split(',')
  return wanted ? orders.filter(({ point }) => wanted.some((start) => point.startsWith(start))) : null
}

async function crashOnce(world: Parameters<typeof crashAt>[0], order: CrashOrder): Promise<void> {
  try {
    await crashAt(world, order)
  } catch (error) {
    throw new Error(`after ${order.mode} at ${order.point}:\n${world.server.stderr()}`, { cause: error })
  }
}

test('every crash point is in the code exactly once, every one in the code is known, each has a scenario', () => {
  const sources = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const placed = sources.flatMap((source) =>
    [...source.matchAll(/crashPoint\('([^']+)'\)/g)].map(([, point]) => point!),
  )
  assert.deepEqual(placed.sort(), [...crashPoints].sort())
  for (const point of crashPoints) scenarioOf(point)
})

test('a server outside of tests refuses to be armed', () => {
  const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [entry], {
    env: { PATH: process.env.PATH, BROADSHEET_TEST_FAULTS: '/tmp/none' },
    encoding: 'utf8',
  })
  assert.equal(status, 1)
  assert.match(stderr, /BROADSHEET_TEST_FAULTS .* needs NODE_ENV=test/)
})
