import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readJson } from './read-json.ts'

test('a body is what it says', () => {
  for (const value of [null, 1, 'é', [], {}, { a: [1, { b: 'c' }], constructor: 1 }])
    assert.deepEqual(readJson(JSON.stringify(value)), value)
})

test('what nothing could hold is refused wherever it stands', () => {
  for (const [text, reason] of [
    ['{"__proto__": 1}', /__proto__/],
    ['[[{"a": {"\\u005f_proto__": {}}}]]', /__proto__/],
    ['"\\u0000"', /U\+0000/],
    ['{"a": ["x\\u0000"]}', /U\+0000/],
    ['[["\\ud800"]]', /surrogate/],
    ['{"a":', /JSON/],
    [`${'['.repeat(501)}${']'.repeat(501)}`, /nested/],
    [`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, /./],
  ] as const)
    assert.throws(
      () => readJson(text),
      (error: Error) =>
        (error instanceof SyntaxError || error instanceof RangeError) && reason.test(error.message),
      text.slice(0, 40),
    )
  assert.ok(readJson(`${'['.repeat(500)}${']'.repeat(500)}`))
})

test('millions of small values are walked through, each once', () => {
  const startedAt = performance.now()
  assert.equal((readJson(`[${'1,'.repeat(4_000_000)}1]`) as unknown[]).length, 4_000_001)
  assert.equal((readJson(`[${'[],'.repeat(2_000_000)}[]]`) as unknown[]).length, 2_000_001)
  const tookMs = performance.now() - startedAt
  // Ten times as long when a function is called for each as it is parsed.
  assert.ok(tookMs < 10_000, `${tookMs} ms`)
})
