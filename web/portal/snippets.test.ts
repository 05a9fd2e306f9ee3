import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { snippet, snippetLanguages } from './snippets.ts'

const where = `name = "it's" and x > 1`
const address = `http://127.0.0.1:1/api/records?${new URLSearchParams({ where, limit: '10' })}`

test('a query survives the quoting of the shell', () => {
  const code = snippet('curl', address).replace('curl', 'printf "%s\\n"')
  const words = execFileSync('sh', ['-c', code], { encoding: 'utf8' })
  assert.ok(words.includes(`where=${where}\n`), words)
})

test('JavaScript that is given can be read as JavaScript', () => {
  assert.doesNotThrow(() => new Function(`return async () => { ${snippet('javascript', address)} }`))
})

test('every language names every parameter', () => {
  for (const language of snippetLanguages) {
    for (const name of ['where', 'limit', '127.0.0.1'])
      assert.ok(snippet(language, address).includes(name), language)
  }
})
