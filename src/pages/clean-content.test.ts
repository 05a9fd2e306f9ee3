import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanContent } from './clean-content.ts'

const page = (text: string) => ({ html: { en: `<p>${text}</p><script>x</script>` }, css: { en: 'a{}' } })

test('what is cleaned is as it is written now', async () => {
  assert.deepEqual(await cleanContent(page('one')), { html: { en: '<p>one</p>' }, css: { en: 'a{}' } })
  assert.deepEqual((await cleanContent(page('two'))).html, { en: '<p>two</p>' })
  const moved = await cleanContent({ html: {}, css: { en: 'a{}' } })
  assert.deepEqual(moved, { html: {}, css: { en: 'a{}' } })
  assert.deepEqual(await cleanContent({ html: { en: 'a{}' }, css: {} }), { html: { en: 'a{}' }, css: {} })
})

test('a page is cleaned once, however often it is asked for, as long as there is room', async () => {
  const first = await cleanContent(page('again'))
  assert.equal(await cleanContent(page('again')), first)
  const large = 'a'.repeat(6 << 20)
  for (const letter of 'xyz') await cleanContent(page(letter + large))
  assert.notEqual(await cleanContent(page('again')), first)
})
