import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createWakeableLoop, type WakeableLoop, type WakeableLoopOptions } from './wakeable-loop.ts'

/** A loop whose rounds the test ends, on a clock that the test moves. */
function start(t: TestContext, options: Partial<WakeableLoopOptions> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const errors: unknown[] = []
  let rounds = 0
  let current = Promise.withResolvers<number>()
  const loop: WakeableLoop = createWakeableLoop({
    round: () => {
      rounds++
      current = Promise.withResolvers<number>()
      return current.promise
    },
    onError: (cause) => errors.push(cause),
    errorRestMs: 500,
    ...options,
  })
  loop.start()
  /** Lets everything happen that waits for no timer. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    loop,
    errors,
    rounds: () => rounds,
    settle,
    async end(restMs: number) {
      current.resolve(restMs)
      await settle()
    },
    async fail(cause: Error) {
      current.reject(cause)
      await settle()
    },
    async pass(ms: number) {
      t.mock.timers.tick(ms)
      await settle()
    },
  }
}

test('a round follows when its time has come, or at once when it is woken', async (t) => {
  const { loop, rounds, end, pass, settle } = start(t)
  assert.equal(rounds(), 1)
  await end(1000)
  await pass(999)
  assert.equal(rounds(), 1)
  await pass(1)
  assert.equal(rounds(), 2)
  await end(1000)
  loop.wake()
  await settle()
  assert.equal(rounds(), 3)
})

test('whoever wakes a round that is under way gets another, and two get one', async (t) => {
  const { loop, rounds, end, pass } = start(t)
  loop.wake()
  loop.wake()
  await end(1000)
  assert.equal(rounds(), 2)
  await end(1000)
  await pass(999)
  assert.equal(rounds(), 2)
})

test('an error is told, and the next round comes after a rest of its own', async (t) => {
  const { rounds, fail, errors, pass } = start(t)
  const cause = new Error('the disk is full')
  await fail(cause)
  assert.deepEqual(errors, [cause])
  await pass(499)
  assert.equal(rounds(), 1)
  await pass(1)
  assert.equal(rounds(), 2)
})

test('between two rounds there is a least rest, however often it is woken', async (t) => {
  const { loop, rounds, end, pass } = start(t, { leastRestMs: 200 })
  loop.wake()
  await end(1000)
  loop.wake()
  await pass(199)
  assert.equal(rounds(), 1)
  await pass(1)
  assert.equal(rounds(), 2)
  await end(1000)
  await pass(200)
  assert.equal(rounds(), 2)
  loop.wake()
  await pass(0)
  assert.equal(rounds(), 3)
  await end(1000)
  await pass(200)
  await pass(799)
  assert.equal(rounds(), 3, 'the least rest is part of the rest')
  await pass(1)
  assert.equal(rounds(), 4)
})

test('a stop ends every rest, waits for the round under way and hides what cutting it off throws', async (t) => {
  for (const leastRestMs of [0, 200]) {
    const resting = start(t, { leastRestMs })
    await resting.end(1000)
    await resting.loop.stop()
    assert.equal(resting.rounds(), 1)
    t.mock.timers.reset()
  }
  let isCutOff = false
  const { loop, errors } = start(t, {
    round: (stopping) =>
      new Promise((_resolve, reject) =>
        stopping.addEventListener('abort', () => {
          isCutOff = true
          reject(new Error('cut off'))
        }),
      ),
  })
  await loop.stop()
  assert.ok(isCutOff)
  assert.deepEqual(errors, [])
})
