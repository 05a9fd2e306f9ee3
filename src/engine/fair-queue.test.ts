import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../kernel/index.ts'
import { askedBy } from './asking.ts'
import { createFairQueue, type FairQueueOptions, type WorkKind, workKinds } from './fair-queue.ts'

/** A queue whose time and whose work the test moves by hand. */
function makeQueue(changes: Partial<FairQueueOptions> = {}) {
  let now = 0
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const refusals: string[] = []
  const queue = createFairQueue({
    slots: 4,
    longSlots: 2,
    maxWaitingOfClient: 10,
    maxWaiting: 100,
    stopwatch: () => now,
    onRefused: (kind, reason) => refusals.push(`${kind} ${reason}`),
    ...changes,
  })
  return {
    queue,
    begun,
    refusals,
    /** `name`: client, then whatever tells its pieces of work apart. */
    ask(name: string, kind: WorkKind, signal?: AbortSignal): Promise<void> {
      const work = Promise.withResolvers<void>()
      ends.set(name, work.resolve)
      const done = askedBy(name.split('-')[0]!, () =>
        queue.run({ kind, signal }, () => {
          begun.push(name)
          return work.promise
        }),
      )
      // Tests look at what has begun; who is refused is asked for where it matters.
      done.catch(() => {})
      return done
    },
    /** Ends a piece of work that took the engine `ms`. */
    async end(name: string, ms = 0): Promise<void> {
      now += ms
      ends.get(name)!()
      await settle()
    },
    counts: () => workKinds.map((kind) => [queue.running(kind), queue.waiting(kind)]),
  }
}

