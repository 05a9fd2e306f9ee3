/** A publish that does not fit says whose memory it was, and what to raise. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBuild, sourceOf } from '../support/builder.ts'

test('a build that needs more memory than a builder has names the setting to raise', async (t) => {
  const rows = Array.from({ length: 20_000 }, (_, n) => `${n},${`word${n} `.repeat(40)}`).join('\n')
  const source = sourceOf(t, 'wide.csv', `n,text\n${rows}\n`, 'csvfile')
  const { error } = await runBuild(t, [source], { limits: { memoryLimitMb: 12 } })
  assert.deepEqual([error?.key, error?.params], ['ingest.out_of_memory', { memory_mb: 12 }])
})
