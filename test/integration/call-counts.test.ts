/** Calls that are counted against quotas: periods, and what a restart remembers. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCallCounts } from '../../src/access/index.ts'
import { openControl } from '../../src/control/index.ts'

const hour = 3_600_000

test('counts go by periods that begin with a call, and survive a restart', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'broadsheet-calls-'))
  const control = await openControl({ databaseUrl: null, sqlitePath: join(directory, 'control.sqlite') })
  t.after(async () => {
    await control.close()
    rmSync(directory, { recursive: true })
  })
  const start = 1_000_000_000_000
  let now = start
  const open = () =>
    createCallCounts({
      db: control.db,
      clock: { now: () => now },
      onError: (cause) => assert.fail(String(cause)),
    })

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
