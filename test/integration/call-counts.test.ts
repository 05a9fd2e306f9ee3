/** Calls that are counted against quotas: periods, and what a restart remembers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCallCounts, createCallHistory, keptDays, keptDaysOfEach } from '../../src/access/index.ts'
import { openTestControl } from '../support/control.ts'
import { forEachDatabase } from '../support/postgres.ts'

const hour = 3_600_000
const dayMs = 24 * hour
const onError = (cause: unknown) => assert.fail(String(cause))

test('counts go by periods that begin with a call, and survive a restart', async (t) => {
  const control = await openTestControl(t)
  const start = 1_000_000_000_000
  let now = start
  const open = () => createCallCounts({ db: control.db, clock: { now: () => now }, onError })

  const counts = open()
  assert.deepEqual(await counts.count('user ada', 'day'), { used: 1, resetsAt: start + 24 * hour })
  now += hour
  assert.equal((await counts.count('user ada', 'day')).used, 2)
  assert.equal((await counts.count('user ada', 'hour')).used, 1, 'another unit is another count')
  assert.equal((await counts.look('user bob', 'day')).used, 0)
  const many = await Promise.all(Array.from({ length: 50 }, () => counts.count('user eve', 'month')))
  assert.deepEqual(
    many.map(({ used }) => used).sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, n) => n + 1),
  )
  await counts.stop()

  const again = open()
  assert.deepEqual(await again.look('user ada', 'day'), { used: 2, resetsAt: start + 24 * hour })
  assert.equal((await again.count('user eve', 'month')).used, 51)
  now = start + 24 * hour
  assert.deepEqual(await again.count('user ada', 'day'), { used: 1, resetsAt: now + 24 * hour })
  now += 31 * 24 * hour
  await again.count('user zoe', 'hour')
  await again.stop()
  const kept = await control.db.selectFrom('counted_calls').select('subject').execute()
  assert.deepEqual(
    kept.map(({ subject }) => subject),
    ['user zoe'],
    'what has ended is forgotten',
  )
})

forEachDatabase((database, options) => {
  test(`processes that share a database count together (${database})`, options, async (t) => {
    const { db } = await openTestControl(t, database)
    let now = 1_000_000_000_000
    const clock = { now: () => now }
    const [one, two] = [createCallCounts({ db, clock, onError }), createCallCounts({ db, clock, onError })]
    for (let n = 0; n < 3; n++) await one.count('domain', 'day')
    for (let n = 0; n < 5; n++) await two.count('domain', 'day')
    assert.equal((await two.look('domain', 'day')).used, 5, 'what others count is not known at once')
    // What stops a counter writes as its timer does.
    await Promise.all([one.stop(), two.stop()])
    now += 10_000
    assert.equal((await one.look('domain', 'day')).used, 8)
    assert.equal((await two.count('domain', 'day')).used >= 6, true)
    await two.stop()
    now += 10_000
    assert.deepEqual((await one.look('domain', 'day')).used, 9)
    assert.equal((await one.look('domain', 'day')).resetsAt, (await two.look('domain', 'day')).resetsAt)

    // A period that one of them begins anew does not get what the other had of the old one.
    now += dayMs
    await one.count('domain', 'day')
    await one.stop()
    await two.count('domain', 'day')
    await two.stop()
    now += 10_000
    assert.equal((await one.look('domain', 'day')).used, 2)
  })

  test(`calls are told by day, and old days are forgotten (${database})`, options, async (t) => {
    const { db } = await openTestControl(t, database)
    let now = Date.parse('2031-05-09T23:30:00Z')
    const clock = { now: () => now }
    const open = () => createCallHistory({ db, clock, onError })
    const [one, two] = [open(), open()]
    one.count('domain', 'user ada')
    two.count('domain', 'user ada', 'key ak_1')
    two.count('domain')
    now += hour
    one.count('domain', 'user a%b')
    await two.stop()
    assert.deepEqual(await one.read('domain', 3), [
      { day: '2031-05-08', calls: 0 },
      { day: '2031-05-09', calls: 3 },
      { day: '2031-05-10', calls: 1 },
    ])
    assert.deepEqual(await one.read('user nobody', 1), [{ day: '2031-05-10', calls: 0 }])
    assert.deepEqual([...(await one.readAll(['key ak_1', 'key ak_2'], 2)).keys()], ['key ak_1'])
    assert.deepEqual(await one.top('user ', 2, 5), [
      { subject: 'user ada', calls: 2 },
      { subject: 'user a%b', calls: 1 },
    ])
    assert.deepEqual(await one.top('user ', 1, 5), [{ subject: 'user a%b', calls: 1 }])

    now += keptDaysOfEach * dayMs
    one.count('domain')
    await one.read('domain', 1)
    const rows = () => db.selectFrom('daily_calls').select('subject').distinct().orderBy('subject').execute()
    assert.deepEqual(
      (await rows()).map(({ subject }) => subject),
      ['domain'],
    )
    assert.equal((await one.read('domain', keptDays)).filter(({ calls }) => calls > 0).length, 3)
    now += keptDays * dayMs
    one.count('domain')
    await one.stop()
    assert.equal((await db.selectFrom('daily_calls').selectAll().execute()).length, 1)
  })
})