/** Everything that has been decided has happened. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
const isKey = (key: string) => (error: AppError) => error.key === key
const nothing = [
  [0, 0],
  [0, 0],
  [0, 0],
]

test('a client with a full line is not served before one that comes anew', async () => {
  const { ask, end, begun, counts } = makeQueue({ slots: 3, longSlots: 2 })
  for (let n = 0; n < 10; n++) void ask(`crowd-${n}`, 'long')
  await settle()
  assert.deepEqual(begun, ['crowd-0'], 'the last slot is not for one client')
  void ask('guest-0', 'long')
  await settle()
  assert.deepEqual(begun, ['crowd-0', 'guest-0'])
  void ask('guest-1', 'long')
  await end('guest-0', 5)
  assert.equal(begun.at(-1), 'guest-1')
  await end('crowd-0', 5)
  await end('guest-1', 5)
  for (let n = 1; n < 10; n++) await end(`crowd-${n}`)
  assert.deepEqual(counts(), nothing)
})

test('turns go by the time that the engine was used, not by their number', async () => {
  const { ask, end, begun } = makeQueue({ slots: 2, longSlots: 1 })
  for (let n = 0; n < 3; n++) void ask(`slow-${n}`, 'long')
  for (let n = 0; n < 9; n++) void ask(`quick-${n}`, 'long')
  await settle()
  for (let turn = 0; turn < 10; turn++) {
    const name = begun.at(-1)!
    await end(name, name.startsWith('slow') ? 40 : 10)
  }
  const slow = begun.slice(0, 10).filter((name) => name.startsWith('slow')).length
  assert.equal(slow, 2, begun.join(' '))
})

test('short work finds a slot however much long work there is, and the other way round', async () => {
  const { ask, begun } = makeQueue({ slots: 4, longSlots: 2 })
  for (const client of ['a', 'b', 'c', 'd']) {
    void ask(`${client}-long`, 'long')
    void ask(`${client}-export`, 'export')
  }
  await settle()
  assert.deepEqual(begun, ['a-long', 'b-long'])
  for (const client of ['a', 'b', 'c', 'd']) void ask(`${client}-short`, 'short')
  await settle()
  assert.deepEqual(begun.slice(2), ['a-short', 'b-short'])
})

test('exports never hold the last long slot', async () => {
  const { ask, begun } = makeQueue({ slots: 8, longSlots: 3 })
  for (const client of ['a', 'b', 'c', 'd']) void ask(`${client}-export`, 'export')
  await settle()
  assert.deepEqual(begun, ['a-export', 'b-export'])
  void ask('e-long', 'long')
  await settle()
  assert.equal(begun.at(-1), 'e-long')
})

test('only so much of one client waits, and leaving makes room again', async () => {
  const { ask, end, refusals, counts } = makeQueue({ slots: 2, longSlots: 1, maxWaitingOfClient: 2 })
  const leaving = new AbortController()
  void ask('a-0', 'long')
  const gone = ask('a-1', 'long', leaving.signal)
  void ask('a-2', 'long')
  await assert.rejects(ask('a-3', 'long'), (error: AppError) => {
    assert.equal(error.key, 'engine.too_many_waiting')
    assert.equal(error.params.max, 2)
    assert.ok(Number(error.params.retryAfterSeconds) >= 1)
    return true
  })
  void ask('b-0', 'long')
  leaving.abort()
  await assert.rejects(gone, isKey('engine.query_cancelled'))
  void ask('a-4', 'long')
  await settle()
  assert.deepEqual(refusals, ['long client'])
  assert.deepEqual(counts()[1], [1, 3])
  for (const name of ['a-0', 'b-0', 'a-2', 'a-4']) await end(name)
  assert.deepEqual(counts(), nothing)
})

test('a client that comes anew waits for one turn of each other at most, whatever a heavy one uses beside them', async () => {
  const { ask, end, begun } = makeQueue({ slots: 8, longSlots: 3 })
  const crowd = ['b', 'c', 'd']
  const ended = new Set<string>()
  const shortOnes = () => begun.filter((name) => !name.startsWith('heavy') && !ended.has(name))
  // Two long queries at any time on one side, three clients with more short ones than there are slots on the other.
  for (const n of [0, 1]) void ask(`heavy-${n}`, 'long')
  for (const name of crowd) for (let n = 0; n < 9; n++) void ask(`${name}-${n}`, 'short')
  await settle()
  for (let round = 0; round < 20; round++) {
    await end(`heavy-${round}`, 1000)
    void ask(`heavy-${round + 2}`, 'long')
    for (const name of shortOnes().slice(0, 3)) {
      ended.add(name)
      await end(name)
      const [client, n] = name.split('-')
      void ask(`${client}-${Number(n) + 9}`, 'short')
    }
  }
  void ask('guest-0', 'short')
  const before = begun.length
  for (const name of shortOnes()) {
    ended.add(name)
    await end(name, 20)
  }
  const next = begun.slice(before)
  assert.ok(next.slice(0, crowd.length + 1).includes('guest-0'), next.join(' '))
})

test('when the whole line is full, who has most in it gives way to who has none', async () => {
  const { ask, begun, end, counts, refusals } = makeQueue({ slots: 2, longSlots: 1, maxWaiting: 3 })
  void ask('a-0', 'long')
  const waiting = [1, 2, 3].map((n) => ask(`a-${n}`, 'long'))
  const guest = ask('b-0', 'long')
  await assert.rejects(waiting[2]!, isKey('engine.queue_full'))
  // Two of three are its own now: one more would not be fairer.
  await assert.rejects(ask('a-4', 'long'), isKey('engine.queue_full'))
  await end('a-0', 1)
  assert.deepEqual(begun, ['a-0', 'b-0'])
  await end('b-0')
  await guest
  await end('a-1')
  await end('a-2')
  assert.deepEqual(counts(), nothing)
  assert.deepEqual(refusals, ['long all', 'long all'])
})

test('neither the server itself nor what is under way gives way to others, however full the line is', async () => {
  const { queue, ask, begun, end, refusals } = makeQueue({ slots: 2, longSlots: 1, maxWaiting: 2 })
  void ask('a-0', 'long')
  const done: string[] = []
  const own = [1, 2, 3].map((n) => queue.run({ kind: 'long' }, async () => done.push(`own ${n}`)))
  const slices = [1, 2, 3].map((n) =>
    queue.run({ kind: 'long', client: 'reader', isUnderWay: true }, async () => done.push(`slice ${n}`)),
  )
  await settle()
  // The line is longer than it may be, and nobody in it can be refused.
  await assert.rejects(ask('b-0', 'long'), isKey('engine.queue_full'))
  await end('a-0')
  await Promise.all([...own, ...slices])
  assert.deepEqual(done.toSorted(), ['own 1', 'own 2', 'own 3', 'slice 1', 'slice 2', 'slice 3'])
  assert.deepEqual(begun, ['a-0'])
  assert.deepEqual(refusals, ['long all'])
})

test('the server itself is never refused and waits behind nobody', async () => {
  const { ask, queue, end, begun } = makeQueue({ slots: 2, longSlots: 1, maxWaiting: 1 })
  void ask('a-0', 'short')
  void ask('b-0', 'short')
  const own = queue.run({ kind: 'short' }, async () => begun.push('own'))
  await settle()
  await end('a-0')
  await own
  assert.deepEqual(begun, ['a-0', 'own', 'b-0'])
})

test('a deadline that passes in the line names itself; work that fails gives its slot back', async () => {
  const { queue, counts } = makeQueue({ slots: 2, longSlots: 1 })
  const busy = Promise.withResolvers<void>()
  const first = queue.run({ kind: 'long' }, () => busy.promise)
  const late = new AbortController()
  const waiting = queue.run({ kind: 'long', signal: late.signal }, async () => {})
  late.abort(new AppError('engine.query_timed_out', { timeoutMs: 1 }))
  await assert.rejects(waiting, isKey('engine.query_timed_out'))
  busy.reject(new Error('broken'))
  await assert.rejects(first, /broken/)
  assert.deepEqual(counts(), nothing)
})

test('a closed queue refuses those who wait and those who come', async () => {
  const { queue, ask, end } = makeQueue({ slots: 2, longSlots: 1 })
  const first = ask('a-0', 'long')
  const waiting = ask('a-1', 'long')
  await settle()
  queue.close()
  await assert.rejects(waiting, isKey('engine.query_cancelled'))
  await assert.rejects(ask('b-0', 'short'), isKey('engine.query_cancelled'))
  await end('a-0')
  await first
})
